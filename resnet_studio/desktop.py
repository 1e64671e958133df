"""Whether this machine can show a window and load torch, and what to install if it cannot.

Qt ends the process when its platform plugin cannot be loaded, so this is found out beforehand.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NO_DISPLAY = (
    "There is no display here, so the window cannot be opened. "
    "«resnet-studio tour --out DIR» shows the studio in pictures without one."
)
# The Debian and Ubuntu packages of the libraries that Qt and torch load from the system.
DEBIAN_PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libOpenGL.so.0": "libopengl0",
    "libGLX.so.0": "libglx0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libX11.so.6": "libx11-6",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libwayland-client.so.0": "libwayland-client0",
    "libgomp.so.1": "libgomp1",
}
_OF_TORCH = ("libgomp1",)
_LIBRARY = r"(lib[\w.+-]+\.so[.\d]*)"


def display_problem() -> str:
    """Returns why no window can be shown here, in one line with the remedy; empty if one can."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return ""
    if _has_wayland():
        return ""
    if not os.environ.get("DISPLAY"):
        return _NO_DISPLAY
    return _x11_problem()


def import_advice(error: ImportError) -> str:
    """Returns in one line what to install so that the import succeeds."""
    text = str(error)
    if library := _named_library(text):
        return _library_advice(library)
    if isinstance(error, ModuleNotFoundError):
        return (
            f"{text}. Install it with «{sys.executable} -m pip install {error.name}», or install "
            "ResNet Studio again."
        )
    return f"{text}. Install ResNet Studio again: «{sys.executable} -m pip install resnet-studio»."


def torch_advice(error: Exception) -> str:
    """Returns in one line what helps where torch is installed and fails to load.

    Args:
        error: Whatever the import raised: OSError for a library, RuntimeError for another numpy.
    """
    library = _named_library(str(error))
    if library in DEBIAN_PACKAGES:
        return _library_advice(library)
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return (
        f"torch is installed but cannot be loaded ({reason}). Install it again: "
        f"«{sys.executable} -m pip install --force-reinstall torch torchvision»."
    )


def _library_advice(library: str) -> str:
    package = DEBIAN_PACKAGES.get(library)
    if package is None:
        return f"The system library {library} is missing. Install the package that has it."
    packages = [package] if package in _OF_TORCH else window_packages(package)
    return (
        f"The system library {library} is missing. On Debian or Ubuntu: "
        f"«apt-get install {' '.join(packages)}»."
    )


def window_packages(first: str = "") -> list[str]:
    """Returns the Debian packages that a window needs; `first` leads the list."""
    needed = ["libegl1", "libgl1", "libxkbcommon-x11-0", "libfontconfig1", "libdbus-1-3"]
    needed += ["libglib2.0-0", "libxcb-cursor0", "libxcb-icccm4", "libxcb-image0"]
    needed += ["libxcb-keysyms1", "libxcb-render-util0", "libxcb-shape0"]
    return list(dict.fromkeys([first, *needed] if first else needed))


def _x11_problem() -> str:
    """Loads Qt's X11 plugin as Qt would, and reads from the refusal what is missing."""
    import ctypes  # like the other imports in this module: not before the first paint elsewhere

    plugin = _x11_plugin()
    if plugin is None:
        return ""
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        library = _named_library(str(error))
        return _library_advice(library) if library else str(error)
    if not _x11_answers():
        return f"The display {os.environ['DISPLAY']} does not answer. {_NO_DISPLAY}"
    return ""


def _x11_answers() -> bool:
    """Tells whether the X server can be reached: Qt would end the process if it cannot."""
    import ctypes

    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # what that means was found out before
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    refused = bool(xcb.xcb_connection_has_error(connection))
    xcb.xcb_disconnect(connection)
    return not refused


def _has_wayland() -> bool:
    name = os.environ.get("WAYLAND_DISPLAY", "")
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(name) and os.path.exists(os.path.join(folder, name))  # noqa: PTH110, PTH118


def _named_library(text: str) -> str:
    import re  # only a problem needs it

    found = re.search(_LIBRARY, text)
    return found.group(1) if found else ""


def _x11_plugin() -> Path | None:
    import importlib.util

    spec = importlib.util.find_spec("PySide6")
    if spec is None or spec.origin is None:
        return None
    plugin = Path(spec.origin).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    return plugin if plugin.exists() else None
