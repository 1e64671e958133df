"""Judges a file of weights by its outside before any reader opens it.

What passes is a plain file of a sane size and of a known kind, whose tables fit its content. All
checks cost milliseconds and memory in proportion to the tables, not to what the tables claim.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

from resnet_studio.errors import CheckpointError
from resnet_studio.models.claims import ClaimError, Claims, ForeignCodeError, read_claims

MAX_FILE_BYTES: Final = 4 << 30
"""The largest network that a spec allows has 10^9 weights: 4 GB as float32."""
MAX_HEADER_BYTES: Final = 16 << 20
"""Of a safetensors header, a zip directory or a pickle: 4,000 layers take 3 MB."""
MAX_RECORDS: Final = 30_000
"""Tensors of a file: the 4,000 layers that a spec allows have 24,000."""

_WEIGHTS_AGAIN: Final = "Download or copy it again, or choose another file."
_ONLY_WEIGHTS: Final = (
    "Nothing of it was run. Ask its author for a .safetensors file, or for a file of the state "
    "dict alone: torch.save(model.state_dict(), path)."
)
_LEGACY_MAGIC: Final = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
_LEGACY_PICKLES: Final = ("magic number", "version", "machine", "tensors", "storage keys")
_CHUNK_BYTES: Final = 1 << 20
# The lengths of name and extra field end the fixed part of a record's own header.
_LOCAL: Final = struct.Struct("<26x2H")
_TAIL: Final = struct.Struct("<4s4H2LH")
_TAIL64_LOCATOR: Final = struct.Struct("<4sLQL")
_TAIL64: Final = struct.Struct("<4sQ2H2L4Q")
_MARKUP: Final = (b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")


class FileKind(StrEnum):
    """How a file of weights is written."""

    SAFETENSORS = "safetensors"
    TORCH_ZIP = "torch zip"
    TORCH_LEGACY = "torch legacy"

    @property
    def words(self) -> str:
        """What to call it before a person."""
        return _KIND_WORDS[self]


_KIND_WORDS: Final = {
    FileKind.SAFETENSORS: "safetensors",
    FileKind.TORCH_ZIP: "PyTorch",
    FileKind.TORCH_LEGACY: "PyTorch before 1.6",
}


def refusal(path: Path, reason: str, remedy: str = _WEIGHTS_AGAIN) -> CheckpointError:
    """Returns the error that says which file is refused, why, and what to do."""
    return CheckpointError(f"{path.name or path}: {reason}.", remedy=remedy)


def check_outside(path: Path) -> int:
    """Returns the file's size in bytes without opening it: a pipe would never end.

    Raises:
        CheckpointError: If it is missing, no plain file, empty or too large.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        raise refusal(path, f"there is no such file in {path.parent}", "Choose a file.") from None
    except (OSError, ValueError) as error:
        raise refusal(path, f"it cannot be reached ({_cause(error)})") from None
    if stat.S_ISDIR(status.st_mode):
        raise refusal(path, "it is a folder", "Choose the file of weights inside it.")
    if not stat.S_ISREG(status.st_mode):
        raise refusal(path, "it is not a plain file", "Choose a file of weights.")
    if status.st_size == 0:
        raise refusal(path, "it is empty")
    if status.st_size > MAX_FILE_BYTES:
        raise refusal(
            path,
            f"it has {status.st_size / 2**30:.1f} GiB; the most is {MAX_FILE_BYTES >> 30} GiB",
            "Choose a file of the weights alone, without the state of a training.",
        )
    return status.st_size


def kind_of(path: Path, file: BinaryIO) -> FileKind:
    """Returns how the file is written, judged by its first bytes; its name may say anything.

    Raises:
        CheckpointError: If it is no kind that is read here; says what it seems to be.
    """
    file.seek(0)
    start = file.read(512)
    if start.startswith(b"PK\x03\x04"):
        return FileKind.TORCH_ZIP
    if start.startswith(_LEGACY_MAGIC):
        return FileKind.TORCH_LEGACY
    if start[8:9] == b"{" and len(start) > 9:
        return FileKind.SAFETENSORS
    raise refusal(path, _seems(start))


def screen_zip(path: Path, file: BinaryIO, size: int) -> None:
    """Checks a file of today's `torch.save` before torch reads it.

    Raises:
        CheckpointError: If its directory, records or pickle are broken or absurd.
    """
    _check_directory(path, file, size)
    try:
        with zipfile.ZipFile(file) as archive:
            records = _check_records(path, archive.infolist(), size)
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise refusal(path, "its zip directory is broken") from None
    pickled = b"".join(_chunks(path, file, records["data.pkl"]))
    claims = _claims(path, io.BytesIO(pickled))
    _check_tensors(path, claims)
    for key, claimed in claims.storages.items():
        record = records.get(f"data/{key}")
        if record is None or record.file_size != claimed:
            held = "none" if record is None else f"{record.file_size:,}"
            raise refusal(path, f"a tensor in it claims {claimed:,} bytes and the file has {held}")
    for record in records.values():
        _check_sum(path, file, record)


