"""The published networks as data: every family by id, and how a person's text finds one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Final

from resnet_studio.architecture import families, families_cifar
from resnet_studio.architecture.entries import Entry, Family, Figure, Paper
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import SpecError

# What an entry is made of has its own module; who looks one up imports everything from here.
__all__ = ["CATALOG", "Entry", "Family", "Figure", "Paper", "by_family", "get", "resolve"]


def get(name: str) -> Entry:
    """Returns the entry of that id.

    Raises:
        SpecError: If there is none; the message names those that are nearest.
    """
    if (entry := CATALOG.get(name)) is not None:
        return entry
    import difflib  # only needed to word this message

    from resnet_studio.architecture.textforms import shown

    near = difflib.get_close_matches(name.lower(), CATALOG, n=3, cutoff=0.5)
    remedy = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(CATALOG)}."
    raise SpecError(f"The catalogue has no network {shown(name)}.", field="name", remedy=remedy)


def resolve(text: str) -> NetworkSpec:
    """Returns the spec that a person named: a catalogue id, or the path of a spec file.

    Titles and the names that a network has elsewhere are understood too ("WRN-28-10",
    "resnetv2_50"), whatever their case, hyphens and spaces.

    Raises:
        SpecError: If it is neither, or the file is not a valid spec.
    """
    if (name := _names().get(_letters(text))) is not None:
        return CATALOG[name].spec
    path = Path(text)
    if path.suffix.lower() in (".json", ".toml") or len(path.parts) > 1:
        return NetworkSpec.load(path)
    return get(text).spec


def by_family() -> dict[str, list[Entry]]:
    """Returns the entries in the groups and the order in which lists and menus show them."""
    return {family: list(group) for family, group in groupby(CATALOG.values(), _family)}


def _family(entry: Entry) -> str:
    return entry.family


@cache
def _names() -> dict[str, str]:
    """Returns the id for the letters of each id, title and alias; an id goes before an alias."""
    names: dict[str, str] = {}
    for entry in CATALOG.values():
        names |= {_letters(entry.id): entry.id, _letters(entry.title): entry.id}
    for entry in CATALOG.values():
        for alias in entry.aliases:
            names.setdefault(_letters(alias), entry.id)
    return names


def _letters(text: str) -> str:
    return text.casefold().translate(str.maketrans("", "", "-_, "))


def _entries() -> Iterator[Entry]:
    yield from families.residual_networks()
    yield from families.shortcut_options()
    yield from families.aggregated_networks()
    yield from families.wide_networks()
    yield from families_cifar.cifar_wide_networks()
    yield from families.tweaked_networks()
    yield from families.squeezing_networks()
    yield from families.plain_networks()
    yield from families_cifar.cifar_plain_networks()
    yield from families_cifar.cifar_networks()
    yield from families.preactivation_networks()
    yield from families_cifar.cifar_preactivation_networks()
    yield from families_cifar.activation_orders()
    yield from families_cifar.shortcut_types()
    yield from families_cifar.stochastic_networks()
    yield from families.teaching_networks()


CATALOG: Final[Mapping[str, Entry]] = MappingProxyType({entry.id: entry for entry in _entries()})
"""Every published network by its id, in the order in which lists show them."""
