"""What is said about duplicates, and what stays of a search when the data set is divided anew.

Pure functions; no widgets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np
from PySide6.QtCore import QCoreApplication

from resnet_studio.data.dataset import DataSplit
from resnet_studio.data.duplicates import Duplicates, Fingerprints, Group, Side, sides_of

_HELD_OUT: tuple[Side, ...] = ("validation", "test")
_ALSO = (
    "1 picture of {side} is also in training.",
    "{count:,} pictures of {side} are also in training.",
)
_SIMILAR = (
    "1 picture of {side} is much like one in training.",
    "{count:,} pictures of {side} are much like one in training.",
)


class Which(StrEnum):
    """Which groups are listed."""

    ALL = "all"
    ACROSS = "across"
    MIXED = "mixed"
    EXACT = "exact"
    NEAR = "near"


def chosen_groups(found: Duplicates, which: Which) -> tuple[Group, ...]:
    """Returns the groups to list: on both sides first, then contradictory, exact, near."""
    wanted = {
        Which.ALL: lambda _group: True,
        Which.ACROSS: lambda group: group.across,
        Which.MIXED: lambda group: group.mixed,
        Which.EXACT: lambda group: group.kind == "exact",
        Which.NEAR: lambda group: group.kind == "near",
    }[which]
    groups = [group for group in (*found.exact, *found.near) if wanted(group)]
    return tuple(sorted(groups, key=_urgency))


def _urgency(group: Group) -> tuple[bool, bool, int]:
    contradictory = group.kind == "exact" and group.mixed
    return not group.across, not contradictory, group.distance


def surplus(groups: Sequence[Group]) -> tuple[str, ...]:
    """Returns the files that go if one of each group stays: the first, from training if any.

    Nothing goes from a group with several classes: which of them is right, only a person can tell.
    """
    wrong = [group for group in groups if group.mixed and group.kind == "exact"]
    stays = {member.file for group in wrong for member in group.members}
    goes: dict[str, None] = {}
    for group in groups:
        if group.mixed:
            continue
        left = [member.file for member in group.members if member.file not in goes]
        keeper = next((file for file in left if file in stays), left[0] if left else "")
        stays.add(keeper)
        goes |= dict.fromkeys(file for file in left if file != keeper and file not in stays)
    return tuple(goes)


def side_word(side: str) -> str:
    """Returns what a side of the data set is called."""
    words = {"train": _tr("training"), "validation": _tr("validation"), "test": _tr("test")}
    return words.get(side, side)


def contradictory(names: str) -> str:
    """Returns the classes of pictures with the same pixels: at most one of them can be right."""
    return _tr("contradictory: {names}").format(names=names)


def alike_word(group: Group) -> str:
    """Tells how much the pictures of a group are alike."""
    if group.kind == "exact":
        return _tr("same pixels")
    said = _tr("{bits} of 64 bits differ").format(bits=group.distance)
    if group.distance <= 1:
        said = _tr("1 of 64 bits differs") if group.distance else _tr("nearly the same")
    return said + (", " + _tr("mirrored") if group.mirrored else "")


def statement(found: Duplicates) -> tuple[str, str]:
    """Returns the most important sentence about duplicates, and how bad it is.

    Bad is the name of a property of labels: "error", "warning" (pictures that are only similar
    need not be the same) or "good".
    """
    same, alike = [], []
    for of in _HELD_OUT:
        exact = replace(found, near=()).leaked(of, "train")
        same += _sentence(exact, side_word(of), _ALSO)
        alike += _sentence(found.leaked(of, "train") - exact, side_word(of), _SIMILAR)
    if same or alike:
        more = _tr("The accuracy measured on them is better than it would be on new pictures.")
        if not same:
            more = _tr("Look at them: if they show the same, the accuracy is measured too high.")
        return " ".join((*same, *alike, more)), "error" if same else "warning"
    if found.exact or found.near:
        return _tr("No picture of the validation is also in training."), "good"
    return _tr("All {count:,} pictures are different.").format(count=found.pictures), "good"


def contradiction(found: Duplicates, classes: Sequence[str]) -> str:
    """Names the classes of which pictures with the same pixels are; empty if there are none."""
    mixed = [group for group in found.exact if group.mixed]
    if not mixed:
        return ""
    names = ", ".join(dict.fromkeys(classes[member.label] for member in mixed[0].members))
    if len(mixed) == 1:
        return _tr("The same picture is in several classes: {names}.").format(names=names)
    text = _tr("{count:,} pictures are in several classes with the same pixels, one in {names}.")
    return text.format(count=len(mixed), names=names)


def totals(found: Duplicates) -> str:
    """Tells how many groups there are."""
    return _tr("{pictures:,} pictures compared: {exact:,} groups with the same pixels, {near:,} of"
               " similar pictures.").format(
        pictures=found.pictures, exact=len(found.exact), near=len(found.near)
    )  # fmt: skip


def carried_over(prints: Fingerprints, split: DataSplit) -> Fingerprints | None:
    """Returns the fingerprints for a new division of the same pictures, without reading any.

    None if the new one has a picture that was not there: a class was taken in again.
    """
    row_of = {}
    old = sides_of(prints.split)
    for row, (side, position) in enumerate(
        zip(prints.side.tolist(), prints.position.tolist(), strict=True)
    ):
        subset = old[side][1]
        row_of[subset.dataset.file_of(int(subset.indices[position]))] = row
    broken = {problem.file for problem in prints.broken}
    rows: list[tuple[int, int, int]] = []
    for side, (_, subset) in enumerate(sides_of(split)):
        for position, index in enumerate(subset.indices.tolist()):
            file = subset.dataset.file_of(index)
            if file in row_of:
                rows.append((row_of[file], side, position))
            elif file not in broken:
                return None
    order = np.array(rows, dtype=np.int64).reshape(-1, 3)
    kept = order[:, 0]
    return replace(
        prints,
        split=split,
        side=order[:, 1],
        position=order[:, 2],
        exact=prints.exact[kept],
        near=prints.near[kept],
        flat=prints.flat[kept],
    )


def _sentence(count: int, side: str, words: tuple[str, str]) -> list[str]:
    if count == 0:
        return []
    return [_tr(words[count > 1]).format(count=count, side=side)]


def _tr(text: str) -> str:
    return QCoreApplication.translate("duplicates", text)
