"""The standalone script and its weights: written, run as a student would run it, and compared."""

from __future__ import annotations

import ast
from collections.abc import Generator
from pathlib import Path
from typing import Final

import torch
from PIL import Image
from torch import Tensor

from resnet_studio.data import transforms
from resnet_studio.data.augment import draw
from resnet_studio.data.imaging import open_picture
from resnet_studio.errors import ExportError
from resnet_studio.export.child import run_python
from resnet_studio.export.compare import (
    greatest_difference,
    in_words,
    logits_of,
    trial_photograph,
)
from resnet_studio.export.formats import files_of
from resnet_studio.export.progress import Asked, ExportProgress, Finding, stop_if
from resnet_studio.export.script_text import script_text
from resnet_studio.export.subject import Subject
from resnet_studio.export.weights import same_tensors, save_state
from resnet_studio.models import read_weights

TOLERANCE: Final = 1e-6
"""Of the greatest logit. The same operations in the same order give the same bits on one machine;
this leaves room for another order of summation."""
_SECONDS: Final = 600.0
_STEPS: Final = 3
# Runs the script as `python SCRIPT PICTURE` does, then asks its own functions once more, because
# it prints probabilities and not the logits.
_RUNNER: Final = """
import runpy, sys
script, picture, answer = sys.argv[1:]
sys.argv = [script, picture]
made = runpy.run_path(script, run_name="__main__")
import torch
read = made.get("read_picture", made.get("random_picture"))
pictures = read(picture)
with torch.inference_mode():
    logits = made["load_network"]()(pictures)
torch.save({"pictures": pictures, "logits": logits}, answer)
assert "resnet_studio" not in sys.modules
"""


def write_script(
    path: Path, subject: Subject, cancelled: Asked
) -> Generator[ExportProgress, None, Finding]:
    """Writes the script to `path` and its weights beside it, and compares what it computes.

    The script runs on a picture in a process of its own. Its pixels must be those of this
    program's preprocessing, and its logits those of the network.

    Raises:
        ExportError: If the preprocessing is drawn at random, or the script fails or computes
            anything else.
        OSError: If the disk refuses.
    """
    weights, _ = files_of(path)
    yield ExportProgress(1, _STEPS, "Writing the script")
    _check_preprocessing(subject)
    text = script_text(subject, weights_name=weights.name)
    ast.parse(text)
    path.write_text(text, encoding="utf-8", newline="\n")
    yield ExportProgress(2, _STEPS, "Writing the weights")
    save_state(weights, subject)
    same_tensors(weights, read_weights(weights).state, subject.model.state_dict())
    stop_if(cancelled)
    running = ExportProgress(3, _STEPS, "Running the script")
    yield running
    photograph = path.with_name("trial picture.png")
    Image.fromarray(trial_photograph()).save(photograph)
    for _ in _run(path, photograph, cancelled):
        yield running
    difference = _compared(path, photograph, subject)
    return Finding(
        "Run on a picture in a process of its own: its pixels are the same, "
        f"{in_words(difference, tolerance=TOLERANCE)}.",
        difference,
    )


def prepared(subject: Subject, photograph: Path) -> Tensor:
    """Returns a picture file as this program gives it to the network: (1, 3, S, S) float32."""
    rgb = open_picture(photograph).rgb
    drawn = draw(subject.preprocessing, rgb.shape[0], rgb.shape[1])
    return transforms.apply(subject.preprocessing, rgb, drawn).unsqueeze(0)


def _check_preprocessing(subject: Subject) -> None:
    if subject.preprocessing.numbers:
        raise ExportError(
            f"The preprocessing {subject.preprocessing.name!r} is drawn at random; a script that "
            "classifies needs one that is always the same.",
            remedy="Choose a pipeline for validation, such as resize and centre crop.",
        )


def _answer(path: Path) -> Path:
    return path.with_name("answer.pt")


def _run(path: Path, photograph: Path, cancelled: Asked) -> Generator[None, None, None]:
    yield from run_python(
        ("-P", "-c", _RUNNER, path.name, photograph.name, _answer(path).name),
        folder=path.parent,
        seconds=_SECONDS,
        cancelled=cancelled,
        what=f"The script {path.name}",
    )


def _compared(path: Path, photograph: Path, subject: Subject) -> float | None:
    answer = torch.load(_answer(path), weights_only=True)
    pictures = answer["pictures"]
    if subject.spec.in_channels == 3:
        ours = prepared(subject, photograph)
        if pictures.shape != ours.shape or not _same_pixels(subject, pictures, ours):
            raise ExportError(f"{path.name} does not prepare a picture as this program does.")
    return greatest_difference(
        path.name, answer["logits"], logits_of(subject, pictures), tolerance=TOLERANCE
    )


def _same_pixels(subject: Subject, theirs: Tensor, ours: Tensor) -> bool:
    """Compares bits; but one level in 255 may differ where this program resizes in another way."""
    if transforms.resizes_bytes():
        return torch.equal(theirs, ours)
    ending = subject.preprocessing.ending
    level = 1.001 / 255 / (min(ending.std) if ending else 1.0)
    return float((theirs - ours).abs().max()) <= level
