"""How many pictures of a folder the network names rightly.

A generator of progress, and last of all the result, so that the window and the command line can
show it and cancel it by closing it. Pictures are decoded in a few threads a little ahead of the
network and forgotten at once, so that memory does not grow with their number.

Whether a picture counts as right does not depend on the size of the batches: the last bits of the
outputs do, and so a picture on which they could decide is looked at once more, by itself.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.arrange import Arrangement, arrange
from resnet_studio.data.augment import AugmentSpec, CenterCrop, Ending, PerPixelMean, Resize
from resnet_studio.data.dataset import FileDataset, Problem, Subset
from resnet_studio.data.scan import open_file
from resnet_studio.data.stores import Store, open_store
from resnet_studio.errors import DataError, SpecError
from resnet_studio.probe.answers import on_device, settled
from resnet_studio.probe.labels import Folders, Labelling, NamesFrom, label_outputs
from resnet_studio.probe.tally import TOP, Labels, Tally
from resnet_studio.probe.views import AS_IT_IS, TEN, Views, crops_alike, ten_crops, whole_views

if TYPE_CHECKING:
    from resnet_studio.probe.network import LoadedNetwork

__all__ = [
    "AS_IT_IS",
    "TOP",
    "ClassResult",
    "Evaluation",
    "EvaluationProgress",
    "Part",
    "evaluate",
    "evaluate_subset",
    "usual_batch",
    "validation_pipeline",
]

LARGE_BATCH, SMALL_BATCH = 256, 32
CIFAR_SIDE = 64
"""Up to this input size pictures are treated as CIFAR's: none of their border is cut off."""

Part = Literal["test", "validation", "all"]
"""Which pictures of a data set are looked at: those kept for testing or validation, or all."""


@dataclass(frozen=True, slots=True)
class EvaluationProgress:
    """How far it has come.

    Attributes:
        phase: "listing" the files, then "evaluating".
        done: Files or pictures so far.
        total: How many there are; None while that is unknown.
        correct: Pictures named rightly so far.
    """

    phase: str
    done: int
    total: int | None = None
    correct: int = 0


@dataclass(frozen=True, slots=True)
class ClassResult:
    """What became of the pictures of one folder.

    Attributes:
        folder: The folder.
        name: Name of the output that it belongs to.
        output: Number of that output, from 0.
        total: Pictures that could be read.
        correct: Those for which this output was the largest.
        top5_correct: Those for which it was among the five largest; None below six outputs.
        mistaken_for: Name of the output that was largest most often in its place; empty if none.
        mistaken: How often it was.
    """

    folder: str
    name: str
    output: int
    total: int
    correct: int
    top5_correct: int | None
    mistaken_for: str
    mistaken: int


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """The result.

    Attributes:
        correct: Pictures whose output was the largest.
        total: Pictures that were looked at.
        top5_correct: Pictures whose output was among the five largest; None below six outputs.
        classes: The same for each folder, in the order of the outputs.
        taken_for: Of each output, how many of its pictures were taken for which output.
        labelling: Which folder is which output, and which folders are none.
        unread: Pictures that could not be read and count nowhere.
        problems: What else was noticed in the folder.
        overflowed: Pictures for which an output was not finite; they count as wrong.
        loss: Mean cross entropy of all others; NaN if there are none.
        seconds: How long it took.
    """

    correct: int
    total: int
    top5_correct: int | None
    classes: tuple[ClassResult, ...]
    taken_for: Mapping[int, Mapping[int, int]]
    labelling: Labelling
    unread: tuple[Problem, ...]
    problems: tuple[Problem, ...]
    overflowed: int
    loss: float
    seconds: float

    @property
    def accuracy(self) -> float:
        """Share of the pictures that were named rightly, 0 to 1."""
        return self.correct / self.total


