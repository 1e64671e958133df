"""Looking inside, over the forward pass that it needs anyway: each ratio in turns, in one run.

- A block removed by a person, until the new classes are on the screen, over a bare forward pass.
- The 2,048 channels of ResNet-50's last stage as one coloured mosaic, over its forward pass.
- A hundred pictures classified as in window and command line, over a plain loop of the same.
- How late the event loop is while the blocks are removed and put back.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from tests.benchmarks.common import Spread, Table, in_fresh_process, load, without_display

if TYPE_CHECKING:
    from resnet_studio.gui.workspace import Workspace
    from resnet_studio.probe.network import LoadedNetwork
    from tests.benchmarks.loop_meter import Lateness

NETWORKS = ("resnet18", "resnet50", "resnet152")
PICTURES = 100
TOGGLES = 12
REPEATS = 5
_BARE_PASSES = 3


@dataclass(frozen=True, slots=True)
class Toggles:
    """One network operated on in the window.

    Attributes:
        shown: Milliseconds from the click until the new classes were shown, toggle by toggle.
        bare: A forward pass of the operated network on the same input.
        late: The event loop meanwhile.
    """

    shown: Spread
    bare: Spread
    late: Lateness


def main(*, quick: bool = False) -> None:
    """Measures and prints."""
    without_display()
    networks = NETWORKS[:1] if quick else NETWORKS
    result = Table("Looking inside, over what the network needs")
    result.notes.append(f"load at start {load()}")
    for name in networks:
        _add_toggles(result, name, in_fresh_process(toggle_blocks, name, 4 if quick else TOGGLES))
    mosaics, passes = in_fresh_process(tile_channels, 3 if quick else 15)
    result.add("2,048 channels of 7 x 7 as one mosaic", mosaics, "ms")
    result.add("    forward pass of resnet50, 224 px", passes, "ms")
    result.add("RATIO mosaic / pass", mosaics.over(passes), "x")
    for name in ("resnet18", "cifar_resnet20"):
        ours, plain = in_fresh_process(classify_hundred, name, 1 if quick else REPEATS)
        result.add(f"{name}: {PICTURES} pictures classified", ours, "s")
        result.add("    a plain loop over the same", plain, "s")
        result.add(f"RATIO {name}, classified / plain loop", ours.over(plain), "x")
    print(result)


def _add_toggles(result: Table, name: str, toggles: Toggles) -> None:
    result.add(f"{name}: block toggled until the classes are shown", toggles.shown, "ms")
    result.add("    bare forward pass of the operated network", toggles.bare, "ms")
    result.add(f"RATIO {name}, toggle / pass", toggles.shown.over(toggles.bare), "x")
    late = toggles.late
    result.add("    event loop meanwhile, p99", Spread.of([late.p99]), "ms")
    result.add("    event loop meanwhile, worst", Spread.of([late.worst]), "ms")


# -- in a process of its own ----------------------------------------------------------------------


def toggle_blocks(network: str, count: int) -> Toggles:
    """Removes and puts back one block after the other in the window with a photograph."""
    from resnet_studio.data.imaging import sample_pictures
    from tests.benchmarks.driving import drop, open_workspace, settle, wait_until
    from tests.benchmarks.loop_meter import LoopMeter

    with open_workspace(network, "features") as workspace:
        panel: Any = workspace.panels["features"]
        finished = workspace.studio.workers.task_finished
        path = sample_pictures()[0].path
        assert path is not None
        drop(workspace.window, path)
        wait_until(lambda: panel.examination is not None, told_by=finished)
        settle()
        blocks = [block.name for block in workspace.studio.graph.blocks]
        _toggle(workspace, panel, blocks[-1])  # warms up
        meter, shown, bare = LoopMeter(), [], []
        meter.start()
        for number in range(count):
            shown.append(_toggle(workspace, panel, blocks[number % len(blocks)]))
            bare.append(_bare_pass(workspace.studio.network, panel.examination.picture))
        late = meter.take()
        meter.stop()
    return Toggles(Spread.of(shown), Spread.of(bare), late)


def _toggle(workspace: Workspace, panel: Any, block: str) -> float:
    """Returns the milliseconds until the classes of the operated network are shown."""
    from tests.benchmarks.driving import wait_until

    studio = workspace.studio
    began = time.perf_counter()
    studio.operating.toggle_block(block)
    wait_until(
        lambda: panel.shown_for is not None and panel.shown_for[1] is studio.network,
        told_by=studio.workers.task_finished,
    )
    return (time.perf_counter() - began) * 1000


def _bare_pass(network: Any, picture: Any) -> float:
    """Returns the milliseconds of a forward pass alone, with the event loop left to live."""
    from resnet_studio.probe.predict import forward, prepare
    from tests.benchmarks.driving import run_loop

    batch = prepare(network, picture).batch
    seconds: list[float] = []

    def passes() -> None:
        for _ in range(_BARE_PASSES + 1):
            seconds.append(_timed(lambda: forward(network, batch)))

    thread = threading.Thread(target=passes)
    thread.start()
    while thread.is_alive():
        run_loop(0.02)
    return median(seconds[1:]) * 1000


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def tile_channels(count: int) -> tuple[Spread, Spread]:
    """Lays 2,048 channels out as a picture for the screen, in turns with ResNet-50's pass."""
    from resnet_studio.gui.app import make_application
    from resnet_studio.gui.features.images import levels_image
    from resnet_studio.probe.activations import examine
    from resnet_studio.probe.mosaic import mosaic
    from resnet_studio.probe.predict import forward, prepare

    application = make_application()  # which pictures of Qt need
    network, picture = _loaded("resnet50"), _photographs(1)[0]
    maps = examine(network, picture).sections[-1].maps
    batch = prepare(network, picture).batch
    mosaics, passes = [], []
    for _ in range(count + 1):
        mosaics.append(1000 * _timed(lambda: levels_image(mosaic(maps, columns=64).levels)))
        passes.append(1000 * _timed(lambda: forward(network, batch)))
    del application
    return Spread.of(mosaics[1:]), Spread.of(passes[1:])


def classify_hundred(network: str, repeats: int) -> tuple[Spread, Spread]:
    """Classifies files as the window does, in turns with the plainest loop there is."""
    from resnet_studio.data.imaging import open_picture
    from resnet_studio.probe.classify_many import classify_many
    from resnet_studio.probe.predict import classify

    loaded = _loaded(network)
    ours, plain = [], []
    with tempfile.TemporaryDirectory() as folder:
        paths = _files(Path(folder))

        def plainly() -> None:
            for path in paths:
                classify(loaded, open_picture(path))

        plainly()
        for _ in range(repeats):
            ours.append(_timed(lambda: list(classify_many(loaded, paths))))
            plain.append(_timed(plainly))
    return Spread.of(ours), Spread.of(plain)


def _loaded(network: str) -> LoadedNetwork:
    from resnet_studio.architecture.catalog import get
    from resnet_studio.probe.network import load_network

    return load_network(get(network).spec)


def _photographs(count: int) -> list[Any]:
    from resnet_studio.data.imaging import sample_pictures

    samples = sample_pictures()
    return [samples[number % len(samples)] for number in range(count)]


def _files(folder: Path) -> list[Path]:
    """Writes a hundred different photographs of 640 x 427 pixels as JPEG files."""
    from PIL import Image

    paths = []
    for number, picture in enumerate(_photographs(PICTURES)):
        image = Image.fromarray(picture.rgb)
        part = image.crop((number, number // 2, *image.size)).resize(image.size)
        paths.append(folder / f"{number:03}.jpg")
        part.save(paths[-1], quality=90)
    return paths
