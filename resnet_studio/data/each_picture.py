"""Goes through all pictures of a data set once, in threads, for what is measured of each.

Training goes another way (`reading`): it wants batches, again and again. Here each picture is
decoded once, something small is taken of it, and the pixels are forgotten.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from resnet_studio.data.augment_steps import Step
from resnet_studio.data.dataset import Problem, Subset
from resnet_studio.data.making import Pixels, fixed_picture
from resnet_studio.data.reading import usable_cores

Result = TypeVar("Result")

_PICTURES_PER_TASK = 16
_TASKS_AHEAD = 4
"""For each thread: enough that none waits for the one who collects, few enough to end at once."""


def each_picture(
    pictures: Subset,
    work: Callable[[Pixels], Result],
    *,
    steps: Sequence[Step] = (),
    threads: int | None = None,
) -> Generator[list[Result | Problem], None, None]:
    """Yields what `work` makes of each picture, in order, some at a time; to end early, close it.

    Args:
        pictures: What to go through.
        work: Called with (H, W, 3) uint8 in one of the threads; it should leave Python's lock to
            the others for most of its time, as decoding does.
        steps: Fixed steps of a pipeline that are done to the picture before.
        threads: How many; as many as there are cores if None.

    Yields:
        The next results; of a picture that cannot be read, the problem.
    """
    count = threads or usable_cores()
    positions = range(len(pictures))

    def task(some: range) -> list[Result | Problem]:
        return [_one(pictures, position, work, steps) for position in some]

    pool = ThreadPoolExecutor(count, thread_name_prefix="each-picture")
    try:
        waiting: deque[Future[list[Result | Problem]]] = deque()
        for begin in range(0, len(positions), _PICTURES_PER_TASK):
            waiting.append(pool.submit(task, positions[begin : begin + _PICTURES_PER_TASK]))
            if len(waiting) > count * _TASKS_AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _one(
    pictures: Subset, position: int, work: Callable[[Pixels], Result], steps: Sequence[Step]
) -> Result | Problem:
    pixels = fixed_picture(pictures.dataset, steps, int(pictures.indices[position]))
    return pixels if isinstance(pixels, Problem) else work(pixels)
