from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_studio.gui.features.tiling import (
    FIT,
    READABLE,
    TILE_SIZES,
    choose_tiling,
    page_capacity,
)


def _extent(tiling, count: int, size: int) -> tuple[float, float]:
    rows = -(-count // tiling.columns)
    pitch = (size + tiling.gap) * tiling.zoom
    gap = tiling.gap * tiling.zoom
    return tiling.columns * pitch - gap, rows * pitch - gap


@given(
    count=st.integers(1, 2048),
    size=st.integers(1, 224),
    width=st.integers(260, 2000),
    tile=st.sampled_from((FIT, *TILE_SIZES)),
)
def test_a_row_never_is_wider_than_the_panel(count, size, width, tile):
    tiling = choose_tiling(count, size, size, width=width, height=300, tile=tile)
    assert 1 <= tiling.columns <= count
    assert _extent(tiling, count, size)[0] <= max(width, 256 + size)
    assert tiling.enlarge == 1 or tiling.reduce == 1


@pytest.mark.parametrize(
    ("count", "size"), [(64, 56), (256, 56), (512, 28), (1024, 14), (16, 32), (64, 8)]
)
def test_the_stages_of_the_usual_networks_fit_the_height_at_1280_by_800(count, size):
    tiling = choose_tiling(count, size, size, width=640, height=390)
    across, down = _extent(tiling, count, size)
    assert across <= 640
    assert down <= 390


def test_2048_channels_grow_beyond_the_height_rather_than_shrink_to_dots():
    tiling = choose_tiling(2048, 7, 7, width=300, height=200)
    assert tiling.zoom == 1


def test_more_room_gives_larger_tiles():
    small = choose_tiling(2048, 7, 7, width=640, height=390)
    large = choose_tiling(2048, 7, 7, width=1290, height=600)
    assert large.zoom > small.zoom


def test_rows_are_filled_evenly():
    assert choose_tiling(64, 10, 10, width=240, height=999, tile=10).columns == 16
    assert choose_tiling(5, 10, 10, width=999, height=999).columns == 5


@pytest.mark.parametrize(("wished", "zoom"), [(8, 1 / 7), (32, 1 / 2), (64, 1), (256, 5)])
def test_a_wished_tile_size_is_met_by_the_nearest_whole_factor(wished, zoom):
    tiling = choose_tiling(64, 56, 56, width=640, height=300, tile=wished)
    assert tiling.zoom == pytest.approx(zoom)


def test_gaps_are_at_least_one_pixel_of_the_screen():
    tiling = choose_tiling(256, 224, 224, width=640, height=300, tile=32)
    assert tiling.gap * tiling.zoom == pytest.approx(1.0)


@pytest.mark.parametrize("tile", [FIT, 16, 64])
@pytest.mark.parametrize(("count", "cells"), [(2048, 7), (64, 112), (1000, 8), (3, 7), (512, 14)])
def test_a_page_fits_without_scrolling_and_its_tiles_can_be_made_out(count, cells, tile):
    room = {"width": 650, "height": 480, "tile": tile}
    held = page_capacity(count, cells, cells, **room)
    tiling = choose_tiling(held, cells, cells, **room)
    rows = -(-held // tiling.columns)
    assert 1 <= held <= count
    assert rows * (cells + tiling.gap) * tiling.zoom - tiling.zoom <= 480
    assert tiling.columns * (cells + tiling.gap) * tiling.zoom - tiling.gap <= 650
    if tile == FIT:
        assert cells * tiling.zoom >= READABLE
    if held < count:  # one more row would not fit
        assert (rows + 1) * (cells + tiling.gap) * tiling.zoom > 480