def validation_pipeline(size: int, ending: Ending) -> AugmentSpec:
    """Returns what a validation pipeline does to a picture that is not of the network's size.

    Up to 64 pixels the shorter side is resized to the input size, above to 256/224 of it, and the
    centre is cut out.

    Args:
        size: Side of the network's input in pixels.
        ending: Mean and deviation of the colours, or the mean picture.

    Raises:
        SpecError: The mean picture has another size.
    """
    if isinstance(ending, PerPixelMean) and ending.side != size:
        raise SpecError(
            f"The network was trained with a mean picture of {ending.side} × {ending.side} pixels; "
            f"it cannot be subtracted from pictures of {size} × {size}.",
            remedy=f"Leave the size at {ending.side}, or give mean and deviation of the colours.",
        )
    shorter = size if size <= CIFAR_SIDE else round(size * 256 / 224)
    return AugmentSpec(
        name=f"evaluate_{size}", steps=(Resize(size=shorter), CenterCrop(size=size), ending)
    )


def evaluate(
    network: LoadedNetwork,
    data: Path,
    *,
    part: Part | None = None,
    names: Sequence[str] | None = None,
    names_from: NamesFrom = "file",
    batch_size: int | None = None,
    device: str = "cpu",
    leave_right_size: bool = False,
    ten_crop: bool = False,
) -> Generator[EvaluationProgress, None, Evaluation]:
    """Counts the pictures that the network names rightly; to cancel, close the generator.

    Args:
        network: The network, on the processor, with what it does to a picture.
        data: A folder or .zip with a folder of pictures for each class.
        part: Which pictures; of a folder that comes divided None takes those for testing, or else
            those for validation.
        names: A name for each output, to be found among the folders; None takes the folders in
            alphabetical order.
        names_from: Who named the outputs; see `label_outputs`.
        batch_size: Pictures that go through the network at once; chosen by their size if None.
        device: Where to compute, as torch names it.
        leave_right_size: Leave a picture that has the network's input size already as it is,
            whatever the pipeline would resize and cut.
        ten_crop: Average the probabilities of ten crops of each picture, see `views`; pictures of
            the right size are then resized, too.

    Yields:
        Progress, after each batch.

    Raises:
        DataError: If there is nothing to look at, or no telling which folder is which output.
        DeviceError: If the memory does not suffice.
    """
    started = time.perf_counter()
    _check(network, batch_size)
    subset, folders, _ = yield from open_folder(data, part=part)
    labelling = label_outputs(folders, network.spec.classes, names, names_from)
    task = _task(network, subset, labelling, ten_crop=ten_crop, leave_right_size=leave_right_size)
    return (yield from _evaluated(task, batch_size=batch_size, device=device, started=started))


def open_folder(
    data: Path, *, part: Part | None = None
) -> Generator[EvaluationProgress, None, tuple[Subset, Folders, Part]]:
    """Lists a folder or .zip of class folders; its pictures are decoded when they are asked for.

    Args:
        data: The folder.
        part: Which pictures; None takes those for testing, else those for validation, else all.

    Returns:
        The pictures, their classes, and which part they are.

    Raises:
        DataError: If there is nothing to look at, or not the part that is asked for.
    """
    store = open_store(data)
    arrangement = yield from _arranged(store)
    dataset = FileDataset(
        store.name,
        arrangement.classes,
        arrangement.files,
        arrangement.labels,
        lambda file: open_file(store, file).rgb,
        (*arrangement.problems, *_divided(arrangement, part)),
    )
    kept = _kept(arrangement, part, store.name)
    chosen = np.arange(len(dataset)) if kept is None else np.flatnonzero(kept)
    folders = Folders(store.name, arrangement.classes, arrangement.folders)
    return Subset(dataset, chosen.astype(np.int64)), folders, part or _own_part(arrangement)


def evaluate_subset(
    network: LoadedNetwork,
    subset: Subset,
    *,
    names: Sequence[str] | None = None,
    names_from: NamesFrom = "file",
    batch_size: int | None = None,
    device: str = "cpu",
    leave_right_size: bool = False,
    ten_crop: bool = False,
) -> Generator[EvaluationProgress, None, Evaluation]:
    """Does the same with the pictures of a data set that is open already; see `evaluate`.

    Raises:
        DataError: If there is nothing to look at, or no telling which class is which output.
        DeviceError: If the memory does not suffice.
    """
    started = time.perf_counter()
    _check(network, batch_size)
    folders = Folders(subset.dataset.name, subset.classes, subset.classes)
    labelling = label_outputs(folders, network.spec.classes, names, names_from)
    task = _task(network, subset, labelling, ten_crop=ten_crop, leave_right_size=leave_right_size)
    return (yield from _evaluated(task, batch_size=batch_size, device=device, started=started))


