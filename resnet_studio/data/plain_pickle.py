"""Reads pickles that hold only numbers, text, lists, dictionaries and uint8 arrays.

A pickle is a program: loading one may call any function of the interpreter. This reader first
looks through the instructions and refuses any that plain data does not need; then it replaces the
few names that a numpy array needs by harmless stand-ins, and knows no other name. No code of numpy
sees what the file says either: the pixels are taken from the stand-in and measured.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MAX_INSTRUCTIONS = 500_000
_DATA = ("BININT", "BININT1", "BININT2", "LONG1", "NONE", "NEWTRUE", "NEWFALSE", "BINBYTES")
_TEXT = ("BINSTRING", "SHORT_BINSTRING", "BINUNICODE", "SHORT_BINUNICODE", "SHORT_BINBYTES")
_CONTAINERS = ("EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3")
_FILLING = ("MARK", "APPEND", "APPENDS", "SETITEM", "SETITEMS")
_MEMORY = ("BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET", "MEMOIZE")
_ARRAYS = ("GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD")
_FRAME = ("PROTO", "FRAME", "STOP")
_ALLOWED = frozenset(_DATA + _TEXT + _CONTAINERS + _FILLING + _MEMORY + _ARRAYS + _FRAME)


class StoredArray:
    """What a pickle says of an array, before it is believed."""

    def __init__(self, *_ignored: object) -> None:
        self._state: Any = None

    def __setstate__(self, state: object) -> None:
        self._state = state

    def as_array(self) -> NDArray[np.uint8]:
        """Returns the array.

        Raises:
            ValueError: If it is not uint8 in C order, or has more or fewer bytes than it states.
        """
        _version, shape, kind, fortran, content = self._state
        if not isinstance(kind, _StoredType) or kind.name not in ("u1", b"u1") or fortran:
            raise ValueError("an array is not of bytes in C order")
        if not isinstance(content, bytes):
            raise ValueError("an array has no bytes")
        return np.frombuffer(content, dtype=np.uint8).reshape(shape)


class _StoredType:
    """What a pickle says of the type of an array's numbers."""

    def __init__(self, name: object = "", *_ignored: object) -> None:
        self.name = name

    def __setstate__(self, _state: object) -> None:
        """Byte order and the like have no meaning for bytes."""


def _encoded(text: str, *_codec: object) -> bytes:
    """Python 3 writes bytes this way in old protocols."""
    return text.encode("latin-1")


_KNOWN: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): StoredArray,
    ("numpy._core.multiarray", "_reconstruct"): StoredArray,
    ("numpy", "ndarray"): StoredArray,
    ("numpy", "dtype"): _StoredType,
    ("_codecs", "encode"): _encoded,
}


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Returns the stand-in for a name; no other name exists."""
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None


def unpickle_plain(content: bytes) -> Any:
    """Returns the data; arrays are `StoredArray`, texts of Python 2 are bytes.

    Raises:
        ValueError: If the file holds an instruction that plain data does not need.
        pickle.UnpicklingError: If it asks for a name beyond those of an array of bytes.
        Exception: Any other kind if the file is damaged.
    """
    for number, (instruction, argument, _) in enumerate(pickletools.genops(content)):
        if instruction.name not in _ALLOWED:
            raise ValueError(f"it holds the instruction {instruction.name}")
        # A place in the memory of the reader as high as the file likes would be allocated.
        too_high = "PUT" in instruction.name and int(argument or 0) > _MAX_INSTRUCTIONS
        if number > _MAX_INSTRUCTIONS or too_high:
            raise ValueError("it holds far more than a batch of pictures")
    return _PlainUnpickler(io.BytesIO(content), encoding="bytes").load()
