"""Real files that must be refused: each writer makes one in a folder and returns its path.

The pickles that would run code create a marker file in the current folder; none may ever exist.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import torch

MARKER = "EXECUTED"
TRILLION = 10**12

_MAGIC = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)
_VERSION = pickle.dumps(1001, protocol=2)
_MACHINE = pickle.dumps({"little_endian": True}, protocol=2)
_TORCH_MACHINE = _MAGIC + _VERSION + _MACHINE


class Bomb:
    """Pickles into a call that leaves a marker."""

    def __reduce__(self):
        return os.mkdir, (MARKER,)


def text(value: str) -> bytes:
    encoded = value.encode()
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def integer(value: int) -> bytes:
    return pickle.dumps(value, protocol=2)[2:-1]


def tuple_of(*parts: bytes) -> bytes:
    return b"(" + b"".join(parts) + b"t"


def storage(numel: int, *, legacy: bool = False, kind: str = "FloatStorage") -> bytes:
    named = [text("storage"), f"ctorch\n{kind}\n".encode(), text("0"), text("cpu"), integer(numel)]
    return tuple_of(*named, *([b"N"] if legacy else [])) + b"Q"


def tensor(
    size: tuple[int, ...],
    stride: tuple[int, ...],
    *,
    stored: int,
    offset: int = 0,
    legacy: bool = False,
) -> bytes:
    """Returns the instructions that rebuild one tensor."""
    return (
        b"ctorch._utils\n_rebuild_tensor_v2\n"
        + tuple_of(
            storage(stored, legacy=legacy),
            integer(offset),
            tuple_of(*map(integer, size)),
            tuple_of(*map(integer, stride)),
            b"\x89",
            b"ccollections\nOrderedDict\n)R",
        )
        + b"R"
    )


def one_entry(value: bytes, key: bytes = text("fc.weight")) -> bytes:
    """Returns a pickle of a dictionary with one entry."""
    return b"\x80\x02}" + key + value + b"s."


def zipped(path: Path, pickled: bytes, *, content: bytes = b"\0" * 16) -> Path:
    """Writes a file as today's torch.save lays it out."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/data/0", content)
        archive.writestr("archive/version", "3\n")
    return path


def legacy(path: Path, pickled: bytes, *, content: bytes = b"\0" * 16) -> Path:
    """Writes a file as torch.save did before version 1.6."""
    keys = pickle.dumps(["0"], protocol=2)
    length = struct.pack("<Q", len(content) // 4)
    path.write_bytes(_TORCH_MACHINE + pickled + keys + length + content)
    return path


def safetensors(path: Path, header: object, content: bytes = b"") -> Path:
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(encoded)) + encoded + content)
    return path


def _state() -> dict[str, torch.Tensor]:
    return {"fc.weight": torch.arange(4096.0).reshape(64, 64), "fc.bias": torch.zeros(64)}


def _saved(**options: bool) -> bytes:
    buffer = io.BytesIO()
    torch.save(_state(), buffer, **options)
    return buffer.getvalue()


def code_in_a_bare_pickle(folder: Path) -> Path:
    path = folder / "bare.pth"
    path.write_bytes(pickle.dumps(Bomb()))
    return path


def code_in_a_zip(folder: Path) -> Path:
    path = folder / "zip-code.pth"
    torch.save({"state_dict": Bomb()}, path)
    return path


def code_in_a_legacy_file(folder: Path) -> Path:
    path = folder / "legacy-code.pth"
    torch.save({"fc": Bomb()}, path, _use_new_zipfile_serialization=False)
    return path


def code_in_the_legacy_machine_record(folder: Path) -> Path:
    path = folder / "legacy-machine-code.pth"
    path.write_bytes(_MAGIC + _VERSION + pickle.dumps(Bomb(), protocol=2))
    return path


def a_whole_pickled_network(folder: Path) -> Path:
    path = folder / "whole-network.pt"
    torch.save(torch.nn.Linear(2, 2), path)
    return path


def a_trillion_numbers_in_a_zip(folder: Path) -> Path:
    claim = tensor((TRILLION,), (1,), stored=TRILLION)
    return zipped(folder / "trillion.pth", one_entry(claim))


def a_trillion_numbers_in_a_legacy_file(folder: Path) -> Path:
    claim = tensor((TRILLION,), (1,), stored=TRILLION, legacy=True)
    return legacy(folder / "legacy-trillion.pth", one_entry(claim))


def a_small_storage_seen_as_a_trillion(folder: Path) -> Path:
    claim = tensor((TRILLION,), (0,), stored=4)
    return zipped(folder / "repeated.pth", one_entry(claim))


def a_tensor_beyond_its_storage(folder: Path) -> Path:
    claim = tensor((2, 2), (TRILLION, 1), stored=4)
    return zipped(folder / "beyond.pth", one_entry(claim))


def a_bytearray_of_a_trillion(folder: Path) -> Path:
    # torch's weights-only reader allows this call.
    call = b"cbuiltins\nbytearray\n" + tuple_of(integer(TRILLION)) + b"R"
    return zipped(folder / "bytearray.pth", one_entry(call))