def _evaluated(
    task: _Task, *, batch_size: int | None, device: str, started: float
) -> Generator[EvaluationProgress, None, Evaluation]:
    tally = Tally(task.network.spec.classes)
    size = batch_size or usual_batch(task.pipeline.output_size)
    total = len(task.subset) // task.views.count
    with contextlib.closing(_answered(task, size, device, tally)) as answers:
        for done in answers:
            yield EvaluationProgress("evaluating", done, total, tally.correct)
    if not tally.total:
        raise _none_readable(task.views.name, tally.unread)
    return _result(task, tally, seconds=time.perf_counter() - started)


def usual_batch(side: int) -> int:
    """Returns how many pictures of that side go through a network at once, unless told."""
    return LARGE_BATCH if side <= CIFAR_SIDE else SMALL_BATCH


# -- the pictures -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """The network, and what it looks at with the numbers of its outputs."""

    network: LoadedNetwork
    pipeline: AugmentSpec
    views: Views
    subset: Subset
    labelling: Labelling


def _check(network: LoadedNetwork, batch_size: int | None) -> None:
    if network.spec.in_channels != 3:
        raise DataError(
            f"{network.spec.name} reads pictures of {network.spec.in_channels} channels; those of "
            "a folder are read with 3 (red, green, blue).",
            remedy="Evaluate a network with 3 input channels.",
        )
    if batch_size is not None and batch_size < 1:
        raise DataError(
            f"The batch size is {batch_size}; it must be 1 or more.", remedy="Leave it out."
        )


def _arranged(store: Store) -> Generator[EvaluationProgress, None, Arrangement]:
    """Lists the files. None is opened yet: what is broken shows when it is decoded."""
    yield EvaluationProgress("listing", 0)
    listing = store.listing()
    while True:
        try:
            step = next(listing)
        except StopIteration as end:
            return arrange(end.value, store.name, fewest=1)
        yield EvaluationProgress("listing", step.done, step.total)


def _task(
    network: LoadedNetwork,
    subset: Subset,
    labelling: Labelling,
    *,
    ten_crop: bool,
    leave_right_size: bool,
) -> _Task:
    dataset, pipeline = subset.dataset, network.preprocessing
    outputs = [labelling.outputs.get(name, -1) for name in dataset.classes]
    labels = np.array(outputs, dtype=np.int64)[dataset.labels]
    if ten_crop:
        views, rest = ten_crops(dataset, labelling.names, labels, pipeline)
    else:
        views, rest = whole_views(
            dataset, labelling.names, labels, pipeline, leave_right_size=leave_right_size
        )
    known = subset.indices[labels[subset.indices] >= 0]
    return _Task(network, rest, views, views.of(known), labelling)


def _kept(arrangement: Arrangement, part: Part | None, name: str) -> NDArray[np.bool_] | None:
    """Returns which pictures are counted; None if all are.

    Raises:
        DataError: If the part that is asked for does not come by itself.
    """
    sides = {"test": arrangement.test, "validation": arrangement.held_out}
    if part is None:
        return sides["validation"] if sides["test"] is None else sides["test"]
    if part == "all":
        return None
    if sides[part] is None:
        raise DataError(
            f"{name} has no folder of its own for {_PURPOSE[part]}.",
            remedy=f'Put one named "{part}" beside "train", or choose all its pictures.',
        )
    return sides[part]


def _own_part(arrangement: Arrangement) -> Part:
    """Returns the part that is taken where none is asked for."""
    if arrangement.test is not None:
        return "test"
    return "all" if arrangement.held_out is None else "validation"


