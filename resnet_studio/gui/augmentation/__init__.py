"""The *Augmentation* panel: what training and validation would see of the picture."""
