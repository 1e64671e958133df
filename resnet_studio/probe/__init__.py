"""Looking inside a network: classification and feature maps of one picture."""
