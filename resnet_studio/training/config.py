"""Everything that decides a run: network, data, augmentation and recipe, kept together as TOML.

No torch here: the window assembles and checks a configuration before torch is loaded.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from resnet_studio.architecture.spec import NetworkSpec, StemKind
from resnet_studio.architecture.textforms import dump_toml
from resnet_studio.data.augment import AugmentSpec, pipelines_for
from resnet_studio.data.published import PUBLISHED
from resnet_studio.data.sources import DataConfig
from resnet_studio.errors import RunError, SpecError
from resnet_studio.training.presets import DEFAULT_RECIPES
from resnet_studio.training.recipe import Recipe, validation_message

SMALL_DATA_SIZES: Final[Mapping[StemKind, int]] = {
    StemKind.CIFAR: 32,
    StemKind.IMAGENET: 64,
    StemKind.DEEP: 64,
    StemKind.TUTORIAL: 96,
}
"""Input size in pixels for pictures of 28 or 32 pixels, as of the digits and CIFAR-10: the stem for
ImageNet divides the size by four before the first stage, so it gets twice the size."""

_SMALL_SIDE: Final = 32


class RunConfig(BaseModel):
    """One training run, completely: the same configuration gives the same run.

    Attributes:
        network: What is trained.
        data: What it learns from.
        train_augment: Pipeline of the training pictures.
        validation_augment: Pipeline of the pictures held out; it must not draw anything.
        recipe: How it is trained.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: NetworkSpec
    data: DataConfig
    train_augment: AugmentSpec
    validation_augment: AugmentSpec
    recipe: Recipe

    @field_validator("data")
    @classmethod
    def _absolute(cls, data: DataConfig) -> DataConfig:
        """Makes the path hold from any folder: a run is resumed from anywhere."""
        if data.path is None:
            return data
        return data.model_copy(update={"path": str(Path(data.path).expanduser().absolute())})

    def to_toml(self) -> str:
        """Returns the configuration as TOML, a table for each part."""
        return dump_toml(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        """Returns plain values; fields that are None, which TOML does not know, are left out."""
        return self.model_dump(mode="json", exclude_none=True)

    @classmethod
    def from_toml(cls, text: str) -> RunConfig:
        """Reads what `to_toml` wrote.

        Raises:
            RunError: If the text is not TOML or the configuration is not valid.
        """
        try:
            return parse_config(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise RunError(
                f"The configuration is not valid TOML: {error}.", remedy="Mend the text there."
            ) from error


def parse_config(values: Mapping[str, Any]) -> RunConfig:
    """Returns the configuration of a mapping of plain values.

    Raises:
        RunError: Naming the first wrong field, its value and what is allowed.
    """
    try:
        return RunConfig.model_validate(dict(values))
    except ValidationError as error:
        raise RunError(
            f"The configuration cannot be used: {validation_message(error)}",
            remedy="Correct this value.",
        ) from error
    except SpecError as error:
        raise RunError(
            f"The configuration cannot be used: {error.message}", remedy=error.remedy
        ) from error


def default_config(spec: NetworkSpec, data: DataConfig, *, classes: int | None = None) -> RunConfig:
    """Returns a configuration that works at once, for a person to change from.

    The network is fitted to the data: its classes, three input channels and, for small pictures
    such as those of the digits and CIFAR-10, its input size (`SMALL_DATA_SIZES`).

    Args:
        spec: The network that was chosen.
        data: The data that was chosen.
        classes: How many classes the opened pictures have. None takes those of a published data
            set, and keeps the spec's for a folder; `loop.fit` refuses the run if there are others.
    """
    network = spec.replace(in_channels=3, classes=_classes(spec, data, classes))
    if data.source in PUBLISHED and 0 < PUBLISHED[data.source].side <= _SMALL_SIDE:
        network = network.replace(input_size=SMALL_DATA_SIZES[spec.stem])
    train, validation = pipelines_for(network.input_size, kind=data.source)
    return RunConfig(
        network=network,
        data=data,
        train_augment=train,
        validation_augment=validation,
        recipe=DEFAULT_RECIPES[data.source].recipe,
    )


def _classes(spec: NetworkSpec, data: DataConfig, classes: int | None) -> int:
    """Returns how many classes are left of the data, or the network's where that is not known."""
    if classes is not None or data.source not in PUBLISHED:
        return spec.classes if classes is None else classes
    known = PUBLISHED[data.source]
    return len(data.edits.classes_of(known.class_names)) or known.classes
