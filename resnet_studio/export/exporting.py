"""The one way out: make the files, open them again, compare, and only then give them names."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

from resnet_studio.export.formats import Format, files_of, format_of
from resnet_studio.export.progress import (
    Asked,
    Exported,
    ExportEvent,
    ExportProgress,
    Finding,
    stop_if,
)
from resnet_studio.export.staging import publish, staging
from resnet_studio.export.subject import Subject

Writer = Callable[[Path, Subject, Asked], Generator[ExportProgress, None, Finding]]


def export(
    path: Path | str, subject: Subject, *, cancelled: Asked = lambda: False
) -> Generator[ExportEvent, None, None]:
    """Writes the network to `path` in the format that its suffix says.

    The files are made in a folder beside their place, opened again and compared with the network.
    If anything fails, is cancelled, or this generator is closed, what was there before is
    untouched and nothing else is left.

    Args:
        path: The file; its folder must be there. A file that is there is replaced.
        subject: What to export.
        cancelled: Asked between the steps, and ten times a second within the long ones.

    Yields:
        Progress, and at the end one `Exported`.

    Raises:
        ExportError: If the suffix is of no format, its folder or a package is missing, the disk
            refuses, the network cannot be written in this format, or the file does not equal it.
        Cancelled: If `cancelled` said so.
    """
    path = Path(path).absolute()
    kind, files = format_of(path), files_of(path)
    write = _writer(kind)
    with staging(path) as folder:
        stop_if(cancelled)
        finding = yield from write(folder / path.name, subject.apart(), cancelled)
        stop_if(cancelled)
        publish(folder, files)
    yield Exported(kind, files, finding.checked, finding.difference)


def _writer(kind: Format) -> Writer:
    """Returns what writes and checks a format. Imported here, since most of it needs torch."""
    from resnet_studio.export import onnx_file, script, spec_file, weights

    match kind:
        case Format.SAFETENSORS:
            return weights.write_safetensors
        case Format.PTH:
            return weights.write_pth
        case Format.ONNX:
            return onnx_file.write_onnx
        case Format.SCRIPT:
            return script.write_script
        case Format.TOML | Format.JSON:
            return spec_file.write_spec
