"""Run as a program: the window trains a tiny network, telling each step, until it is killed.

With "new" it starts a run on the folder that is named; with "again" it goes on with the newest of
the earlier runs, by the buttons.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import torch
from PySide6.QtCore import QEventLoop, QTimer

from resnet_studio.gui.app import make_application
from resnet_studio.settings import config_dir
from tests.gui.bad_input.rig import Rig
from tests.training.conftest import tiny_spec


def wait(condition: Callable[[], bool]) -> None:
    while not condition():
        pause = QEventLoop()
        QTimer.singleShot(10, pause, pause.quit)
        pause.exec()


def main(mode: str, folder: Path) -> None:
    make_application()
    torch.set_num_threads(1)
    rig = Rig(wait, config_dir() / "settings.json")
    rig.ready()
    if mode == "new":
        rig.studio.set_spec(tiny_spec(input_size=16))
        rig.train(folder, epochs=20_000)
    else:
        go_on(rig)
    session = rig.training.session
    tell("start", session.started.start_step)
    session.changed.connect(lambda: tell("step", session.latest.step))
    rig.until(lambda: False)


def tell(word: str, number: int) -> None:
    sys.stdout.write(f"{word} {number}\n")
    sys.stdout.flush()


def go_on(rig: Rig) -> None:
    panel = rig.workspace.show_panel("training")
    panel.left.setCurrentWidget(panel.runs)
    rig.until(lambda: panel.runs.model.rowCount() > 0)
    panel.runs.table.selectRow(0)
    panel.runs.resume_button.click()
    rig.until(lambda: panel.session is not None and panel.session.latest is not None)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
