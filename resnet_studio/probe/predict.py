"""What the network says of a picture: the most probable classes.

Window and command line call the same functions, so that they show the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from resnet_studio.data.augment import draw, sample_rng
from resnet_studio.errors import DeviceError, PictureError

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_studio.data.imaging import Picture
    from resnet_studio.probe.network import LoadedNetwork

CropBox = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Prediction:
    """One class and how probable the network holds it.

    Attributes:
        index: Number of the output.
        name: Name of the class.
        probability: 0 to 1, after softmax over all classes.
    """

    index: int
    name: str
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A picture as the network reads it.

    Attributes:
        batch: (1, 3, S, S) float32, normalised.
        rgb: The same crop before it is normalised: (S, S, 3) uint8.
        crop_box: Where it lies on the picture: (left, top, width, height) in its pixels.
    """

    batch: Tensor
    rgb: npt.NDArray[np.uint8]
    crop_box: CropBox


def classify(network: LoadedNetwork, picture: Picture, *, top: int = 5) -> tuple[Prediction, ...]:
    """Returns the `top` most probable classes, the most probable first.

    Raises:
        PictureError: If the picture or the network's input does not fit.
        DeviceError: If the memory does not suffice.
    """
    return rank(network, forward(network, prepare(network, picture).batch), top=top)


def prepare(network: LoadedNetwork, picture: Picture) -> Prepared:
    """Crops, resizes and normalises the picture as the network was trained to see it.

    A pipeline with chance, which only a foreign file would name, gets the same numbers each time.

    Raises:
        PictureError: If the picture is too elongated, or the network does not read colours.
    """
    from resnet_studio.data import transforms  # needs torch

    if network.spec.in_channels != 3:
        raise PictureError(
            f"{network.spec.name} reads pictures of {network.spec.in_channels} channels; a "
            "photograph has 3 (red, green, blue).",
            remedy="Set the input channels of the network to 3.",
        )
    pipeline = network.preprocessing
    try:
        drawn = draw(pipeline, picture.height, picture.width, sample_rng(0, 0, 0))
    except PictureError as error:  # which knows sizes and no names
        raise PictureError(f"{picture.name}: {error.message}", remedy=error.remedy) from None
    box = drawn.crop_box
    pixels = transforms.apply_uint8(pipeline, picture.rgb, drawn)
    return Prepared(
        batch=transforms.normalise(pipeline, pixels).unsqueeze(0),
        rgb=np.ascontiguousarray(pixels.permute(1, 2, 0).numpy()),
        crop_box=(box.left, box.top, box.width, box.height),
    )


def forward(network: LoadedNetwork, batch: Tensor) -> Tensor:
    """Returns the logits (N, classes) of a prepared batch, in inference mode.

    Raises:
        DeviceError: If the memory does not suffice.
        ValueError: If the network is in training mode, where a picture would change it.
    """
    import torch

    if network.model.training:
        raise ValueError("the network must be in evaluation mode")
    try:
        with torch.inference_mode():
            logits: Tensor = network.model(batch)
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, MemoryError) or "memory" in str(error):
            raise DeviceError(
                f"The memory does not suffice for {network.spec.name} at "
                f"{batch.shape[-1]} × {batch.shape[-2]} pixels.",
                remedy="Choose a smaller input size or a narrower network.",
            ) from error
        raise
    return logits


def rank(network: LoadedNetwork, logits: Tensor, *, top: int) -> tuple[Prediction, ...]:
    """Returns the most probable classes of the first picture of (N, classes) `logits`.

    Equal probabilities stand in the order of the classes. Logits that have overflowed (a network
    of hundreds of blocks with random weights) give no probabilities, and so no classes.
    """
    import torch

    values = torch.softmax(logits[0].double(), dim=0).numpy()
    if not np.isfinite(values).all():
        return ()
    best = np.argsort(-values, kind="stable")[:top]
    return tuple(
        Prediction(int(index), network.classes[index], float(values[index])) for index in best
    )
