"""The network that is exported, with what is needed to use it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from resnet_studio.data.augment import AugmentSpec

if TYPE_CHECKING:
    from resnet_studio.architecture.spec import NetworkSpec
    from resnet_studio.models import ResNet


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A network ready to read pictures.

    Attributes:
        model: The network, on the CPU and in evaluation mode.
        classes: A name for each output.
        preprocessing: What is done to a picture before it enters.
        description: Where the weights come from, in words: "random weights, seed 0".
    """

    model: ResNet
    classes: tuple[str, ...]
    preprocessing: AugmentSpec
    description: str = ""

    def __post_init__(self) -> None:
        if self.model.training:
            raise ValueError("the network must be in evaluation mode")
        if len(self.classes) != self.spec.classes:
            raise ValueError(f"{len(self.classes)} class names for {self.spec.classes} outputs")

    @property
    def spec(self) -> NetworkSpec:
        """What the network was built from."""
        return self.model.spec

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of what the network reads."""
        side = self.preprocessing.output_size
        return self.spec.in_channels, side, side
