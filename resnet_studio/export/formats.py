"""The kinds of files that a network leaves as; the suffix of the name chooses one."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from resnet_studio.errors import ExportError


class Format(StrEnum):
    """A kind of file, as the suffix without its dot."""

    SAFETENSORS = "safetensors"
    PTH = "pth"
    ONNX = "onnx"
    SCRIPT = "py"
    TOML = "toml"
    JSON = "json"

    @property
    def suffix(self) -> str:
        """The suffix with its dot."""
        return f".{self.value}"

    @property
    def label(self) -> str:
        """What to call it in a list."""
        return _LABELS[self]

    @property
    def note(self) -> str:
        """A sentence on what it holds and what reads it."""
        return _NOTES[self]


_LABELS = {
    Format.SAFETENSORS: "Weights (safetensors)",
    Format.PTH: "Weights (PyTorch)",
    Format.ONNX: "Network (ONNX)",
    Format.SCRIPT: "Python script",
    Format.TOML: "Spec (TOML)",
    Format.JSON: "Spec (JSON)",
}
_NOTES = {
    Format.SAFETENSORS: "Weights, spec, class names and preprocessing in one file; this program "
    "opens it without further questions.",
    Format.PTH: "The state dict under torchvision's names, for torch.load in any program; this one "
    "also finds spec, class names and preprocessing in it.",
    Format.ONNX: "The network with its weights for other runtimes and languages; class names and "
    "preprocessing are in its metadata.",
    Format.SCRIPT: "This one network written out in plain PyTorch, with its weights beside it; "
    "classifies a picture named on the command line.",
    Format.TOML: "The choices that make the network, without weights.",
    Format.JSON: "The choices that make the network, without weights.",
}


def format_of(path: Path | str) -> Format:
    """Returns the format that the suffix of the file's name says.

    Raises:
        ExportError: If it is none of them.
    """
    path = Path(path)
    try:
        return Format(path.suffix.lower().removeprefix("."))
    except ValueError:
        known = ", ".join(kind.suffix for kind in Format)
        raise ExportError(
            f"{path.name or path} cannot be exported: its name ends in none of {known}.",
            remedy="End the name in one of them; it says what is written.",
        ) from None


def files_of(path: Path | str) -> tuple[Path, ...]:
    """Returns all files that an export to `path` writes; a script has its weights beside it.

    Raises:
        ExportError: If the suffix is of no format.
    """
    path = Path(path)
    if format_of(path) is Format.SCRIPT:
        # Not the script's name with another suffix: a checkpoint of that name may lie there.
        return path.with_name(f"{path.stem}_weights.pth"), path
    return (path,)
