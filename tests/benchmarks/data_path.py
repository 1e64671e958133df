"""How many pictures a second the data path gives, without a network: it must outrun training.

CIFAR-like pictures are shifted and flipped a batch at a time from memory. Photographs are cropped
and resized one by one: decoded from JPEG in each epoch, in threads and in two processes, and from
memory. The ways are taken in turns, epoch by epoch.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.common import Spread, Table, in_fresh_process, load, without_display

if TYPE_CHECKING:
    from resnet_studio.data.augment import AugmentSpec
    from resnet_studio.data.batches import PictureCache
    from resnet_studio.data.sources import Subset

EPOCHS = 5
PHOTOGRAPHS = 256
SMALL = 20_000
_SMALL_BATCH = 128
_BATCH = 64
_SIZE = (400, 300)
_INPUT = 224
_PROCESSES = 2


@dataclass(frozen=True, slots=True)
class DataPath:
    """What the data path takes and gives.

    Attributes:
        small: Milliseconds of one thread for a batch of 128 pictures of 32 pixels, from memory.
        threads: Photographs a second at 224 pixels, decoded each time, by threads.
        processes: The same, by two processes.
        kept: The same from memory.
        load: Load averages at the start.
    """

    small: Spread
    threads: Spread
    processes: Spread
    kept: Spread
    load: str


def measure(*, epochs: int = EPOCHS, photographs: int = PHOTOGRAPHS) -> DataPath:
    """Goes through the training pictures several times, in a process of its own."""
    without_display()
    load_before = load()
    small = in_fresh_process(small_batches, epochs)
    threads, processes, kept = in_fresh_process(run_epochs, epochs, photographs)
    return DataPath(small, threads, processes, kept, load_before)


def table(figures: DataPath) -> Table:
    """Lays the figures out for printing."""
    result = Table("Data path without a network")
    result.add("32 px, batch of 128 from memory: pad, crop, flip, normalise", figures.small, "ms")
    result.add("photographs, 224 px, from JPEG by threads", figures.threads, "images/s")
    result.add(f"the same by {_PROCESSES} processes", figures.processes, "images/s")
    result.add("the same from memory", figures.kept, "images/s")
    result.add("processes over threads", figures.processes.over(figures.threads), "x")
    result.notes.append("ms are processor time of the thread that trains, the mean of an epoch")
    result.notes.append(f"batches of 64 photographs, 400 x 300; load at start {figures.load}")
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    print(table(measure(epochs=2, photographs=64) if quick else measure()))


# -- in a process of its own ----------------------------------------------------------------------


def small_batches(epochs: int) -> Spread:
    """Returns the milliseconds of this thread for a batch of CIFAR-like pictures, by epoch."""
    import numpy as np

    from resnet_studio.data.augment import PRESETS
    from resnet_studio.data.batches import PictureCache, batches
    from resnet_studio.data.dataset import ArrayDataset, Subset

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (SMALL, 32, 32, 3), dtype=np.uint8)
    dataset = ArrayDataset("small", ("a", "b"), images, rng.integers(0, 2, SMALL))
    subset, cache = Subset(dataset, np.arange(SMALL)), PictureCache()
    spent = []
    for epoch in range(epochs + 1):
        began, count = time.thread_time(), 0
        stream = batches(
            subset,
            PRESETS["cifar_train"],
            batch_size=_SMALL_BATCH,
            seed=0,
            epoch=epoch,
            shuffle=True,
            cache=cache,
        )
        for _ in stream:
            count += 1
        spent.append(1000 * (time.thread_time() - began) / count)
    return Spread.of(spent[1:])


def run_epochs(epochs: int, photographs: int) -> list[Spread]:
    """Returns photographs a second: by threads, by processes, from memory."""
    from resnet_studio.data import sources
    from resnet_studio.data.augment import pipelines_for
    from resnet_studio.data.batches import PictureCache

    augment, _ = pipelines_for(_INPUT, "folder")
    with (
        tempfile.TemporaryDirectory() as folder,
        PictureCache(limit_bytes=0, processes=_PROCESSES) as by_processes,
    ):
        _write_photographs(Path(folder), photographs)
        split = sources.load_dataset(sources.DataConfig(source="folder", path=folder))
        ways = [PictureCache(limit_bytes=0), by_processes, PictureCache()]
        return _rates(split.train, augment, epochs, ways)


def _rates(
    pictures: Subset, augment: AugmentSpec, epochs: int, ways: Sequence[PictureCache]
) -> list[Spread]:
    """Returns the pictures a second of each epoch after the first, for each way."""
    from resnet_studio.data.batches import batches

    rates: list[list[float]] = [[] for _ in ways]
    for epoch in range(epochs + 1):
        for cache, found in zip(ways, rates, strict=True):
            began, count = time.perf_counter(), 0
            for batch in batches(
                pictures, augment, batch_size=_BATCH, seed=0, epoch=epoch, shuffle=True, cache=cache
            ):
                count += len(batch.labels)
            found.append(count / (time.perf_counter() - began))
    return [Spread.of(found[1:]) for found in rates]


def _write_photographs(folder: Path, count: int) -> None:
    """Writes parts of the sample photographs into two class folders, each of its own size."""
    from PIL import Image

    from resnet_studio.data.imaging import sample_pictures

    for picture in sample_pictures():
        image = Image.fromarray(picture.rgb)
        target = folder / Path(picture.name).stem
        target.mkdir()
        for number in range(count // 2):
            left, top = (7 * number) % 200, (5 * number) % 100
            # Sizes differ as in real folders: equal ones would be decoded once and kept.
            size = (_SIZE[0] + number % 16, _SIZE[1] + number % 8)
            part = image.crop((left, top, left + size[0], top + size[1]))
            part.save(target / f"{number}.jpg", quality=90)
