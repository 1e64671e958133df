"""The network as a tree of names: section > block > layer, and what is folded in it. No Qt.

The drawing, the table and the keyboard all walk this one tree, so they agree on what a name
is, what it belongs to and what comes next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from resnet_studio.architecture.graph import Block, Layer, NetworkGraph, Section

Item: TypeAlias = Section | Block | Layer


@dataclass(slots=True)
class Entry:
    """One name of the network.

    Attributes:
        item: The section, block or layer.
        section: Index of its section; 0 is the stem and the last is the head.
        parent: What it belongs to; None for a section.
        children: What belongs to it, in the order of the computation.
        row: Its place among its parent's children.
    """

    item: Item
    section: int
    parent: Entry | None
    row: int
    children: list[Entry] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name that the graph and the whole window know it by."""
        return self.item.name

    @property
    def is_section(self) -> bool:
        """Whether this is the stem, a stage or the head."""
        return self.parent is None

    @property
    def is_block(self) -> bool:
        """Whether this is a block of a stage."""
        return isinstance(self.item, Block)

    def add(self, item: Item) -> Entry:
        """Appends a child and returns it."""
        child = Entry(item, self.section, self, len(self.children))
        self.children.append(child)
        return child


class Outline:
    """Every name of one graph, with parents and children.

    Attributes:
        sections: The parts of the network in order.
        graph: The graph it was made from.
    """

    def __init__(self, graph: NetworkGraph) -> None:
        self.graph = graph
        self.sections = tuple(
            _section_entry(section, index) for index, section in enumerate(graph.sections)
        )
        self._by_name = {entry.name: entry for entry in self.entries()}

    def find(self, name: str) -> Entry | None:
        """Returns the entry of a name, None if the network has no such part."""
        return self._by_name.get(name)

    def lineage(self, name: str) -> Iterator[Entry]:
        """Yields the entry of `name`, then what it belongs to, up to its section."""
        entry = self._by_name.get(name)
        while entry is not None:
            yield entry
            entry = entry.parent

    def entries(self) -> Iterator[Entry]:
        """Yields every entry: each section, then its blocks, each followed by its layers."""
        for section in self.sections:
            yield section
            for child in section.children:
                yield child
                yield from child.children


def _section_entry(section: Section, index: int) -> Entry:
    entry = Entry(section, index, None, index)
    for block in section.blocks:
        block_entry = entry.add(block)
        for layer in block.layers:
            block_entry.add(layer)
    if not section.blocks:  # a stage's layers belong to its blocks
        for layer in section.layers:
            entry.add(layer)
    return entry


@dataclass(frozen=True, slots=True)
class Folds:
    """What of the drawing is folded up.

    Attributes:
        folded: Sections drawn as one box.
        opened: Blocks drawn with every layer; the others show their convolutions only.
    """

    folded: frozenset[str] = frozenset()
    opened: frozenset[str] = frozenset()

    def toggled(self, entry: Entry) -> Folds:
        """Returns the folds after the person folded or unfolded a section or block."""
        change = frozenset((entry.name,))
        if entry.is_section:
            return Folds(self.folded ^ change, self.opened)
        return Folds(self.folded, self.opened ^ change)

    def shows_children(self, entry: Entry) -> bool:
        """Tells whether the children of `entry` are drawn; the layers of a closed block are not."""
        if entry.is_section:
            return entry.name not in self.folded
        return entry.name in self.opened

    def shows(self, entry: Entry) -> bool:
        """Tells whether nothing that `entry` belongs to is folded up."""
        parent = entry.parent
        while parent is not None:
            if not self.shows_children(parent):
                return False
            parent = parent.parent
        return True


def every_stage_folded(graph: NetworkGraph) -> Folds:
    """Returns the folds that draw each stage as one box."""
    return Folds(folded=frozenset(stage.name for stage in graph.stages))


def every_block_opened(graph: NetworkGraph) -> Folds:
    """Returns the folds that draw every layer."""
    return Folds(opened=frozenset(block.name for block in graph.blocks))


def neighbour(outline: Outline, folds: Folds, name: str, step: str) -> str:
    """Returns where the selection goes from `name` by an arrow key.

    Args:
        outline: The names of the network.
        folds: What is folded up; the selection never goes to what is not drawn.
        name: The present selection; "" starts at the first section.
        step: "next" and "previous" stay on the level (across stages), "in" goes to the first
            part, "out" to what the name belongs to, "first" and "last" to the ends of the level.
    """
    entry = outline.find(name)
    if entry is None:
        return outline.sections[-1 if step in ("previous", "last") else 0].name
    while entry.parent is not None and not folds.shows(entry):
        entry = entry.parent  # the selection came from elsewhere and is folded up here
    if step == "out":
        return entry.parent.name if entry.parent else entry.name
    if step == "in":
        inside = entry.children and folds.shows_children(entry)
        return entry.children[0].name if inside else entry.name
    level = [other for other in _level(outline, entry) if folds.shows(other)]
    place = level.index(entry)
    target = {"next": place + 1, "previous": place - 1, "first": 0, "last": len(level) - 1}[step]
    return level[min(max(target, 0), len(level) - 1)].name


def _level(outline: Outline, entry: Entry) -> list[Entry]:
    if entry.is_section:
        return list(outline.sections)
    inner = [child for section in outline.sections for child in section.children]
    if entry.parent is not None and entry.parent.is_section:
        return inner
    return [layer for child in inner if child.is_block for layer in child.children]
