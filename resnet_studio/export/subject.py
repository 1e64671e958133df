"""The network that is exported, with what is needed to use it."""

from __future__ import annotations

import dataclasses
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
        model: The network in evaluation mode; nobody trains it meanwhile.
        classes: A name for each output.
        preprocessing: What is done to a picture before it enters.
        description: Where the weights come from, in words: "random weights, seed 0".
        classes_assumed: Whether the names are a guess, because the weights came without any; they
            are used where a name has to stand, but not kept with the weights.
    """

    model: ResNet
    classes: tuple[str, ...]
    preprocessing: AugmentSpec
    description: str = ""
    classes_assumed: bool = False

    def __post_init__(self) -> None:
        if self.model.training:
            raise ValueError("the network must be in evaluation mode")
        if len(self.classes) != self.spec.classes:
            raise ValueError(f"{len(self.classes)} class names for {self.spec.classes} outputs")

    @property
    def spec(self) -> NetworkSpec:
        """What the network was built from."""
        return self.model.spec

    def apart(self) -> Subject:
        """Returns the same with a module of its own on the CPU, which shares the weights there.

        Whoever looks into the network at the same time has hooks in its modules; they would see
        the pictures of the export.
        """
        from resnet_studio.models import outline_network  # needs torch

        model = outline_network(self.spec)
        state = {name: tensor.detach().cpu() for name, tensor in self.model.state_dict().items()}
        model.load_state_dict(state, assign=True)
        return dataclasses.replace(self, model=model.eval().requires_grad_(False))

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of what the network reads."""
        side = self.preprocessing.output_size
        return self.spec.in_channels, side, side
