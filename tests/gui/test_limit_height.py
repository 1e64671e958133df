from __future__ import annotations

from PySide6.QtWidgets import QWidget

from resnet_studio.gui.widgets.limit_height import limit_height


def test_the_height_is_limited_within_what_qt_can_count(qtbot, qtlog):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.setMinimumHeight(80)
    for needed, limit in ((300.4, 300), (10, 80), (1e12, (1 << 24) - 1)):
        limit_height(widget, needed)
        assert widget.maximumHeight() == limit
    assert not qtlog.records