def copies_of_copies(folder: Path) -> Path:
    # One dictionary of 50,000 entries, copied 20,000 times: 10^9 entries from a small file.
    entries = b"".join(text(f"{n}") + b"Ns" for n in range(50_000))
    copy = b"ccollections\nCounter\nh\x00\x85Ra"
    body = b"\x80\x02]}q\x00" + entries + b"a" + copy * 20_000 + b"."
    return zipped(folder / "copies.pth", body)


def nested_tuples(folder: Path) -> Path:
    return zipped(folder / "tuples.pth", b"\x80\x02}N" + b"\x85" * 900_000 + b"Ns.")


def nested_lists(folder: Path) -> Path:
    depth = 900_000
    return zipped(folder / "lists.pth", b"\x80\x02" + b"]" * depth + b"a" * (depth - 1) + b".")


def a_million_marks(folder: Path) -> Path:
    return zipped(folder / "marks.pth", b"\x80\x02" + b"(" * 5_000_000 + b".")


def endless_instructions(folder: Path) -> Path:
    return zipped(folder / "endless.pth", b"\x80\x02]" + b"Na" * 7_000_000 + b".")


def colliding_keys(folder: Path) -> Path:
    modulus = (1 << 61) - 1  # integers that differ by it have the same hash
    entries = b"".join(integer(modulus * n) + b"Ns" for n in range(1, 30_000))
    return zipped(folder / "collisions.pth", b"\x80\x02}" + entries + b".")


def an_oversized_memo_slot(folder: Path) -> Path:
    return zipped(folder / "memo.pth", b"\x80\x02}r\xff\xff\xff\xff.")


def an_unknown_instruction(folder: Path) -> Path:
    return zipped(folder / "instruction.pth", pickle.dumps({"a": [1]}, protocol=4))


def a_zip_bomb(folder: Path) -> Path:
    path = folder / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("archive/data.pkl", one_entry(tensor((4,), (1,), stored=4)))
        with archive.open("archive/data/0", "w", force_zip64=True) as record:
            for _ in range(256):
                record.write(bytes(1 << 20))
    return path


def a_zip_directory_larger_than_the_file(folder: Path) -> Path:
    path = zipped(folder / "directory.pth", one_entry(tensor((4,), (1,), stored=4)))
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 20 : at + 28] = struct.pack("<LL", 0xF0000000, 0xF0000000)
    path.write_bytes(raw)
    return path


def a_zip_directory_of_millions(folder: Path) -> Path:
    path = folder / "millions.pth"
    raw = zipped(path, one_entry(b"N")).read_bytes()
    at = raw.rindex(b"PK\x05\x06")
    start = struct.unpack("<L", raw[at + 16 : at + 20])[0]
    entry = raw[start : start + 46]
    entry = entry[:28] + bytes(6) + entry[34:]
    count = 1_000_000
    tail64 = struct.pack(
        "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, 46 * count, start
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, start + 46 * count, 1)
    path.write_bytes(raw[:start] + entry * count + tail64 + locator + raw[at:])
    return path


def a_zip_with_a_record_twice(folder: Path) -> Path:
    path = folder / "twice.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", one_entry(b"N"))
        archive.writestr("archive/DATA.PKL", pickle.dumps(Bomb(), protocol=2))
    return path


def a_zip_of_something_else(folder: Path) -> Path:
    path = folder / "pictures.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pictures/cat.txt", "miaow")
    return path


def a_torchscript_program(folder: Path) -> Path:
    path = folder / "script.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("script/data.pkl", one_entry(b"N"))
        archive.writestr("script/code/__torch__.py", "op_version_set = 1")
        archive.writestr("script/constants.pkl", b"\x80\x02).")
    return path


def a_state_dict_without_tensors(folder: Path) -> Path:
    path = folder / "no-tensors.pth"
    torch.save({"epoch": 3}, path)
    return path


def a_truncated_zip(folder: Path) -> Path:
    path = folder / "cut.pth"
    path.write_bytes(_saved()[:-1000])
    return path


def a_truncated_legacy_file(folder: Path) -> Path:
    path = folder / "legacy-cut.pth"
    path.write_bytes(_saved(_use_new_zipfile_serialization=False)[:-1000])
    return path


def a_legacy_file_cut_in_its_pickle(folder: Path) -> Path:
    path = folder / "legacy-cut-early.pth"
    path.write_bytes(_saved(_use_new_zipfile_serialization=False)[:200])
    return path


def a_truncated_safetensors_file(folder: Path) -> Path:
    header = {"fc.weight": {"dtype": "F32", "shape": [64], "data_offsets": [0, 256]}}
    return safetensors(folder / "cut.safetensors", header, bytes(100))


def a_safetensors_header_of_a_trillion(folder: Path) -> Path:
    path = folder / "header.safetensors"
    path.write_bytes(struct.pack("<Q", TRILLION) + b'{"a": 1}')
    return path


