"""A file of weights made ready to be evaluated: network, preprocessing, names of its outputs.

What the file says counts; then what torchvision says of a file that it publishes; then what is
usual for such a network, which is stated as an assumption. What the person says goes before all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_studio.data.augment import AugmentSpec, Ending, Normalise, PerPixelMean
from resnet_studio.errors import SpecError
from resnet_studio.files import sha256_of
from resnet_studio.probe.evaluate import AS_IT_IS, validation_pipeline
from resnet_studio.probe.labels import NamesFrom
from resnet_studio.probe.network import (
    LoadedNetwork,
    WeightsChoice,
    class_names,
    filled,
    pretrained_preprocessing,
    stated_preprocessing,
)

if TYPE_CHECKING:
    from resnet_studio.models import Identified, PretrainedWeights

Triple = tuple[float, float, float]
_NORMALISATION = "normalisation"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person says of a file, in place of what it says or what would be assumed.

    Attributes:
        classes: A name for each output, in order.
        mean: What is subtracted from each channel in [0, 1].
        std: What each channel is then divided by.
        size: Side of the network's input in pixels; pictures of that size are left as they are.
        fields: Fields of the network's spec; or "normalisation", by its name.
    """

    classes: tuple[str, ...] | None = None
    mean: Triple | None = None
    std: Triple | None = None
    size: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def normalises(self) -> bool:
        """Whether anything is said of mean and deviation."""
        return bool(self.mean or self.std or _NORMALISATION in self.fields)

    def of_the_file(self) -> dict[str, Any]:
        """Returns what `Identified.answered` understands of it."""
        said = {"mean": self.mean, "std": self.std, "input_size": self.size}
        return dict(self.fields) | {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True, eq=False)
class Examinee:
    """A network to be evaluated; its fields are arguments of `evaluate`.

    Attributes:
        network: The network, with what is done to a picture.
        found: What the file told, and what was assumed.
        names: A name for each output, if there are any.
        names_from: Who says so.
        leave_right_size: Whether pictures of the input size are left as they are.
    """

    network: LoadedNetwork
    found: Identified
    names: tuple[str, ...] | None
    names_from: NamesFrom
    leave_right_size: bool


def open_examinee(path: Path, answers: Answers | None = None) -> Examinee:
    """Opens a file of weights of any program that is known; nothing else is needed.

    Raises:
        CheckpointError: If it is broken, hostile, or of no network of this program.
        SpecError: If an answer makes no sense.
    """
    from resnet_studio import models  # needs torch

    said = answers or Answers()
    found = models.identify(models.read_weights(path)).answered(**_checked(said).of_the_file())
    published = _published(found)
    pipeline, leave_right_size = _pipeline(found, said, published)
    if found.preprocessing is not None or published is not None:
        found = _without_assumption(found, _NORMALISATION)
    names, names_from = _names(found, said, published)
    network = LoadedNetwork(
        spec=found.spec,
        model=filled(found.spec, found.weights),
        classes=names or class_names(found.spec.classes),
        preprocessing=pipeline,
        choice=WeightsChoice(kind="file", path=str(path)),
        trained=True,
        description=f"weights from {path.name}",
    )
    return Examinee(network, found, names, names_from, leave_right_size)


def _checked(answers: Answers) -> Answers:
    """Refuses an input size of none, which would pass for no answer."""
    if answers.size is not None and answers.size < 1:
        raise SpecError(
            f"size is {answers.size}; it must be 1 or more.",
            field="input_size",
            remedy="Give the side of the network's input in pixels.",
        )
    return answers


def _published(found: Identified) -> PretrainedWeights | None:
    """Returns what torchvision says of the file, if it is one that it publishes."""
    from resnet_studio import models
    from resnet_studio.models.assumptions import FAMILY_TORCHVISION

    if found.family != FAMILY_TORCHVISION or found.spec.classes != 1000:
        return None
    digest = ""
    for offer in models.pretrained_weights(found.spec):
        digest = digest or sha256_of(found.path)
        if offer.sha256_prefix and digest.startswith(offer.sha256_prefix):
            return offer
    return None


def _pipeline(
    found: Identified, said: Answers, published: PretrainedWeights | None
) -> tuple[AugmentSpec, bool]:
    """Returns what is done to a picture, and whether one of the right size is spared it."""
    own = _own_pipeline(found) if published is None else pretrained_preprocessing(published)
    ending = _ending(found, said, own)
    if own is None or said.size is not None:
        return validation_pipeline(found.input_size, ending), True
    if own.ending == ending or not said.normalises:
        return own, False
    return own.with_ending(ending), False


def _ending(found: Identified, said: Answers, own: AugmentSpec | None) -> Ending:
    """Returns mean and deviation: as said, else the file's own, else as assumed."""
    if own is None or _NORMALISATION in said.fields:
        return Normalise(mean=found.mean, std=found.std)
    stated = own.ending or AS_IT_IS
    std = said.std or stated.std
    if said.mean is not None:
        return Normalise(mean=said.mean, std=std)
    if isinstance(stated, PerPixelMean):
        return stated.model_copy(update={"std": std})
    return Normalise(mean=stated.mean, std=std)


def _own_pipeline(found: Identified) -> AugmentSpec | None:
    if found.preprocessing is None:
        return None
    remedy = "Give the size of the pictures instead: --size, and --mean and --std."
    return stated_preprocessing(found.path, found.preprocessing, remedy=remedy)


def _names(
    found: Identified, said: Answers, published: PretrainedWeights | None
) -> tuple[tuple[str, ...] | None, NamesFrom]:
    if said.classes is not None:
        return said.classes, "person"
    if found.classes is not None:
        return found.classes, "file"
    if published is not None:
        return published.categories, "assumption"
    if found.spec.classes == 1000:
        return class_names(1000), "assumption"
    return None, "assumption"


def _without_assumption(found: Identified, name: str) -> Identified:
    return replace(found, assumed=tuple(each for each in found.assumed if each.field != name))
