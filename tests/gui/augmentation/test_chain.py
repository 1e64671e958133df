"""The pipeline as a chain of boxes."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from resnet_studio.data.augment import PRESETS
from resnet_studio.gui.augmentation.chain import PipelineChain
from resnet_studio.gui.theme import DARK, LIGHT
from resnet_studio.gui.widgets.flow import FlowLayout


def test_there_is_a_box_for_each_step_and_one_for_the_network(qtbot):
    chain = PipelineChain(LIGHT)
    qtbot.addWidget(chain)
    for spec in PRESETS.values():
        chain.show_pipeline(spec)
        assert len(chain.boxes) == len(spec.steps) + 1
        kinds = [box.property("step") for box in chain.boxes[:-1]]
        assert kinds == ["chance" if step.numbers else "fixed" for step in spec.steps]
    chain.set_theme(DARK)
    assert DARK.accent in chain.styleSheet()
    chain.show_pipeline(None)
    assert chain.boxes == []


def test_the_chain_can_be_read_aloud(qtbot):
    chain = PipelineChain(LIGHT)
    qtbot.addWidget(chain)
    chain.show_pipeline(PRESETS["imagenet_train"])
    text = chain.accessibleDescription()
    assert text.index("Random resized crop") < text.index("Horizontal flip")
    assert text.endswith("The network reads: 3 × 224 × 224")


def test_boxes_of_either_kind_are_equally_high_so_that_nothing_below_moves(qtbot):
    """Training has boxes with chance, validation has none; the row must not change its height."""
    chain = PipelineChain(LIGHT)
    qtbot.addWidget(chain)
    chain.set_theme(LIGHT)
    chain.show_pipeline(PRESETS["imagenet_train"])
    crop, _flip, normalise, _end = chain.boxes  # three lines of words each, but for the flip
    for box in (crop, normalise):
        box.ensurePolished()
    assert (crop.property("step"), normalise.property("step")) == ("chance", "fixed")
    assert crop.sizeHint().height() == normalise.sizeHint().height()


def test_a_narrow_row_continues_on_the_next_line(qtbot):
    from PySide6.QtWidgets import QWidget

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
