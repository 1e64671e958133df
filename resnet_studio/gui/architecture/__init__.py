"""The drawing of the network, to scale of its feature maps, and the table beside it."""
