"""The *Feature maps* panel: what each stage of the network makes of the picture."""
