"""The nearest column is found, departures are marked, and steps add up to the difference."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.entries import Figure
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.paper_compare import (
    Agreement,
    Aspect,
    agreement,
    beside,
    lines,
    nearest,
    steps,
    totals,
)
from resnet_studio.architecture.paper_table import HE_CIFAR, HE_IMAGENET, RESNEXT, TABLES, RowKind
from resnet_studio.architecture.spec import NetworkSpec
from tests.architecture.strategies import small_specs


def graph_of(network, **changes):
    return build_graph(CATALOG[network].spec.replace(**changes))


def departures(graph, table, column):
    return {
        (line.row.title or line.row.part, aspect)
        for line in lines(graph, table, column)
        for aspect in line.differs
    }


def test_every_network_of_a_table_finds_its_own_column():
    for table in TABLES:
        for place, column in enumerate(table.columns):
            for name in column.networks:
                match = nearest(build_graph(CATALOG[name].spec), table)
                assert (match.column, match.network, match.same) == (place, name, True)


@pytest.mark.parametrize(
    ("name", "table", "title"),
    [
        ("resnet50", "he2015", "50-layer"),
        ("seresnet18", "he2015", "18-layer"),
        ("cifar_resnet20", "he2015_cifar", "20-layer"),
        ("cifar_preact_resnet164", "he2016", "164-layer"),
        ("wrn28_2", "wide", "WRN-28-10"),
        ("resnext101_32x8d", "resnext", "ResNeXt-101 32×4d"),
    ],
)
def test_of_all_tables_that_of_the_networks_own_kind_is_nearest(name, table, title):
    match = nearest(graph_of(name))
    assert (match.table.key, match.table.columns[match.column].title) == (table, title)


def test_what_changes_no_count_leaves_a_network_the_published_one():
    match = nearest(graph_of("resnet18", name="mine", zero_init_residual=True))
    assert match.same
    assert match.network == "resnet18"


def test_other_blocks_and_widths_are_marked_where_they_are():
    graph = graph_of("resnet50", depths=(3, 4, 5, 3), widths=(64, 96, 256, 512))
    assert departures(graph, HE_IMAGENET, 2) == {
        ("conv3_x", Aspect.WINDOWS),
        ("conv4_x", Aspect.REPEATS),
    }


def test_another_stem_is_marked_and_a_missing_pool_too():
    deep = departures(graph_of("resnet50", stem="deep"), HE_IMAGENET, 2)
    assert deep == {("conv1", Aspect.WINDOWS)}
    small = graph_of("resnet18", stem="cifar", stem_width=64, shortcut="B", input_size=224)
    found = departures(small, HE_IMAGENET, 0)
    assert {("conv1", Aspect.WINDOWS), ("conv1", Aspect.SIZE)} <= found
    assert ("conv2_x", Aspect.MISSING) in found  # the pool
    assert ("conv5_x", Aspect.WINDOWS) not in found


def test_another_number_of_classes_and_another_input_are_marked():
    assert departures(graph_of("cifar_resnet20", classes=100), HE_CIFAR, 0) == {
        ("head", Aspect.WINDOWS)
    }
    sizes = departures(graph_of("cifar_resnet20", input_size=64), HE_CIFAR, 0)
    assert {aspect for _, aspect in sizes} == {Aspect.SIZE}
    assert len(sizes) == 4


def test_stages_and_pools_that_the_table_lacks_stand_in_rows_of_their_own():
    spec = CATALOG["resnet18"].spec.replace(depths=(2, 2, 2, 2, 2), widths=(64, 128, 256, 512, 8))
    compared = lines(build_graph(spec), HE_CIFAR, 0)
    extra = [line.row for line in compared if Aspect.EXTRA in line.differs]
    assert [(row.kind, row.part) for row in extra] == [
        (RowKind.POOL, "stem"),
        (RowKind.STAGE, "layer4"),
        (RowKind.STAGE, "layer5"),
    ]
    assert compared[-1].row.kind is RowKind.HEAD


def test_fewer_stages_than_the_table_has_are_said_to_be_missing():
    spec = NetworkSpec(block="basic", depths=(1, 1), stem="imagenet")
    assert ("conv5_x", Aspect.MISSING) in departures(build_graph(spec), HE_IMAGENET, 0)


def test_groups_are_part_of_what_is_printed():
    graph = graph_of("resnext50_32x4d")
    assert not departures(graph, RESNEXT, 1)
    assert ("conv2_x", Aspect.WINDOWS) in departures(graph, RESNEXT, 0)


# Differences from `resnet_facts.json`: torchvision's stride, and options A, B and C.


@pytest.mark.parametrize(
    ("before", "after", "field", "parameters", "macs"),
    [
        ("resnet50_v1", "resnet50", "stride_on", 0, 4_089_184_256 - 3_857_973_248),
        ("resnet18_option_a", "resnet18", "shortcut", 11_689_512 - 11_515_688, 19_267_584),
        ("resnet34_option_a", "resnet34_option_c", "shortcut", 1_092_992, 186_253_312),
        ("resnet34_option_a", "plain34", "shortcut", 0, 0),
    ],
)
def test_one_change_explains_the_known_differences(before, after, field, parameters, macs):
    (step,) = steps(CATALOG[before].spec, CATALOG[after].spec)
    assert [change[0] for change in step.changes] == [field]
    assert (step.parameters, step.macs) == (parameters, macs)


def test_blocks_and_widths_of_another_number_of_stages_are_one_step():
    found = steps(CATALOG["resnet18"].spec, CATALOG["cifar_resnet20"].spec)
    together = next(step for step in found if any(name == "depths" for name, *_ in step.changes))
    assert "widths" in [name for name, *_ in together.changes]


def test_from_a_network_to_itself_there_is_no_step():
    assert steps(CATALOG["resnet50"].spec, CATALOG["resnet50"].spec.replace(name="x")) == ()


@settings(max_examples=40)
@given(small_specs(), small_specs())
def test_the_steps_add_up_to_the_difference_of_any_two_networks(before, after):
    found = steps(before, after)
    first, last = build_graph(before), build_graph(after)
    assert sum(step.parameters for step in found) == last.parameters - first.parameters
    assert sum(step.macs for step in found) == last.macs - first.macs


@settings(max_examples=40)
@given(small_specs(), st.lists(st.integers(1, 5), min_size=4, max_size=4))
def test_the_totals_are_those_of_the_whole_graph(spec, depths):
    deeper = spec.replace(depths=depths[: len(spec.depths)])
    graph = build_graph(deeper)
    assert totals(deeper) == (graph.parameters, graph.macs)


@pytest.mark.parametrize(
    ("value", "unit", "count", "expected"),
    [
        (3.8, "billion", 3_857_973_248, Agreement.CUT_OFF),
        (3.8, "billion", 4_089_184_256, Agreement.DIFFERS),
        (1.8, "billion", 1_814_073_344, Agreement.ROUNDED),
        (0.27, "million", 269_722, Agreement.ROUNDED),
        (11.0, "million", 10_961_370, Agreement.ROUNDED),
    ],
)
def test_a_printed_figure_is_rounded_cut_off_or_another(value, unit, count, expected):
    assert agreement(Figure("x", value, unit, "y"), count) is expected


def test_published_figures_stand_beside_counts_and_errors_without():
    found = {each.key: each for each in beside(graph_of("resnet50"), "resnet50")}
    assert (found["macs"].count, found["macs"].agrees) == (4_089_184_256, Agreement.DIFFERS)
    assert found["macs_torchvision"].agrees is Agreement.ROUNDED
    assert found["top1_error_10crop"].count is None
    weights = beside(graph_of("cifar_preact_resnet1001"), "cifar_preact_resnet1001")[0]
    assert (weights.key, weights.count) == ("weights", 10_178_490)
