"""The size of a plain JPEG or PNG from its first bytes, much faster than by opening the picture.

For folders of a hundred thousand files. Only headers without anything unusual are read here, and
nothing is ever refused: where a byte is not as expected, `imaging.read_header` has Pillow look at
the file and say what is wrong. So what a scan finds does not depend on this module; a test changes
every byte of many headers and compares.
"""

from __future__ import annotations

import os
import stat
import struct
import zlib

from resnet_studio.data.imaging import MAX_FILE_BYTES

HEAD_BYTES = 2048
"""The header of a JPEG without EXIF has 600 bytes or so."""
TAIL_BYTES = 12
"""PNG's last chunk; JPEG's last marker has two."""
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_MOST_PIXELS = 50_000_000
"""Larger pictures are looked at by Pillow, which warns of them."""

_JPEG = b"\xff\xd8\xff"
_JPEG_END = b"\xff\xd9"
_START_OF_SCAN = 0xDA
_FRAMES = frozenset([0xC0, 0xC1, 0xC2])
_FRAME = struct.Struct(">BHHB")
"""Bits, height, width and number of colours of a frame."""
_QUANTISATION = 0xDB
_HUFFMAN = 0xC4
_RESTART_INTERVAL = 0xDD
_JFIF = 0xE0
_ADOBE = 0xEE
_ADOBE_BYTES = 12
_JFIF_BYTES = 14
_TABLE_BYTES = 65
"""A quantisation table of 8 bits with the byte before it."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KINDS = frozenset(
    [(bits, 0) for bits in (1, 2, 4, 8, 16)]
    + [(bits, colour) for bits in (8, 16) for colour in (2, 4, 6)]
    + [(bits, 3) for bits in (1, 2, 4, 8)]
)
_CHUNK_BYTES = {b"gAMA": 4, b"sRGB": 1, b"pHYs": 9, b"cHRM": 32}


def plain_size(path: str) -> tuple[str, int, int] | None:
    """Returns format ("JPEG" or "PNG"), width and height of a plain picture file.

    Returns:
        None where the file has to be looked at more closely, for whatever reason.
    """
    try:
        # Looked at first, since opening a device may act on it; and opened without waiting, since
        # a pipe that took its place would hang.
        status = os.stat(path)  # noqa: PTH116 - a Path each is slow
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_FILE_BYTES:
            return None
        handle = os.open(path, _FLAGS)
        try:
            found = size_of_head(os.read(handle, HEAD_BYTES))
            if found is None:
                return None
            os.lseek(handle, max(0, status.st_size - TAIL_BYTES), os.SEEK_SET)
            return found if ends_whole(found[0], os.read(handle, TAIL_BYTES)) else None
        finally:
            os.close(handle)
    except (OSError, ValueError):
        return None


def ends_whole(kind: str, tail: bytes) -> bool:
    """Tells whether a JPEG or PNG ends as it should; other kinds are taken at their word.

    One that does not may be cut off, as an interrupted copy leaves it, or have something behind it
    that nobody minds: decoding it tells.

    Args:
        kind: The format, in Pillow's words.
        tail: The last `TAIL_BYTES` of the file, or all of a shorter one.
    """
    if kind == "JPEG":
        return tail.endswith(_JPEG_END)
    return tail[-8:-4] == b"IEND" if kind == "PNG" else True


def size_of_head(head: bytes) -> tuple[str, int, int] | None:
    """Returns format, width and height from the first bytes of a file; None as above."""
    if head.startswith(_JPEG):
        kind, size = "JPEG", _jpeg_size(head)
    elif head.startswith(_PNG):
        kind, size = "PNG", _png_size(head)
    else:
        return None
    if size is None or not 0 < size[0] * size[1] <= _MOST_PIXELS:
        return None
    return kind, *size


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    """Goes from marker to marker up to the scan; None where one is unusual (ITU-T T.81)."""
    size = None
    place, end = 2, len(head) - 4
    while place <= end and head[place] == 0xFF:
        marker = head[place + 1]
        length = head[place + 2] << 8 | head[place + 3]
        content = head[place + 4 : place + 2 + length]
        if len(content) != length - 2:
            return None
        if marker == _START_OF_SCAN:
            return size
        if marker in _FRAMES and size is None:
            if (size := _frame_size(content)) is None:
                return None
        elif not _is_harmless(marker, content):
            return None
        place += 2 + length
    return None


def _frame_size(content: bytes) -> tuple[int, int] | None:
    if len(content) < _FRAME.size:
        return None
    bits, height, width, layers = _FRAME.unpack_from(content)
    fits = bits == 8 and len(content) == 6 + 3 * layers and layers in (1, 3, 4)
    return (width, height) if fits else None


def _is_harmless(marker: int, content: bytes) -> bool:
    """Tells whether Pillow would read over this segment without a word."""
    if marker == _QUANTISATION:
        tables = range(0, len(content), _TABLE_BYTES)
        whole = len(content) % _TABLE_BYTES == 0 and len(content) > 0
        return whole and all(content[table] < 16 for table in tables)
    if marker == _JFIF:
        return content.startswith(b"JFIF\0") and len(content) == _JFIF_BYTES
    if marker == _ADOBE:
        return content.startswith(b"Adobe") and len(content) == _ADOBE_BYTES
    return marker in (_HUFFMAN, _RESTART_INTERVAL)


def _png_size(head: bytes) -> tuple[int, int] | None:
    """Goes from chunk to chunk up to the pixels; None where one is unusual (PNG, chapter 11)."""
    first = _chunk(head, len(_PNG))
    if first is None or first[0] != b"IHDR" or len(first[1]) != 13:
        return None
    width, height, bits, colour, packing, filtering, interlacing = struct.unpack(
        ">IIBBBBB", first[1]
    )
    if (bits, colour) not in _PNG_KINDS or packing or filtering or interlacing > 1:
        return None
    place = len(_PNG) + 25
    while head[place + 4 : place + 8] != b"IDAT":
        chunk = _chunk(head, place)
        if chunk is None or _CHUNK_BYTES.get(chunk[0]) != len(chunk[1]):
            return None
        place += 12 + len(chunk[1])
    return width, height


def _chunk(head: bytes, place: int) -> tuple[bytes, bytes] | None:
    """Returns name and content of the chunk at `place`; None if it is not whole."""
    if place + 8 > len(head):
        return None
    length = int.from_bytes(head[place : place + 4], "big")
    end = place + 8 + length
    if end + 4 > len(head):
        return None
    if zlib.crc32(head[place + 4 : end]) != int.from_bytes(head[end : end + 4], "big"):
        return None
    return head[place + 4 : place + 8], head[place + 8 : end]
