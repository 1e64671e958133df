"""One number for all that a run left on the disk, so that two runs can be compared to the bit.

Nothing of it knows the fields of a checkpoint: one that is added later counts at once.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from resnet_studio.training.checkpoint import LAST
from resnet_studio.training.runs import RunFolder
from tests.training.running import curves

# Times differ in every run; the configuration also says what changes no bit.
LEFT_OUT = {"seconds", "config"}


def identity(path: Path) -> str:
    """Returns the SHA-256 of a run: checkpoint, curves, and every file of weights.

    Times and the configuration are left out.
    """
    checkpoints = RunFolder(path).checkpoints
    digest = hashlib.sha256()
    add(digest, torch.load(checkpoints / LAST, weights_only=True))
    add(digest, [repr(event) for event in curves(path)])
    for file in sorted(checkpoints.glob("*.safetensors")):
        add(digest, file.name)
        add(digest, load_file(file))
    return digest.hexdigest()


def add(digest: Any, value: Any) -> None:
    """Adds a value of any depth; what it is, and where it ends, count as well."""
    digest.update(f"<{type(value).__name__}>".encode())
    if isinstance(value, torch.Tensor):
        digest.update(f"{value.dtype} {tuple(value.shape)}".encode())
        plain = value.clone(memory_format=torch.contiguous_format).flatten()
        digest.update(plain.view(torch.uint8).numpy().tobytes())
    elif isinstance(value, dict):
        for key in sorted(value, key=repr):
            if key not in LEFT_OUT:
                add(digest, key)
                add(digest, value[key])
    elif isinstance(value, (list, tuple)):
        for each in value:
            add(digest, each)
    else:
        digest.update(repr(value).encode())
    digest.update(b"</>")
