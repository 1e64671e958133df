"""Many pictures classified one after the other: each gets the very numbers it gets alone.

Files are opened, cropped and resized in a few threads, a little ahead of the network. The network
itself sees one picture at a time. A batch of several would be faster, but torch chooses another
way to convolve for it: the outputs of ResNet-20 and ResNet-18 then differ in their last bits (by
2e-6 to 3e-6, batches of 2 to 32, torch 2.15 on an AMD EPYC), and a table would not say what the
command line says of the same picture.

Window and command line both come here.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from resnet_studio.data.dataset import Problem
from resnet_studio.data.imaging import Picture, open_picture
from resnet_studio.data.stores import FolderStore
from resnet_studio.errors import DataError, PictureError, StudioError
from resnet_studio.probe.framing import USUAL, CropBox, Framing, FramingKind
from resnet_studio.probe.predict import (
    Prediction,
    Prepared,
    forward,
    most_probable,
    prepare,
    probabilities,
)
from resnet_studio.probe.views import TEN, ten_crops_of

if TYPE_CHECKING:
    from resnet_studio.probe.network import LoadedNetwork

Probabilities = NDArray[np.float64]
"""(classes,), of one view."""
Source = Path | Picture
_LETTERBOX = Framing(FramingKind.LETTERBOX)
_MOST_THREADS = 8
_AHEAD = 2
"""Pictures for each thread that are opened before the network wants them."""


class Crop(StrEnum):
    """Which part of each picture the network sees."""

    PIPELINE = "pipeline"
    """As the network's preprocessing says."""
    LETTERBOX = "letterbox"
    """The whole picture, with borders."""
    CENTRE = "centre"
    """The largest square in the middle."""
    TEN = "ten"
    """Four corners and the centre, and their mirror images; the probabilities are averaged."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One crop of a picture, ready for the network.

    Attributes:
        prepared: The crop; its box lies on the picture as it is, also where the crop is mirrored.
        mirrored: Whether left and right are exchanged in it.
    """

    prepared: Prepared
    mirrored: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Vote:
    """What the network says of one crop.

    Attributes:
        view: The crop.
        values: (classes,) float64 probabilities; not finite if the outputs have overflowed.
    """

    view: View
    values: Probabilities


