"""Which network a file of weights is of, told by nothing but the file.

`identify` takes names to be those of some program, gives the tensors ours, infers the network
from their shapes, and compares it with that network name by name. What neither names nor shapes
tell is assumed, and every assumption is stated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from resnet_studio.architecture.class_names import real_names
from resnet_studio.architecture.spec import (
    ActivationOrder,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    StemKind,
    ZeroPadding,
)
from resnet_studio.errors import CheckpointError, SpecError
from resnet_studio.models import assumptions
from resnet_studio.models.answers import (
    renumbered,
    settled,
    take_classes,
    take_normalisation,
    triple,
)
from resnet_studio.models.assumptions import (
    NORMALISATIONS,
    Assumption,
    Normalisation,
    Triple,
    of_network,
    usual_normalisation,
)
from resnet_studio.models.containers import bounded, shortened
from resnet_studio.models.fitting import (
    COUNTER,
    check_values,
    listed_names,
    without_rounded_counters,
)
from resnet_studio.models.inference import infer, named
from resnet_studio.models.outlines import shapes_of
from resnet_studio.models.renaming import HEAD, ForeignError, Renamed, Shape, rename
from resnet_studio.models.weights import WeightsFile

_REMEDY: Final = (
    "Choose weights of a residual network: torchvision's, timm's, of a usual program for CIFAR, or "
    "this program's own."
)
# What begins so is a part of the network itself.
_TRUNK: Final = ("layer", "conv", "bn")
_OWN_MARKS: Final = ("bn_last.", ".gate.conv.")
# Zhang 2019, arXiv:1904.11486: timm's variants of resnet50 that blur before they subsample.
_ANTI_ALIASED: Final = ("resnetaa", "resnetblur")


@dataclass(frozen=True, slots=True, eq=False)
class Identified:
    """A network and its weights, as far as a file tells.

    Attributes:
        path: The file.
        spec: The network; its name is the catalogue's if that has it.
        state: Tensors under our names, exactly those of the network, in the file's precision.
        family: Whose names the file has.
        format: How the file is written.
        classes: Names of the classes, if the file has them.
        mean: What is subtracted from each channel in [0, 1].
        std: What each channel is then divided by.
        preprocessing: All that is done to a picture, if the file says.
        assumed: What the file does not tell, with what was taken for it.
        ignored: Names of what else is in the file.
        notes: Sentences on what was chosen or changed.
    """

    path: Path
    spec: NetworkSpec
    state: dict[str, Tensor]
    family: str
    format: str
    classes: tuple[str, ...] | None
    mean: Triple
    std: Triple
    preprocessing: dict[str, Any] | None = None
    assumed: tuple[Assumption, ...] = ()
    ignored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def input_size(self) -> int:
        """Height and width of the pictures in pixels."""
        return self.spec.input_size

    @property
    def weights(self) -> WeightsFile:
        """The file as if this program had written it: `network_from` builds the network."""
        return WeightsFile(
            self.path,
            self.state,
            spec=self.spec,
            classes=self.classes,
            preprocessing=self.preprocessing,
            format=self.format,
            ignored=self.ignored,
            notes=self.notes,
        )

    def answered(self, **fields: Any) -> Identified:
        """Returns the same file with what a person knows of it in place of what was assumed.

        Args:
            fields: Any fields of the spec; "classes" as a sequence of names; "mean" and "std" of
                three numbers each; or "normalisation", one of `NORMALISATIONS`.

        Raises:
            SpecError: If a value makes no sense.
            CheckpointError: If the network would not fit the file any more.
        """
        changes = dict(fields)
        normalised = take_normalisation(changes, Normalisation(self.mean, self.std))
        classes = take_classes(changes, usual=self.classes, count=self.spec.classes)
        assumed = tuple(each for each in self.assumed if each.field not in settled(fields))
        spec = self.spec.replace(**changes)
        if changes and "name" not in changes:
            spec = named(spec)
        return replace(
            self.as_network(spec),
            mean=normalised.mean,
            std=normalised.std,
            classes=classes,
            assumed=assumed,
        )

    def as_network(self, spec: NetworkSpec) -> Identified:
        """Returns the same file read as the weights of a given network.

        Raises:
            CheckpointError: If its names and shapes are not those of that network.
        """
        state = renumbered(self.state, self.spec.projection, spec.projection)
        _check_fits(self.path, spec, _shapes(state), {})
        return replace(self, spec=spec, state=state)

    def told_otherwise(self, spec: NetworkSpec) -> tuple[str, ...]:
        """Returns the fields of `spec` that the family of the file speaks against."""
        return tuple(
            each.field
            for each in self.assumed
            if each.told and getattr(spec, each.field) != getattr(self.spec, each.field)
        )


def identify(weights: WeightsFile) -> Identified:
    """Returns the network whose weights these are.

    Args:
        weights: What `read_weights` returned.

    Raises:
        CheckpointError: If they are of no network of this program; names what does not fit.
    """
    if weights.spec is not None:
        state = dict(weights.state)
        _check_fits(weights.path, weights.spec, _shapes(state), {})
        return _stated(weights, weights.spec, state, assumptions.FAMILY_STUDIO)
    try:
        state = without_rounded_counters(weights.state)
        renamed = rename(_shapes(state))
        state = _with_linear_head(state, renamed)
        shapes = _shapes(state)
        spec = infer({renamed.names[name]: shape for name, shape in shapes.items()})
    except ForeignError as error:
        raise _foreign(weights, str(error)) from None
    except SpecError as error:
        reason = f"the network that its shapes describe cannot be: {error.message}"
        raise _foreign(weights, reason.rstrip(".")) from None
    family = _family(renamed, spec)
    spec = named(_as_family(spec, family))
    state, ignored, notes = _fitted(weights, state, renamed, spec)
    weights = replace(
        weights,
        ignored=(*weights.ignored, *bounded(ignored)),
        notes=(*weights.notes, *notes, *_of_its_name(weights.path)),
    )
    return _stated(weights, spec, state, family)


def _of_its_name(path: Path) -> list[str]:
    """Returns what the tensors cannot tell and the name of the file does."""
    if not any(word in path.name.lower() for word in _ANTI_ALIASED):
        return []
    return [
        "The name of the file speaks of an anti-aliased network. Anti-aliasing has no weights, and "
        "this program builds the network without it: results differ from those published."
    ]


def _with_linear_head(state: Mapping[str, Tensor], renamed: Renamed) -> dict[str, Tensor]:
    """Returns the tensors with a head that is a 1x1 convolution as the linear layer it equals."""
    weight = f"{renamed.head}.weight"
    flat = state[weight].flatten(1) if weight in state else None
    return {n: t if flat is None or n != weight else flat for n, t in state.items()}


def _stated(
    weights: WeightsFile, spec: NetworkSpec, state: dict[str, Tensor], family: str
) -> Identified:
    """Puts together what is known and what has to be assumed; refuses what is no number."""
    check_values(weights.path, state)
    own = weights.spec is not None
    assumed = [] if own else list(of_network(spec, family))
    normalise = _own_normalisation(weights.preprocessing)
    if normalise is None:
        name, reason = usual_normalisation(spec, family)
        normalise = NORMALISATIONS[name]
        assumed.append(Assumption("normalisation", name, reason, tuple(NORMALISATIONS)))
    classes = real_names(weights.classes)
    if classes is not None and len(classes) != spec.classes:
        classes = None
    if classes is None:
        assumed.append(_unnamed_classes(spec))
    return Identified(
        path=weights.path,
        spec=spec,
        state=state,
        family=family,
        format=weights.format,
        classes=classes,
        mean=normalise.mean,
        std=normalise.std,
        preprocessing=weights.preprocessing,
        assumed=tuple(assumed),
        ignored=weights.ignored,
        notes=weights.notes,
    )


def _unnamed_classes(spec: NetworkSpec) -> Assumption:
    if spec.classes == 1000:
        return Assumption("classes", "ImageNet's", "The file names no classes, and has 1,000.")
    return Assumption("classes", "numbers", f"The file names none of its {spec.classes:,} classes.")


def _own_normalisation(preprocessing: Mapping[str, Any] | None) -> Normalisation | None:
    """Returns mean and deviation of the last step of an own file's preprocessing.

    Of one that subtracts a mean picture, which only the preprocessing itself can hold, the mean
    is 0.
    """
    steps = (preprocessing or {}).get("steps")
    last = steps[-1] if isinstance(steps, Sequence) and steps else None
    if not isinstance(last, Mapping) or last.get("kind") not in ("normalise", "per_pixel_mean"):
        return None
    mean = last.get("mean") if last["kind"] == "normalise" else (0.0, 0.0, 0.0)
    try:
        return Normalisation(triple("mean", mean), triple("std", last.get("std")))
    except SpecError:
        return None  # who uses the preprocessing says what is wrong with it


def _family(renamed: Renamed, spec: NetworkSpec) -> str:
    """Returns what to call the program whose names the file has."""
    if renamed.family != assumptions.FAMILY_TORCHVISION:
        return renamed.family
    own = any(mark in name for name in renamed.names for mark in _OWN_MARKS)
    if own or spec.stem is StemKind.TUTORIAL:
        return assumptions.FAMILY_STUDIO
    if spec.order is ActivationOrder.FULL_PREACTIVATION:
        return assumptions.FAMILY_PREACT
    if spec.stem is StemKind.CIFAR:
        if renamed.head != "linear":
            return assumptions.FAMILY_CIFAR
        if len(spec.depths) != 3:
            return assumptions.FAMILY_CIFAR_4
        padded = spec.shortcut is ShortcutKind.A
        return assumptions.FAMILY_CIFAR_A if padded else assumptions.FAMILY_CIFAR_B
    tweaked = (
        spec.stem is StemKind.DEEP
        or spec.projection is ProjectionKind.AVGPOOL
        or spec.se_reduction > 0
    )
    return assumptions.FAMILY_TIMM if tweaked else assumptions.FAMILY_TORCHVISION


def _as_family(spec: NetworkSpec, family: str) -> NetworkSpec:
    """Returns the network as the family has it where shapes leave it open."""
    if family == assumptions.FAMILY_CIFAR_A:
        return spec.replace(zero_padding=ZeroPadding.BOTH)
    if family == assumptions.FAMILY_STUDIO and spec.order is ActivationOrder.FULL_PREACTIVATION:
        return spec.replace(shared_first_activation=True)
    return spec


def _fitted(
    weights: WeightsFile, state: Mapping[str, Tensor], renamed: Renamed, spec: NetworkSpec
) -> tuple[dict[str, Tensor], list[str], list[str]]:
    """Returns the network's tensors, names of what is left over, and what was changed.

    Raises:
        CheckpointError: If a tensor is missing, has another shape or is one too many.
    """
    ours = {renamed.names[name]: tensor for name, tensor in state.items()}
    theirs = {ours: theirs for theirs, ours in renamed.names.items()}
    expected = shapes_of(spec)
    notes = _widen_squeezes(ours, expected)
    beside = _beside({n: t for n, t in ours.items() if n not in expected}, spec)
    kept = {name: tensor for name, tensor in ours.items() if name not in beside}
    _check_fits(weights.path, spec, _shapes(kept), theirs)
    in_order = {name: kept[name] for name in expected if name in kept}
    return in_order, [shortened(theirs[name]) for name in beside], notes


def _beside(unknown: Mapping[str, Tensor], spec: NetworkSpec) -> dict[str, Tensor]:
    """Returns the tensors that can be left out without changing the network.

    That is so for another head, a loss or a counter; but not for a layer within the network, nor
    for a convolution or a normalisation outside of it that is not called auxiliary, nor for a
    linear layer that reads what the last one makes.
    """
    parts: dict[str, dict[str, Tensor]] = {}
    for name, tensor in unknown.items():
        parts.setdefault(name.partition(".")[0], {})[name] = tensor
    beside: dict[str, Tensor] = {}
    for part, tensors in parts.items():
        if _is_beside(part, tensors, spec):
            beside |= tensors
    return beside


def _is_beside(part: str, tensors: Mapping[str, Tensor], spec: NetworkSpec) -> bool:
    if part.lower().startswith("aux"):
        return True
    if part == HEAD or part.startswith(_TRUNK):
        return False
    return not any(
        tensor.dim() > 2
        or ".running_" in name
        or (tensor.dim() == 2 and tensor.shape[1] == spec.classes)
        for name, tensor in tensors.items()
    )


def _widen_squeezes(state: dict[str, Tensor], expected: Mapping[str, Shape]) -> list[str]:
    """Adds channels of zeros inside squeeze-and-excitations that are narrower than the network's.

    timm rounds those channels to a multiple of 8. What is added is zero behind the ReLU and
    weighs nothing: the network computes the same, and would learn the same.
    """
    widened = 0
    for name in [name for name in state if name.endswith(".se.fc1.weight")]:
        module = name.removesuffix("fc1.weight")
        more = expected.get(name, (0,))[0] - state[name].shape[0]
        second = state.get(f"{module}fc2.weight")
        bias = state.get(f"{module}fc1.bias")
        if more <= 0 or second is None or bias is None or second.dim() != 4 or bias.dim() != 1:
            continue
        state[name] = _padded(state[name], 0, more)
        state[f"{module}fc1.bias"] = _padded(bias, 0, more)
        state[f"{module}fc2.weight"] = _padded(second, 1, more)
        widened += 1
    if not widened:
        return []
    return [
        f"{widened} squeeze-and-excitations are narrower inside than a common reduction makes "
        "them; channels of zeros are added, with which the network computes the same."
    ]


def _padded(tensor: Tensor, axis: int, more: int) -> Tensor:
    shape = [more if axis == each else size for each, size in enumerate(tensor.shape)]
    return torch.cat([tensor, tensor.new_zeros(shape)], dim=axis)


def _check_fits(
    path: Path, spec: NetworkSpec, shapes: Mapping[str, Shape], theirs: Mapping[str, str]
) -> None:
    """Compares names and shapes with those of the network; batch counters may be missing."""
    expected = shapes_of(spec)
    missing = [name for name in expected if name not in shapes and not name.endswith(COUNTER)]
    unknown = [theirs.get(name, name) for name in shapes if name not in expected]
    misshapen = [
        f"{theirs.get(name, name)}: {_words(shapes[name])}, not {_words(shape)}"
        for name, shape in expected.items()
        if name in shapes and shapes[name] != shape
    ]
    if not (missing or unknown or misshapen):
        return
    sentences = [
        listed_names(what, names)
        for what, names in (
            ("missing in the file", missing),
            ("unknown to it", unknown),
            ("of another shape", misshapen),
        )
        if names
    ]
    raise CheckpointError(
        f"{path.name}: it is not quite a network of this program. It is nearest to {spec.name} "
        f"({spec.depth} layers, {spec.classes:,} classes), but: {' '.join(sentences)}",
        remedy=_REMEDY,
    )


def _foreign(weights: WeightsFile, reason: str) -> CheckpointError:
    names = list(weights.state)
    first = ", ".join(shortened(name) for name in names[:3])
    more = ", …" if len(names) > 3 else ""
    return CheckpointError(
        f"{weights.path.name}: it holds no residual network of this program: {reason}. It has "
        f"{len(names):,} tensor{'s' * (len(names) > 1)} ({first}{more}).",
        remedy=_REMEDY,
    )


def _shapes(state: Mapping[str, Tensor]) -> dict[str, Shape]:
    return {name: tuple(tensor.shape) for name, tensor in state.items()}


def _words(shape: Shape) -> str:
    return "×".join(map(str, shape)) or "a single number"
