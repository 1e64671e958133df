"""Every cell of the papers' tables is what the graph of the column's network says."""

from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.paper_compare import Agreement, agreement, beside, lines
from resnet_studio.architecture.paper_table import (
    HE_CIFAR,
    HE_IMAGENET,
    TABLES,
    Cell,
    RowKind,
    Window,
)

COLUMNS = [
    pytest.param(table, place, id=f"{table.key}-{column.title}")
    for table in TABLES
    for place, column in enumerate(table.columns)
]


@pytest.mark.parametrize(("table", "place"), COLUMNS)
def test_every_network_of_a_column_has_the_cells_of_its_column(table, place):
    """Sizes, kernels, channels, groups and repeats; of every network that the column names."""
    for network in table.columns[place].networks:
        compared = lines(build_graph(CATALOG[network].spec), table, place)
        assert [line.row for line in compared] == list(table.rows), network
        for line in compared:
            assert line.live is not None
            assert (line.live.size, line.live.cell) == (line.row.size, line.printed), network
            assert not line.differs


# He et al. 2015, table 1, as the reference facts have it.
BLOCKS = {
    "18-layer": (2, 2, 2, 2),
    "34-layer": (3, 4, 6, 3),
    "50-layer": (3, 4, 6, 3),
    "101-layer": (3, 4, 23, 3),
    "152-layer": (3, 8, 36, 3),
}


def test_table_1_is_as_the_paper_prints_it():
    assert [row.size for row in HE_IMAGENET.rows] == [112, 56, 56, 28, 14, 7, 1]
    for column in HE_IMAGENET.columns:
        stem, pool, *stages, head = column.cells
        assert stem == Cell((Window(7, 64, stride=2),))
        assert pool == Cell((Window(3, 0, stride=2),))
        assert head.windows[0].channels == 1000
        assert tuple(stage.repeats for stage in stages) == BLOCKS[column.title]
        for width, stage in zip((64, 128, 256, 512), stages, strict=True):
            shape = [(window.kernel, window.channels) for window in stage.windows]
            if int(column.title.split("-")[0]) < 50:
                assert shape == [(3, width), (3, width)]
            else:
                assert shape == [(1, width), (3, width), (1, 4 * width)]


def test_on_cifar_the_printed_layers_are_1_plus_2n_2n_and_2n():
    for column in HE_CIFAR.columns:
        depth = CATALOG[column.networks[0]].spec.depth
        n = (depth - 2) // 6
        stem, *stages, _ = column.cells
        layers = [stage.repeats * len(stage.windows) for stage in stages]
        layers[0] += len(stem.windows)
        assert layers == [1 + 2 * n, 2 * n, 2 * n]
        assert [stage.windows[0].channels for stage in stages] == [16, 32, 64]


# From `resnet_facts.json`, he2015.table1_architectures: exact counts beside the printed ones.
MACS = {
    "18-layer": (1.8, 1_794_805_760, Agreement.ROUNDED),
    "34-layer": (3.6, 3_644_493_824, Agreement.ROUNDED),
    "50-layer": (3.8, 3_857_973_248, Agreement.CUT_OFF),
    "101-layer": (7.6, 7_570_194_432, Agreement.ROUNDED),
    "152-layer": (11.3, 11_282_415_616, Agreement.ROUNDED),
}


def test_the_printed_multiply_adds_are_those_of_the_published_networks():
    assert {column.title for column in HE_IMAGENET.columns} == set(MACS)
    for column in HE_IMAGENET.columns:
        value, count, relation = MACS[column.title]
        assert column.macs is not None
        assert column.macs.value == value
        assert build_graph(CATALOG[column.networks[0]].spec).macs == count
        assert agreement(column.macs, count) is relation


def test_every_count_printed_in_a_table_is_the_count_of_its_network():
    compared = 0
    for table in TABLES:
        for column in table.columns:
            network = column.networks[0]
            for each in beside(build_graph(CATALOG[network].spec), network):
                if each.count is not None and not each.figure.title.endswith("1×1)"):
                    assert each.agrees is not Agreement.DIFFERS, (network, each)
                    compared += 1
    assert compared == 22


def test_every_column_has_a_cell_for_every_row_and_known_networks():
    keys = [table.key for table in TABLES]
    assert len(keys) == len(set(keys))
    for table in TABLES:
        assert table.note
        assert [row.kind for row in table.rows][-1] is RowKind.HEAD
        for column in table.columns:
            assert len(column.cells) == len(table.rows)
            assert set(column.networks) <= set(CATALOG)


def test_what_could_not_be_verified_is_not_in_the_tables():
    """The counts of Xie et al.'s table 1 were only recalled; Wide ResNets without a source too."""
    resnext = next(table for table in TABLES if table.key == "resnext")
    assert "left out" in resnext.note
    assert all(column.parameters is None for column in resnext.columns)
    assert all(column.error is not None for column in resnext.columns)
