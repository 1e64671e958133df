"""How many pictures of a folder the network names rightly.

A generator of progress, and last of all the result, so that the window and the command line can
show it and cancel it by closing it. Pictures are decoded in a few threads a little ahead of the
network and forgotten at once, so that memory does not grow with their number.

Whether a picture counts as right does not depend on the size of the batches: the last bits of the
outputs do, and so a picture on which they could decide is looked at once more, by itself.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import functools
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from resnet_studio.data.arrange import Arrangement, arrange
from resnet_studio.data.augment import AugmentSpec, CenterCrop, Normalise, Resize, Step
from resnet_studio.data.dataset import FileDataset, Problem, Subset
from resnet_studio.data.draws import draw_steps
from resnet_studio.data.scan import open_file
from resnet_studio.data.stores import Store, open_store
from resnet_studio.errors import DataError, DeviceError
from resnet_studio.probe.labels import Folders, Labelling, NamesFrom, label_outputs

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_studio.probe.network import LoadedNetwork

TOP = 5
LARGE_BATCH, SMALL_BATCH = 256, 32
CIFAR_SIDE = 64
"""Up to this input size pictures are treated as CIFAR's: none of their border is cut off."""

# Two orders of magnitude above what another batch size was seen to change: 1e-6 of the largest
# output (ResNet-20, -50 and -110, random weights, batches of 1 to 128, one and two threads, torch
# 2.15 on two cores of an AMD EPYC).
_CLOSE = 1e-4

AS_IT_IS = Normalise(mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
"""Colours scaled to [0, 1], and no more."""

Pixels = NDArray[np.uint8]
_Labels = NDArray[np.int64]
_Logits = NDArray[np.float32]


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
    seconds: float

    @property
    def accuracy(self) -> float:
        """Share of the pictures that were named rightly, 0 to 1."""
        return self.correct / self.total


def validation_pipeline(size: int, normalise: Normalise) -> AugmentSpec:
    """Returns what a validation pipeline does to a picture that is not of the network's size.

    Up to 64 pixels the shorter side is resized to the input size, above to 256/224 of it, and the
    centre is cut out.

    Args:
        size: Side of the network's input in pixels.
        normalise: Mean and deviation of the colours.
    """
    shorter = size if size <= CIFAR_SIDE else round(size * 256 / 224)
    return AugmentSpec(
        name=f"evaluate_{size}", steps=(Resize(size=shorter), CenterCrop(size=size), normalise)
    )


def evaluate(
    network: LoadedNetwork,
    data: Path,
    *,
    names: Sequence[str] | None = None,
    names_from: NamesFrom = "file",
    batch_size: int | None = None,
    device: str = "cpu",
    leave_right_size: bool = False,
) -> Generator[EvaluationProgress, None, Evaluation]:
    """Counts the pictures that the network names rightly; to cancel, close the generator.

    Args:
        network: The network, on the processor, with what it does to a picture.
        data: A folder or .zip with a folder of pictures for each class. Of one divided into
            training and validation folders only the validation pictures are looked at.
        names: A name for each output, to be found among the folders; None takes the folders in
            alphabetical order.
        names_from: Who named the outputs; see `label_outputs`.
        batch_size: Pictures that go through the network at once; chosen by their size if None.
        device: Where to compute, as torch names it.
        leave_right_size: Leave a picture that has the network's input size already as it is,
            whatever the pipeline would resize and cut.

    Yields:
        Progress, after each batch.

    Raises:
        DataError: If there is nothing to look at, or no telling which folder is which output.
        DeviceError: If the memory does not suffice.
    """
    started = time.perf_counter()
    _check(network, batch_size)
    store = open_store(data)
    arrangement = yield from _arranged(store)
    folders = Folders(store.name, arrangement.classes, arrangement.folders)
    labelling = label_outputs(folders, network.spec.classes, names, names_from)
    task = _task(network, store, arrangement, labelling, leave_right_size=leave_right_size)
    tally = _Tally(network.spec.classes)
    size = batch_size or usual_batch(task.pipeline.output_size)
    with contextlib.closing(_answered(task, size, device, tally)) as answers:
        for done in answers:
            yield EvaluationProgress("evaluating", done, len(task.subset), tally.correct)
    if not tally.total:
        raise _none_readable(store.name, tally.unread)
    return _result(labelling, tally, arrangement, seconds=time.perf_counter() - started)


def usual_batch(side: int) -> int:
    """Returns how many pictures of that side go through a network at once, unless told."""
    return LARGE_BATCH if side <= CIFAR_SIDE else SMALL_BATCH


# -- the pictures -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """The network, and its pictures with the numbers of their outputs."""

    network: LoadedNetwork
    pipeline: AugmentSpec
    subset: Subset


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
    store: Store,
    arrangement: Arrangement,
    labelling: Labelling,
    *,
    leave_right_size: bool,
) -> _Task:
    pipeline = network.preprocessing
    read: Callable[[str], Pixels] = lambda file: open_file(store, file).rgb  # noqa: E731
    if leave_right_size:
        read = functools.partial(_of_right_size, read, pipeline.pixel_steps, pipeline.output_size)
        steps = (CenterCrop(size=pipeline.output_size), pipeline.normalise or AS_IT_IS)
        pipeline = AugmentSpec(name=pipeline.name, steps=steps)
    outputs = [labelling.outputs.get(name, -1) for name in arrangement.classes]
    labels = np.array(outputs, dtype=np.int64)[arrangement.labels]
    dataset = FileDataset(store.name, labelling.names, arrangement.files, labels, read)
    chosen = labels >= 0
    if (kept := _kept_aside(arrangement)) is not None:
        chosen &= kept
    return _Task(network, pipeline, Subset(dataset, np.flatnonzero(chosen)))


