"""What may be set of a step, read off its model: bounds, units, usual range, words for a person.

The models say what is allowed (bounds, and "unit", "soft" and "hard" in `json_schema_extra`); here
that becomes what a form needs. A step that is new in `data` gets a form without any change
here; its words can be added below. No widgets.
"""

from __future__ import annotations

import types
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from PySide6.QtCore import QCoreApplication

from resnet_studio.data.augment import Step
from resnet_studio.data.step_base import StepModel

FieldKind = Literal["whole", "number", "pair", "whole_pair", "triple", "colour", "choice", "switch"]
_FARTHEST = 1e6
_COLOURS = frozenset({"fill", "mean_colour"})
_SHARES = frozenset({"p", "scale"})
"""Fields that are probabilities or shares of 1, whatever their model says: shown in percent."""
_HARD: dict[str, tuple[float, float]] = {
    "scale": (0.001, 1),
    "ratio": (0.01, 100),
    "mean": (-10, 10),
    "std": (0.0001, 1000),
}
"""What the models judge by a validator of their own, which no form can read."""
_SOFT: dict[str, tuple[float, float]] = {
    "size": (16, 512),
    "padding": (0, 64),
    "ratio": (0.25, 4),
    "mean": (0, 1),
    "std": (0, 1),
}


@dataclass(frozen=True, slots=True)
class StepField:
    """One thing that may be set of a step.

    Attributes:
        name: The field of the model.
        kind: What it holds.
        label: What it is called.
        tip: What it means, in a sentence.
        low: The least value, as the model has it.
        high: The greatest value.
        soft: The usual range, which a slider covers.
        unit: What stands behind a number: "px", "°", "%" or nothing.
        factor: What a value is multiplied by for the screen: 100 for a share in percent.
        decimals: Digits behind the point on screen.
        choices: The values of a choice.
        default: What a new step begins with; None where the model has no default.
    """

    name: str
    kind: FieldKind
    label: str
    tip: str
    low: float = -_FARTHEST
    high: float = _FARTHEST
    soft: tuple[float, float] = (0.0, 1.0)
    unit: str = ""
    factor: float = 1.0
    decimals: int = 0
    choices: tuple[Any, ...] = ()
    default: Any = None

    def text(self, value: Any) -> str:
        """Writes a value of the field in a few words, with its unit."""
        match self.kind:
            case "pair" | "whole_pair":
                low, high = value
                to = _tr("{low} to {high}").format(low=self._plain(low), high=self._plain(high))
                return to + self._unit
            case "triple" | "colour":
                return " ".join(self._plain(number) for number in value)
            case "choice":
                return choice_label(value)
            case "switch":
                return _tr("yes") if value else _tr("no")
            case _:
                return self._plain(value) + self._unit

    @property
    def _unit(self) -> str:
        if not self.unit:
            return ""
        return self.unit if self.unit == "°" else f"\u00a0{self.unit}"

    def _plain(self, value: float) -> str:
        return f"{value * self.factor:.3g}" if self.decimals else f"{value * self.factor:.0f}"


@cache
def fields_of(kind: type[StepModel]) -> tuple[StepField, ...]:
    """Returns what may be set of a kind of step, in the order of its model."""
    own = str(kind.model_fields["kind"].default)
    made = (_field(own, name, info) for name, info in kind.model_fields.items() if name != "kind")
    return tuple(field for field in made if field is not None)


def _field(step: str, name: str, info: FieldInfo) -> StepField | None:
    """Returns a field of a kind of step; None for what no form can hold: a mean picture."""
    kind = _kind(name, info.annotation)
    if kind is None:
        return None
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    if extra.get("hidden"):
        return None
    default = None if info.default is PydanticUndefined else info.default
    unit = str(extra.get("unit", ""))
    low, high = _bounds(name, info)
    if name in _SHARES:
        unit, low, high = "%", max(low, 0.0), min(high, 1.0)
    soft = _soft(name, extra, low, high, default)
    share = unit == "%" and soft[1] <= 1
    whole = kind in ("whole", "whole_pair", "colour")
    return StepField(
        name=name,
        kind=kind,
        label=field_label(step, name),
        tip=_tr(info.description or ""),
        low=low,
        high=high,
        soft=soft,
        unit=unit,
        factor=100.0 if share else 1.0,
        decimals=0 if whole else _decimals(name, share=share, reach=soft[1] - soft[0]),
        choices=get_args(info.annotation) if kind == "choice" else (),
        default=default,
    )


def _kind(name: str, annotation: Any) -> FieldKind | None:
    if get_origin(annotation) is Literal:
        return "choice"
    if get_origin(annotation) in (Union, types.UnionType):
        return None
    if get_origin(annotation) is tuple:
        return _tuple_kind(name, get_args(annotation))
    kinds: dict[Any, FieldKind] = {bool: "switch", int: "whole", float: "number"}
    return kinds.get(annotation)


