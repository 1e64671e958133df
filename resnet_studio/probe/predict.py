"""What the network says of a picture: the most probable classes.

Window and command line call the same functions, so that they show the same numbers.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from resnet_studio.data.augment import draw, sample_rng
from resnet_studio.errors import DeviceError, PictureError
from resnet_studio.probe.framing import USUAL, CropBox, Framing, FramingKind, framed

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_studio.data.augment import AugmentSpec
    from resnet_studio.data.imaging import Picture
    from resnet_studio.probe.network import LoadedNetwork


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
        crop_box: Where it lies on the picture: (left, top, width, height) in its pixels. It reaches
            beyond the picture where there is a border.
    """

    batch: Tensor
    rgb: npt.NDArray[np.uint8]
    crop_box: CropBox


def classify(
    network: LoadedNetwork, picture: Picture, *, top: int = 5, framing: Framing = USUAL
) -> tuple[Prediction, ...]:
    """Returns the `top` most probable classes, the most probable first.

    Raises:
        PictureError: If the picture or the network's input does not fit.
        DeviceError: If the memory does not suffice.
    """
    return rank(network, forward(network, prepare(network, picture, framing).batch), top=top)


def prepare(network: LoadedNetwork, picture: Picture, framing: Framing = USUAL) -> Prepared:
    """Crops, resizes and normalises the picture as the network was trained to see it.

    A pipeline with chance, which only a foreign file would name, gets the same numbers each time.

    Args:
        network: The network that is to read the picture.
        picture: Any picture.
        framing: Which part of the picture; another than `USUAL` replaces what the preprocessing
            does before it normalises.

    Raises:
        PictureError: If the picture is too elongated, the framing's square does not lie in it, or
            the network does not read colours.
    """
    from resnet_studio.data.transforms import normalise  # needs torch

    if network.spec.in_channels != 3:
        raise PictureError(
            f"{network.spec.name} reads pictures of {network.spec.in_channels} channels; a "
            "photograph has 3 (red, green, blue).",
            remedy="Set the input channels of the network to 3.",
        )
    pipeline = network.preprocessing
    try:
        pixels, box = _cropped(pipeline, picture, framing)
    except PictureError as error:  # which knows sizes and no names
        raise PictureError(f"{picture.name}: {error.message}", remedy=error.remedy) from None
    return Prepared(
        batch=normalise(pipeline, pixels).unsqueeze(0),
        rgb=np.ascontiguousarray(pixels.permute(1, 2, 0).numpy()),
        crop_box=box,
    )


def _cropped(pipeline: AugmentSpec, picture: Picture, framing: Framing) -> tuple[Tensor, CropBox]:
    """Returns what the network sees, (3, S, S) uint8, and where it lies on the picture."""
    import torch

    from resnet_studio.data.transforms import apply_uint8

    if framing.kind is not FramingKind.PIPELINE:
        rgb, crop_box = framed(pipeline, picture.rgb, framing)
        return torch.from_numpy(rgb.transpose(2, 0, 1).copy()), crop_box
    drawn = draw(pipeline, picture.height, picture.width, sample_rng(0, 0, 0))
    box = drawn.crop_box
    return apply_uint8(pipeline, picture.rgb, drawn), (box.left, box.top, box.width, box.height)


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
        with _with_usual_threads(), torch.inference_mode():
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


@functools.cache
def usual_threads() -> int:
    """Returns how many threads torch computes with in this program, unless a part says otherwise.

    First asked for when torch has been loaded, before anything has changed the number.
    """
    import torch

    return torch.get_num_threads()


@contextlib.contextmanager
def _with_usual_threads() -> Iterator[None]:
    """Computes with as many threads as the command line does.

    Their number decides the last bits of a convolution of one picture (ResNet-50 with one thread
    and with two, ResNet-18 with two and with three; torch 2.15), and a training run beside the
    window changes it. OpenMP's own setting holds for this thread alone.
    """
    import torch

    if torch.get_num_threads() == usual_threads():
        yield
        return
    with threadpool_limits(usual_threads(), user_api="openmp"):
        yield


def rank(network: LoadedNetwork, logits: Tensor, *, top: int) -> tuple[Prediction, ...]:
    """Returns the most probable classes of the first picture of (N, classes) `logits`.

    See `most_probable`.
    """
    return most_probable(network, probabilities(logits), top=top)


def probabilities(logits: Tensor) -> npt.NDArray[np.float64]:
    """Returns the softmax of the first picture of (N, classes) `logits`, (classes,) float64."""
    import torch

    values: npt.NDArray[np.float64] = torch.softmax(logits[0].double(), dim=0).numpy()
    return values


def most_probable(
    network: LoadedNetwork, values: npt.NDArray[np.float64], *, top: int
) -> tuple[Prediction, ...]:
    """Returns the classes of the `top` largest of (classes,) probabilities.

    Equal probabilities stand in the order of the classes. Logits that have overflowed (a network
    of hundreds of blocks with random weights) give no probabilities, and so no classes.
    """
    if not np.isfinite(values).all():
        return ()
    best = np.argsort(-values, kind="stable")[:top]
    return tuple(
        Prediction(int(index), network.classes[index], float(values[index])) for index in best
    )