def a_safetensors_tensor_of_a_trillion(folder: Path) -> Path:
    offsets = [0, 4 * TRILLION]
    header = {"fc.weight": {"dtype": "F32", "shape": [TRILLION], "data_offsets": offsets}}
    return safetensors(folder / "trillion.safetensors", header, bytes(64))


def a_safetensors_header_nested_deeply(folder: Path) -> Path:
    depth = 2_000_000
    return safetensors(folder / "deep.safetensors", b'{"a":' + b"[" * depth + b"]" * depth + b"}")


def a_safetensors_header_that_is_no_table(folder: Path) -> Path:
    return safetensors(folder / "table.safetensors", b'{"__metadata__": [1, 2]}')


def random_bytes(folder: Path) -> Path:
    path = folder / "random.pth"
    generator = torch.Generator().manual_seed(5)
    noise = torch.randint(0, 256, (100_000,), generator=generator, dtype=torch.uint8)
    path.write_bytes(noise.numpy().tobytes())
    return path


def an_empty_file(folder: Path) -> Path:
    path = folder / "empty.pth"
    path.touch()
    return path


def a_folder(folder: Path) -> Path:
    path = folder / "folder.pth"
    path.mkdir()
    return path


def a_missing_file(folder: Path) -> Path:
    return folder / "missing.pth"


def a_link_to_nothing(folder: Path) -> Path:
    path = folder / "link.pth"
    path.symlink_to(folder / "nowhere")
    return path


def a_link_to_itself(folder: Path) -> Path:
    path = folder / "loop.pth"
    path.symlink_to(path)
    return path


def a_pipe(folder: Path) -> Path:
    path = folder / "pipe.pth"
    os.mkfifo(path)
    return path


def a_web_page(folder: Path) -> Path:
    path = folder / "page.pth"
    path.write_text("\n<!DOCTYPE html><html><body>404 Not Found</body></html>")
    return path


def a_text_file(folder: Path) -> Path:
    path = folder / "notes.pth"
    path.write_text("Remember to download the weights.\n")
    return path


def a_git_lfs_pointer(folder: Path) -> Path:
    path = folder / "pointer.safetensors"
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n")
    return path


def a_compressed_file(folder: Path) -> Path:
    path = folder / "weights.pth.gz"
    path.write_bytes(b"\x1f\x8b\x08" + bytes(100))
    return path


def a_file_of_five_gigabytes(folder: Path) -> Path:
    path = folder / "huge.pth"
    with path.open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(5 << 30)  # sparse: takes no room
    return path


POSIX_ONLY = {a_pipe, a_link_to_nothing, a_link_to_itself}
# Each with words that its refusal must contain.
HOSTILE: dict[Callable[[Path], Path], str] = {
    code_in_a_bare_pickle: "pickle that torch.save did not write",
    code_in_a_zip: "asks for posix.mkdir",
    code_in_a_legacy_file: "asks for posix.mkdir",
    code_in_the_legacy_machine_record: "asks for posix.mkdir",
    a_whole_pickled_network: "asks for torch.nn.modules.linear.Linear",
    a_trillion_numbers_in_a_zip: "claims 4,000,000,000,000 bytes",
    a_trillion_numbers_in_a_legacy_file: "cut short",
    a_small_storage_seen_as_a_trillion: "claims 1,000,000,000,000 numbers",
    a_tensor_beyond_its_storage: "claims 4 numbers",
    a_bytearray_of_a_trillion: "asks for builtins.bytearray",
    copies_of_copies: "longer than that of a network",
    nested_tuples: "nested too deeply",
    nested_lists: "laid out as torch.save never does",
    a_million_marks: "nested too deeply",
    endless_instructions: "longer than that of a network",
    colliding_keys: "neither a text nor a small number",
    an_oversized_memo_slot: "no tensors",
    an_unknown_instruction: "instruction",
    a_zip_bomb: "compressed parts",
    a_zip_directory_larger_than_the_file: "more bytes than the file has",
    a_zip_directory_of_millions: "1,000,000 entries",
    a_zip_with_a_record_twice: "twice",
    a_zip_of_something_else: "not one that torch.save wrote",
    a_torchscript_program: "TorchScript",
    a_state_dict_without_tensors: "no tensors",
    a_truncated_zip: "cut short",
    a_truncated_legacy_file: "cut short",
    a_legacy_file_cut_in_its_pickle: "cut short",
    a_truncated_safetensors_file: "cut short or damaged",
    a_safetensors_header_of_a_trillion: "cut short",
    a_safetensors_tensor_of_a_trillion: "cut short or damaged",
    a_safetensors_header_nested_deeply: "no JSON",
    a_safetensors_header_that_is_no_table: "header is broken",
    random_bytes: "neither a PyTorch file",
    an_empty_file: "empty",
    a_folder: "folder",
    a_missing_file: "no such file",
    a_link_to_nothing: "no such file",
    a_link_to_itself: "cannot be reached",
    a_pipe: "not a plain file",
    a_web_page: "web page",
    a_text_file: "text file",
    a_git_lfs_pointer: "Git LFS",
    a_compressed_file: "gzip",
    a_file_of_five_gigabytes: "the most is 4 GiB",
}
