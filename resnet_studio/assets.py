"""The only code that knows where `resources/` lies, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource(*parts: str) -> Path:
    """Returns the path of a file or folder in `resources/`.

    Args:
        *parts: Path inside `resources/`, for example `resource("icons", "studio.svg")`.

    Raises:
        FileNotFoundError: If the installation lacks it, which is a defect of the package.
    """
    for root in (_PACKAGE / "resources", _PACKAGE.parent / "resources"):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"resources/{'/'.join(parts)} is missing from this installation")
