"""The network as ONNX, converted by torch's exporter and checked in onnxruntime.

The conversion runs in a process of its own (`onnx_convert`): it takes seconds of pure Python,
which would hold up the window and could not be cancelled.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, Final

import torch

import resnet_studio
from resnet_studio.data.augment import Normalise, PerPixelMean
from resnet_studio.errors import ExportError
from resnet_studio.export.child import run_python
from resnet_studio.export.compare import greatest_difference, in_words, logits_of, trial_pictures
from resnet_studio.export.onnx_convert import INPUT, OUTPUT
from resnet_studio.export.progress import Asked, ExportProgress, Finding, stop_if
from resnet_studio.export.subject import Subject
from resnet_studio.models import save_weights

PACKAGES: Final = ("onnx", "onnxscript", "onnxruntime")
TOLERANCE: Final = 1e-4
"""Of the greatest logit. The converter folds batch normalisations into convolutions, which rounds
differently; ResNet-18 to 152 differ by 7e-7 at most."""
BATCHES: Final = (1, 3)
_MAX_BYTES: Final = (2 << 30) - (16 << 20)
_SECONDS: Final = 3600.0
_STEPS: Final = 3


def write_onnx(
    path: Path, subject: Subject, cancelled: Asked
) -> Generator[ExportProgress, None, Finding]:
    """Writes `path` with a batch of any size, and compares logits of batches of 1 and 3.

    Input "pictures" (N, C, S, S) float32, normalised; output "logits" (N, classes). The
    metadata has, as JSON, "spec", "classes" and "preprocessing" (`described_preprocessing`).

    Raises:
        ExportError: If packages are missing, the network is larger than ONNX allows, the
            conversion fails, or the file computes anything else.
        CheckpointError: If the disk refuses.
    """
    _check_packages()
    _check_bytes(path, subject)
    metadata = described(subject)
    doing = ExportProgress(1, _STEPS, f"Converting {subject.spec.depth:,} layers")
    yield doing
    for _ in _converted(path, subject, metadata, cancelled):
        yield doing
    yield ExportProgress(2, _STEPS, "Opening the file in onnxruntime")
    session = _session(path)
    _check_description(path, session, subject, metadata)
    stop_if(cancelled)
    yield ExportProgress(3, _STEPS, "Comparing logits")
    found = []
    for count in BATCHES:
        found.append(_compared(path, session, subject, count))
        stop_if(cancelled)
    difference = max((each for each in found if each is not None), default=None)
    batches = " and ".join(map(str, BATCHES))
    return Finding(
        f"Run in onnxruntime on batches of {batches}: {in_words(difference, tolerance=TOLERANCE)}.",
        difference,
    )


def described(subject: Subject) -> dict[str, str]:
    """Returns the metadata of the file: JSON texts by name."""
    return {
        "resnet_studio": resnet_studio.__version__,
        "description": subject.description,
        "spec": json.dumps(subject.spec.model_dump(mode="json"), ensure_ascii=False),
        "classes": json.dumps(subject.classes, ensure_ascii=False),
        "preprocessing": json.dumps(described_preprocessing(subject), ensure_ascii=False),
    }


def described_preprocessing(subject: Subject) -> dict[str, Any]:
    """Returns what has to be done to a picture before the network, for programs in any language.

    "steps" are this program's own, in order; the other entries say what they leave unsaid. "mean"
    is a number for each channel; of a network that was trained with a mean picture, its rows from
    the top, each with its pixels from the left, each with red, green and blue.
    """
    channels, height, width = subject.input_shape
    ending = subject.preprocessing.ending
    return {
        "input": {"name": INPUT, "type": "float32", "layout": "NCHW"},
        "size": [height, width],
        "channels": channels,
        "channel_order": "RGB",
        "orientation": "upright, as EXIF says",
        "transparency": "on white",
        "steps": [step.model_dump(mode="json") for step in subject.preprocessing.pixel_steps],
        "interpolation": "bilinear, antialiased, on 8-bit colours",
        "range": [0.0, 1.0],
        "mean": list(ending.mean) if isinstance(ending, Normalise) else _mean_levels(ending),
        "std": list(ending.std) if ending else [1.0, 1.0, 1.0],
    }


def _mean_levels(ending: PerPixelMean | None) -> list[Any]:
    """Returns a mean picture as lists; nine digits tell every number of single precision."""
    if ending is None:
        return [0.0, 0.0, 0.0]
    rows = ending.mean.tolist()
    return [[[float(f"{level:.9g}") for level in pixel] for pixel in row] for row in rows]


def _check_packages() -> None:
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise ExportError(
            f"ONNX needs packages that are not installed: {', '.join(missing)}.",
            remedy=f"Run «python -m pip install {' '.join(PACKAGES)}» (the extra «onnx» of "
            "resnet-studio), and start the program again.",
        )


def _check_bytes(path: Path, subject: Subject) -> None:
    count = sum(tensor.nbytes for tensor in subject.model.state_dict().values())
    if count > _MAX_BYTES:
        raise ExportError(
            f"{path.name}: the weights of {subject.spec.name} have {count / 2**30:.1f} GiB; an "
            "ONNX file holds 2 GiB at most.",
            remedy="Export a .safetensors file or a Python script instead.",
        )


def _converted(
    path: Path, subject: Subject, metadata: Mapping[str, str], cancelled: Asked
) -> Generator[None, None, None]:
    weights, texts = path.with_suffix(".weights"), path.with_suffix(".texts")
    save_weights(weights, subject.model)
    texts.write_text(json.dumps(metadata), encoding="utf-8")
    # By its path: the child need not find this program where this process found it.
    root = Path(resnet_studio.__file__).parent.parent
    code = f"import sys; sys.path.insert(0, {str(root)!r})\n" + _CHILD
    side = str(subject.preprocessing.output_size)
    yield from run_python(
        ("-P", "-c", code, weights.name, texts.name, path.name, side),
        folder=path.parent,
        seconds=_SECONDS,
        cancelled=cancelled,
        what="The conversion to ONNX",
    )


_CHILD: Final = "from resnet_studio.export.onnx_convert import main; main(sys.argv[1:])"


def _session(path: Path) -> Any:
    try:
        import onnx
        from onnxruntime import InferenceSession, SessionOptions
    except (ImportError, OSError) as error:
        raise ExportError(
            f"onnxruntime is installed and cannot be loaded: {str(error).splitlines()[0]}.",
            remedy="Install it again: python -m pip install --force-reinstall onnxruntime",
        ) from error
    try:
        onnx.checker.check_model(str(path))
        options = SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3  # else it warns on the terminal
        providers = ["CPUExecutionProvider"]
        return InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # both libraries raise kinds of their own
        raise ExportError(
            f"{path.name}: onnxruntime does not accept it: {str(error).splitlines()[0][:200]}"
        ) from error


def _check_description(
    path: Path, session: Any, subject: Subject, metadata: Mapping[str, str]
) -> None:
    (pictures,), (logits,) = session.get_inputs(), session.get_outputs()
    fixed = (list(pictures.shape[1:]), list(logits.shape[1:]))
    wanted = (list(subject.input_shape), [subject.spec.classes])
    if (pictures.name, logits.name) != (INPUT, OUTPUT) or fixed != wanted:
        raise ExportError(f"{path.name}: input or output came out as {fixed}, not {wanted}.")
    if not isinstance(pictures.shape[0], str):
        raise ExportError(f"{path.name} reads batches of {pictures.shape[0]} pictures alone.")
    if session.get_modelmeta().custom_metadata_map != dict(metadata):
        raise ExportError(f"{path.name}: the metadata came back changed.")


def _compared(path: Path, session: Any, subject: Subject, count: int) -> float | None:
    pictures = trial_pictures(subject, count, seed=count)
    (logits,) = session.run([OUTPUT], {INPUT: pictures.numpy()})
    return greatest_difference(
        path.name,
        torch.from_numpy(logits),
        logits_of(subject, pictures),
        tolerance=TOLERANCE,
    )
