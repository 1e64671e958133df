"""Reads what a pickle claims to hold without making any of it.

torch's own reader with `weights_only=True` runs no code, but it does allocate what a file claims,
copy what a file says to copy and hash what a file nests. This reader steps through the same
instructions over inert stand-ins, counts its steps, and refuses whatever a state dict never has:
unknown classes and functions, tensors larger than their storage, deep nesting, odd keys. Only
files that pass are handed to torch. It reads protocol 2 as `torch.save` writes it.
"""

from __future__ import annotations

import math
import pickletools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

MAX_STEPS: Final = 700_000
"""A state dict takes 42 steps a tensor, so this is a ResNet of 2,700 layers, and no pickle of this
length takes two seconds to refuse, here and in torch together."""
MAX_STACK: Final = 20_000
"""Values not yet in a container; picklers write containers in batches of a thousand."""
MAX_NESTING: Final = 64
"""Containers inside each other. torch would hash nested tuples by recursion, without a guard."""
_MAX_INTEGER: Final = 1 << 60
"""Larger integers can be chosen to collide as dictionary keys."""

_STORAGES: Final = {
    "torch DoubleStorage": 8,
    "torch FloatStorage": 4,
    "torch HalfStorage": 2,
    "torch BFloat16Storage": 2,
    "torch LongStorage": 8,
    "torch IntStorage": 4,
    "torch ShortStorage": 2,
    "torch CharStorage": 1,
    "torch ByteStorage": 1,
    "torch BoolStorage": 1,
}
_TENSORS: Final = {"torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_tensor"}
_PARAMETER: Final = "torch._utils _rebuild_parameter"
_ORDERED_DICT: Final = "collections OrderedDict"
_DICTS: Final = {_ORDERED_DICT, "collections Counter"}
_PLAIN: Final = {"torch Size", "torch device"}
_DTYPES: Final = {
    f"torch {name}"
    for name in ("float64", "float32", "float16", "bfloat16", "int64", "int32", "uint8", "bool")
}
_KNOWN: Final = {*_STORAGES, *_TENSORS, _PARAMETER, *_DICTS, *_PLAIN, *_DTYPES}


class ClaimError(Exception):
    """The pickle is refused; the text says why, as the end of a sentence about the file."""


class ForeignCodeError(ClaimError):
    """The pickle names a class or function that no state dict needs."""


@dataclass(slots=True)
class Claims:
    """What one pickle claims to hold.

    Attributes:
        tensors: How many tensors it rebuilds.
        storages: Bytes of each storage that they read, by key.
        strings: The texts in the list, if the pickle is a list of texts; otherwise None.
    """

    tensors: int = 0
    storages: dict[str, int] = field(default_factory=dict)
    strings: list[str] | None = None


def read_claims(stream: BytesIO) -> Claims:
    """Steps through one pickle from the stream's position to just behind it.

    Raises:
        ClaimError: If it is broken, absurd, or more than tensors in plain containers.
    """
    machine = _Machine()
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            machine.step(opcode.name, argument)
        return machine.result()
    except ClaimError:
        raise
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError) as error:
        # pickletools and a stack that runs empty raise these, and only for a broken stream.
        raise ClaimError("its list of tensors is broken or cut short") from error


@dataclass(frozen=True, slots=True)
class _Global:
    name: str


@dataclass(frozen=True, slots=True)
class _Storage:
    key: str
    numel: int


class _Tensor:
    __slots__ = ()


@dataclass(slots=True)
class _Box:
    """A container; only of tuples and lists are the items kept, which later steps may ask for."""

    kind: str
    depth: int = 1
    items: list[Any] = field(default_factory=list)

    def take(self, items: Iterable[Any]) -> None:
        for item in items:
            self.items.append(item)
            if isinstance(item, _Box) and item.depth >= self.depth:
                self.depth = item.depth + 1
        if self.depth > MAX_NESTING:
            raise ClaimError("it is nested too deeply to be a state dict")