def _kept_aside(arrangement: Arrangement) -> NDArray[np.bool_] | None:
    """Returns the pictures for testing, or else for validating; None if all are to be counted."""
    return arrangement.held_out if arrangement.test is None else arrangement.test


def _of_right_size(
    read: Callable[[str], Pixels], steps: Sequence[Step], side: int, file: str
) -> Pixels:
    rgb = read(file)
    if rgb.shape[:2] == (side, side):
        return rgb
    from resnet_studio.data.transforms import apply_steps  # needs torch

    return apply_steps(steps, rgb, draw_steps(steps, rgb.shape[0], rgb.shape[1], ()))


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


# -- the network --------------------------------------------------------------------------------


class _Tally:
    """Counts answers."""

    def __init__(self, outputs: int) -> None:
        self.taken_for: dict[int, Counter[int]] = defaultdict(Counter)
        self.among_top = np.zeros(outputs, dtype=np.int64)
        self.totals = np.zeros(outputs, dtype=np.int64)
        self.unread: list[Problem] = []
        self.overflowed = 0

    @property
    def correct(self) -> int:
        """Pictures for which the output was the largest."""
        return sum(counts[output] for output, counts in self.taken_for.items())

    @property
    def total(self) -> int:
        """Pictures that were looked at."""
        return int(self.totals.sum())

    def count(self, logits: _Logits, labels: _Labels) -> None:
        """Counts a batch of (N, outputs) logits; of equal outputs the first is the largest."""
        np.add.at(self.totals, labels, 1)
        finite = np.isfinite(logits).all(axis=1)
        self.overflowed += int(np.count_nonzero(~finite))
        logits, labels = logits[finite], labels[finite]
        for label, answer in zip(labels.tolist(), logits.argmax(axis=1).tolist(), strict=True):
            self.taken_for[label][answer] += 1
        np.add.at(self.among_top, labels[_ranks(logits, labels) < TOP], 1)


def _answered(
    task: _Task, batch_size: int, device: str, tally: _Tally
) -> Generator[int, None, None]:
    """Sends all pictures through the network; yields how many are done after each batch."""
    from resnet_studio.data.batches import batches  # needs torch

    network = _on(task.network, device)
    stream = batches(
        task.subset,
        task.pipeline,
        batch_size=batch_size,
        seed=0,
        epoch=0,
        shuffle=False,
        skipped=tally.unread.append,
    )
    with contextlib.closing(stream):
        try:
            for batch in stream:
                labels = batch.labels.numpy()
                tally.count(_settled(network, batch.images, labels, device), labels)
                yield tally.total + len(tally.unread)
        except DataError:
            if tally.total:
                raise


def _on(network: LoadedNetwork, device: str) -> LoadedNetwork:
    """Returns the network on the device; the one that was given stays where it is."""
    import torch

    if torch.device(device).type == "cpu":
        return network
    moved = copy.deepcopy(network.model).to(device)
    return dataclasses.replace(network, model=moved)


