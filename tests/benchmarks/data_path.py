"""How many pictures a second the data path gives, without a network: it must outrun training.

Digits and CIFAR-like pictures are augmented a batch at a time from memory. Photographs are
cropped and resized one by one, in threads: decoded from JPEG in the first epoch, from memory
(before the first chance) in the second.
"""

from __future__ import annotations

import tempfile
import time
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
_BATCH = 64
_SIZE = (400, 300)
_INPUT = 224


@dataclass(frozen=True, slots=True)
class DataPath:
    """Pictures a second.

    Attributes:
        digits: Digits at 32 pixels, from memory.
        decoded: Photographs at 224 pixels, decoded from JPEG each time.
        cached: The same photographs once they are in memory.
        load: Load averages at the start.
    """

    digits: Spread
    decoded: Spread
    cached: Spread
    load: str


def measure(*, epochs: int = EPOCHS, photographs: int = PHOTOGRAPHS) -> DataPath:
    """Goes through the training pictures several times, in a process of its own."""
    without_display()
    load_before = load()
    digits, decoded, cached = in_fresh_process(run_epochs, epochs, photographs)
    return DataPath(digits, decoded, cached, load_before)


def table(figures: DataPath) -> Table:
    """Lays the figures out for printing."""
    result = Table("Data path: pictures a second in batches of 64, no network")
    result.add("digits, 32 px", figures.digits, "images/s")
    result.add("photographs, 224 px, from JPEG", figures.decoded, "images/s")
    result.add("photographs, 224 px, from memory", figures.cached, "images/s")
    result.notes.append(f"after one epoch to warm up; load at start {figures.load}")
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    print(table(measure(epochs=2, photographs=64) if quick else measure()))


# -- in a process of its own ----------------------------------------------------------------------


def run_epochs(epochs: int, photographs: int) -> tuple[Spread, Spread, Spread]:
    """Measures digits, then photographs without and with the cache."""
    from resnet_studio.data.augment import pipelines_for
    from resnet_studio.data.batches import PictureCache
    from resnet_studio.data.sources import DataConfig, load_dataset

    split = load_dataset(DataConfig())
    augment, _ = pipelines_for(32, "digits")
    digits = _rates(split.train, augment, epochs, PictureCache())
    with tempfile.TemporaryDirectory() as folder:
        _write_photographs(Path(folder), photographs)
        split = load_dataset(DataConfig(source="folder", path=folder))
        augment, _ = pipelines_for(_INPUT, "folder")
        decoded = _rates(split.train, augment, epochs, None)
        cached = _rates(split.train, augment, epochs, PictureCache())
    return digits, decoded, cached


def _rates(
    pictures: Subset, augment: AugmentSpec, epochs: int, cache: PictureCache | None
) -> Spread:
    """Returns the pictures a second of each epoch after the first."""
    from resnet_studio.data.batches import batches

    rates = []
    for epoch in range(epochs + 1):
        began, count = time.perf_counter(), 0
        for batch in batches(
            pictures, augment, batch_size=_BATCH, seed=0, epoch=epoch, shuffle=True, cache=cache
        ):
            count += len(batch.labels)
        rates.append(count / (time.perf_counter() - began))
    return Spread.of(rates[1:])


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
