"""Two computations of the same network, side by side."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from resnet_studio.errors import ExportError
from resnet_studio.export.subject import Subject


def logits_of(subject: Subject, pictures: Tensor) -> Tensor:
    """Returns what the network itself says: (N, classes) float32."""
    with torch.inference_mode():
        logits: Tensor = subject.model(pictures)
    return logits.clone()


def greatest_difference(
    name: str, theirs: Tensor, ours: Tensor, *, tolerance: float
) -> float | None:
    """Returns the greatest difference of a logit as a fraction of the greatest logit (or of 1).

    None if no logit is finite, as in a very deep network with random weights: the file must then
    overflow as well, and nothing more can be compared.

    Args:
        name: What computed `theirs`, for the message.
        theirs: (N, classes) logits of the exported file.
        ours: The same of the network.
        tolerance: The most that is allowed.

    Raises:
        ExportError: If shapes differ, or values by more than that, or others are infinite.
    """
    if theirs.shape != ours.shape:
        raise ExportError(f"{name} gives {tuple(theirs.shape)} instead of {tuple(ours.shape)}.")
    finite = torch.isfinite(ours)
    if not torch.equal(torch.isfinite(theirs), finite):
        raise ExportError(f"{name} gives infinite numbers where the network gives finite ones.")
    mine, other = ours[finite].double(), theirs[finite].double()
    if not mine.numel():
        return None
    scale = max(1.0, float(mine.abs().max()))
    difference = float((mine - other).abs().max()) / scale
    if difference > tolerance:
        raise ExportError(
            f"{name} does not compute what the network does: a logit differs by {difference:.1e} "
            f"of the greatest; {tolerance:.0e} is allowed.",
            remedy="This is a defect of the export; please report it with the spec.",
        )
    return difference


def in_words(difference: float | None, *, tolerance: float) -> str:
    """Returns what `greatest_difference` found, in words."""
    if difference is None:
        return "all logits overflow as the network's own do, so that no values could be compared"
    if difference == 0.0:
        return "logits are the same bit for bit"
    return f"logits differ by {difference:.0e} of the greatest at most ({tolerance:.0e} is allowed)"


def trial_pictures(subject: Subject, count: int, *, seed: int = 0) -> Tensor:
    """Returns random pictures as the network reads them: (count, C, S, S) float32.

    Coarse blots under fine noise, scaled as the network's preprocessing scales colours: neither
    flat nor white noise, of which deep layers tell little.
    """
    channels, side, _ = subject.input_shape
    generator = torch.Generator().manual_seed(seed)
    blots = torch.rand((count, channels, 5, 5), generator=generator)
    coarse = torch.nn.functional.interpolate(blots, (side, side), mode="bilinear")
    fine = torch.rand((count, channels, side, side), generator=generator)
    levels = 0.7 * coarse + 0.3 * fine
    ending = subject.preprocessing.ending
    if ending is None or channels != 3:
        return levels
    mean = torch.tensor(subject.preprocessing.mean_colour).view(3, 1, 1)
    return (levels - mean) / torch.tensor(ending.std).view(3, 1, 1)


def trial_photograph(seed: int = 0, *, height: int = 61, width: int = 83) -> np.ndarray:
    """Returns a random picture as from a file: (height, width, 3) uint8, wider than high."""
    rng = np.random.default_rng(seed)
    coarse = np.kron(rng.integers(0, 200, (8, 8, 3)), np.ones((16, 16, 1)))[:height, :width]
    fine = rng.integers(0, 56, (height, width, 3))
    return np.asarray(coarse + fine, dtype=np.uint8)
