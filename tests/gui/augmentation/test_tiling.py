"""Where the samples lie."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resnet_studio.gui.augmentation.tiling import GAP, LARGEST, choose_tiling


def tiling_of(count, width, height, words=30):
    return choose_tiling(
        count, width, height, smallest=72, narrowest=90, scroll_bar=15, caption=lambda _: words
    )


@given(
    count=st.integers(1, 64),
    width=st.integers(1, 2500),
    height=st.integers(1, 1500),
    words=st.integers(0, 100),
)
def test_every_tile_is_found_at_its_own_centre_and_nowhere_else(count, width, height, words):
    tiling = tiling_of(count, width, height, words)
    assert 1 <= tiling.columns <= count
    for index in range(count):
        tile, picture = tiling.tile(index), tiling.picture(index)
        assert tiling.at(tile.left + tile.width / 2, tile.top + tile.height / 2) == index
        assert picture.left >= tile.left
        assert picture.top + picture.height + words <= tile.top + tile.height
    assert tiling.at(-1, 0) is None
    assert tiling.at(0, tiling.height + 1) is None


@given(count=st.integers(1, 64), width=st.integers(150, 2500), height=st.integers(1, 1500))
def test_tiles_stay_within_the_width_and_their_words_can_be_read(count, width, height):
    tiling = tiling_of(count, width, height)
    assert tiling.words >= 90
    assert tiling.columns * tiling.tile_width <= width
    assert tiling.side <= LARGEST


def test_where_tiles_fit_nothing_scrolls_and_where_not_they_stay_readable():
    assert tiling_of(8, 590, 430).height <= 430
    crowded = tiling_of(64, 590, 430)
    assert crowded.height > 430
    assert crowded.tile_width - 2 * GAP >= 90


def test_pictures_are_as_large_as_the_place_allows():
    assert tiling_of(8, 590, 430).columns == 4
    assert tiling_of(1, 900, 800).side == LARGEST
