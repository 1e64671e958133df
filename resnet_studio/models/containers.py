"""Finds the state dict inside what `torch.save` wrote: alone, or among all that a training keeps.

Values are plain here: `resnet_studio.models.screening` has let nothing else through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from torch import Tensor

# What people call the weights; those averaged over the training come first, for they are what is
# evaluated where they are kept.
_AVERAGED: Final = ("state_dict_ema", "model_ema", "ema_state_dict", "ema")
_PLAIN: Final = (
    *("state_dict", "model_state_dict", "model", "net", "network", "weights"),
    *("net_state_dict", "model_state", "params"),
)
_CLASS_NAMES: Final = ("classes", "class_names", "class_to_idx", "labels")
_MAX_CLASS_NAME: Final = 200
# What wrappers put before each name: parallel training, compilation, and programs that keep the
# network as a part of something.
_PREFIXES: Final = (
    *("module.", "_orig_mod.", "model.", "backbone.", "encoder.", "net.", "network.", "resnet."),
)
_MAX_PREFIXES: Final = 8
_COUNTER: Final = "num_batches_tracked"
_LISTED: Final = 30
_LETTERS: Final = 80


@dataclass(frozen=True, slots=True)
class Found:
    """The state dict and what lies beside it.

    Attributes:
        state: Tensors by name, as the file has them.
        classes: Names of the classes, if there is a list of as many texts.
        ignored: Names of everything else.
        notes: Sentences on what was chosen.
    """

    state: dict[str, Tensor]
    classes: tuple[str, ...] | None
    ignored: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A table in the file that holds tensors, and the keys that lead to it."""

    keys: tuple[str, ...]
    tensors: dict[str, Tensor]

    @property
    def rank(self) -> tuple[bool, bool, tuple[int, ...], int]:
        """Sorts the table of a network before all others."""
        convolves = any(tensor.dim() == 4 for tensor in self.tensors.values())
        known = all(key in _AVERAGED or key in _PLAIN for key in self.keys)
        places = tuple(_place(key) for key in self.keys) or (_place(""),)
        return (not convolves, not known, places, -len(self.tensors))

    @property
    def averaged(self) -> bool:
        return any(key in _AVERAGED for key in self.keys)

    @property
    def size(self) -> int:
        return sum(not name.endswith(_COUNTER) for name in self.tensors)


def find_state(loaded: Any) -> Found | None:
    """Returns the state dict in what torch has read, or None if there is no tensor by name.

    It may lie under a usual key, and under one more within that. Of several tables the averaged
    weights are taken if they are as many as the others; else state dicts under usual keys come
    before the outermost table, and that before anything else.
    """
    if not isinstance(loaded, Mapping):
        return None
    tables = sorted(_tables(loaded), key=lambda table: table.rank)
    if not tables:
        return None
    chosen, notes = _chosen(tables)
    key, classes = _class_names(loaded)
    return Found(
        state=chosen.tensors,
        classes=classes,
        ignored=_rest(loaded, chosen.keys, but=key),
        notes=notes,
    )


def without_prefixes(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Takes off what a wrapper has put before the names of all convolutions.

    What lies beside them, as a head or a counter, keeps its name.
    """
    for _ in range(_MAX_PREFIXES):
        if (prefix := _prefix(state)) is None:
            break
        inner = {
            name.removeprefix(prefix): tensor
            for name, tensor in state.items()
            if name.startswith(prefix)
        }
        outer = {name: tensor for name, tensor in state.items() if not name.startswith(prefix)}
        state = outer | inner
    return state


def shortened(text: str) -> str:
    """Returns a name from a file in a length that can be shown."""
    return text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"


def _tables(loaded: Mapping[Any, Any]) -> Iterator[_Candidate]:
    if tensors := _tensors(loaded):
        yield _Candidate((), tensors)
    for key, value in _mappings(loaded):
        if tensors := _tensors(value):
            yield _Candidate((key,), tensors)
        for inner_key, inner in _mappings(value):
            if tensors := _tensors(inner):
                yield _Candidate((key, inner_key), tensors)


def _mappings(table: Mapping[Any, Any]) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    for key, value in table.items():
        if isinstance(key, str) and isinstance(value, Mapping):
            yield key, value


def _tensors(table: Mapping[Any, Any]) -> dict[str, Tensor]:
    return {
        name: value
        for name, value in table.items()
        if isinstance(name, str) and isinstance(value, Tensor)
    }


def _chosen(tables: list[_Candidate]) -> tuple[_Candidate, tuple[str, ...]]:
    first = tables[0]
    if not first.averaged:
        return first, ()
    # Some keep averages of the parameters alone, which are no network without the statistics.
    other = next((table for table in tables if not table.averaged and not table.rank[0]), None)
    if other is None:
        return first, ()
    if first.size < other.size:
        return other, (f"The averages under {_dotted(first.keys)!r} are incomplete and not used.",)
    return first, (
        f"The weights averaged over the training ({_dotted(first.keys)!r}) are used, which is "
        f"what such files are evaluated with; those of the last step ({_dotted(other.keys)!r}) "
        "are not.",
    )


def _place(key: str) -> int:
    names = (*_AVERAGED, *_PLAIN)
    return names.index(key) if key in names else len(names)


def _dotted(keys: tuple[str, ...]) -> str:
    return shortened(".".join(keys)) or "the outermost table"


def _rest(loaded: Mapping[Any, Any], keys: tuple[str, ...], *, but: str) -> tuple[str, ...]:
    """Returns the names of what lies beside the chosen table, on the way to it and in it.

    Args:
        loaded: The outermost table.
        keys: What leads to the chosen one.
        but: A name in the outermost table that is used.
    """
    names: list[str] = []
    table, way = loaded, ""
    for depth in range(len(keys) + 1):
        inside = keys[depth] if depth < len(keys) else None
        for key, value in table.items():
            used = key == inside or (inside is None and isinstance(value, Tensor))
            used |= depth == 0 and key == but
            if not used or not isinstance(key, str):
                names.append(shortened(f"{way}{key}"))
        if inside is not None:
            table, way = table[inside], f"{way}{inside}."
    return bounded(names)


def bounded(names: list[str]) -> tuple[str, ...]:
    """Returns the names, of very many only the first and how many more there are."""
    if len(names) <= _LISTED:
        return tuple(names)
    return (*names[:_LISTED], f"… and {len(names) - _LISTED:,} more")


def _class_names(loaded: Mapping[Any, Any]) -> tuple[str, tuple[str, ...] | None]:
    """Returns the names of the classes, and under which key they are."""
    for key in _CLASS_NAMES:
        if names := _listed_names(loaded.get(key)):
            return key, names
    return "", None


def _listed_names(value: Any) -> tuple[str, ...] | None:
    """Returns the names in a list, or in a table of numbers by name, as torchvision has it."""
    if isinstance(value, Mapping):
        numbers = list(value.values())
        if not all(type(number) is int for number in numbers):
            return None
        if sorted(numbers) != list(range(len(numbers))):
            return None
        value = sorted(value, key=lambda name: value[name])
    if not isinstance(value, (list, tuple)):
        return None
    fit = all(
        isinstance(name, str) and 0 < len(name) <= _MAX_CLASS_NAME and name.isprintable()
        for name in value
    )
    return tuple(value) if fit else None


def _prefix(state: Mapping[str, Tensor]) -> str | None:
    convolutions = [name for name, tensor in state.items() if tensor.dim() == 4]
    names = convolutions or list(state)
    for prefix in _PREFIXES:
        if names and all(name.startswith(prefix) for name in names):
            return prefix
    return None