def _tuple_kind(name: str, entries: tuple[Any, ...]) -> FieldKind | None:
    plain = [_without_bounds(entry) for entry in entries]
    if plain == [float, float]:
        return "pair"
    if plain == [int, int]:
        return "whole_pair"
    if plain in ([float] * 3, [int] * 3):
        return "colour" if name in _COLOURS else "triple"
    return None


def _without_bounds(annotation: Any) -> Any:
    return get_args(annotation)[0] if hasattr(annotation, "__metadata__") else annotation


def _bounds(name: str, info: FieldInfo) -> tuple[float, float]:
    """Returns the least and the greatest value that the model allows, or the entries of a pair."""
    metadata = list(info.metadata)
    for entry in get_args(info.annotation):
        for constraint in getattr(entry, "__metadata__", ()):
            metadata += getattr(constraint, "metadata", [constraint])
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    bounds = extra.get("hard")
    known: Any = bounds if isinstance(bounds, list) else _HARD.get(name, (-_FARTHEST, _FARTHEST))
    low, high = float(known[0]), float(known[1])
    for constraint in metadata:
        match constraint:
            case Ge(ge=value) | Gt(gt=value):
                low = float(value)  # type: ignore[arg-type]
            case Le(le=value) | Lt(lt=value):
                high = float(value)  # type: ignore[arg-type]
    return low, high


def _soft(
    name: str, extra: dict[str, Any], low: float, high: float, default: Any
) -> tuple[float, float]:
    """Returns the range of the slider: as the model says, else of its name, else its bounds."""
    given: Any = extra.get("soft") or _SOFT.get(name)
    if given is not None:
        return float(given[0]), float(given[1])
    numbers = [abs(n) for n in (default if isinstance(default, tuple) else (default,)) if _real(n)]
    reach = max([1.0, *(2 * number for number in numbers)])
    return (max(low, -reach) if low < 0 else low), min(high, reach if high > 1 else high)


def _real(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _decimals(name: str, *, share: bool, reach: float) -> int:
    if name in ("mean", "std", "eigenvalues"):
        return 4
    if share:
        return 1
    return 1 if reach > 20 else 2


# --- words ----------------------------------------------------------------------------------------


def field_label(step: str, name: str) -> str:
    """Returns what a field of a kind of step is called; an unknown name is made readable."""
    special = {
        "random_erasing.scale": _tr("Area covered"),
        "random_erasing.ratio": _tr("Height ÷ width"),
    }
    known = special.get(f"{step}.{name}") or _labels().get(name)
    return known or name.replace("_", " ").capitalize()


def choice_label(value: Any) -> str:
    """Returns what a value of a choice is called."""
    return _choices().get(value) or str(value).replace("_", " ")


def _labels() -> dict[str, str]:
    return {
        "size": _tr("Size"),
        "scale": _tr("Area kept"),
        "ratio": _tr("Width ÷ height"),
        "rule": _tr("How the ratio is drawn"),
        "padding": _tr("Border"),
        "fill": _tr("Colour of what is added"),
        "p": _tr("Probability"),
        "min": _tr("Shorter side at least"),
        "max": _tr("Shorter side at most"),
        "degrees": _tr("Angle"),
        "brightness": _tr("Brightness"),
        "contrast": _tr("Contrast"),
        "saturation": _tr("Saturation"),
        "hue": _tr("Hue"),
        "mean": _tr("Mean"),
        "std": _tr("Standard deviation"),
        "operations": _tr("Operations"),
        "magnitude": _tr("Magnitude"),
        "bins": _tr("Steps of magnitude"),
        "value": _tr("Filled with"),
        "interpolation": _tr("Interpolation"),
        "mean_colour": _tr("Mean colour"),
        "eigenvalues": _tr("Eigenvalues"),
    }


def _choices() -> dict[Any, str]:
    return {
        "log_uniform": _tr("present: logarithm, uniform"),
        "uniform_swap": _tr("older: uniform, swapped ½"),
        "black": _tr("black"),
        "mean": _tr("mean colour"),
        "noise": _tr("noise"),
        "bilinear": _tr("bilinear"),
        "bicubic": _tr("bicubic"),
        "nearest": _tr("nearest"),
    }


def _tr(text: str) -> str:
    return QCoreApplication.translate("editor_fields", text) if text else ""


def kinds_of_steps() -> tuple[type[StepModel], ...]:
    """Returns every kind of step that a pipeline may have."""
    return _members(Step)


def _members(union: Any) -> tuple[type[StepModel], ...]:
    return get_args(union)
