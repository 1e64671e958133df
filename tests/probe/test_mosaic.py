from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_studio.probe.mosaic import (
    GAP_LEVEL,
    Grid,
    Order,
    enlarge,
    mosaic,
    ordering,
    to_levels,
    value_range,
)


def _maps(channels: int = 5, height: int = 3, width: int = 4, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.uniform(0, 10, size=(channels, height, width)).astype(np.float32)


@given(
    count=st.integers(1, 40),
    columns=st.integers(1, 12),
    size=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    gap=st.integers(0, 3),
)
def test_every_tile_is_found_at_its_own_corners_and_nowhere_else(count, columns, size, gap):
    grid = Grid(count, columns, size[0], size[1], gap)
    picture = np.full((grid.height, grid.width), -1)
    for position in range(count):
        left, top, width, height = grid.box(position)
        assert (picture[top : top + height, left : left + width] == -1).all()
        picture[top : top + height, left : left + width] = position
        assert grid.tile_at(left, top) == position
        assert grid.tile_at(left + width - 0.01, top + height - 0.01) == position
    for y, x in np.argwhere(picture == -1):
        assert grid.tile_at(float(x), float(y)) is None
    assert grid.tile_at(-1, 0) is None
    assert grid.tile_at(0, grid.height) is None


def test_each_tile_holds_the_levels_of_its_channel():
    maps = _maps(channels=7)
    shown = mosaic(maps, columns=3, gap=2)
    for position in range(7):
        left, top, width, height = shown.grid.box(position)
        tile = shown.levels[top : top + height, left : left + width]
        np.testing.assert_array_equal(tile, to_levels(maps[position], shown.low, shown.high))
    assert shown.levels.shape == (3 * 3 + 2 * 2, 3 * 4 + 2 * 2)
    assert (shown.levels[3:5] == GAP_LEVEL).all()


def test_the_gap_and_the_empty_end_of_the_last_row_belong_to_no_channel():
    shown = mosaic(_maps(channels=4), columns=3)
    left, top, width, height = shown.grid.box(3)
    assert shown.channel_at(left, top) == 3
    assert shown.channel_at(left + width + 1, top) is None
    assert (shown.levels[top : top + height, left + width :] == GAP_LEVEL).all()


def test_sorting_by_mean_puts_the_strongest_channel_first_and_keeps_the_numbers():
    maps = np.zeros((4, 2, 2), dtype=np.float32)
    maps[2], maps[0], maps[3] = 5.0, 1.0, 1.0
    shown = mosaic(maps, columns=2, order=Order.MEAN)
    assert shown.order.tolist() == [2, 0, 3, 1]
    left, top, _, _ = shown.grid.box(0)
    assert shown.channel_at(left, top) == 2
    assert shown.levels[top, left] == 255
    assert shown.position_of(1) == 3
    with pytest.raises(ValueError, match="no channel 4"):
        shown.position_of(4)


def test_a_shared_range_keeps_channels_comparable_and_an_own_range_shows_each_pattern():
    maps = np.zeros((2, 1, 2), dtype=np.float32)
    maps[0, 0] = [0.0, 1.0]
    maps[1, 0] = [0.0, 4.0]
    shared = mosaic(maps, columns=2, gap=0)
    own = mosaic(maps, columns=2, gap=0, per_channel=True)
    assert shared.levels.tolist() == [[1, 65, 1, 255]]
    assert (shared.low, shared.high, shared.clipped) == (0.0, 4.0, False)
    assert own.levels.tolist() == [[1, 255, 1, 255]]
    assert own.per_channel


def test_a_few_peaks_do_not_darken_the_rest_and_the_mosaic_says_so():
    maps = np.linspace(0, 1, 10_000, dtype=np.float32).reshape(1, 100, 100).copy()
    maps[0, 0, 0] = 1000.0
    shown = mosaic(maps, columns=1)
    assert 0.99 < shown.high < 1.0
    assert shown.clipped
    assert shown.levels[0, 0] == 255
    assert shown.levels[50, 50] > 100


def test_a_sparse_stage_is_scaled_to_its_peak():
    maps = np.zeros((1, 100, 100), dtype=np.float32)
    maps[0, 3, 4] = 2.0
    shown = mosaic(maps, columns=1)
    assert (shown.high, shown.clipped) == (2.0, False)
    assert shown.levels[3, 4] == 255
    assert shown.levels[0, 0] == 1


def test_constant_maps_are_drawn_in_the_lowest_colour():
    for own in (False, True):
        shown = mosaic(np.full((2, 2, 2), 3.0, dtype=np.float32), columns=2, per_channel=own)
        assert set(np.unique(shown.levels)) == {0, 1}


@pytest.mark.parametrize("own", [False, True])
def test_values_that_are_not_finite_are_left_blank_and_counted(own):
    maps = _maps(channels=2)
    maps[0, 1, 1], maps[1, 0, 0] = np.nan, np.inf
    shown = mosaic(maps, columns=2, gap=0, per_channel=own)
    assert shown.broken == 2
    assert shown.levels[1, 1] == GAP_LEVEL
    assert shown.levels[0, 4] == GAP_LEVEL
    assert np.count_nonzero(shown.levels == GAP_LEVEL) == 2
    assert np.isfinite(shown.high)


def test_a_channel_without_a_finite_mean_comes_last():
    maps = _maps(channels=3)
    maps[0] = np.nan
    assert ordering(maps, Order.MEAN)[-1] == 0


def test_more_columns_than_channels_leave_no_empty_space():
    assert mosaic(_maps(channels=2), columns=50, gap=1).levels.shape == (3, 9)


def test_the_range_of_nothing_finite_is_zero():
    assert value_range(np.full((2, 2), np.nan, dtype=np.float32)) == (0.0, 0.0)
    assert value_range(np.array([[np.inf, -1.0, 2.5]], dtype=np.float32)) == (-1.0, 2.5)


def test_plain_enlarging_repeats_cells_and_invents_no_value():
    channel = np.array([[1, 2], [3, 4]], dtype=np.float32)
    large = enlarge(channel, 4, 6, smooth=False)
    np.testing.assert_array_equal(large, np.repeat(np.repeat(channel, 2, axis=0), 3, axis=1))


def test_smooth_enlarging_passes_through_cell_centres_and_stays_within_the_range():
    channel = _maps(channels=1, height=4, width=3)[0]
    large = enlarge(channel, 12, 9, smooth=True)
    np.testing.assert_allclose(large[1::3, 1::3], channel, rtol=1e-6)
    assert large.min() >= channel.min() - 1e-6
    assert large.max() <= channel.max() + 1e-6


def test_smooth_enlarging_agrees_with_torch():
    torch = pytest.importorskip("torch")
    channel = _maps(channels=1, height=7, width=7)[0]
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(channel)[None, None], size=(224, 224), mode="bilinear"
    )
    np.testing.assert_allclose(
        enlarge(channel, 224, 224, smooth=True), expected[0, 0].numpy(), atol=1e-5
    )
