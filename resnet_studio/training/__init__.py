"""Training: recipe, loop, events, checkpoints and run folders."""
