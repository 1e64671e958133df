"""The training panel: data set, recipe, live curves, earlier runs."""
