"""The commands of each part of the window, as data."""
