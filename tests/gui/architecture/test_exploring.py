"""Colours, times, switches and exports as the panel offers them, remembered for the next time."""

from __future__ import annotations

import csv
import io

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.gui.architecture.colouring import SAMPLES
from resnet_studio.gui.architecture.panel import ArchitecturePanel
from resnet_studio.gui.architecture.quantities import NOT_MEASURED, Quantity

TINY = NetworkSpec(
    name="tiny",
    block="basic",
    stem="cifar",
    depths=(1, 1),
    widths=(4, 8),
    stem_width=4,
    classes=3,
    input_size=16,
)
_TIME = 7


def choose(panel, quantity):
    combo = panel.exploring.colour
    combo.setCurrentIndex(combo.findData(quantity.value))


def painted(view):
    image = view.grab().toImage()
    return {
        image.pixelColor(x, y).name()
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 5)
    }


def test_colouring_by_parameters_paints_with_the_map_and_back_with_the_stages(panel, view, studio):
    before = view.grab().toImage()
    choose(panel, Quantity.PARAMETERS)
    assert SAMPLES[-1] in painted(view), "the block with most parameters is lightest"
    choose(panel, Quantity.KIND)
    assert view.grab().toImage() == before


def test_what_was_chosen_is_remembered(panel, studio, qtbot):
    choose(panel, Quantity.MEMORY)
    for name in ("minimap", "semantic_zoom", "motion"):
        studio.commands.run(f"architecture.{name}")
    view = panel.view
    assert [view.has_minimap, view.semantic, view.animated] == [False] * 3
    again = ArchitecturePanel(studio)
    qtbot.addWidget(again)
    assert again.exploring.quantity is again.view.quantity is Quantity.MEMORY
    view = again.view
    assert [view.has_minimap, view.semantic, view.animated] == [False] * 3


def test_the_choice_of_memory_shows_its_column_however_little_room_there_is(panel):
    panel.table.resize(400, 200)
    assert panel.table.isColumnHidden(6)
    choose(panel, Quantity.MEMORY)
    assert not panel.table.isColumnHidden(6)


@pytest.fixture
def measured(panel, studio, qtbot):
    """The panel with a tiny network whose layers were measured."""
    studio.set_spec(TINY)
    assert panel.table.isColumnHidden(_TIME)
    with qtbot.waitSignal(panel.exploring.measuring.changed, timeout=60_000):  # torch is loaded
        choose(panel, Quantity.TIME)
    return panel


def test_choosing_the_time_measures_it_and_says_how(measured, studio):
    view, table = measured.view, measured.table
    assert set(view.times.seconds) == {layer.name for layer in view.graph.layers}
    assert "1×3×16×16" in view.times.conditions
    assert view.shades().range is not None
    assert not table.isColumnHidden(_TIME)
    model = table.table_model()
    cell = model.index_of("layer1").siblingAtColumn(_TIME)
    assert model.data(cell).split()[1] in ("µs", "ms")
    tip = model.headerData(_TIME, Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole)
    assert view.times.conditions in tip


def test_measured_times_go_with_the_network_and_come_back_with_it(measured, studio):
    times = measured.view.times
    studio.set_spec(TINY.replace(depths=(2, 1), name="other"))
    assert measured.view.times is NOT_MEASURED
    assert measured.table.isColumnHidden(_TIME)
    studio.undo_stack.undo()
    assert measured.view.times is times


def test_the_copied_table_has_the_times_that_were_measured(measured, studio):
    studio.commands.run("architecture.copy_table")
    rows = list(csv.reader(io.StringIO(QGuiApplication.clipboard().text())))
    assert rows[0][6:] == ["Memory (bytes)", "Time (ms)"]
    values = {line[0]: float(line[-1]) for line in rows[1:]}
    assert values["conv1"] == pytest.approx(1000 * measured.view.times.seconds["conv1"], rel=1e-3)


def test_the_coloured_drawing_is_saved_as_pdf_in_lines(panel, studio, tmp_path, monkeypatch):
    choose(panel, Quantity.MACS)
    target = tmp_path / "net"
    monkeypatch.setattr(studio, "save_file", lambda *_: target)
    studio.commands.run("architecture.save_pdf")
    content = (tmp_path / "net.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") == 1
    assert b"/Subtype /Image" not in content
    assert len(content) > 5000


def test_colours_and_search_wait_while_networks_are_compared(panel, studio):
    studio.commands.set_condition("comparison", True)
    for name in ("find", "colour", "measure_time", "save_pdf"):
        assert not studio.commands.run(f"architecture.{name}")
        assert "close the comparison" in studio.commands.why_not(f"architecture.{name}")
