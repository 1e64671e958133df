"""The one way a picture becomes an RGB array, whatever the file it comes from.

Everything that shows, classifies or trains on pictures calls `open_picture`, so they all see the
same pixels: upright (EXIF), eight bits, three channels, opaque. Embedded colour profiles are left
aside on purpose: the published networks were trained on pictures read without them.

How pixels of each kind become RGB is in `pixels`; this module reads files safely and turns every
failure into one error with file, reason and remedy.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from resnet_studio.data.pixels import array_to_rgb, stored_as, to_rgb
from resnet_studio.errors import PictureError

# 100 megapixels decode to 300 MB, which every supported machine has; a picture for a network of
# 224 pixels never needs more. JPEGs beyond are decoded at half or quarter size instead.
MAX_PIXELS = 100_000_000
MAX_FILE_BYTES = 1 << 30

# Only formats that are pictures and nothing else: EPS would start Ghostscript, icons hide a second
# picture whose size is unknown until it is decoded. The order is the order of trial.
_FORMATS = {
    "JPEG": ".jpg .jpeg .jpe .jfif .mpo",
    "PNG": ".png .apng",
    "GIF": ".gif",
    "WEBP": ".webp",
    "BMP": ".bmp",
    "DIB": ".dib",
    "TIFF": ".tif .tiff",
    "AVIF": ".avif",
    "JPEG2000": ".jp2 .j2k",
    "PPM": ".ppm .pgm .pbm .pnm",
    "QOI": ".qoi",
    "PCX": ".pcx",
    "SGI": ".sgi",
    "TGA": ".tga",
}
SUFFIXES = frozenset(suffix for suffixes in _FORMATS.values() for suffix in suffixes.split())
_COUNT_FRAMES_BYTES = 4 << 20
_SNIFF_BYTES = 1024

# Takes the bytes of a file and the number of its pixels; gives (H, W, 3) uint8, or None if it
# leaves the file to Pillow.
JpegDecoder = Callable[[bytes, int], NDArray[np.uint8] | None]

CHOOSE = "Choose a picture."
"""The remedy for a file that was chosen and is none."""
_COPY_AGAIN = "Copy it again from where it came, or leave it out."
_CONVERT = "Export it as JPEG or PNG and open that."


class UnreadablePictureError(PictureError):
    """A picture that cannot be opened.

    Attributes:
        file: Name of the file as a person knows it.
        reason: Why it cannot be opened, without the name: "it is empty".
    """

    def __init__(self, file: str, reason: str, *, remedy: str) -> None:
        super().__init__(f"{file} cannot be opened: {reason}.", remedy=remedy)
        self.file = file
        self.reason = reason


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture ready for the eye and for a network.

    Attributes:
        rgb: (H, W, 3) uint8, C-contiguous and owning its memory. Shared: copy before writing.
        path: The file it came from; None for one from memory.
        name: What to call it on screen.
        notes: What was done beyond reading, in plain words: "turned upright (EXIF)".
    """

    rgb: NDArray[np.uint8]
    path: Path | None = None
    name: str = "picture"
    notes: tuple[str, ...] = ()

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.rgb.shape[0])

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.rgb.shape[1])


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture file says of itself before it is decoded.

    Attributes:
        width: Stored width in pixels, before any turning by EXIF.
        height: Stored height in pixels.
        format: Pillow's name of the format, for example "JPEG".
    """

    width: int
    height: int
    format: str


class _Refusal(Exception):  # noqa: N818 - private: it becomes an UnreadablePictureError
    """A reason and a remedy, before the name of the file is known."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason, remedy)
        self.reason = reason
        self.remedy = remedy


