"""What the form knows of a field: its words, its choices, and the group in which it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QCoreApplication

from resnet_studio.architecture.spec import NetworkSpec, applies


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a field.

    Attributes:
        value: As the spec has it.
        title: What the list shows; up to a colon it is the short form.
        text: What it is, in one sentence.
        paper: Where it was published, if not where the field was.
    """

    value: Any
    title: str
    text: str
    paper: str = ""

    @property
    def short(self) -> str:
        """The title for a summary."""
        return self.title.split(":")[0]


@dataclass(frozen=True, slots=True)
class Field:
    """What the form says about one field of a spec.

    Attributes:
        name: Of the field; "depth" and "preset" are no fields but stand in the form as well.
        label: Above its editor.
        text: What it is, in one sentence.
        paper: Where it was published; empty for the preset, which brings its own.
        choices: Its values, if they are few.
        zero: What a 0 is called, if that means that the thing is not there.
        unit: Stands behind a number.
    """

    name: str
    label: str
    text: str
    paper: str
    choices: tuple[Choice, ...] = ()
    zero: str = ""
    unit: str = ""

    def choice(self, value: Any) -> Choice | None:
        """Returns the choice of that value."""
        return next((choice for choice in self.choices if choice.value == value), None)


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields that are folded up together.

    Attributes:
        name: Remembered in the settings.
        title: On its header.
        rows: Names of the fields, side by side in a row.
    """

    name: str
    title: str
    rows: tuple[tuple[str, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields from top to bottom."""
        return tuple(name for row in self.rows for name in row)


USUAL: Final[tuple[tuple[str, ...], ...]] = (
    ("preset",),
    ("depth", "block"),
    ("depths", "widths"),
    ("shortcut",),
    ("stem",),
    ("classes", "input_size"),
)
"""The rows that are always in sight."""


def tr(text: str) -> str:
    """Returns `text` in the language of the window."""
    return QCoreApplication.translate("NetworkForm", text)


def groups() -> tuple[FieldGroup, ...]:
    """Returns what is folded up below the usual fields."""
    return (
        FieldGroup(
            "shortcuts",
            tr("Shortcuts"),
            (
                ("shortcut_type",),
                ("shortcut_scale", "residual_scale"),
                ("gate_bias", "shortcut_dropout"),
                ("zero_padding",),
                ("projection",),
            ),
        ),
        FieldGroup("order", tr("Activation order"), (("order",), ("shared_first_activation",))),
        FieldGroup(
            "block",
            tr("Block"),
            (
                ("stride_on",),
                ("expansion", "se_reduction"),
                ("groups", "base_width"),
                ("dropout",),
                ("stochastic_depth",),
            ),
        ),
        FieldGroup("stem", tr("Stem"), (("stem_width", "in_channels"),)),
        FieldGroup("start", tr("Start"), (("initialisation",), ("zero_init_residual",))),
    )


def summary(spec: NetworkSpec, group: FieldGroup, known: dict[str, Field]) -> str:
    """Returns what a closed group says: its first choice, and all that is not as usual."""
    parts = []
    usual = NetworkSpec(block=spec.block, depths=spec.depths, stem=spec.stem)
    for name in group.names:
        field, value = known[name], getattr(spec, name)
        leads = name == group.names[0] and field.choices
        if applies(spec, name) and (leads or value != getattr(usual, name)):
            parts.append(_summed_up(field, value))
    return " · ".join(parts)


def _summed_up(field: Field, value: Any) -> str:
    if (choice := field.choice(value)) is not None:
        return choice.short
    if value is True:
        return field.label
    if value is False:
        return tr("not: {label}").format(label=field.label)
    return f"{field.label} {value:g}"
