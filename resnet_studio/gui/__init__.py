"""The window: what the core computes, turned into pictures and sentences."""