def open_picture(
    source: Path | str | bytes | BinaryIO,
    *,
    name: str = "",
    jpeg: JpegDecoder | None = None,
    least: int | None = None,
) -> Picture:
    """Opens a picture of any supported format.

    Args:
        source: A path, the bytes of a file, or a seekable binary file.
        name: What to call it in messages; the file's own name if empty.
        jpeg: Decodes plain JPEGs to the same bits, faster; see `jpeg.large_jpeg`.
        least: A JPEG may be decoded at a half, a quarter or an eighth of its size, as long as its
            shorter side keeps so many pixels; for thumbnails.

    Raises:
        UnreadablePictureError: Whatever is wrong with it; no other exception leaves here.
    """
    shown = name or _name_of(source)
    with _refusals_named(shown), _opened(source) as image:
        notes: list[str] = []
        _limit_size(image, notes)
        if least is not None:
            image.draft(None, (least, least))
        stored = stored_as(image)
        # Pillow turns a TIFF by itself while loading it; of other formats EXIF may follow the
        # pixels, so that it is known only afterwards.
        turned = image.format == "TIFF" and _orientation(image) != 1
        frames = _frames_note(image)
        plain = _decoded_elsewhere(image, jpeg) if jpeg is not None and not notes else None
        if plain is None:
            _load(image)
            plain = to_rgb(image, notes, stored=stored)
        orientation = _orientation(image)
        rgb = _upright(plain, orientation)
        if turned or orientation != 1:
            notes.insert(0, "turned upright (EXIF)")
        if frames:
            notes.append(frames)
    path = Path(source) if isinstance(source, str | Path) else None
    return Picture(rgb, path, shown, tuple(notes))


def _decoded_elsewhere(image: ImageFile.ImageFile, jpeg: JpegDecoder) -> NDArray[np.uint8] | None:
    """Returns the pixels if it is a plain colour JPEG that `jpeg` decodes; they are as stored."""
    if image.format != "JPEG" or image.mode != "RGB" or image.fp is None:
        return None
    image.fp.seek(0)
    return jpeg(image.fp.read(), image.size[0] * image.size[1])


def read_header(source: Path | str | bytes | BinaryIO, *, name: str = "") -> Header:
    """Reads size and format without decoding; cheap enough for every file of a data set.

    Raises:
        UnreadablePictureError: If the file is no picture, or larger than can be decoded. Damage
            behind the header is found by `open_picture` only.
    """
    with _refusals_named(name or _name_of(source)), _opened(source) as image:
        header = Header(*image.size, image.format or "")
        _limit_size(image, [])
    return header


def picture_from_array(array: NDArray[np.generic], *, name: str = "picture") -> Picture:
    """Makes a picture of an array, as from the clipboard or a data set in memory.

    Args:
        array: (H, W) or (H, W, C) with C = 1 grey, 2 grey and alpha, 3 RGB or 4 RGBA; bool,
            uint8, uint16 (full range 65535) or floating point (stretched from its own range).
        name: What to call it.

    Raises:
        UnreadablePictureError: If it has another shape or type, or no pixels.
    """
    notes: list[str] = []
    with _refusals_named(name):
        if array.ndim not in (2, 3) or 0 in array.shape:
            raise _Refusal(
                f"its array has the shape {array.shape}", "Give rows, columns, channels."
            )
        if array.shape[0] * array.shape[1] > MAX_PIXELS:
            raise _too_large(array.shape[1], array.shape[0])
        rgb = array_to_rgb(array, notes)
    return Picture(rgb, None, name, tuple(notes))


def sample_pictures() -> tuple[Picture, ...]:
    """Returns the two photographs that ship with scikit-learn: a temple and a flower.

    They are found without importing scikit-learn, which takes half a second.

    Raises:
        PictureError: If this installation of scikit-learn lacks them.
    """
    spec = importlib.util.find_spec("sklearn")
    if spec is None or spec.origin is None:
        raise PictureError(
            "The sample pictures are missing.", remedy="Install scikit-learn, which brings them."
        )
    folder = Path(spec.origin).parent / "datasets" / "images"
    return tuple(open_picture(folder / file) for file in ("china.jpg", "flower.jpg"))


