"""Pictures with known classes on which a network is judged again and again while it is changed.

A sample of fixed size, drawn from every class alike, is prepared as the network reads pictures.
What the network answers is kept picture by picture, so that two networks can be compared on the
same pictures: that tells far smaller differences apart than two accuracies of different ones.
"""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from resnet_studio.architecture.class_names import real_names
from resnet_studio.data.augment import AugmentSpec
from resnet_studio.data.dataset import DataSplit, Problem, Subset
from resnet_studio.data.sources import DataConfig, open_dataset
from resnet_studio.errors import DataError
from resnet_studio.probe.answers import settled
from resnet_studio.probe.evaluate import EvaluationProgress, Part, open_folder, usual_batch
from resnet_studio.probe.labels import Folders, label_outputs
from resnet_studio.probe.tally import Labels, Scores
from resnet_studio.probe.views import whole_views

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_studio.probe.network import LoadedNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """Pictures that are open, whichever network is to be judged on them.

    Attributes:
        subset: The pictures.
        folders: Their classes.
        part: Which part of the data set they are.
    """

    subset: Subset
    folders: Folders
    part: Part


@dataclass(frozen=True, slots=True, eq=False)
class ValidationSet:
    """The sample on which one network is judged.

    Attributes:
        name: What to call the data set.
        part: Which part of the data set it was drawn from.
        subset: The sample; its labels are numbers of the network's outputs.
        pipeline: What is done to a picture.
        available: How many pictures of the network's classes there were to draw from.
        skipped: Folders that are no class of the network.
        note: How folders and outputs were put together, as a sentence.
    """

    name: str
    part: Part
    subset: Subset
    pipeline: AugmentSpec
    available: int
    skipped: tuple[str, ...]
    note: str

    def __len__(self) -> int:
        return len(self.subset)


