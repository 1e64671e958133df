"""Which part of the picture speaks for a class: four methods, all of them captum's.

What is added here is what a window needs: the network stays as it is and may be used by other
threads meanwhile, long work tells how far it is and can be cancelled, baselines are those of the
network's preprocessing, and a class that does not depend on a layer gives a map of zeros. A class
score is the logit, before softmax: it says how much speaks for the class itself, not against the
others. Imports without torch; captum takes two seconds to import (it imports matplotlib), and so
is imported when it is first needed.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from resnet_studio.architecture.elements import LayerKind
from resnet_studio.errors import DeviceError, PictureError
from resnet_studio.probe.framing import USUAL, CropBox, Framing
from resnet_studio.probe.mosaic import FloatArray
from resnet_studio.probe.predict import Prepared, forward, prepare
from resnet_studio.probe.surgery import private_copy

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_studio.architecture.graph import NetworkGraph
    from resnet_studio.data.imaging import Picture
    from resnet_studio.models import ResNet
    from resnet_studio.probe.network import LoadedNetwork

Score = Callable[["Tensor"], "Tensor"]

_PIXELS_AT_ONCE = 100_000
"""Pixels of one batch: 97 pictures of 32 pixels, 1 of 224. On a CPU larger batches are no faster,
and between two batches the work can be cancelled."""
_MOST_AT_ONCE = 32
_FIELDS = 4


class Method(StrEnum):
    """What is asked of the network."""

    GRADCAM = "gradcam"
    """Selvaraju et al. 2017, arXiv:1610.02391, without the ReLU at its end: signs are kept."""
    INTEGRATED = "integrated"
    """Integrated gradients: Sundararajan et al. 2017, arXiv:1703.01365."""
    OCCLUSION = "occlusion"
    """Zeiler and Fergus 2014, arXiv:1311.2901."""
    SALIENCY = "saliency"
    """Simonyan et al. 2014, arXiv:1312.6034."""


class Baseline(StrEnum):
    """What stands for "nothing": where a path begins, or what covers a part of the picture."""

    BLACK = "black"
    MEAN = "mean"
    """The mean colour of the training pictures: zeros, once normalised."""
    BLURRED = "blurred"
    """The picture itself, reduced to 4 x 4 colours and enlarged again."""


@dataclass(frozen=True, slots=True)
class How:
    """The choices of the methods.

    Attributes:
        layer: Whose maps Grad-CAM weighs: a layer, block, stage or "stem"; "" is `last_maps`.
        baseline: Where integrated gradients begin.
        steps: Points on the way from there to the picture, at least 2.
        fill: What occlusion covers the picture with.
        window: Side of the covered square in pixels of the input; 0 is a quarter of the input.
        stride: Pixels from one square to the next, at most `window`; 0 is a quarter of that.
    """

    layer: str = ""
    baseline: Baseline = Baseline.BLACK
    steps: int = 32
    fill: Baseline = Baseline.MEAN
    window: int = 0
    stride: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A picture before a network, with what the network says of it.

    Attributes:
        network: The network.
        prepared: The picture as it reads it.
        scores: Logit of each class, (classes,) float64.
        probabilities: The same after softmax.
    """

    network: LoadedNetwork
    prepared: Prepared
    scores: npt.NDArray[np.float64]
    probabilities: npt.NDArray[np.float64]

    @property
    def ranking(self) -> tuple[int, ...]:
        """All classes, the most probable first; equal ones by number."""
        return tuple(int(index) for index in np.argsort(-self.probabilities, kind="stable"))


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """What one method says of one class.

    Attributes:
        method: The method.
        map: (h, w) float32: the layer's cells for Grad-CAM, else pixels of the input. Above zero
            speaks for the class, below against it; that of saliency has no sign.
        layer: Name of the layer for Grad-CAM, else "".
        target: Number of the class.
        class_name: Its name.
        probability: What the network gives it, 0 to 1.
        score: Its logit.
        delta: For integrated gradients by how much their sum misses the difference of the scores
            of picture and baseline; else None.
        crop_rgb: What the network saw: (S, S, 3) uint8.
        crop_box: Where that lies on the picture: (left, top, width, height) in its pixels.
        seconds: How long it took.
    """

    method: Method
    map: FloatArray
    layer: str
    target: int
    class_name: str
    probability: float
    score: float
    delta: float | None
    crop_rgb: npt.NDArray[np.uint8]
    crop_box: CropBox
    seconds: float

    @property
    def silent(self) -> bool:
        """Whether nothing of what was asked for reaches the score: every value is zero."""
        return not self.map.any()