def printable(name: str) -> str:
    """Returns `name` as text that can be shown and stored; undecodable bytes become escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _name_of(source: Path | str | bytes | BinaryIO) -> str:
    if isinstance(source, str | Path):
        return printable(Path(source).name or str(source))
    return "The picture"


@contextlib.contextmanager
def _refusals_named(name: str) -> Iterator[None]:
    """Turns whatever goes wrong inside into one `UnreadablePictureError`.

    The net is wide because decoders fail in every way there is: Pillow and the libraries below it
    raise OSError, SyntaxError, ValueError, RuntimeError, struct.error, KeyError, MemoryError,
    DecompressionBombError and more for damaged files.
    """
    try:
        yield
    except _Refusal as refusal:
        raise UnreadablePictureError(name, refusal.reason, remedy=refusal.remedy) from None
    except Exception as error:
        why = _explained(error)
        raise UnreadablePictureError(name, why.reason, remedy=why.remedy) from error


def _explained(error: Exception) -> _Refusal:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return _Refusal("there is no such file", "Check whether it was moved or renamed.")
    if isinstance(error, PermissionError):
        return _Refusal("you have no permission to read it", "Change its permissions.")
    if isinstance(error, MemoryError):
        return _Refusal("it needs more memory than is free", "Close programs, or make it smaller.")
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return _Refusal("it is far too large", f"Make it smaller than {MAX_PIXELS:,} pixels.")
    if "truncated" in str(error).lower() or isinstance(error, EOFError):
        return _Refusal("it is cut off; its end is missing", _COPY_AGAIN)
    if isinstance(error, OSError) and error.errno is not None:
        return _Refusal(f"reading it failed ({error.strerror})", _COPY_AGAIN)
    detail = " ".join(str(error).split())[:120]
    return _Refusal(f"it is damaged ({detail or type(error).__name__})", _COPY_AGAIN)


@contextlib.contextmanager
def _opened(source: Path | str | bytes | BinaryIO) -> Iterator[ImageFile.ImageFile]:
    with _binary(source) as file:
        head = file.read(_SNIFF_BYTES)
        if not head:
            raise _Refusal("it is empty", _COPY_AGAIN)
        _refuse_foreign(head)
        try:
            image = Image.open(file, formats=_formats())
        except UnidentifiedImageError:
            raise _what_it_is(head) from None
        with image:
            yield image


@functools.cache
def _formats() -> tuple[str, ...]:
    """Returns those of the formats that this version of Pillow was built with."""
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


@contextlib.contextmanager
def _binary(source: Path | str | bytes | BinaryIO) -> Iterator[BinaryIO]:
    if isinstance(source, str | Path):
        with _regular_file(Path(source)) as file:
            yield file
    elif isinstance(source, bytes):
        yield io.BytesIO(source)
    else:
        source.seek(0)
        yield source


@contextlib.contextmanager
def _regular_file(path: Path) -> Iterator[BinaryIO]:
    """Opens `path` only if it is a plain file of sensible size.

    Looked at before opening, since opening a device may act on it; opened without blocking and
    looked at again, since a named pipe that took its place in between would hang otherwise.
    """
    _check_plain(path.stat())
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        _check_plain(os.fstat(file.fileno()))
        yield file


def _check_plain(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise _Refusal("it is a folder", "Choose a picture inside it.")
    if not stat.S_ISREG(status.st_mode):
        raise _Refusal("it is not a plain file but a pipe, socket or device", CHOOSE)
    if status.st_size > MAX_FILE_BYTES:
        raise _Refusal(f"its file is larger than {MAX_FILE_BYTES >> 20} MiB", _CONVERT)


def _limit_size(image: Image.Image, notes: list[str]) -> None:
    """Refuses or reduces what is too large, before any memory is taken for its pixels."""
    width, height = image.size
    if width < 1 or height < 1:
        raise _Refusal("it has no pixels", _COPY_AGAIN)
    if width * height <= MAX_PIXELS:
        return
    for divisor in (2, 4, 8):
        image.draft(None, (width // divisor, height // divisor))
        if image.size[0] * image.size[1] <= MAX_PIXELS:
            notes.append(f"reduced to 1/{divisor} from {width} × {height} pixels")
            return
    raise _too_large(width, height)


def _too_large(width: int, height: int) -> _Refusal:
    return _Refusal(
        f"it has {width:,} × {height:,} pixels, more than the limit of {MAX_PIXELS:,}",
        "Make it smaller and try again.",
    )


def _load(image: ImageFile.ImageFile) -> None:
    image.load()
    if image.size[0] * image.size[1] > MAX_PIXELS:
        raise _too_large(*image.size)


def _orientation(image: Image.Image) -> int:
    """Returns EXIF's orientation 1 to 8; 1 where the entry is missing or the block is broken.

    A picture with damaged EXIF is still a picture, so nothing that goes wrong here stops it.
    """
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except Exception:
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(rgb: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turns or mirrors as EXIF's orientation asks (JEITA CP-3451, table of tag 274)."""
    if orientation == 1:
        return rgb
    turned = rgb.swapaxes(0, 1) if orientation >= 5 else rgb
    # Of the (possibly transposed) picture: which orientations mirror the rows, which the columns.
    if orientation in (3, 4, 7, 8):
        turned = turned[::-1]
    if orientation in (2, 3, 6, 7):
        turned = turned[:, ::-1]
    return np.array(turned, order="C")


