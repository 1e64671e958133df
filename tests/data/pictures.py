"""Small picture files of every kind, written by hand where Pillow cannot write them."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

GREY, RGB, GREY_ALPHA, RGBA = 0, 2, 4, 6


def gradient(height: int = 6, width: int = 8, channels: int = 3) -> np.ndarray:
    """(height, width, channels) uint8 in which every pixel differs from its neighbours."""
    rng = np.random.default_rng(7)
    return rng.integers(0, 256, (height, width, channels), dtype=np.uint8)


def smooth(height: int = 48, width: int = 64) -> np.ndarray:
    """(height, width, 3) uint8 that survives JPEG nearly unchanged."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack(
        [x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)], 2
    ).astype(np.uint8)


def encoded(array: np.ndarray | Image.Image, file_format: str, **options) -> bytes:
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def png(
    samples: np.ndarray,
    *,
    bits: int,
    colour: int,
    size: tuple[int, int] | None = None,
    trns: bytes = b"",
) -> bytes:
    """A PNG of any depth: `samples` is (H, W, C) unsigned; `size` lies about (width, height)."""
    height, width, channels = samples.shape
    if bits == 16:
        rows = samples.astype(">u2").tobytes()
    elif bits == 8:
        rows = samples.astype(np.uint8).tobytes()
    else:
        values = samples.reshape(height, width * channels).astype(np.uint8)
        planes = (values[..., None] >> np.arange(bits - 1, -1, -1)) & 1
        rows = np.packbits(planes.reshape(height, -1).astype(np.uint8), axis=1).tobytes()
    stride = len(rows) // height
    raw = b"".join(b"\0" + rows[i * stride : (i + 1) * stride] for i in range(height))
    shown = size or (width, height)
    parts = [_chunk(b"IHDR", struct.pack(">IIBBBBB", *shown, bits, colour, 0, 0, 0))]
    if trns:
        parts.append(_chunk(b"tRNS", trns))
    parts += [_chunk(b"IDAT", zlib.compress(raw)), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def interlaced_png(samples: np.ndarray, *, bits: int, colour: int) -> bytes:
    """A PNG in the seven passes of Adam7 (PNG, 8.2): `samples` is (H, W, C), of 8 or 16 bits."""
    height, width, _ = samples.shape
    raw = b""
    for top, left, down, across in (
        (0, 0, 8, 8),
        (0, 4, 8, 8),
        (4, 0, 8, 4),
        (0, 2, 4, 4),
        (2, 0, 4, 2),
        (0, 1, 2, 2),
        (1, 0, 2, 1),
    ):
        for row in samples[top::down, left::across]:
            raw += b"\0" + row.astype(">u2" if bits == 16 else np.uint8).tobytes()
    parts = [
        _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 1)),
        _chunk(b"IDAT", zlib.compress(raw)),
        _chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