class _Machine:
    """The stack machine of pickle over inert values."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._marks: list[int] = []
        self._memo: dict[int, Any] = {}
        self._steps = 0
        self._claims = Claims()

    def step(self, name: str, argument: Any) -> None:
        """Executes one instruction."""
        self._charge(1)
        if len(self._stack) > MAX_STACK:
            raise ClaimError("its list of tensors is laid out as torch.save never does it")
        if name in _LITERALS:
            self._push_literal(argument)
        elif (operation := _OPERATIONS.get(name)) is not None:
            operation(self, argument)
        else:
            raise ClaimError(f"it uses the pickle instruction {name}, which no state dict has")

    def result(self) -> Claims:
        """Returns the claims once the pickle has ended."""
        (value,) = self._stack
        listed = isinstance(value, _Box) and value.kind == "list"
        if listed and all(isinstance(item, str) for item in value.items):
            self._claims.strings = value.items
        return self._claims

    def _charge(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MAX_STEPS:
            raise ClaimError("its list of tensors is longer than that of a network of 2,500 layers")

    def _push_literal(self, value: Any) -> None:
        if isinstance(value, bytes):
            value = value.decode("utf-8", "replace")  # Python 2 wrote its strings as bytes
        self._stack.append(value)

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _push_box(self, kind: str, items: Iterable[Any] = ()) -> None:
        self._charge(1)  # containers cost more than other values
        box = _Box(kind)
        box.take(items)
        self._stack.append(box)

    def _pop_to_mark(self) -> list[Any]:
        start = self._marks.pop()
        items = self._stack[start:]
        del self._stack[start:]
        return items

    def _pop(self, count: int) -> list[Any]:
        if count > len(self._stack):
            raise IndexError
        items = self._stack[-count:]
        del self._stack[-count:]
        return items

    def _mark(self, _: Any) -> None:
        self._marks.append(len(self._stack))
        if len(self._marks) > MAX_NESTING:
            raise ClaimError("it is nested too deeply to be a state dict")

    def _protocol(self, version: int) -> None:
        if version not in (2, 3):
            raise ClaimError(f"it is in pickle protocol {version}; torch.save uses 2")

    def _put(self, slot: int) -> None:
        self._memo[slot] = self._stack[-1]

    def _get(self, slot: int) -> None:
        self._stack.append(self._memo[slot])

    def _top_box(self, kind: str) -> _Box:
        box = self._stack[-1]
        if not isinstance(box, _Box) or box.kind != kind:
            raise TypeError
        return box

    def _append(self, items: list[Any]) -> None:
        self._top_box("list").take(items)

    def _set_items(self, items: list[Any]) -> None:
        for key in items[::2]:
            _check_key(key)
        self._top_box("dict").take(items[1::2])

    def _global(self, name: str) -> None:
        if name not in _KNOWN:
            shown = name.replace(" ", ".", 1)
            raise ForeignCodeError(f"it holds more than weights: it asks for {_short(shown)}")
        self._stack.append(_Global(name))

    def _reduce(self, _: Any) -> None:
        function, arguments = self._pop(2)
        if not isinstance(arguments, _Box) or arguments.kind != "tuple":
            raise TypeError
        name, items = function.name, arguments.items
        if name in _TENSORS:
            self._rebuild_tensor(items)
        elif name == _PARAMETER:
            self._rebuild_parameter(items)
        elif name in _DICTS:
            self._rebuild_dict(items)
        elif name in _PLAIN:
            # A copy of its argument: charged, or repeating it would multiply memory.
            self._charge(_size(items))
            self._push_box("plain", items)
        else:
            raise TypeError

    def _rebuild_dict(self, items: list[Any]) -> None:
        """An empty one, a copy of another, or Python 2's form: a list of [key, value] lists."""
        self._charge(_size(items))
        source = items[0] if items else _Box("dict")
        if not isinstance(source, _Box) or source.kind not in ("dict", "list") or len(items) > 1:
            raise TypeError
        if source.kind == "dict":
            self._push_box("dict", source.items)
            return
        pairs = [pair.items for pair in source.items]
        for key, _ in pairs:
            _check_key(key)
        self._push_box("dict", [value for _, value in pairs])

    def _rebuild_tensor(self, items: list[Any]) -> None:
        storage, offset, size, stride = items[:4]
        if not isinstance(storage, _Storage) or len(items) > 6:
            raise TypeError
        _check_view(storage, offset, _integers(size), _integers(stride))
        self._claims.tensors += 1
        self._stack.append(_Tensor())

    def _rebuild_parameter(self, items: list[Any]) -> None:
        if not isinstance(items[0], _Tensor) or len(items) != 3:
            raise TypeError
        self._stack.append(items[0])

    def _build(self, _: Any) -> None:
        """Attributes of an ordered dictionary; torch copies them into it."""
        state = self._stack.pop()
        if not isinstance(state, _Box) or state.kind != "dict":
            raise TypeError
        self._charge(len(state.items))
        self._top_box("dict").take([state])

    def _persistent(self, _: Any) -> None:
        """A storage: ("storage", type, key, device, elements[, view])."""
        parts = self._stack.pop().items
        tag, kind, key, _, numel = parts[:5]
        if (
            tag != "storage"
            or not isinstance(key, str)
            or any(part is not None for part in parts[5:])
        ):
            raise TypeError
        if type(numel) is not int or numel < 0:
            raise ClaimError("a storage in it has a negative size")
        claimed = numel * _STORAGES[kind.name]
        if self._claims.storages.setdefault(key, claimed) != claimed:
            raise ClaimError("it gives one storage two sizes")
        self._stack.append(_Storage(key, numel))