def _frames_note(image: ImageFile.ImageFile) -> str:
    """Says which of several frames or pages is shown; empty for a plain picture.

    Counting a GIF's frames reads all of it, so that large files are not counted.
    """
    try:
        if not getattr(image, "is_animated", False):
            return ""
        kind = "page" if image.format == "TIFF" else "frame"
        if image.format == "MPO":
            kind = "picture"
        if image.format in ("GIF", "TIFF") and _size_of(image) > _COUNT_FRAMES_BYTES:
            return f"first {kind} of several"
        return f"first {kind} of {image.n_frames}"  # type: ignore[attr-defined]
    except Exception:
        # What follows the first frame is damaged; the first one may be whole all the same.
        return "first frame of several"


def _size_of(image: ImageFile.ImageFile) -> int:
    file = image.fp
    if file is None:
        return 0
    place = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(place)
    return size


_SIGNATURES = (
    (b"\xff\xd8\xff", "a JPEG"),
    (b"\x89PNG", "a PNG"),
    (b"GIF8", "a GIF"),
    (b"RIFF", "a WebP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"BM", "a BMP"),
)
_FOREIGN = (
    (b"%PDF", "it is a PDF document"),
    (b"%!PS", "it is a PostScript document"),
    (b"PK\x03\x04", "it is a zip archive"),
    (b"\xff\x0a", "JPEG XL is not supported"),
    (b"\0\0\0\x0cJXL ", "JPEG XL is not supported"),
    (b"8BPS", "Photoshop files are not supported"),
    (b"\0\0\x01\0", "icons are not supported"),
)


def _refuse_foreign(head: bytes) -> None:
    """Refuses by name what a lenient decoder would take for a damaged picture of its own."""
    for signature, reason in _FOREIGN:
        if head.startswith(signature):
            raise _Refusal(reason, _CONVERT)


def _what_it_is(head: bytes) -> _Refusal:
    """Says what a file that no decoder wants is, judging by how it begins."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return _Refusal(f"it begins like {kind} but is damaged or cut off", _COPY_AGAIN)
    if head[4:8] == b"ftyp":
        heic = head[8:12] in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
        return _Refusal("HEIC is not supported" if heic else "it is a film", _CONVERT)
    lowered = head.lower()
    if b"<svg" in lowered:
        return _Refusal("it is an SVG drawing, which has no pixels", _CONVERT)
    if b"<html" in lowered or lowered.lstrip().startswith(b"<!doctype"):
        return _Refusal("it is a web page", "Save the picture itself instead of its page.")
    if all(byte >= 32 or byte in b"\t\n\r\f" for byte in head):
        return _Refusal("it is a text file", CHOOSE)
    return _Refusal("its format is unknown", _CONVERT)
