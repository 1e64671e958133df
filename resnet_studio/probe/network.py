"""The network that is looked into: built, given weights, with what it needs to read a picture.

`load_network` is the one way from a spec and a choice of weights to a network that classifies;
window and command line both use it. It works on the CPU: a graphics card stays free for training,
and the window shows the same bits as the command line. This module imports without torch, so
that the window can name a choice of weights before torch is there.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from resnet_studio.architecture.class_names import numbered_names, real_names
from resnet_studio.data.augment import (
    AugmentSpec,
    CenterCrop,
    Normalise,
    Resize,
    pipelines_for,
)
from resnet_studio.errors import CheckpointError, SpecError
from resnet_studio.files import sha256_of
from resnet_studio.probe.shipped import shipped_for, shipped_weights
from resnet_studio.probe.surgery import NO_SURGERY, Surgery

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from resnet_studio.architecture.spec import NetworkSpec
    from resnet_studio.models import Assumption, Identified, PretrainedWeights, ResNet, WeightsFile

WeightsKind = Literal["random", "shipped", "run", "live", "file", "pretrained"]
_ASKED_AS = {"normalisation": ("mean", "std", "normalisation"), "classes": ("classes",)}
"""Answers to each thing that is no part of the spec."""
_BESIDE_SPEC = tuple(answer for answers in _ASKED_AS.values() for answer in answers)


class OtherNetworkError(CheckpointError):
    """Weights of another network than the one that is shown.

    Attributes:
        spec: The network that they were made for, as far as the file tells.
    """

    def __init__(self, message: str, *, spec: NetworkSpec, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.spec = spec


@dataclass(frozen=True, slots=True)
class WeightsChoice:
    """Where weights come from.

    Attributes:
        kind: "random", "shipped" (those that come with the program), "run" (a training run's),
            "live" (a copy of a run in progress), "file", or "pretrained" (torchvision's).
        path: The file; empty for random and shipped ones. Pretrained ones must have been
            downloaded.
        seed: Seed of random weights.
        name: What to call them: the run, the id of shipped ones, or torchvision's name
            ("IMAGENET1K_V2").
        answers: What the person knows of a file that does not say it, for
            `models.Identified.answered`: pairs of "mean", "std", "normalisation", "classes" or a
            field of the spec, and its value.
    """

    kind: WeightsKind = "random"
    path: str = ""
    seed: int = 0
    name: str = ""
    answers: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class LoadedNetwork:
    """A network ready to read pictures.

    Attributes:
        spec: What it was built from.
        model: The network on the CPU, in evaluation mode; nobody trains it.
        classes: A name for each output.
        preprocessing: What is done to a picture before it enters.
        choice: Where the weights come from.
        trained: Whether the weights have learned anything: False for random ones.
        description: The weights in words, for the command line: "random weights, seed 0".
        assumed: What the file of the weights does not say, with what was taken for it.
        notes: Sentences on what was chosen or changed in the file of the weights.
        surgery: What has been cut out of it or scaled.
        intact: The network before that; None if nothing was done.
    """

    spec: NetworkSpec
    model: ResNet
    classes: tuple[str, ...]
    preprocessing: AugmentSpec
    choice: WeightsChoice
    trained: bool
    description: str
    assumed: tuple[Assumption, ...] = ()
    notes: tuple[str, ...] = ()
    surgery: Surgery = NO_SURGERY
    intact: LoadedNetwork | None = None

    @property
    def classes_assumed(self) -> bool:
        """Whether the names of the classes are a guess, for want of any in the file."""
        return any(assumption.field == "classes" for assumption in self.assumed)


def load_network(spec: NetworkSpec, choice: WeightsChoice | None = None) -> LoadedNetwork:
    """Builds the network of `spec` with the chosen weights (random ones of seed 0 if None).

    Raises:
        OtherNetworkError: If the file belongs to another network.
        CheckpointError: If the file is missing, broken, hostile or does not fit.
        SpecError: If no preprocessing has the spec's input size.
    """
    choice = choice or WeightsChoice()
    if choice.kind == "random":
        return _with_random_weights(spec, choice)
    if choice.kind == "live":
        raise CheckpointError(
            "The copy of the run's weights is gone.",
            remedy="Take the weights of the last run, in the menu of the weights.",
        )
    if choice.kind == "shipped":
        return _with_shipped_weights(spec, choice)
    if choice.kind == "pretrained":
        return _with_pretrained_weights(spec, choice)
    return _with_weights_of_file(spec, choice)


def usual_weights(spec: NetworkSpec) -> WeightsChoice:
    """Returns the weights of a network for which none were chosen: shipped ones, else random."""
    shipped = shipped_for(spec)
    return WeightsChoice() if shipped is None else WeightsChoice(kind="shipped", name=shipped.id)


def running_network(
    spec: NetworkSpec,
    weights: Mapping[str, NDArray[Any]],
    *,
    classes: tuple[str, ...],
    preprocessing: AugmentSpec,
    run: str,
    step: int,
) -> LoadedNetwork:
    """Returns the network of a run in progress, from a copy of its weights.

    Args:
        spec: The network.
        weights: Parameters and buffers by name; taken over, not copied.
        classes: A name for each output.
        preprocessing: What the run does to the pictures that it validates with.
        run: What the run is called.
        step: After how many steps the copy was made.
    """
    import torch

    from resnet_studio import models

    model = models.outline_network(spec)
    tensors = {name: torch.from_numpy(values) for name, values in weights.items()}
    model.load_state_dict(tensors, assign=True)
    choice = WeightsChoice(kind="live", name=run)
    return LoadedNetwork(
        spec=spec,
        model=_frozen(model),
        classes=classes,
        preprocessing=preprocessing,
        choice=choice,
        trained=True,
        description=f"run {run} after step {step:,}",
    )


def class_names(count: int) -> tuple[str, ...]:
    """Returns names for outputs whose weights name none: ImageNet's for 1,000, else numbers."""
    if count == 1000:
        from torchvision.models import ResNet18_Weights

        return tuple(ResNet18_Weights.DEFAULT.meta["categories"])
    return numbered_names(count)


def _with_random_weights(spec: NetworkSpec, choice: WeightsChoice) -> LoadedNetwork:
    from resnet_studio import models  # needs torch

    return LoadedNetwork(
        spec=spec,
        model=_frozen(models.build_network(spec, seed=choice.seed)),
        classes=class_names(spec.classes),
        preprocessing=_usual_preprocessing(spec),
        choice=choice,
        trained=False,
        description=_described(choice),
    )


def _with_shipped_weights(spec: NetworkSpec, choice: WeightsChoice) -> LoadedNetwork:
    found = {weights.id: weights for weights in shipped_weights()}.get(choice.name)
    if found is None:
        raise CheckpointError(
            f"No weights {choice.name!r} come with the program.", remedy="Choose other weights."
        )
    of_file = WeightsChoice(kind="file", path=str(found.path), answers=choice.answers)
    loaded = _with_weights_of_file(spec, of_file)
    return dataclasses.replace(loaded, choice=choice, description=_described(choice))


def _with_weights_of_file(spec: NetworkSpec, choice: WeightsChoice) -> LoadedNetwork:
    from resnet_studio import models  # needs torch

    weights = models.read_weights(Path(choice.path))
    if weights.spec is None:
        found = _identified(spec, weights, choice)
    else:
        _check_same_network(spec, weights)
        found = _completed(weights, choice)
    if found is not None:
        weights = found.weights
    return LoadedNetwork(
        spec=spec,
        model=filled(spec, weights),
        classes=weights.classes or class_names(spec.classes),
        preprocessing=_preprocessing(spec, weights, found),
        choice=choice,
        trained=True,
        description=_described(choice),
        assumed=found.assumed if found is not None else (),
        notes=weights.notes,
    )


def _identified(
    spec: NetworkSpec, weights: WeightsFile, choice: WeightsChoice
) -> Identified | None:
    """Returns the file read as the weights of `spec`; None if only the spec itself says how.

    Where the file cannot tell, the spec decides; where its family speaks against the spec, only
    an answer of the person does.
    """
    from resnet_studio import models

    try:
        found = models.identify(weights)
    except CheckpointError:
        if models.fits(spec, weights):
            return None
        raise
    if set(found.told_otherwise(spec)) <= dict(choice.answers).keys():
        try:
            return found.as_network(spec).answered(**_beside_spec(choice))
        except CheckpointError:
            pass
    raise _other_network(spec, found.spec, weights)


def _completed(weights: WeightsFile, choice: WeightsChoice) -> Identified | None:
    """Returns an own file with the person's answers to what it leaves open; None if all is said."""
    from resnet_studio import models

    if real_names(weights.classes) is not None and weights.preprocessing is not None:
        return None
    found = models.identify(weights)
    asked = {field for each in found.assumed for field in _ASKED_AS.get(each.field, ())}
    answers = {field: value for field, value in _beside_spec(choice).items() if field in asked}
    return found.answered(**answers)


def _beside_spec(choice: WeightsChoice) -> dict[str, Any]:
    return {field: value for field, value in choice.answers if field in _BESIDE_SPEC}


def _with_pretrained_weights(spec: NetworkSpec, choice: WeightsChoice) -> LoadedNetwork:
    from resnet_studio import models  # needs torch

    offered = {weights.name: weights for weights in models.pretrained_weights(spec)}
    if choice.name not in offered:
        raise CheckpointError(
            f"torchvision has no weights {choice.name!r} for {spec.name}.",
            remedy=f"Choose one of {', '.join(offered)}." if offered else "Choose other weights.",
        )
    entry = offered[choice.name]
    path = Path(choice.path) if choice.path else entry.path
    _check_hash(path, entry)
    return LoadedNetwork(
        spec=spec,
        model=filled(spec, models.read_weights(path)),
        classes=entry.categories,
        preprocessing=pretrained_preprocessing(entry),
        choice=choice,
        trained=True,
        description=_described(choice),
    )


def pretrained_preprocessing(entry: PretrainedWeights) -> AugmentSpec:
    """Returns what torchvision does to a picture to reach the accuracy that it publishes."""
    return AugmentSpec(
        name=f"{entry.network} {entry.name}",
        note="What torchvision does to a picture for these weights.",
        steps=(
            Resize(size=entry.resize_size),
            CenterCrop(size=entry.crop_size),
            Normalise(mean=_triple(entry.mean), std=_triple(entry.std)),
        ),
    )


def _triple(values: tuple[float, ...]) -> tuple[float, float, float]:
    red, green, blue = values
    return red, green, blue


def _check_hash(path: Path, entry: PretrainedWeights) -> None:
    """Other programs share torch hub's folder; an interrupted download of theirs may lie there."""
    if path.is_file() and not sha256_of(path).startswith(entry.sha256_prefix):
        raise CheckpointError(
            f"{path} is not the file that torchvision publishes (its SHA-256 is another).",
            remedy="Delete it and download it again.",
        )


def filled(spec: NetworkSpec, weights: WeightsFile) -> ResNet:
    """Returns the network with the weights of the file, to be looked at and not trained.

    Raises:
        CheckpointError: If they do not fit.
    """
    from resnet_studio import models

    return _frozen(models.network_from(weights, spec))


def _frozen(model: ResNet) -> ResNet:
    """Puts the network into evaluation mode: the picture must not move its statistics."""
    model.eval()
    return model.requires_grad_(False)


def _check_same_network(spec: NetworkSpec, weights: WeightsFile) -> None:
    from resnet_studio.models.structure import structure

    made_for = weights.spec
    if made_for is not None and structure(made_for) != structure(spec):
        raise _other_network(spec, made_for, weights)


def _other_network(
    spec: NetworkSpec, made_for: NetworkSpec, weights: WeightsFile
) -> OtherNetworkError:
    return OtherNetworkError(
        f"{weights.path.name} holds the weights of {made_for.name} ({made_for.depth} layers, "
        f"{made_for.classes} classes); the network here is {spec.name} ({spec.depth} layers, "
        f"{spec.classes} classes).",
        spec=made_for,
        remedy=f"Switch to {made_for.name}, or choose other weights.",
    )


def _preprocessing(
    spec: NetworkSpec, weights: WeightsFile, found: Identified | None
) -> AugmentSpec:
    if weights.preprocessing is not None:
        remedy = "Use an earlier checkpoint, or train again."
        return stated_preprocessing(weights.path, weights.preprocessing, remedy=remedy)
    usual = _usual_preprocessing(spec)
    return usual if found is None else _normalised_for(found, usual)


def stated_preprocessing(path: Path, values: dict[str, Any], *, remedy: str) -> AugmentSpec:
    """Returns what a file says is done to a picture.

    Raises:
        CheckpointError: If that makes no sense; ends in the remedy.
    """
    try:
        return AugmentSpec.from_dict(values)
    except SpecError as error:
        raise CheckpointError(
            f"{path.name}: its preprocessing cannot be used. {error.message}", remedy=remedy
        ) from error


def _normalised_for(found: Identified, usual: AugmentSpec) -> AugmentSpec:
    """Returns the usual preprocessing with the mean and deviation of the file's family."""
    last = Normalise(mean=found.mean, std=found.std)
    if usual.normalise == last:
        return usual
    steps = (*usual.pixel_steps, last)
    return usual.model_copy(update={"name": f"for {found.path.name}"[:100], "steps": steps})


def _usual_preprocessing(spec: NetworkSpec) -> AugmentSpec:
    """Returns the validation pipeline for the input size: ImageNet's from 64 pixels, or CIFAR's."""
    return pipelines_for(spec.input_size, "folder" if spec.input_size >= 64 else "cifar10")[1]


def _described(choice: WeightsChoice) -> str:
    match choice.kind:
        case "random":
            return f"random weights, seed {choice.seed}"
        case "shipped":
            return f"weights that come with the program ({choice.name})"
        case "run":
            return f"weights of the run {choice.name or Path(choice.path).parent.name}"
        case "pretrained":
            return f"torchvision's weights {choice.name}"
        case _:
            return f"weights from {Path(choice.path).name}"