@dataclass(frozen=True, slots=True, eq=False)
class Classified:
    """What became of one picture.

    Attributes:
        place: Its number in what was handed over, from 0.
        predictions: The most probable classes; empty if it is broken or the outputs overflowed.
        error: Why it could not be classified.
        width: Width of the picture in pixels; 0 if it is broken.
        height: Height of the picture in pixels.
        thumbnail: (h, w, 3) uint8, a small copy, if one was asked for.
    """

    place: int
    predictions: tuple[Prediction, ...] = ()
    error: StudioError | None = None
    width: int = 0
    height: int = 0
    thumbnail: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The picture files of some paths.

    Attributes:
        files: Those named themselves, and those with the suffix of a picture in named folders.
        problems: What could not be looked into.
    """

    files: tuple[Path, ...]
    problems: tuple[Problem, ...]


def find_pictures(paths: Iterable[Path]) -> Generator[int, None, Found]:
    """Looks into folders, also in those within; yields how many pictures were found so far.

    The pictures of a folder come in the order of their names. A file that is named itself counts
    whatever it is called: whether it is a picture shows when it is opened.
    """
    files: list[Path] = []
    problems: list[Problem] = []
    for path in paths:
        if not os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises for names too long
            files.append(path)
            continue
        listing = FolderStore(path).listing()
        try:
            while True:
                yield len(files) + next(listing).done
        except StopIteration as end:
            files += (path / name for name in sorted(end.value.pictures))
            problems += end.value.problems
        except DataError as error:
            problems.append(Problem(str(path), error.message, error.remedy))
    return Found(tuple(files), tuple(problems))


def views_of(network: LoadedNetwork, picture: Picture, crop: Crop) -> tuple[View, ...]:
    """Returns the crops of a picture that the network looks at: ten of them, or one.

    Raises:
        PictureError: If the picture does not fit the network.
        DataError: If the network's preprocessing has no room for ten crops.
    """
    if crop is Crop.TEN:
        return _ten_views(network, picture)
    return (View(prepare(network, picture, _framing(crop, picture))),)


def votes_of(
    network: LoadedNetwork, views: Sequence[View], check: Callable[[], object] | None = None
) -> tuple[Vote, ...]:
    """Returns what the network says of each crop.

    Args:
        network: The network.
        views: The crops.
        check: Called before each; an exception it raises (Cancelled) ends the work.

    Raises:
        DeviceError: If the memory does not suffice.
    """
    votes = []
    for view in views:
        if check is not None:
            check()
        votes.append(Vote(view, probabilities(forward(network, view.prepared.batch))))
    return tuple(votes)


def averaged(
    network: LoadedNetwork, votes: Sequence[Vote], *, top: int = 5
) -> tuple[Prediction, ...]:
    """Returns the most probable classes by the mean of the votes' probabilities.

    As Krizhevsky et al. 2012 average, and as `evaluate` does. One vote is its own mean, bit for
    bit. No votes, or outputs that have overflowed, give no classes.
    """
    if not votes:
        return ()
    return most_probable(network, np.mean([vote.values for vote in votes], axis=0), top=top)


def classify_many(
    network: LoadedNetwork,
    sources: Sequence[Source],
    *,
    crop: Crop = Crop.PIPELINE,
    top: int = 5,
    thumbnail: int = 0,
    threads: int | None = None,
) -> Iterator[Classified]:
    """Yields what the network says of each picture, in their order; close it to stop.

    The numbers are those of `predict.classify`, bit for bit. A broken picture is a result with its
    error, and the others follow.

    Args:
        network: The network.
        sources: Files, or pictures that have none.
        crop: What of each picture the network sees.
        top: How many classes.
        thumbnail: Longest side in pixels of a small copy; 0 for none.
        threads: Threads that open pictures; as many as cores, up to eight, if None.

    Raises:
        DeviceError: If the memory does not suffice.
    """
    from resnet_studio.data.reading import one_thread_each, usable_cores

    def made_ready(place: int) -> _Ready:
        return _ready(network, sources[place], crop, thumbnail)

    count = threads or min(_MOST_THREADS, usable_cores())
    pool = ThreadPoolExecutor(count, "classify", initializer=one_thread_each)
    waiting: deque[Future[_Ready]] = deque()
    begun = 0
    try:
        for place in range(len(sources)):
            while begun < min(len(sources), place + _AHEAD * count):
                waiting.append(pool.submit(made_ready, begun))
                begun += 1
            yield _classified(network, waiting.popleft().result(), place, top=top)
    finally:  # also when it is closed
        pool.shutdown(wait=True, cancel_futures=True)


# -- one picture --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class _Ready:
    """A picture before the network sees it, or why it never will."""

    views: tuple[View, ...] = ()
    error: StudioError | None = None
    width: int = 0
    height: int = 0
    thumbnail: NDArray[np.uint8] | None = None


def _ready(network: LoadedNetwork, source: Source, crop: Crop, thumbnail: int) -> _Ready:
    """Opens and crops; runs in the threads."""
    try:
        picture = source if isinstance(source, Picture) else open_picture(source)
    except PictureError as error:
        return _Ready(error=error)
    small = _reduced(picture.rgb, thumbnail) if thumbnail else None
    size = (picture.width, picture.height)
    try:
        return _Ready(views_of(network, picture, crop), None, *size, small)
    except (PictureError, DataError) as error:
        return _Ready((), error, *size, small)


def _classified(network: LoadedNetwork, ready: _Ready, place: int, *, top: int) -> Classified:
    predictions = averaged(network, votes_of(network, ready.views), top=top)
    return Classified(place, predictions, ready.error, ready.width, ready.height, ready.thumbnail)


def _reduced(rgb: NDArray[np.uint8], longest: int) -> NDArray[np.uint8]:
    image = Image.fromarray(rgb)
    image.thumbnail((longest, longest), reducing_gap=2.0)
    return np.asarray(image)


# -- crops --------------------------------------------------------------------------------------


def _framing(crop: Crop, picture: Picture) -> Framing:
    if crop is Crop.LETTERBOX:
        return _LETTERBOX
    if crop is Crop.CENTRE:
        return Framing(FramingKind.BOX, central_square(picture.height, picture.width))
    return USUAL


def central_square(height: int, width: int) -> CropBox:
    """Returns the largest square in the middle of a picture of that size, in whole pixels."""
    side = min(height, width)
    return float((width - side) // 2), float((height - side) // 2), float(side), float(side)


def _ten_views(network: LoadedNetwork, picture: Picture) -> tuple[View, ...]:
    import torch

    from resnet_studio.data.transforms import normalise

    prepare(network, picture)  # refuses what does not fit, in the same words
    pipeline = network.preprocessing
    views = []
    for number, (rgb, box) in enumerate(ten_crops_of(pipeline, picture.rgb)):
        planes = torch.from_numpy(rgb.transpose(2, 0, 1).copy())
        batch = normalise(pipeline, planes).unsqueeze(0)
        place = (box.left, box.top, box.width, box.height)
        views.append(View(Prepared(batch, rgb, place), mirrored=number >= TEN // 2))
    return tuple(views)
