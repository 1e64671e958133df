"""The *Data set* panel: what there is to learn from, and what is wrong with it."""
