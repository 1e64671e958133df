"""Where a run's pictures come from in each epoch: memory, or their files. Chosen by size, once.

Changes no pixel: the same bits come from memory, threads and processes, here or on a device.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import psutil
import torch

from resnet_studio.data.augment import AugmentSpec
from resnet_studio.data.augment_steps import Step
from resnet_studio.data.dataset import Dataset, DataSplit, FileDataset, Subset
from resnet_studio.data.draws import draw_steps
from resnet_studio.data.making import Making
from resnet_studio.data.reading import usable_cores
from resnet_studio.data.transforms import leaves_alone
from resnet_studio.data.workers import AHEAD
from resnet_studio.errors import PictureError

# Shares of what is free that pictures may take: the network, its optimiser and the person's other
# programs need the rest. A device holds the activations, too.
_OF_MEMORY: Final = 0.5
_OF_DEVICE: Final = 0.3
# Pictures whose size is looked at; a quarter of a second for a million of them.
_LOOKED_AT: Final = 4096
# A picture of unknown size is taken for a photograph of 500 x 375 pixels, ImageNet's usual one.
_USUAL_BYTES: Final = 500 * 375 * 3
_MOST_PROCESSES: Final = 16
# Below this, processes would take the cores from the thread that drives the device.
_FEWEST_CORES: Final = 4


@dataclass(frozen=True, slots=True)
class DataPathChoice:
    """How the pictures of a run are read; for `batches.PictureCache.of`.

    Attributes:
        kind: Whether they stay in memory after the first epoch, or are decoded in each.
        why: The choice and its reason, as a sentence for a person.
        workers: Processes that decode; 0 decodes in threads of the program.
        keep_bytes: Most bytes of decoded pictures to keep in memory.
        device_bytes: Most bytes to keep on the device, if it has a memory of its own.
    """

    kind: Literal["memory", "stream"]
    why: str
    workers: int = 0
    keep_bytes: int = 0
    device_bytes: int = 0


def choose_data_path(
    split: DataSplit,
    *,
    train: AugmentSpec,
    validation: AugmentSpec,
    device: torch.device,
    batch_size: int,
    data_path: str = "auto",
    workers: int | None = None,
    programs: int = 1,
) -> DataPathChoice:
    """Choose by what the decoded pictures take, after fixed steps, and what is free.

    Args:
        split: The data set.
        train: Pipeline of the training pictures.
        validation: Pipeline of the validation pictures.
        device: Where the network computes.
        batch_size: Pictures in a batch.
        data_path: "memory" or "stream" is done as it says; "auto" chooses.
        workers: Processes that decode streamed pictures, as a person wants it; None chooses.
        programs: How many programs on this computer do the same, and so share memory and cores:
            in the course of some epochs each of them gets to see every picture.
    """
    used = [(split.train, train), (split.validation, validation)]
    need = sum(_bytes_by_shelf(used).values())
    free = _free_memory() // programs
    if data_path == "memory" or (data_path == "auto" and need <= _OF_MEMORY * free):
        return _memory(split, train, device, need=need, free=free, asked=data_path == "memory")
    asked = "Pictures are made anew in each epoch, as asked"
    asked += f"; decoded, they take {_size(need)}." if need else "; the data set is in memory."
    too_many = (
        f"Decoded, the pictures take {_size(need)}, more than half of the {_size(free)} of memory "
        "that is free: they are decoded anew in each epoch."
    )
    count, who = _processes(workers, device, train.output_size, batch_size, programs)
    why = f"{asked if data_path == 'stream' else too_many} {who}"
    return DataPathChoice("stream", why, count)


def _memory(
    split: DataSplit,
    train: AugmentSpec,
    device: torch.device,
    *,
    need: int,
    free: int,
    asked: bool,
) -> DataPathChoice:
    limit = int(free * (0.9 if asked else _OF_MEMORY))
    what = f"The pictures are kept in memory{', as asked' if asked else ''}: "
    if need > limit:
        what += f"decoded they take {_size(need)}, and {_size(free)} are free, so only a part is "
        what += "kept, and the others are decoded anew in each epoch."
    elif need:
        what += f"decoded they take {_size(need)}, and {_size(free)} are free."
    else:
        what += "the data set lies there already."
    if device.type != "cuda":
        return DataPathChoice("memory", what, keep_bytes=limit)
    if not Making.of(train, split.train.dataset).whole:
        what += " They are resized on the processor, so that they have the bits that are shown."
        return DataPathChoice("memory", what, keep_bytes=limit)
    room = int(torch.cuda.mem_get_info(device)[0] * _OF_DEVICE)
    side = train.output_size
    if (len(split.train) + len(split.validation)) * side * side * 3 <= room:
        what += " They are augmented on the GPU."
    else:
        what += " The GPU has too little memory for them."
    return DataPathChoice("memory", what, keep_bytes=limit, device_bytes=room)


def _processes(
    wanted: int | None, device: torch.device, side: int, batch_size: int, programs: int
) -> tuple[int, str]:
    """Return how many processes decode, and a sentence on it."""
    if wanted is not None:
        return wanted, f"{_decoding(wanted)}, as asked."
    if device.type == "cpu":
        return 0, f"{_decoding(0)}: the processor's cores are busy with training as it is."
    cores = usable_cores() // programs
    if cores < _FEWEST_CORES:
        return 0, f"{_decoding(0)}: there are {cores} cores only."
    count = min(cores - 1, _MOST_PROCESSES)
    shared = Path("/dev/shm")
    # Each of the programs reads its part of the batch.
    needed = 2 * count * AHEAD * batch_size * side * side * 3
    if shared.is_dir() and shutil.disk_usage(shared).free < needed:
        return 0, f"{_decoding(0)}: there is too little shared memory for processes (/dev/shm)."
    return count, f"{_decoding(count)}, beside {cores} cores."


def _decoding(count: int) -> str:
    if count == 0:
        return "Threads decode them"
    return "One process decodes them" if count == 1 else f"{count} processes decode them"


# --- sizes ----------------------------------------------------------------------------------------


def _bytes_by_shelf(
    used: Sequence[tuple[Subset, AugmentSpec]],
) -> dict[tuple[int, tuple[Step, ...], int], int]:
    """Return what each list of pictures takes after fixed steps, besides what lies in memory."""
    found = {}
    for subset, augment in used:
        steps = Making.of(augment, subset.dataset).fixed
        found[id(subset.dataset), steps, id(subset)] = _bytes(subset, steps)
    return found


def _bytes(subset: Subset, steps: tuple[Step, ...]) -> int:
    images = subset.dataset.images
    if images is not None and leaves_alone(steps, *images.shape[1:3]):
        return 0
    count = len(subset)
    some = subset.indices[:: max(1, count // _LOOKED_AT)]
    sizes = Counter(_sizes(subset.dataset, some.tolist()))
    mean = sum(n * _after(steps, size) for size, n in sizes.items()) / max(1, len(some))
    return round(mean * count)


def _sizes(dataset: Dataset, indices: list[int]) -> Iterator[tuple[int, int] | None]:
    """Yield (height, width) of pictures, None where it is not known."""
    if dataset.images is not None:
        height, width = dataset.images.shape[1:3]
        yield from ((height, width) for _ in indices)
    elif isinstance(dataset, FileDataset) and dataset.sizes is not None:
        yield from ((int(h), int(w)) for w, h in dataset.sizes[indices])
    else:
        yield from (None for _ in indices)


def _after(steps: tuple[Step, ...], size: tuple[int, int] | None) -> int:
    """Return the bytes of a picture of that size after the steps."""
    side = None
    for step in steps:
        side = step.side_after(side)
    if side is not None:
        return side * side * 3
    if size is None:
        return _USUAL_BYTES
    try:
        height, width = draw_steps(steps, *size, ())[-1].size if steps else size
    except PictureError:
        return 0
    return height * width * 3


def _free_memory() -> int:
    """Return the bytes of memory that may still be used, by the system's or a container's limit."""
    free = int(psutil.virtual_memory().available)  # type: ignore[no-untyped-call]
    group = Path("/sys/fs/cgroup")
    try:
        limit = int((group / "memory.max").read_text())
        used = int((group / "memory.current").read_text())
    except (OSError, ValueError):  # no such limit
        return free
    return max(0, min(free, limit - used))


def _size(count: int) -> str:
    """Return a number of bytes for a person."""
    if count < 10**9:
        return f"{np.ceil(count / 10**6):,.0f} MB"
    return f"{count / 10**9:,.1f} GB"
