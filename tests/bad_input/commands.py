"""Words for the command line, and what is read from its answers."""

from __future__ import annotations

import json
import os
import struct
import zlib
from pathlib import Path

import numpy as np

PATIENCE_SECONDS = 60
NETWORK = "cifar_resnet20"


def train_words(spec: Path, data: Path, run: Path, *, epochs: int = 1) -> list[str]:
    return [
        *("train", "--spec", str(spec), "--data", str(data), "--run", str(run)),
        *("--epochs", str(epochs), "--batch-size", "8", "--warmup-epochs", "0"),
        *("--device", "cpu", "--precision", "fp32", "--threads", "1", "--json"),
    ]


def events(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def refusal(capsys) -> str:
    """Returns the one line that the program leaves when it refuses."""
    told = capsys.readouterr().err
    assert told.startswith("resnet-studio: ")
    assert told.count("\n") == 1
    assert "Traceback" not in told
    return told


def photograph(height: int = 40, width: int = 56) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)


def huge_png(path: Path, side: int) -> Path:
    """Writes a whole PNG of so many black pixels a side, one bit each; little for black."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    packer = zlib.compressobj(1)
    rows = bytes((side // 8 + 1) * 100)
    packed = b"".join(packer.compress(rows) for _ in range(side // 100)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )
    return path


def text(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path
