from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from resnet_studio.gui.widgets.elided_label import ElidedLabel


@pytest.fixture
def label(qtbot):
    made = ElidedLabel(Qt.TextElideMode.ElideMiddle)
    qtbot.addWidget(made)
    made.setText("n02123045_tabby_with_a_long_name.JPEG")
    return made


def test_a_text_that_fits_is_whole(label):
    label.resize(label.sizeHint().width() + 10, 20)
    assert label.shown_text() == label.text()


def test_a_text_that_does_not_fit_keeps_both_its_ends(label):
    label.resize(label.sizeHint().width() // 2, 20)
    assert label.shown_text().startswith("n02")
    assert label.shown_text().endswith("JPEG")
    assert "…" in label.shown_text()


def test_its_least_width_does_not_depend_on_its_text(label):
    before = label.minimumSizeHint()
    label.setText("x" * 500)
    assert label.minimumSizeHint() == before


def test_it_is_painted_within_its_width(label):
    label.resize(60, 20)
    image = label.grab().toImage()
    assert len({image.pixel(x, 10) for x in range(60)}) > 1
