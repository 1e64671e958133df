"""Checkpoints that are kept for good: every so many epochs, at most so many, the newest.

Beside `last.pt`, `epoch-0020.pt` is the whole state after epoch 20 and `epoch-0020.safetensors` its
weights. They cost no second writing: a new save replaces `last.pt` by another file, so a second
name for the present one stays what it is.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Final

from resnet_studio.files import atomic_write
from resnet_studio.training.checkpoint import LAST
from resnet_studio.training.runs import RunFolder

_NAME: Final = re.compile(r"epoch-(\d+)\.(pt|safetensors)")


def keep(folder: RunFolder, epoch: int, *, most: int) -> None:
    """Gives the checkpoint that was saved last a name of its own, and removes the oldest.

    Args:
        folder: The run.
        epoch: Epochs completed at the checkpoint.
        most: How many to keep; the last checkpoint and the best weights are apart from them.

    Raises:
        OSError: If the disk refuses; no kept checkpoint is lost then.
    """
    name = f"epoch-{epoch:04d}"
    _second_name(folder.weights("last"), folder.checkpoints / f"{name}.safetensors")
    _second_name(folder.checkpoints / LAST, folder.checkpoints / f"{name}.pt")
    for old in kept_epochs(folder)[:-most]:
        for suffix in ("pt", "safetensors"):
            (folder.checkpoints / f"epoch-{old:04d}.{suffix}").unlink(missing_ok=True)


def kept_epochs(folder: RunFolder) -> list[int]:
    """Returns the epochs whose checkpoints are kept for good, in ascending order."""
    try:
        names = [path.name for path in folder.checkpoints.iterdir()]
    except OSError:
        return []
    return sorted({int(found[1]) for name in names if (found := _NAME.fullmatch(name))})


def _second_name(path: Path, second: Path) -> None:
    """Lets a file have a second name; copies it where the disk has no such links."""
    with atomic_write(second) as temporary:
        temporary.unlink()
        try:
            os.link(path, temporary)
        except OSError:
            shutil.copyfile(path, temporary)
