"""The list of runs holds those that come with the program, and compares several."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt

from resnet_studio.gui.training.runs_view import RunsView

WAIT_MS = 20_000


@pytest.fixture
def runs(qtbot, studio):
    view = RunsView(studio)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitUntil(lambda: bool(view.model.listings), timeout=WAIT_MS)
    return view


def choose(view, *names: str) -> None:
    view.table.clearSelection()
    flags = QItemSelectionModel.SelectionFlag
    for row, listing in enumerate(view.model.listings):
        if listing.folder.name in names:
            index = view.model.index(row, 0)
            view.table.selectionModel().select(index, flags.Select | flags.Rows)


def test_the_runs_that_come_with_the_program_are_listed_and_told_but_not_resumed(runs):
    choose(runs, "cifar_plain20")
    index = runs.table.selectionModel().selectedRows()[0]
    assert "comes with the program" in index.data()
    assert "deeper plain network" in index.data(Qt.ItemDataRole.ToolTipRole)
    assert runs.show_button.isEnabled()
    assert not runs.resume_button.isEnabled()


def test_several_runs_are_drawn_over_each_other_with_their_names(runs, qtbot):
    choose(runs, "cifar_plain20", "cifar_plain56", "cifar_resnet20")
    assert runs.show_button.text() == "Compare"
    runs.show_button.click()
    qtbot.waitUntil(lambda: runs.comparison is not None, timeout=WAIT_MS)
    dialog = runs.comparison
    assert [line.name for line in dialog.plots[0]._lines if line.name] == [
        "cifar_plain20", "cifar_plain56", "cifar_resnet20"
    ]  # fmt: skip
    colours = {line.colour(runs._studio.theme).name() for line in dialog.plots[0]._lines}
    assert len(colours) == 3
    assert all(curve.isVisible() for plot in dialog.plots for curve in plot.curves)
    assert not dialog.grab().isNull()
    dialog.close()


def test_what_is_chosen_stays_chosen_when_the_list_is_read_again(runs):
    choose(runs, "cifar_plain20", "cifar_resnet20")
    runs._show(tuple(reversed(runs.model.listings)))
    assert {run.folder.name for run in runs.several} == {"cifar_plain20", "cifar_resnet20"}
    assert runs.show_button.text() == "Compare"
