"""The report of a tour: one HTML page with the pictures taken."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from resnet_studio.files import write_text_atomic

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2rem auto;
       padding: 0 1rem; color: #15181d; background: #ffffff; }
figure { margin: 2.5rem 0; }
img { width: 100%; border: 1px solid #c3c8d0; border-radius: 6px; }
figcaption { margin-top: .5rem; }
figcaption span { color: #545c68; }
"""


@dataclass(frozen=True, slots=True)
class Stop:
    """One picture of the tour.

    Attributes:
        file: Name of the PNG beside the report.
        title: What is seen.
        text: Figures measured at this stop; may be empty.
    """

    file: str
    title: str
    text: str


def write_report(out: Path, stops: Sequence[Stop]) -> Path:
    """Writes `index.html` beside the pictures and returns its path.

    Raises:
        OSError: If it cannot be written.
    """
    figures = "\n".join(_figure(stop) for stop in stops)
    page = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<title>A tour of ResNet Studio</title>\n"
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>A tour of ResNet Studio</h1>\n"
        "<p>Pictures that the program took of its own window while it was used.</p>\n"
        f"{figures}\n</body>\n</html>\n"
    )
    path = out / "index.html"
    write_text_atomic(path, page)
    return path


def _figure(stop: Stop) -> str:
    title, text = html.escape(stop.title), html.escape(stop.text)
    return (
        f'<figure><img src="{html.escape(stop.file)}" alt="{title}">'
        f"<figcaption><strong>{title}</strong> <span>{text}</span></figcaption></figure>"
    )