def screen_legacy(path: Path, file: BinaryIO, size: int) -> None:
    """Checks a file of `torch.save` before version 1.6 before torch reads it.

    Raises:
        CheckpointError: If its pickles are broken, or claim more than the file holds.
    """
    file.seek(0)
    stream = io.BytesIO(file.read(MAX_HEADER_BYTES))
    parts = dict(
        zip(_LEGACY_PICKLES, (_claims(path, stream) for _ in _LEGACY_PICKLES), strict=True)
    )
    claims = parts["tensors"]
    _check_tensors(path, claims)
    if sorted(parts["storage keys"].strings or ()) != sorted(claims.storages):
        raise refusal(path, "its list of storages does not fit its tensors")
    # Each storage is its length in eight bytes and then its content.
    claimed = stream.tell() + sum(held + 8 for held in claims.storages.values())
    if claimed > size:
        raise refusal(
            path, f"its tensors claim {claimed:,} bytes and the file has {size:,}; it is cut short"
        )


def _seems(start: bytes) -> str:
    text = start.lstrip().lower()
    if text.startswith(_MARKUP):
        return "it is a web page, not weights; the download seems to have failed"
    if text.startswith(b"version https://git-lfs"):
        return "it is a Git LFS pointer to the weights, not the weights"
    if start.startswith(b"\x1f\x8b"):
        return "it is compressed with gzip; unpack it first"
    if start.startswith(b"\x89HDF"):
        return "it is an HDF5 file (Keras?); only PyTorch weights and .safetensors are read"
    if start.startswith(b"\x80"):
        return "it is a pickle that torch.save did not write; it was not read"
    if text and all(32 <= byte < 127 or byte in b"\t\r\n" for byte in text):
        return "it is a text file, not weights"
    return "it is neither a PyTorch file (.pth, .pt) nor a .safetensors file"


def _check_directory(path: Path, file: BinaryIO, size: int) -> None:
    """Bounds the zip's directory before `zipfile` makes an object of each entry."""
    tail_at = size - _TAIL.size
    if tail_at < 0:
        raise _cut(path)
    tail = _TAIL.unpack(_read_at(file, tail_at, _TAIL.size))
    signature, *_, entries, length, start, comment = tail
    if signature != b"PK\x05\x06" or comment:
        raise _cut(path)
    end = tail_at
    locator_at = tail_at - _TAIL64_LOCATOR.size
    if locator_at >= 0:
        locator = _TAIL64_LOCATOR.unpack(_read_at(file, locator_at, _TAIL64_LOCATOR.size))
        if locator[0] == b"PK\x06\x07":
            end = locator_at - _TAIL64.size
            if end < 0 or locator[2] != end:
                raise _cut(path)
            *_, entries, length, start = _TAIL64.unpack(_read_at(file, end, _TAIL64.size))
    if start + length != end:
        raise _cut(path)
    if length > MAX_HEADER_BYTES or entries > MAX_RECORDS:
        raise refusal(path, f"its zip directory has {entries:,} entries in {length:,} bytes")


def _check_records(
    path: Path, entries: list[zipfile.ZipInfo], size: int
) -> dict[str, zipfile.ZipInfo]:
    """Returns the records by their name inside the archive's one folder."""
    folder = entries[0].filename.partition("/")[0] if entries else ""
    records: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
            raise refusal(path, "it has compressed parts, which torch.save never writes")
        top, _, name = entry.filename.partition("/")
        # torch looks names up without regard to case.
        if top != folder or name.lower() in records:
            raise refusal(path, "its zip directory names a record twice or has two folders")
        records[name.lower()] = entry
    if sum(entry.file_size for entry in entries) > size:
        raise refusal(path, "its zip directory claims more bytes than the file has")
    if "constants.pkl" in records or any(name.startswith("code/") for name in records):
        raise refusal(path, "it is a TorchScript program, not weights", _ONLY_WEIGHTS)
    if "data.pkl" not in records:
        raise refusal(path, "it is a zip archive, but not one that torch.save wrote")
    if records["data.pkl"].file_size > MAX_HEADER_BYTES:
        raise refusal(path, "its list of tensors is larger than that of any network here")
    return records


def _chunks(path: Path, file: BinaryIO, record: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yields the bytes of a record, found as torch finds them; zipfile insists on a checksum."""
    head = _read_at(file, record.header_offset, _LOCAL.size)
    if len(head) < _LOCAL.size:
        raise _cut(path)
    name, extra = _LOCAL.unpack(head)
    file.seek(name + extra, os.SEEK_CUR)
    left = record.file_size
    while left:
        chunk = file.read(min(left, _CHUNK_BYTES))
        if not chunk:
            raise _cut(path)
        left -= len(chunk)
        yield chunk


def _check_sum(path: Path, file: BinaryIO, record: zipfile.ZipInfo) -> None:
    """Checks the CRC-32 of a record, which torch does not; zero says that none was written."""
    if record.CRC == 0:
        return
    found = 0
    for chunk in _chunks(path, file, record):
        found = zlib.crc32(chunk, found)
    if found != record.CRC:
        raise refusal(path, "it is damaged: the checksum of its content is another")


def _claims(path: Path, stream: io.BytesIO) -> Claims:
    try:
        return read_claims(stream)
    except ForeignCodeError as error:
        raise refusal(path, str(error), _ONLY_WEIGHTS) from None
    except ClaimError as error:
        raise refusal(path, str(error)) from None


def _check_tensors(path: Path, claims: Claims) -> None:
    if not claims.tensors:
        raise refusal(path, "there are no tensors in it")


def _read_at(file: BinaryIO, position: int, count: int) -> bytes:
    file.seek(position)
    return file.read(count)


def _cut(path: Path) -> CheckpointError:
    return refusal(path, "it is cut short or damaged: the zip directory at its end is missing")


def _cause(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