def _check_key(key: Any) -> None:
    """Refuses keys that are slow to hash or chosen to collide; state dicts have names."""
    if isinstance(key, str) or (isinstance(key, int) and abs(key) < _MAX_INTEGER):
        return
    raise ClaimError("a dictionary in it has a key that is neither a text nor a small number")


def _check_view(storage: _Storage, offset: Any, size: list[int], stride: list[int]) -> None:
    """Refuses a tensor that reaches outside its storage or repeats it."""
    if type(offset) is not int or offset < 0 or len(size) != len(stride):
        raise TypeError
    elements = math.prod(size)
    last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    if elements > storage.numel or (elements and last >= storage.numel):
        raise ClaimError(
            f"a tensor in it claims {elements:,} numbers where the file says to have "
            f"{storage.numel:,}"
        )


def _integers(value: Any) -> list[int]:
    if not isinstance(value, _Box) or value.kind not in ("tuple", "plain"):
        raise TypeError
    if len(value.items) == 1 and isinstance(value.items[0], _Box):
        return _integers(value.items[0])  # torch.Size((2, 3))
    if len(value.items) > MAX_NESTING:
        raise ClaimError("a tensor in it has too many axes")
    if not all(type(item) is int and 0 <= item < _MAX_INTEGER for item in value.items):
        raise ClaimError("a tensor in it has a negative or an absurd size")
    return value.items


def _size(items: list[Any]) -> int:
    return sum(len(item.items) if isinstance(item, _Box) else 1 for item in items)


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


_LITERALS: Final = {
    "BINUNICODE",
    "SHORT_BINSTRING",
    "BININT",
    "BININT1",
    "BININT2",
    "LONG1",
    "BINFLOAT",
}
_OPERATIONS: Final[dict[str, Callable[[_Machine, Any], None]]] = {
    "PROTO": _Machine._protocol,
    "STOP": lambda machine, _: None,
    "NONE": lambda machine, _: machine._push(None),
    "NEWTRUE": lambda machine, _: machine._push(True),
    "NEWFALSE": lambda machine, _: machine._push(False),
    "EMPTY_DICT": lambda machine, _: machine._push_box("dict"),
    "EMPTY_LIST": lambda machine, _: machine._push_box("list"),
    "EMPTY_TUPLE": lambda machine, _: machine._push_box("tuple"),
    "TUPLE": lambda machine, _: machine._push_box("tuple", machine._pop_to_mark()),
    "TUPLE1": lambda machine, _: machine._push_box("tuple", machine._pop(1)),
    "TUPLE2": lambda machine, _: machine._push_box("tuple", machine._pop(2)),
    "TUPLE3": lambda machine, _: machine._push_box("tuple", machine._pop(3)),
    "APPEND": lambda machine, _: machine._append(machine._pop(1)),
    "APPENDS": lambda machine, _: machine._append(machine._pop_to_mark()),
    "SETITEM": lambda machine, _: machine._set_items(machine._pop(2)),
    "SETITEMS": lambda machine, _: machine._set_items(machine._pop_to_mark()),
    "MARK": _Machine._mark,
    "BINPUT": _Machine._put,
    "LONG_BINPUT": _Machine._put,
    "BINGET": _Machine._get,
    "LONG_BINGET": _Machine._get,
    "GLOBAL": _Machine._global,
    "REDUCE": _Machine._reduce,
    "BUILD": _Machine._build,
    "BINPERSID": _Machine._persistent,
}
