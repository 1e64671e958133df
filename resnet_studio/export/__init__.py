"""A network on its way out of the program, as files that other programs and people use.

`export` writes one file, named by its suffix: weights (`.safetensors`, `.pth`), the network for
other runtimes (`.onnx`), a Python script to read and to run (`.py`), or the spec (`.toml`,
`.json`). Nothing takes its name before it was opened again and compared with the network. No
window is known here, and importing this takes no torch.
"""

from __future__ import annotations

from resnet_studio.export.exporting import export
from resnet_studio.export.formats import Format, files_of, format_of
from resnet_studio.export.progress import Exported, ExportEvent, ExportProgress
from resnet_studio.export.subject import Subject

__all__ = [
    "ExportEvent",
    "ExportProgress",
    "Exported",
    "Format",
    "Subject",
    "export",
    "files_of",
    "format_of",
]
