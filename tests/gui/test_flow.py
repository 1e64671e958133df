"""Rows of choices in a narrow window."""

from PySide6.QtWidgets import QComboBox, QPushButton, QStyle, QStyleOptionComboBox, QWidget

from resnet_studio.gui.widgets.flow import FlowLayout, labelled


def _row(qtbot, *, width: int) -> tuple[QWidget, list[QComboBox]]:
    holder = QWidget()
    qtbot.addWidget(holder)
    flow = FlowLayout(holder, gap=10, fill=True)
    boxes = []
    for text in ("&Order", "&Range", "&Colours"):
        box = QComboBox()
        box.addItem(f"A rather long choice of {text}")
        boxes.append(box)
        flow.addWidget(labelled(text, box))
    holder.resize(width, 200)
    holder.show()
    return holder, boxes


def test_a_narrow_row_of_choices_continues_below_and_cuts_no_text(qtbot):
    holder, boxes = _row(qtbot, width=360)
    tops = [box.mapTo(holder, box.rect().topLeft()).y() for box in boxes]
    assert tops[0] < tops[1] < tops[2]
    for box in boxes:
        option = QStyleOptionComboBox()
        box.initStyleOption(option)
        field = box.style().subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            box,
        )
        assert box.fontMetrics().horizontalAdvance(box.currentText()) <= field.width()
        assert box.accessibleName() in ("Order", "Range", "Colours")


def test_what_expands_takes_what_its_line_leaves(qtbot):
    holder = QWidget()
    qtbot.addWidget(holder)
    flow = FlowLayout(holder, gap=10, fill=True)
    wide, button = labelled("&Class", QComboBox(), expand=True), QPushButton("Export")
    flow.addWidget(wide)
    flow.addWidget(button)
    holder.resize(500, 60)
    holder.show()
    assert button.geometry().right() == holder.rect().right()
    assert wide.width() == 500 - 10 - button.width()
    assert button.width() == button.sizeHint().width()