@dataclass(frozen=True, slots=True, eq=False)
class JudgedBatch:
    """Some pictures as the network reads them.

    Attributes:
        images: (N, 3, S, S) float32, normalised, channels last.
        labels: (N,) the right output of each.
    """

    images: Tensor
    labels: Labels


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What a network said of each picture.

    Attributes:
        labels: (N,) the right output of each picture that could be read.
        answers: (N,) the largest output; -1 where one is not finite, which counts as wrong.
        unread: Pictures that could not be read and count nowhere.
    """

    labels: Labels
    answers: Labels
    unread: tuple[Problem, ...] = ()

    @property
    def total(self) -> int:
        """Pictures that were looked at."""
        return len(self.labels)

    @property
    def correct(self) -> int:
        """Pictures that were named rightly."""
        return int(np.count_nonzero(self.labels == self.answers))

    @property
    def accuracy(self) -> float:
        """Share of the pictures that were named rightly, 0 to 1."""
        return self.correct / self.total

    def changed_from(self, other: Judgement) -> int:
        """Returns for how many pictures the answer is another one than in `other`."""
        return int(np.count_nonzero(self.answers != other.answers))


def open_pictures(source: DataConfig | Path) -> Generator[EvaluationProgress, None, Pictures]:
    """Opens pictures to judge by: the held-out part of a data set, or a folder.

    Args:
        source: A data set, of which the part that no run learns from is taken; or a folder or .zip
            of class folders, of which that for testing is taken if there is one, else that for
            validation, else all of it.

    Yields:
        Progress.

    Raises:
        DataError: If it cannot be used.
    """
    if isinstance(source, Path):
        subset, folders, part = yield from open_folder(source)
        return Pictures(subset, folders, part)
    for item in open_dataset(source):
        if isinstance(item, DataSplit):
            held_out = item.validation
            folders = Folders(item.name, held_out.classes, held_out.classes)
            return Pictures(held_out, folders, "validation")
        yield EvaluationProgress(item.phase, item.done, item.total)
    raise AssertionError("open_dataset ends with the data set")


def validation_set(network: LoadedNetwork, pictures: Pictures, *, most: int) -> ValidationSet:
    """Draws a sample for a network; the same pictures give the same sample.

    Args:
        network: Whose outputs the classes are, and which says what is done to a picture.
        pictures: What to draw from.
        most: Pictures of the sample; all if there are no more.

    Raises:
        DataError: If the classes are not those of the network, or it reads no colours.
    """
    if network.spec.in_channels != 3:
        raise DataError(
            f"{network.spec.name} reads pictures of {network.spec.in_channels} channels; "
            f"{pictures.folders.name} has those with 3 (red, green, blue).",
            remedy="Set the input channels of the network to 3.",
        )
    names = real_names(network.classes)
    stated = network.trained and not network.classes_assumed
    try:
        labelling = label_outputs(
            pictures.folders, network.spec.classes, names, "file" if stated else "assumption"
        )
    except DataError as error:
        raise DataError(
            error.message,
            remedy="Choose pictures whose folders are called as the network's classes are.",
        ) from error
    dataset = pictures.subset.dataset
    outputs = [labelling.outputs.get(name, -1) for name in dataset.classes]
    labels = np.array(outputs, dtype=np.int64)[dataset.labels]
    views, rest = whole_views(
        dataset, labelling.names, labels, network.preprocessing, leave_right_size=False
    )
    known = pictures.subset.indices[labels[pictures.subset.indices] >= 0]
    if not len(known):
        raise DataError(
            f"{pictures.folders.name} has no picture of the network's classes.",
            remedy="Choose other pictures.",
        )
    chosen = known[_drawn(labels[known], most)]
    return ValidationSet(
        name=pictures.folders.name,
        part=pictures.part,
        subset=views.of(chosen),
        pipeline=rest,
        available=len(known),
        skipped=labelling.skipped,
        note=labelling.note,
    )


def judge(
    network: LoadedNetwork, pictures: ValidationSet, *, batch_size: int | None = None
) -> Generator[EvaluationProgress, None, Judgement]:
    """Lets a network name every picture; to cancel, close the generator.

    Args:
        network: The network, intact or operated.
        pictures: The sample, drawn for this network.
        batch_size: Pictures at once; chosen by their size if None. It changes no answer.

    Yields:
        Progress, after each batch.

    Raises:
        DataError: If no picture can be read.
        DeviceError: If the memory does not suffice.
    """
    unread: list[Problem] = []
    labels: list[Labels] = []
    answers: list[Labels] = []
    done = correct = 0
    size = batch_size or usual_batch(pictures.pipeline.output_size)
    with contextlib.closing(judged_batches(pictures, size, unread)) as stream:
        for batch in stream:
            scores = settled(network, batch.images, batch.labels, "cpu")
            labels.append(batch.labels)
            answers.append(answers_of(scores))
            done += len(batch.labels)
            correct += int(np.count_nonzero(answers[-1] == batch.labels))
            yield EvaluationProgress("evaluating", done, len(pictures), correct)
    return Judgement(np.concatenate(labels), np.concatenate(answers), tuple(unread))


def judged_batches(
    pictures: ValidationSet, batch_size: int, unread: list[Problem]
) -> Generator[JudgedBatch, None, None]:
    """Yields the sample batch by batch; what cannot be read is noted in `unread`.

    Raises:
        DataError: If no picture can be read.
    """
    from resnet_studio.data.batches import batches  # needs torch

    stream = batches(
        pictures.subset,
        pictures.pipeline,
        batch_size=batch_size,
        seed=0,
        epoch=0,
        shuffle=False,
        skipped=unread.append,
    )
    with contextlib.closing(stream):
        for batch in stream:
            yield JudgedBatch(batch.images, batch.labels.numpy())


def answers_of(scores: Scores) -> Labels:
    """Returns the largest output of each picture, of equal ones the first; -1 if not finite."""
    finite = np.isfinite(scores).all(axis=1)
    answers: Labels = np.where(finite, scores.argmax(axis=1), -1).astype(np.int64)
    return answers


def _drawn(labels: Labels, most: int) -> NDArray[np.int64]:
    """Returns which pictures are in the sample: from every class alike, as far as it has some."""
    if len(labels) <= most:
        return np.arange(len(labels), dtype=np.int64)
    turns = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        turns[np.random.default_rng([0, int(label)]).permutation(members)] = np.arange(len(members))
    # One of each class in turn; those with fewer pictures drop out first.
    order = np.lexsort((labels, turns))
    return np.sort(order[:most]).astype(np.int64)
