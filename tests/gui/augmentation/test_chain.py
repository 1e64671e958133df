"""The pipeline as a chain of boxes."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from resnet_studio.data.augment import PRESETS
from resnet_studio.gui.augmentation.chain import PipelineChain
from resnet_studio.gui.pipeline_sketch import Sketch
from resnet_studio.gui.theme import DARK, LIGHT
from resnet_studio.gui.widgets.flow import FlowLayout


@pytest.fixture
def chain(qtbot):
    made = PipelineChain(LIGHT)
    qtbot.addWidget(made)
    made.resize(1200, 80)
    return made


def show(chain, name, *, off=()):
    spec = PRESETS[name]
    sketch = Sketch(spec.name, spec.note, spec.steps, frozenset(off))
    chain.show_sketch(sketch, spec.output_size, None, None)


def test_there_is_a_box_for_each_step_and_one_for_the_network(chain):
    for name, spec in PRESETS.items():
        show(chain, name)
        assert len(chain.boxes) == len(spec.steps) + 1
        kinds = [box.property("step") for box in chain.boxes[:-1]]
        assert kinds == ["chance" if step.numbers else "fixed" for step in spec.steps]
    chain.set_theme(DARK)
    assert DARK.accent in chain.styleSheet()
    chain.show_sketch(None, 0, None, None)
    assert chain.boxes == []


def test_the_chain_can_be_read_aloud(chain):
    show(chain, "imagenet_train", off=[1])
    text = chain.accessibleDescription()
    assert text.index("Random resized crop") < text.index("Horizontal flip (off)")
    assert text.endswith("The network reads: 3 × 224 × 224")


def test_boxes_of_either_kind_are_equally_high_so_that_nothing_below_moves(chain):
    """Training has boxes with chance, validation has none; the row must not change its height."""
    show(chain, "imagenet_train")
    crop, _flip, normalise, _end = chain.boxes  # three lines of words each, but for the flip
    for box in (crop, normalise):
        box.ensurePolished()
    assert (crop.property("step"), normalise.property("step")) == ("chance", "fixed")
    assert crop.sizeHint().height() == normalise.sizeHint().height()


@pytest.mark.parametrize(
    ("key", "modifier", "wish"),
    [
        (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "select"),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier, "right"),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier, "left"),
        (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, "switch"),
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, "remove"),
        (Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier, "duplicate"),
        (Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier, "close"),
    ],
)
def test_keys_say_what_is_wished_of_the_step(chain, qtbot, key, modifier, wish):
    show(chain, "imagenet_train")
    wishes = []
    chain.wished.connect(lambda place, what: wishes.append((place, what)))
    qtbot.keyClick(chain.boxes[1], key, modifier)
    assert wishes == [(1, wish)]


def _drag(qtbot, chain, place, end, *, key=None):
    box = chain.boxes[place]
    start = box.rect().center()
    qtbot.mousePress(box, Qt.MouseButton.LeftButton, pos=start)
    far = start + QPoint(QApplication.startDragDistance() + 1, 0)
    qtbot.mouseMove(box, far)
    qtbot.mouseMove(box, box.mapFrom(chain, end))
    if key is not None:
        qtbot.keyClick(box, key)
    qtbot.mouseRelease(box, Qt.MouseButton.LeftButton, pos=box.mapFrom(chain, end))


def test_a_step_is_dragged_to_another_place(chain, qtbot):
    show(chain, "cifar_train")
    chain.show()
    moves, wishes = [], []
    chain.moved.connect(lambda place, to: moves.append((place, to)))
    chain.wished.connect(lambda place, what: wishes.append(what))
    third = chain.boxes[2]
    beyond = third.mapTo(chain, QPoint(third.width() - 2, 5))
    _drag(qtbot, chain, 0, beyond)
    first = chain.boxes[0].mapTo(chain, QPoint(2, 5))
    _drag(qtbot, chain, 3, first)
    assert moves == [(0, 2), (3, 0)]
    _drag(qtbot, chain, 3, first, key=Qt.Key.Key_Escape)
    assert moves == [(0, 2), (3, 0)]
    assert wishes == []
    qtbot.mouseClick(chain.boxes[1], Qt.MouseButton.LeftButton)
    assert wishes == ["select"]


def test_the_menu_of_a_step_has_the_same_verbs(chain):
    show(chain, "imagenet_train", off=[1])
    wishes = []
    chain.wished.connect(lambda place, what: wishes.append((place, what)))
    menu = chain.menu_of(1)
    texts = [action.text() for action in menu.actions()]
    assert "Switch on" in texts
    for action in menu.actions():
        action.trigger()
    assert wishes == [
        (1, what) for what in ("select", "switch", "duplicate", "left", "right", "remove")
    ]
    menu.deleteLater()


def test_a_narrow_row_continues_on_the_next_line(qtbot):
    holder = QWidget()
    qtbot.addWidget(holder)
    flow = FlowLayout(holder, gap=10, line_gap=5)
    for _ in range(4):
        label = QLabel("x")
        label.setFixedSize(100, 20)
        flow.addWidget(label)
    assert flow.heightForWidth(430) == 20
    assert flow.heightForWidth(429) == 45
    assert flow.heightForWidth(50) == 95
    holder.resize(215, 100)
    holder.show()
    places = [flow.itemAt(index).geometry().topLeft().toTuple() for index in range(4)]
    assert places == [(0, 0), (110, 0), (0, 25), (110, 25)]


def test_where_room_is_scarce_the_names_stand_alone_and_the_numbers_move_to_the_tool_tips(chain):
    show(chain, "imagenet_train")
    high = chain.boxes[0].sizeHint().height()
    chain.set_short(True)
    assert chain.boxes[0].sizeHint().height() < high
    assert "area 8" not in chain.boxes[0].text()
    assert "area 8" in chain.boxes[0].toolTip()
    assert chain.accessibleDescription().endswith("3 × 224 × 224")
    chain.set_short(False)
    assert chain.boxes[0].sizeHint().height() == high
