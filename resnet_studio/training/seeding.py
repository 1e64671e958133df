"""Repeatable randomness: nothing in a run depends on what was drawn before.

The first weights come from the recipe's seed, the order of an epoch from (seed, epoch) and the
augmentation of a picture from (seed, epoch, index); see `data.batches`. What a network itself
draws in a step (dropout) comes from (seed, step), by `step_randomness`. So there is no generator
whose state a checkpoint would have to keep, and a resumed run draws the same numbers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import torch


@contextlib.contextmanager
def step_randomness(seed: int, step: int, device: torch.device, *, rank: int = 0) -> Iterator[None]:
    """Seeds torch's generators for one step and gives them back as they were.

    Other threads of the program may use the global generators; they get no repeatable numbers
    while a step runs, but their own seeds are not lost.

    Args:
        seed: The recipe's seed.
        step: Steps done before this one.
        device: Where the step runs.
        rank: Number of this process among those that share a batch: each draws for other pictures.
    """
    # SeedSequence mixes numbers well: (0, 1) and (1, 0) have nothing in common. It takes (0, 1, 0)
    # for (0, 1), so the first process draws as one alone does.
    mixed = int(np.random.SeedSequence((seed, step, rank)).generate_state(1)[0])
    accelerator = None if device.type == "cpu" else torch.get_device_module(device)
    state = torch.get_rng_state()
    accelerator_state = accelerator.get_rng_state() if accelerator is not None else None
    try:
        # Not torch.manual_seed: it would seed every device of the computer.
        torch.default_generator.manual_seed(mixed)
        if accelerator is not None:
            accelerator.manual_seed(mixed)
        yield
    finally:
        torch.set_rng_state(state)
        if accelerator is not None:
            accelerator.set_rng_state(accelerator_state)
