"""From dropping a picture on the window to its feature maps on the screen, over a bare pass.

What is in between: reading the file, preprocessing, hooks that copy the maps of five sections,
mosaics and colours, painting. The bare pass is the same network on the same input, in turns.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.benchmarks.common import Spread, Table, in_fresh_process, load, without_display

if TYPE_CHECKING:
    from resnet_studio.data.imaging import Picture
    from resnet_studio.gui.workspace import Workspace

NETWORKS = ("resnet18", "resnet50", "resnet152")
DROPS = 9
_LARGE = (4032, 3024)
"""Pixels of a telephone's photograph; the others have those of the sample photographs."""
_SHARE_LARGE = 3
"""After every third small photograph comes a large one."""
_BARE_PASSES = 3


@dataclass(frozen=True, slots=True)
class Drops:
    """Milliseconds, drop by drop.

    Attributes:
        shown: From the drop until the maps were painted.
        opened: Of that, until the picture was open and shown beside the maps.
        examined: Of that, what `probe.examine` took in its worker.
        bare: A bare forward pass of the same network on the same input.
    """

    shown: Spread
    opened: Spread
    examined: Spread
    bare: Spread


@dataclass(frozen=True, slots=True)
class DropToMaps:
    """Both sizes of pictures for each network.

    Attributes:
        small: By network, pictures of 640 x 427 pixels.
        large: By network, pictures of 12 megapixels.
        load: Load averages at the start.
    """

    small: dict[str, Drops]
    large: dict[str, Drops]
    load: str


def measure(*, networks: Sequence[str] = NETWORKS, drops: int = DROPS) -> DropToMaps:
    """Drops pictures on a window for each network, each in a process of its own."""
    without_display()
    load_before = load()
    both = {name: in_fresh_process(drop_pictures, name, drops) for name in networks}
    return DropToMaps(
        small={name: pair[0] for name, pair in both.items()},
        large={name: pair[1] for name, pair in both.items()},
        load=load_before,
    )


def table(figures: DropToMaps) -> Table:
    """Lays the figures out for printing."""
    result = Table("Feature maps: drop to maps shown, over a bare forward pass (224 px)")
    for name in figures.small:
        _add(result, name, figures.small[name])
        _add(result, f"{name}, 12 megapixels", figures.large[name])
    for name in figures.small:
        ratio = figures.small[name].shown.over(figures.small[name].bare)
        result.add(f"RATIO {name}, drop to maps / bare pass", ratio, "x")
    result.notes.append(
        f"each drop another picture, after one warm-up, in turns; load at start {figures.load}"
    )
    return result


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    print(table(measure(drops=3) if quick else measure()))


def _add(result: Table, title: str, drops: Drops) -> None:
    result.add(f"{title}: drop to maps shown", drops.shown, "ms")
    result.add("    until the picture is open and shown", drops.opened, "ms")
    result.add("    examining, in the worker", drops.examined, "ms")
    result.add("    bare forward pass", drops.bare, "ms")


# -- in a process of its own ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Drop:
    """Milliseconds of one drop."""

    shown: float
    opened: float
    examined: float
    bare: float


def drop_pictures(network: str, count: int) -> tuple[Drops, Drops]:
    """Drops `count` small pictures, with large ones in between; returns both."""
    from tests.benchmarks.driving import open_workspace

    small: list[_Drop] = []
    large: list[_Drop] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        open_workspace(network, "features") as workspace,
    ):
        first, *others = _pictures(Path(folder), count)
        dropper = _Dropper(workspace, first.path)
        for photograph in others:
            drops = large if photograph.is_large else small
            drops.append(dropper.drop(photograph.path))
    return _collected(small), _collected(large)


class _Dropper:
    """Drops pictures on one window and measures what follows."""

    def __init__(self, workspace: Workspace, first: Path) -> None:
        """Drops a first picture, for which network and views are made."""
        from tests.benchmarks.driving import drop, settle, wait_until
        from tests.benchmarks.paint_watch import PaintWatch

        studio = workspace.studio
        self._workspace = workspace
        panel: Any = workspace.panels["features"]
        self._panel = panel
        drop(workspace.window, first)
        wait_until(lambda: panel.examination is not None, told_by=studio.workers.task_finished)
        settle()
        self._watch = PaintWatch(*(stage.mosaic_view for stage in panel.mosaics.stages))
        self._watch.painted.connect(self._mosaic_painted)
        # Connected after the panel, which has asked for the examination by then.
        studio.picture_changed.connect(self._picture_changed)
        self._shown_at = self._opened_at = 0.0

    def drop(self, path: Path) -> _Drop:
        """Drops a file, waits for its maps, and times a bare pass on the same input."""
        from tests.benchmarks.driving import drop, settle, wait_until

        self._shown_at = self._opened_at = 0.0
        began = time.perf_counter()
        drop(self._workspace.window, path)
        wait_until(lambda: self._shown_at > 0.0, told_by=self._watch.painted)
        settle()
        examination, network = self._panel.examination, self._panel.shown_for[1]
        return _Drop(
            shown=(self._shown_at - began) * 1000,
            opened=(self._opened_at - began) * 1000,
            examined=examination.seconds * 1000,
            bare=_bare_pass(network, examination.picture),
        )

    def _picture_changed(self, _picture: object) -> None:
        self._opened_at = time.perf_counter()

    def _mosaic_painted(self) -> None:
        """Notes the first paint of a mosaic that shows the picture dropped last."""
        picture = self._panel.examination.picture
        new = self._opened_at and picture is self._workspace.studio.picture
        if new and not self._shown_at:
            self._shown_at = time.perf_counter()


def _bare_pass(network: Any, picture: Picture) -> float:
    """Returns the milliseconds of a forward pass alone: the median of some after a warm-up.

    In a thread that ends: a thread pool left in the main thread would slow the worker's.
    """
    import threading

    from resnet_studio.probe.predict import forward, prepare

    batch = prepare(network, picture).batch
    seconds: list[float] = []

    def run() -> None:
        for _ in range(_BARE_PASSES + 1):
            began = time.perf_counter()
            forward(network, batch)
            seconds.append(time.perf_counter() - began)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return median(seconds[1:]) * 1000


def _collected(drops: Sequence[_Drop]) -> Drops:
    return Drops(
        shown=Spread.of(drop.shown for drop in drops),
        opened=Spread.of(drop.opened for drop in drops),
        examined=Spread.of(drop.examined for drop in drops),
        bare=Spread.of(drop.bare for drop in drops),
    )


@dataclass(frozen=True, slots=True)
class _Photograph:
    """A file to drop."""

    path: Path
    is_large: bool


def _pictures(folder: Path, count: int) -> list[_Photograph]:
    """Writes different photographs: one to warm up, `count` small ones, large ones between them.

    They are parts of the sample photographs, so each has other pixels; JPEG as from a camera.
    """
    from PIL import Image

    from resnet_studio.data.imaging import sample_pictures

    samples = [Image.fromarray(picture.rgb) for picture in sample_pictures()]
    written = []
    for number in range(count + 1):
        image = samples[number % len(samples)]
        width, height = image.size
        edge = 4 * number
        part = image.crop((edge, edge // 2, width, height)).resize(image.size)
        path = _saved(part, folder / f"photograph {number}.jpg")
        written.append(_Photograph(path, is_large=False))
        if number and number % _SHARE_LARGE == 0:
            path = _saved(part.resize(_LARGE), folder / f"large photograph {number}.jpg")
            written.append(_Photograph(path, is_large=True))
    return written


def _saved(image: Any, path: Path) -> Path:
    image.save(path, quality=90)
    return path
