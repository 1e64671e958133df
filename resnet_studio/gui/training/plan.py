"""From what the forms say to the run that will be made, and that told in plain words.

The network of the form is often not the right size for the pictures: 224-pixel ResNet-50 would
learn 8-pixel digits for hours. So a network that suits is offered beside it, and whatever has to be
changed about the chosen one is said before training. Pure functions; no widgets.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QCoreApplication

from resnet_studio.architecture.catalog import get
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import NetworkSpec, StemKind
from resnet_studio.data.augment import AugmentSpec
from resnet_studio.errors import StudioError
from resnet_studio.gui.pipeline_sketch import pair_error
from resnet_studio.gui.training.data_summary import DataSummary
from resnet_studio.training.config import RunConfig, default_config
from resnet_studio.training.recipe import Recipe

Pair = tuple[AugmentSpec, AugmentSpec]
"""The pipelines of training and of validation."""
_SMALL = 64
"""Shorter side in pixels up to which the networks made for CIFAR suit."""
_QUICK_SIZE = 96
_QUICK_MACS = 400e6
"""Multiply-adds of one picture up to which a processor trains in minutes (ResNet-18 at 96 px has
335 million: 125 to 172 pictures a second on two cores)."""


class Choice(StrEnum):
    """Which network is trained."""

    RECOMMENDED = "recommended"
    FORM = "form"


@dataclass(frozen=True, slots=True)
class Offer:
    """A network that suits the pictures better than the form's.

    Attributes:
        spec: The network.
        title: Name and reason in a few words.
        reason: The reason in a sentence.
    """

    spec: NetworkSpec
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that can be started.

    Attributes:
        config: The run.
        notes: What was changed about the network, and what is odd about the recipe for so few
            pictures; a sentence each.
    """

    config: RunConfig
    notes: tuple[str, ...]


def offer_for(
    form: NetworkSpec, data: DataSummary, *, macs: int, accelerated: bool
) -> Offer | None:
    """Returns a better network than the form's, or None where that one suits.

    Args:
        form: The network of the form.
        data: The pictures.
        macs: Multiply-adds of the form's network for one picture.
        accelerated: Whether a GPU trains.
    """
    if 0 < data.side <= _SMALL:
        if form.stem is StemKind.CIFAR:
            return None
        spec = get("cifar_resnet20").spec
        title = _tr("{name}, recommended for {size} px")
        reason = _tr("Made for small pictures: it learns these within minutes on a processor.")
        return Offer(spec, title.format(name=spec.name, size=spec.input_size), reason)
    if accelerated or macs <= _QUICK_MACS:
        return None
    spec = get("resnet18").spec.replace(input_size=_QUICK_SIZE)
    title = _tr("{name} at {size} px, recommended")
    reason = _tr("Without a GPU smaller pictures and a smaller network learn in minutes.")
    return Offer(spec, title.format(name=spec.name, size=_QUICK_SIZE), reason)


def work_note(macs: int) -> str:
    """Returns a warning for a network that a processor trains slowly; empty for a quick one.

    Args:
        macs: Multiply-adds of the network for one picture.
    """
    if macs <= _QUICK_MACS:
        return ""
    times = round(macs / build_graph(get("cifar_resnet20").spec).macs)
    return _tr(
        "It has {times:,} times the work of cifar_resnet20 for each picture: without a GPU that"
        " is slow."
    ).format(times=times)


def make_plan(
    spec: NetworkSpec, data: DataSummary, recipe: Recipe, own: Pair | None = None
) -> Plan:
    """Fits a network to the pictures and to what is done to them.

    Args:
        spec: The network that was chosen.
        data: The pictures.
        recipe: How it is trained.
        own: The person's own pipelines of training and validation; None for the usual ones.

    Raises:
        SpecError: If the network cannot have so many classes, or so large an input; or if the
            pipelines do not go together.
    """
    config = default_config(spec, data.config, classes=len(data.classes))
    config = config.model_copy(update={"recipe": recipe})
    if own is not None:
        config = _with_pipelines(config, own)
    notes = _changes(spec, config.network)
    if own is not None and spec.input_size != config.network.input_size:
        notes.append(_tr("Your own augmentation ends in that size."))
    if recipe.batch_size > data.train_size:
        notes.append(_batch_note(recipe.batch_size, data.train_size))
    return Plan(config, tuple(notes))


def usual_pipelines(spec: NetworkSpec, data: DataSummary) -> Pair | None:
    """Returns what training of a network begins with on these pictures; None if it cannot.

    Args:
        spec: The network that was chosen.
        data: The pictures.
    """
    try:
        config = default_config(spec, data.config, classes=len(data.classes))
    except StudioError:
        return None
    return config.train_augment, config.validation_augment


def _with_pipelines(config: RunConfig, own: Pair) -> RunConfig:
    """Returns the run with other pipelines; the network reads what they end in.

    Raises:
        SpecError: If they do not go together, or the network cannot read pictures of that size.
    """
    if (error := pair_error(own)) is not None:
        raise error
    train, validation = own
    network = config.network.replace(input_size=train.output_size)
    return config.model_copy(
        update={"network": network, "train_augment": train, "validation_augment": validation}
    )


def _changes(asked: NetworkSpec, fitted: NetworkSpec) -> list[str]:
    notes = []
    if asked.classes != fitted.classes:
        notes.append(
            _tr("The network gets {new} outputs for these {new} classes, instead of {old:,}.")
            .format(new=fitted.classes, old=asked.classes)
        )  # fmt: skip
    if asked.input_size != fitted.input_size:
        notes.append(
            _tr("It sees the pictures at {new} × {new} pixels, instead of {old} × {old}.").format(
                new=fitted.input_size, old=asked.input_size
            )
        )
    if asked.in_channels != fitted.in_channels:
        notes.append(
            _tr("It reads {new} colour channels, instead of {old}.").format(
                new=fitted.in_channels, old=asked.in_channels
            )
        )
    return notes


def _batch_note(batch: int, pictures: int) -> str:
    return _tr(
        "A batch of {batch:,} is more than the {pictures:,} pictures to learn from: each epoch is"
        " one step."
    ).format(batch=batch, pictures=pictures)


def _tr(text: str) -> str:
    return QCoreApplication.translate("plan", text)