def _settled(network: LoadedNetwork, images: Tensor, labels: _Labels, device: str) -> _Logits:
    """Returns the logits; those of close calls from a pass of the picture alone."""
    logits = _logits(network, images, device)
    for row in np.flatnonzero(_close_calls(logits, labels)):
        logits[row] = _logits(network, images[row : row + 1].clone(), device)[0]
    return logits


def _close_calls(logits: _Logits, labels: _Labels) -> NDArray[np.bool_]:
    """Returns for which pictures the last bits may decide who is first, or among the first."""
    logits = np.where(np.isfinite(logits), logits, 0.0)  # such a picture counts as wrong anyway
    close = _CLOSE * np.abs(logits).max(axis=1)
    second, first = np.partition(logits, -2, axis=1)[:, -2:].T
    own = logits[np.arange(len(logits)), labels]
    surely_before = np.count_nonzero(logits > (own + close)[:, None], axis=1)
    perhaps_before = np.count_nonzero(logits > (own - close)[:, None], axis=1) - 1
    doubtful: NDArray[np.bool_] = first - second < close
    doubtful |= (surely_before < TOP) & (perhaps_before >= TOP)
    return doubtful


def _ranks(logits: _Logits, labels: _Labels) -> _Labels:
    """Returns how many outputs come before that of the label; of equal ones the first does."""
    own = logits[np.arange(len(logits)), labels][:, None]
    earlier = np.arange(logits.shape[1]) < labels[:, None]
    before = (logits > own) | ((logits == own) & earlier)
    ranks: _Labels = np.count_nonzero(before, axis=1).astype(np.int64)
    return ranks


def _logits(network: LoadedNetwork, images: Tensor, device: str) -> _Logits:
    """Returns (N, outputs) float32 on the processor."""
    import torch

    try:
        with _in_single_precision(), torch.inference_mode():
            moved = images.to(device, memory_format=torch.channels_last)
            answer: _Logits = network.model(moved).float().cpu().numpy()
    except (RuntimeError, MemoryError) as error:
        if isinstance(error, MemoryError) or "memory" in str(error):
            raise DeviceError(
                f"The memory does not suffice for {len(images)} pictures at once in "
                f"{network.spec.name}.",
                remedy=f"Take smaller batches: --batch {max(1, len(images) // 2)}.",
            ) from error
        raise
    return answer


@contextlib.contextmanager
def _in_single_precision() -> Iterator[None]:
    """Keeps cuDNN to float32, which it else rounds to 10 bits, and to repeatable algorithms."""
    import torch

    matmul = torch.backends.cuda.matmul.allow_tf32
    flags: Any = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=False
    )
    with flags:
        torch.backends.cuda.matmul.allow_tf32 = False
        try:
            yield
        finally:
            torch.backends.cuda.matmul.allow_tf32 = matmul


# -- the result ---------------------------------------------------------------------------------


def _result(
    labelling: Labelling, tally: _Tally, arrangement: Arrangement, *, seconds: float
) -> Evaluation:
    outputs = len(labelling.names)
    by_output = sorted(labelling.outputs.items(), key=lambda item: item[1])
    return Evaluation(
        correct=tally.correct,
        total=tally.total,
        top5_correct=int(tally.among_top.sum()) if outputs > TOP else None,
        classes=tuple(_of_class(folder, output, labelling, tally) for folder, output in by_output),
        taken_for=dict(tally.taken_for),
        labelling=labelling,
        unread=tuple(tally.unread),
        problems=(*arrangement.problems, *_divided(arrangement)),
        overflowed=tally.overflowed,
        seconds=seconds,
    )


def _divided(arrangement: Arrangement) -> Iterator[Problem]:
    """Yields a word on the training pictures that lie beside those that were looked at."""
    kept = _kept_aside(arrangement)
    if kept is None:
        return
    used = "validation" if arrangement.test is None else "test"
    left_out = int(np.count_nonzero(~kept))
    both = arrangement.test is not None and arrangement.held_out is not None
    yield Problem(
        "all but the test folder" if both else "the training folder",
        f"its {left_out:,} pictures are not counted, only those of the {used} folder",
    )


def _of_class(folder: str, output: int, labelling: Labelling, tally: _Tally) -> ClassResult:
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
