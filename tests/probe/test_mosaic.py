from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_studio.probe.colours import Palette
from resnet_studio.probe.mosaic import (
    GAP_LEVEL,
    Colouring,
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


def test_zero_is_the_middle_of_a_symmetric_scale_whatever_the_values():
    maps = np.zeros((2, 1, 3), dtype=np.float32)
    maps[0, 0] = [-4.0, 0.0, 2.0]
    maps[1, 0] = [0.0, 0.5, 1.0]
    shared = mosaic(maps, columns=2, gap=0, colouring=Colouring.SYMMETRIC)
    assert shared.levels.tolist() == [[1, 128, 192, 128, 144, 160]]
    assert (shared.low, shared.high, shared.palette) == (-4.0, 4.0, Palette.DIVERGING)
    own = mosaic(maps, columns=2, gap=0, colouring=Colouring.SYMMETRIC, per_channel=True)
    assert own.levels.tolist() == [[1, 128, 192, 128, 192, 255]]
    assert value_range(maps[0], Palette.DIVERGING) == (-4.0, 4.0)
    np.testing.assert_array_equal(to_levels(maps[0], -4.0, 4.0, Palette.DIVERGING), [[1, 128, 192]])


@given(
    reach=st.floats(1e-3, 1e6),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 5)),
    seed=st.integers(0, 99),
)
def test_a_symmetric_scale_mirrors_values_of_the_other_sign(reach, shape, seed):
    maps = np.random.default_rng(seed).uniform(-reach, reach, shape).astype(np.float32)
    for own in (False, True):
        both = [
            mosaic(each, columns=2, gap=0, colouring=Colouring.SYMMETRIC, per_channel=own)
            for each in (maps, -maps)
        ]
        tiles = [
            np.concatenate(
                [
                    m.levels[t : t + h, le : le + w].ravel()
                    for le, t, w, h in map(m.grid.box, range(shape[0]))
                ]
            ).astype(int)
            for m in both
        ]
        # Rounding is towards the higher level on both sides, so a mirrored half may differ by one.
        assert np.abs(tiles[0] + tiles[1] - 256).max() <= 1


@pytest.mark.parametrize("own", [False, True])
def test_nothing_but_zeros_has_the_colour_of_zero_in_a_symmetric_scale(own):
    zeros = np.zeros((2, 2, 2), dtype=np.float32)
    shown = mosaic(zeros, columns=2, gap=0, per_channel=own, colouring=Colouring.SYMMETRIC)
    assert (shown.levels == 128).all()


def test_a_symmetric_scale_shares_its_last_colours_at_both_ends():
    maps = np.linspace(-1, 1, 10_000, dtype=np.float32).reshape(1, 100, 100).copy()
    maps[0, 0, 0] = -1000.0
    shown = mosaic(maps, columns=1, colouring=Colouring.SYMMETRIC)
    assert 0.99 < shown.high <= 1.0
    assert shown.low == -shown.high
    assert shown.clipped
    assert shown.levels[0, 0] == 1


def test_the_automatic_scale_is_symmetric_only_where_something_is_negative():
    maps = _maps()
    palettes = [
        mosaic(each, columns=5, colouring=Colouring.AUTOMATIC).palette for each in (maps, maps - 5)
    ]
    assert palettes == [Palette.SEQUENTIAL, Palette.DIVERGING]


def test_pages_together_are_the_whole_mosaic_in_the_same_colours():
    maps = _maps(channels=7)
    whole = mosaic(maps, columns=7, order=Order.MAX, gap=0)
    first = mosaic(maps, columns=4, order=Order.MAX, gap=0, page=slice(0, 4))
    last = mosaic(maps, columns=4, order=Order.MAX, gap=0, page=slice(4, 8))
    np.testing.assert_array_equal(np.hstack([first.levels, last.levels]), whole.levels)
    assert [*first.order, *last.order] == whole.ranking.tolist() == last.ranking.tolist()
    assert last.grid.count == 3
    assert (first.low, first.high) == (last.low, last.high) == (whole.low, whole.high)
