"""Checkpoints that are kept for good: every so many epochs, at most so many, the newest.

Beside `last.pt`, `epoch-0020.pt` is the whole state after epoch 20 and `epoch-0020.safetensors` its
weights. They cost no second writing: a new save replaces `last.pt` by another file, so a second
name for the present one stays what it is.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from resnet_studio.training.runs import RunFolder

_NAME: Final = re.compile(r"epoch-(\d+)\.(pt|safetensors)")


def checkpoint_of(folder: RunFolder, epoch: int) -> Path:
    """Returns the name of the checkpoint that is kept for good after an epoch."""
    return folder.checkpoints / f"epoch-{epoch:04d}.pt"


def drop_oldest(folder: RunFolder, *, most: int) -> None:
    """Removes the oldest of the checkpoints that are kept for good, until so many are left.

    Raises:
        OSError: If the disk refuses.
    """
    for epoch in kept_epochs(folder)[:-most]:
        path = checkpoint_of(folder, epoch)
        for each in (path, path.with_suffix(".safetensors")):
            each.unlink(missing_ok=True)


def kept_epochs(folder: RunFolder) -> list[int]:
    """Returns the epochs whose checkpoints are kept for good, in ascending order."""
    try:
        names = [path.name for path in folder.checkpoints.iterdir()]
    except OSError:
        return []
    return sorted({int(found[1]) for name in names if (found := _NAME.fullmatch(name))})
