"""Pictures and data sets: opening, scanning, augmenting, batching."""
