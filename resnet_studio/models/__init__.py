"""torch modules built from a `NetworkSpec`, and the files of their weights."""
