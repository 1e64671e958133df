"""The rows at the edge of a map are those that windows, placed one by one, read or leave out."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from resnet_studio.architecture.arithmetic import unread
from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.edges import RowState, cell_state, edge, kinds, layer_edge
from resnet_studio.architecture.graph import build_graph

_WINDOWS = st.fixed_dictionaries(
    {"kernel": st.integers(1, 9), "stride": st.integers(1, 5), "padding": st.integers(0, 4)}
)


def placed(size, *, kernel, stride, padding):
    """Returns the rows of every window, placed one after the other until none fits."""
    windows, start = [], 0
    while start + kernel <= size + 2 * padding:
        windows.append((start, start + kernel))
        start += stride
    return windows


@given(st.integers(1, 60), _WINDOWS)
def test_each_row_is_read_exactly_if_a_window_covers_it(size, window):
    windows = placed(size, **window)
    assume(windows)
    found = edge(size, **window)
    rows = range(found.first, size + 2 * window["padding"])
    assert len(found.states) == len(rows)
    for row, state in zip(rows, found.states, strict=True):
        assert state.is_read == any(start <= row < stop for start, stop in windows)
        assert state.is_map == (0 <= row - window["padding"] < size)
    assert found.windows == tuple(each for each in windows if each[0] >= found.first)
    assert found.windows[-1] == windows[-1]


@given(st.integers(1, 15), _WINDOWS)
def test_the_rows_of_a_whole_map_add_up_to_the_arithmetic(size, window):
    """Where the map is small enough to be shown whole, its states are counted."""
    assume(placed(size, **window))
    found = edge(size, **window)
    assume(found.first == 0)
    lost = unread(size, **window)
    assert found.states.count(RowState.SKIPPED) == lost.rows
    after = found.states[size + window["padding"] :]
    assert after.count(RowState.UNREAD_PADDING) >= lost.padding


@given(st.sampled_from(RowState), st.sampled_from(RowState))
def test_a_number_is_read_if_its_row_and_its_column_are(row, column):
    state = cell_state(row, column)
    assert state.is_read == (row.is_read and column.is_read)
    assert state.is_map == (row.is_map and column.is_map)
    assert cell_state(column, row) is state


def states(network, layer):
    found = layer_edge(build_graph(CATALOG[network].spec).find(layer))
    assert found is not None
    return "".join(
        {
            RowState.READ: "r",
            RowState.SKIPPED: "x",
            RowState.PADDING: "p",
            RowState.UNREAD_PADDING: "u",
        }[state]
        for state in found.states
    )


def test_the_stem_at_224_reads_two_of_three_rows_of_padding():
    assert states("resnet50", "conv1").endswith("rrppu")


def test_the_pool_leaves_its_one_row_of_padding_and_loses_no_row_of_the_map():
    assert set(states("resnet50", "maxpool")) == {"r", "u"}
    assert states("resnet50", "maxpool").endswith("ru")


@pytest.mark.parametrize("name", ["resnet50", "cifar_resnet20"])
def test_a_1x1_with_stride_2_reads_every_second_row_and_not_the_last(name):
    layer = "layer2.0.downsample.0" if name == "resnet50" else "layer2.0.downsample"
    assert states(name, layer).endswith("rxrx")


def test_the_tutorials_stem_loses_a_row_of_the_picture():
    assert states("tutorial96", "conv1").endswith("rrx")


def test_only_strided_layers_have_an_edge():
    graph = build_graph(CATALOG["resnet50"].spec)
    strided = {layer.name for layer in graph.layers if layer_edge(layer) is not None}
    first = [f"layer{stage}.0" for stage in (2, 3, 4)]
    projections = {f"{block}.downsample.0" for block in first}
    assert strided == {"conv1", "maxpool"} | {f"{block}.conv2" for block in first} | projections


def test_the_legend_names_what_the_corner_has():
    found = layer_edge(build_graph(CATALOG["resnet50"].spec).find("conv1"))
    assert list(kinds(found)) == [
        RowState.READ,
        RowState.PADDING,
        RowState.UNREAD_PADDING,
    ]