def _none_readable(name: str, unread: Sequence[Problem]) -> DataError:
    if not unread:
        return DataError(
            f"{name} has no picture of the network's classes.", remedy="Choose another folder."
        )
    return DataError(
        f"None of the {len(unread):,} pictures of {name} can be read. The first is "
        f"{unread[0].file}: {unread[0].reason}.",
        remedy=unread[0].remedy,
    )


_PURPOSE = {"test": "testing", "validation": "validation"}


# -- the network --------------------------------------------------------------------------------


def _answered(
    task: _Task, batch_size: int, device: str, tally: Tally
) -> Generator[int, None, None]:
    """Sends all pictures through the network; yields how many are done after each batch."""
    from resnet_studio.data.batches import batches  # needs torch

    network, count = on_device(task.network, device), task.views.count
    stream = batches(
        task.subset,
        task.pipeline,
        batch_size=batch_size * count,
        seed=0,
        epoch=0,
        shuffle=False,
        skipped=tally.leave_out,
    )
    with contextlib.closing(stream):
        try:
            for batch in stream:
                whole = _whole(batch.indices // count, count)
                labels = batch.labels.numpy()[whole][::count]
                images = batch.images if whole.all() else batch.images[whole]
                tally.count(settled(network, images, labels, device), labels)
                yield tally.total + len(tally.unread)
        except DataError:
            if tally.total:
                raise


def _whole(pictures: Labels, count: int) -> NDArray[np.bool_]:
    """Returns which views belong to pictures of which every view could be made.

    A file that vanishes while its views are cut leaves some of them.
    """
    _, place, found = np.unique(pictures, return_inverse=True, return_counts=True)
    whole: NDArray[np.bool_] = found[place] == count
    return whole


# -- the result ---------------------------------------------------------------------------------


def _result(task: _Task, tally: Tally, *, seconds: float) -> Evaluation:
    labelling = task.labelling
    by_output = sorted(labelling.outputs.items(), key=lambda item: item[1])
    finite = tally.total - tally.overflowed
    return Evaluation(
        correct=tally.correct,
        total=tally.total,
        top5_correct=int(tally.among_top.sum()) if len(labelling.names) > TOP else None,
        classes=tuple(_of_class(folder, output, labelling, tally) for folder, output in by_output),
        taken_for=dict(tally.taken_for),
        labelling=labelling,
        unread=tuple(tally.unread),
        problems=(*task.views.problems, *_few_crops(task)),
        overflowed=tally.overflowed,
        loss=tally.loss / finite if finite else float("nan"),
        seconds=seconds,
    )


def _few_crops(task: _Task) -> Iterator[Problem]:
    """Yields a word on ten crops of which five are alike."""
    if task.views.count == TEN and crops_alike(task.network.preprocessing):
        yield Problem(
            "ten crops",
            "pictures are resized to the network's input, so that of a square one there are but "
            "two: as it is, and mirrored",
        )


def _divided(arrangement: Arrangement, part: Part | None) -> Iterator[Problem]:
    """Yields a word on the pictures that lie beside those that were looked at."""
    if part is not None:
        return
    kept = _kept(arrangement, None, "")
    if kept is None:
        return
    used = "validation" if arrangement.test is None else "test"
    left_out = int(np.count_nonzero(~kept))
    both = arrangement.test is not None and arrangement.held_out is not None
    yield Problem(
        "all but the test folder" if both else "the training folder",
        f"its {left_out:,} pictures are not counted, only those of the {used} folder",
    )


def _of_class(folder: str, output: int, labelling: Labelling, tally: Tally) -> ClassResult:
    counts = tally.taken_for[output]
    wrong = [(count, -answer) for answer, count in counts.items() if answer != output]
    mistaken, answer = max(wrong, default=(0, 0))  # of equally frequent ones the first output
    return ClassResult(
        folder=folder,
        name=labelling.names[output],
        output=output,
        total=int(tally.totals[output]),
        correct=counts[output],
        top5_correct=int(tally.among_top[output]) if len(labelling.names) > TOP else None,
        mistaken_for=labelling.names[-answer] if mistaken else "",
        mistaken=mistaken,
    )