def look_at(network: LoadedNetwork, picture: Picture, framing: Framing = USUAL) -> Subject:
    """Shows the picture to the network.

    Raises:
        PictureError: If the picture or the network's input does not fit, or the outputs overflow.
        DeviceError: If the memory does not suffice.
    """
    import torch

    prepared = prepare(network, picture, framing)
    scores = forward(network, prepared.batch)[0].double()
    probabilities = torch.softmax(scores, dim=0).numpy()
    if not np.isfinite(probabilities).all():
        raise PictureError(
            f"The outputs of {network.spec.name} overflow, so that no class has a probability.",
            remedy="Choose trained weights, or a network of fewer blocks.",
        )
    return Subject(network, prepared, scores.numpy().copy(), probabilities)


def explain(
    subject: Subject,
    method: Method,
    target: int | None = None,
    *,
    how: How | None = None,
    check: Callable[[], object] | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Attribution:
    """Asks which part of the picture speaks for a class.

    The network is used through a copy that shares its weights: captum hooks into the layers, and
    hooks on the network itself would be run by other threads' forward passes too.

    Args:
        subject: The picture before the network.
        method: What to ask.
        target: Number of the class; the most probable one if None.
        how: The choices of the method.
        check: Called before each batch; what it raises (Cancelled) ends the work.
        progress: Told after each batch how many of how many pictures have passed the network.

    Raises:
        DeviceError: If the memory does not suffice.
        ValueError: If the layer has no maps, or window and stride do not fit.
    """
    import captum.attr  # noqa: F401  # not to be counted

    started = time.perf_counter()
    how = how or How()
    target = subject.ranking[0] if target is None else target
    work = _Work(
        subject, target, how, _Passes(check, progress, total=_passes(subject, method, how))
    )
    with _telling_of_memory(subject):
        outcome = _METHODS[method](work)
    return Attribution(
        method=method,
        map=np.ascontiguousarray(outcome.map, dtype=np.float32),
        layer=outcome.layer,
        target=target,
        class_name=subject.network.classes[target],
        probability=float(subject.probabilities[target]),
        score=float(subject.scores[target]),
        delta=outcome.delta,
        crop_rgb=subject.prepared.rgb,
        crop_box=subject.prepared.crop_box,
        seconds=time.perf_counter() - started,
    )


def mapped_layers(graph: NetworkGraph) -> tuple[str, ...]:
    """Returns the layers whose output is a map of more than one cell, in order of computation."""
    return tuple(
        layer.name
        for layer in graph.layers
        if len(layer.output_shape) == 3 and layer.output_shape[1] * layer.output_shape[2] > 1
    )


def last_maps(graph: NetworkGraph) -> str:
    """Returns what Grad-CAM weighs unless told otherwise: the last maps before the pooling.

    That is the last stage, or the activation after it where the blocks activate their input.
    """
    before = [layer for layer in graph.head.layers if layer.kind is not LayerKind.AVG_POOL]
    activations = [layer.name for layer in before if layer.kind is LayerKind.RELU]
    return activations[-1] if activations else graph.stages[-1].name


def usual_window(input_size: int) -> tuple[int, int]:
    """Returns window and stride of occlusion in pixels: 13 x 13 places where 16 divides the side.

    Zeiler and Fergus covered about a quarter of the side as well.
    """
    window = max(1, input_size // 4)
    return window, max(1, window // 4)


# -- the methods ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Outcome:
    map: npt.NDArray[np.float32]
    layer: str = ""
    delta: float | None = None


class _Passes:
    """Counts the pictures that pass the network, and is the place where work can be cancelled."""

    def __init__(
        self,
        check: Callable[[], object] | None,
        progress: Callable[[int, int], object] | None,
        *,
        total: int,
    ) -> None:
        self._check = check
        self._progress = progress
        self._done = 0
        self._total = total

    def through(self, model: ResNet) -> Score:
        """Returns the model as a function that counts."""

        def score(batch: Tensor) -> Tensor:
            if self._check is not None:
                self._check()
            logits: Tensor = model(batch)
            self._done = min(self._total, self._done + len(batch))
            if self._progress is not None:
                self._progress(self._done, self._total)
            return logits

        return score


@dataclass(frozen=True, slots=True)
class _Work:
    subject: Subject
    target: int
    how: How
    passes: _Passes

    @property
    def side(self) -> int:
        return int(self.subject.prepared.batch.shape[-1])

    def input(self) -> Tensor:
        """Returns a batch of its own, (1, 3, S, S): captum marks it as one that has gradients."""
        return self.subject.prepared.batch.clone()

    def baseline(self, kind: Baseline) -> Tensor:
        return _baseline(self.subject, kind)


def _gradcam(work: _Work) -> _Outcome:
    """Weighs each channel of a layer by the mean of its gradient, and adds them up."""
    from captum.attr import LayerGradCam

    model = private_copy(work.subject.network.model)
    name = work.how.layer or last_maps(_graph(work.subject.network))
    module = model.get_submodule(_module_of(work.subject.network, name))
    try:
        found = LayerGradCam(work.passes.through(model), module).attribute(
            work.input().requires_grad_(), target=work.target
        )
    except RuntimeError as error:
        if not _says_unconnected(error):
            raise
        _, height, width = _graph(work.subject.network).find(name).output_shape
        return _Outcome(np.zeros((height, width), np.float32), name)
    if found.ndim != 4:
        raise ValueError(f"{name} makes no maps")
    return _Outcome(found[0, 0].detach().numpy(), name)


def _integrated(work: _Work) -> _Outcome:
    """Adds up the gradients on the straight way from the baseline to the picture."""
    from captum.attr import IntegratedGradients

    model = private_copy(work.subject.network.model)
    gradients: Any = IntegratedGradients(work.passes.through(model))  # its overloads confuse mypy
    try:
        found, delta = gradients.attribute(
            work.input(),
            baselines=work.baseline(work.how.baseline),
            target=work.target,
            n_steps=work.how.steps,
            internal_batch_size=_at_once(work.side),
            return_convergence_delta=True,
        )
    except RuntimeError as error:
        return _unconnected(work, error, delta=0.0)
    return _Outcome(found[0].sum(dim=0).detach().numpy(), delta=float(delta[0]))


def _occlusion(work: _Work) -> _Outcome:
    """Covers the picture square by square; a pixel gets the mean fall of the score."""
    from captum.attr import Occlusion

    window, stride = _window(work.how, work.side)
    model = private_copy(work.subject.network.model)
    found = Occlusion(work.passes.through(model)).attribute(
        work.input(),
        sliding_window_shapes=(3, window, window),
        strides=(3, stride, stride),
        baselines=work.baseline(work.how.fill),
        target=work.target,
        perturbations_per_eval=_at_once(work.side),
    )
    return _Outcome(found[0, 0].detach().numpy())  # all three colours are covered together


def _saliency(work: _Work) -> _Outcome:
    """Takes the largest of the three colours' gradients, without its sign."""
    from captum.attr import Saliency

    model = private_copy(work.subject.network.model)
    try:
        found = Saliency(work.passes.through(model)).attribute(
            work.input().requires_grad_(), target=work.target, abs=True
        )
    except RuntimeError as error:
        return _unconnected(work, error)
    return _Outcome(found[0].amax(dim=0).detach().numpy())


_METHODS: dict[Method, Callable[[_Work], _Outcome]] = {
    Method.GRADCAM: _gradcam,
    Method.INTEGRATED: _integrated,
    Method.OCCLUSION: _occlusion,
    Method.SALIENCY: _saliency,
}


# -- helpers ----------------------------------------------------------------------------------


def _passes(subject: Subject, method: Method, how: How) -> int:
    """Returns how many pictures a method passes through the network."""
    if method is Method.INTEGRATED:
        return how.steps + 2  # picture and baseline, for the difference of their scores
    if method is Method.OCCLUSION:
        side = int(subject.prepared.batch.shape[-1])
        window, stride = _window(how, side)
        return (-(-(side - window) // stride) + 1) ** 2 + 1
    return 1


def _window(how: How, side: int) -> tuple[int, int]:
    usual = usual_window(side)
    window = how.window or usual[0]
    stride = how.stride or (usual[1] if not how.window else max(1, window // 4))
    if not 1 <= window <= side:
        raise ValueError(f"the window is {window} pixels; it must be from 1 to {side}")
    if not 1 <= stride <= window:
        raise ValueError(f"the stride is {stride} pixels; it must be from 1 to {window}")
    return window, stride


def _at_once(side: int) -> int:
    return max(1, min(_MOST_AT_ONCE, _PIXELS_AT_ONCE // side**2))


def _baseline(subject: Subject, kind: Baseline) -> Tensor:
    """Returns the normalised baseline, (1, 3, S, S)."""
    import torch

    batch = subject.prepared.batch
    if kind is Baseline.MEAN:
        return torch.zeros_like(batch)
    if kind is Baseline.BLURRED:
        return _blurred(batch)
    from resnet_studio.data import transforms

    black = torch.zeros(batch.shape[1:], dtype=torch.uint8)
    return transforms.normalise(subject.network.preprocessing, black).unsqueeze(0)


def _blurred(batch: Tensor) -> Tensor:
    """Returns the means of 4 x 4 fields, blended smoothly: colours without any shape."""
    from torch.nn import functional

    fields = functional.adaptive_avg_pool2d(batch, (_FIELDS, _FIELDS))
    size = list(batch.shape[-2:])
    return functional.interpolate(fields, size, mode="bilinear", align_corners=False)


def _unconnected(work: _Work, error: RuntimeError, *, delta: float | None = None) -> _Outcome:
    """Returns zeros if the error says that nothing leads from the picture to the score."""
    if not _says_unconnected(error):
        raise error
    return _Outcome(np.zeros((work.side, work.side), np.float32), delta=delta)


def _says_unconnected(error: RuntimeError) -> bool:
    """Tells autograd's two ways to say so: a removed block's layers, a network cut in two."""
    text = str(error)
    return "not have been used in the graph" in text or "does not require grad" in text


def _graph(network: LoadedNetwork) -> NetworkGraph:
    from resnet_studio.architecture.graph import build_graph

    return build_graph(network.spec)


def _module_of(network: LoadedNetwork, name: str) -> str:
    """Returns the module that makes the maps of a layer, block or section."""
    return _graph(network).stem.layers[-1].name if name == "stem" else name


@contextlib.contextmanager
def _telling_of_memory(subject: Subject) -> Iterator[None]:
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not (isinstance(error, MemoryError) or "memory" in str(error)):
            raise
        raise DeviceError(
            f"The memory does not suffice to trace {subject.network.spec.name} back to the "
            "picture.",
            remedy="Choose a smaller input size or a narrower network.",
        ) from error
