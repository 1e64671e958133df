"""A script: the studio as its command starts it; prints when it was painted, furnished, ready.

    python start_studio.py STARTED

STARTED is `time.monotonic()` of whoever starts the process. Nothing is imported before the
window is painted that the command itself would not import.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from resnet_studio import cli
from resnet_studio.gui import app
from resnet_studio.gui.main_window import MainWindow

if TYPE_CHECKING:
    from tests.benchmarks.loop_meter import Lateness, LoopMeter


class Observed(MainWindow):
    """The main window, observed through its signals; closes itself when torch is ready."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, Any] = {}
        self._meter: LoopMeter | None = None
        # As soon as the window has been painted, and before it furnishes itself.
        self.painted.connect(self._first_painted)
        self.furnished.connect(self._furnished)

    def _note(self, name: str) -> None:
        self.told.setdefault(name, time.monotonic() - float(sys.argv[1]))

    def _first_painted(self) -> None:
        self._note("painted")
        from tests.benchmarks.loop_meter import LoopMeter

        self._meter = LoopMeter(self)
        self._meter.start()

    def _furnished(self) -> None:
        from tests.benchmarks.paint_watch import PaintWatch

        assert self.workspace is not None
        self._note("furnished")
        drawing: Any = self.workspace.panels["architecture"]
        self._watch = PaintWatch(drawing.view)
        self._watch.painted.connect(lambda: self._note("drawn"))
        self.workspace.studio.torch_changed.connect(self._torch_changed)

    def _torch_changed(self, status: Any) -> None:
        assert self._meter is not None
        if status.state == "loading":
            self._note("panels")
            self.told["furnishing"] = _plain(self._meter.take())
        else:
            self._note("torch")
            self.told["state"] = status.state
            self.told["loading"] = _plain(self._meter.take())
            self.close()


def _plain(lateness: Lateness) -> dict[str, float]:
    import dataclasses

    return dataclasses.asdict(lateness)


def main() -> int:
    """Opens the window by the command's own code, with the observed class in its place."""
    windows: list[Observed] = []

    def make() -> Observed:
        windows.append(Observed())
        return windows[-1]

    app.MainWindow = make  # type: ignore[attr-defined, assignment]
    code = cli.main([])
    import json

    print(json.dumps(windows[0].told))
    return code


if __name__ == "__main__":
    sys.exit(main())
