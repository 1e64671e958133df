from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF

from resnet_studio.gui.features.blocks_layout import LEAST_TILE, Frame, all_channels, one_channel


def _frame(width: float = 700, height: float = 300) -> Frame:
    return Frame(width, height, head=30, foot=70, gaps=(16, 16, 16, 40))


def test_one_channel_is_as_large_as_fits_and_never_too_small():
    tiles, boxes = one_channel(_frame(), 1.0)
    assert len(boxes) == 5
    assert boxes[0].left() >= 0
    assert boxes[-1].right() <= 700
    assert boxes[1].left() - boxes[0].right() == pytest.approx(16)
    assert tiles.across == boxes[0].width() == boxes[0].height()
    flat, _ = one_channel(_frame(height=120), 1.0)
    assert flat.across == 96  # taller than its room: the row is scrolled
    narrow, _ = one_channel(_frame(width=300), 1.0)
    assert narrow.across == pytest.approx((300 - 12 - 88) / 5)


@pytest.mark.parametrize("count", [1, 7, 64, 2048])
def test_all_channels_lie_alike_in_every_pane_and_each_is_found_again(count):
    tiles, boxes = all_channels(_frame(), [max(1, count // 2), count], 1.0)
    assert tiles.across >= LEAST_TILE
    assert tiles.columns * tiles.across <= boxes[0].width() + 1e-6
    for position in {0, count // 2, count - 1}:
        place = tiles.place(position)
        assert tiles.position(place.center(), count) == position
        assert place.bottom() <= boxes[0].height() + 1e-6
    assert tiles.position(QPointF(-1, 0), count) is None
    assert tiles.position(tiles.place(count).center(), count) is None
