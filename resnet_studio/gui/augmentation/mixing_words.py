"""What the view *Mixing* says of a batch, and how often a batch is hardly mixed at all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication

from resnet_studio.gui.features.images import percent

if TYPE_CHECKING:
    from resnet_studio.training.mixed_batch import Mixture

FAINT = 0.05
"""A share below this, or as near to 1, is hardly seen in a mixture."""
_STEPS = 2000


def told(mixture: Mixture | None) -> str:
    """Returns what was drawn for a batch."""
    if mixture is None:
        return _tr("Nothing is mixed.")
    if mixture.region is None:
        return _tr(
            "MixUp: λ = {share:.3f}. Each picture keeps {kept} of itself and gets {rest} of "
            "the one before it in the batch."
        ).format(share=mixture.share, kept=percent(mixture.share), rest=percent(1 - mixture.share))
    left, top, right, bottom = mixture.region
    return _tr(
        "CutMix: λ = {share:.3f}. {width} × {height} pixels at ({left}, {top}), {rest} of the "
        "area, come from the picture before it in the batch."
    ).format(
        share=mixture.share,
        width=right - left,
        height=bottom - top,
        left=left,
        top=top,
        rest=percent(1 - mixture.share),
    )


def faint(mixture: Mixture | None, alpha: float) -> str:
    """Returns a warning where a batch is hardly mixed; empty where it is, or shall not be.

    Args:
        mixture: What was drawn.
        alpha: The parameter of MixUp; of no effect where CutMix was drawn.
    """
    if mixture is None or FAINT <= mixture.share <= 1 - FAINT:
        return ""
    if mixture.region is not None:
        return _tr("Nearly nothing is mixed in this batch. Others draw another λ: see the next.")
    return _tr(
        "Nearly nothing is mixed in this batch: with α {alpha:g} that is so in {share} of all "
        "MixUp batches. See the next."
    ).format(alpha=alpha, share=f"{100 * faint_share(alpha):.0f} %")


def faint_share(alpha: float) -> float:
    """Returns how probable a share below `FAINT` or above 1 - `FAINT` is under Beta(α, α).

    With u = x^α the density x^(α - 1) (1 - x)^(α - 1) has no pole at 0: the integral up to x is
    1/α times that of (1 - u^(1/α))^(α - 1) up to x^α, here by the midpoint rule.
    """
    top = FAINT**alpha
    u = (np.arange(_STEPS) + 0.5) * (top / _STEPS)
    area = float(np.mean((1 - u ** (1 / alpha)) ** (alpha - 1))) * top / alpha
    log_beta = 2 * math.lgamma(alpha) - math.lgamma(2 * alpha)
    return 2 * area * math.exp(-log_beta)


def _tr(text: str) -> str:
    return QCoreApplication.translate("MixingPage", text)
