"""Sizes, unread rows and receptive fields agree with windows counted one by one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resnet_studio.architecture.arithmetic import (
    PIXEL,
    Unread,
    explain,
    grow,
    join,
    output_size,
    sentences,
    unread,
)
from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.elements import LayerKind, ReceptiveField
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import BlockKind, NetworkSpec, StemKind
from resnet_studio.errors import SpecError
from tests.architecture.strategies import small_specs

_WINDOWS = st.fixed_dictionaries(
    {"kernel": st.integers(1, 9), "stride": st.integers(1, 5), "padding": st.integers(0, 4)}
)


def windows_one_by_one(size, *, kernel, stride, padding):
    """Returns the rows of the padded map that each window reads, counted without a formula."""
    windows, start = [], 0
    while start + kernel <= size + 2 * padding:
        windows.append(range(start, start + kernel))
        start += stride
    return windows


@given(st.integers(1, 60), _WINDOWS)
def test_output_size_is_the_number_of_windows_that_fit(size, window):
    expected = len(windows_one_by_one(size, **window))
    if expected:
        assert output_size(size, **window) == expected
    else:
        with pytest.raises(SpecError, match="does not fit"):
            output_size(size, **window)


@given(st.integers(9, 60), _WINDOWS)
@example(10, {"kernel": 2, "stride": 3, "padding": 0})  # the last row would start a window
@example(9, {"kernel": 1, "stride": 2, "padding": 1})  # the last window reads only padding
@example(96, {"kernel": 7, "stride": 2, "padding": 0})  # the map itself loses its last row
def test_unread_rows_are_those_in_no_window(size, window):
    padding = window["padding"]
    windows = windows_one_by_one(size, **window)
    read = {row for rows in windows for row in rows}
    picture = range(padding, padding + size)
    after_the_last = range(windows[-1].stop, size + 2 * padding)
    assert unread(size, **window) == Unread(
        remainder=len(after_the_last),
        padding=sum(row not in picture for row in after_the_last),
        rows=sum(row not in read for row in picture),
        last_row=picture[-1] not in read,
    )


def test_at_224_the_stem_and_the_pool_leave_one_row_of_padding_unread():
    assert output_size(224, kernel=7, stride=2, padding=3) == 112
    assert output_size(112, kernel=3, stride=2, padding=1) == 56
    lost = Unread(remainder=1, padding=1, rows=0, last_row=False)
    assert unread(224, kernel=7, stride=2, padding=3) == lost
    assert unread(112, kernel=3, stride=2, padding=1) == lost


@pytest.mark.parametrize("size", [223, 225])
def test_at_an_odd_size_the_stem_leaves_nothing_unread(size):
    assert unread(size, kernel=7, stride=2, padding=3) == Unread(0, 0, 0, last_row=False)


@pytest.mark.parametrize("size", [56, 28, 14])
def test_a_strided_projection_on_an_even_map_skips_every_second_row_and_the_last(size):
    lost = unread(size, kernel=1, stride=2, padding=0)
    assert (lost.rows, lost.last_row) == (size // 2, True)


def test_a_strided_projection_on_an_odd_map_reads_the_last_row():
    lost = unread(7, kernel=1, stride=2, padding=0)
    assert (lost.rows, lost.last_row) == (3, False)


@given(st.lists(_WINDOWS, min_size=1, max_size=4), st.integers(0, 3))
def test_receptive_field_is_the_span_of_pixels_traced_back(stack, position):
    """Traces one output number back through the windows, on an endless padded picture."""
    field = PIXEL
    for window in stack:
        field = grow(field, **window)
    low = high = position
    for window in reversed(stack):
        low = low * window["stride"] - window["padding"]
        high = high * window["stride"] - window["padding"] + window["kernel"] - 1
    assert field.size == high - low + 1
    assert field.first_centre + position * field.jump == (low + high) / 2


def test_paths_with_one_centre_join_to_the_largest():
    small, large = ReceptiveField(11, 4, 0.0), ReceptiveField(43, 4, 0.0)
    assert join((small, large)) == join((large, small)) == large
    assert join((small, small)) is small


def test_paths_with_different_centres_join_to_all_that_either_sees():
    left, right = ReceptiveField(3, 2, 0.0), ReceptiveField(1, 2, 4.0)  # pixels -1..1 and 4
    assert join((left, right)) == ReceptiveField(6, 2, 1.5)


def explained(network: str, layer: str, *, input_size: int | None = None) -> str:
    return explain(build_graph(CATALOG[network].spec, input_size=input_size).find(layer))


def test_the_stem_is_explained_as_the_lesson_has_it():
    text = explained("resnet50", "conv1")
    assert "floor((224 + 2 × 3 − 7) / 2) + 1 = 112" in text
    assert "the division leaves 1" in text
    assert "last row and column of the padding" in text
    assert "3 before and 2 after" in text
    assert "No pixel of the picture is lost" in text
    assert "7 × 7 × 3 × 64 = 9,408" in text
    assert "9,408 × 112 × 112 = 118,013,952" in text


def test_the_pool_is_explained_as_the_lesson_has_it():
    text = explained("resnet50", "maxpool")
    assert "floor((112 + 2 × 1 − 3) / 2) + 1 = 56" in text
    assert "1 before and 0 after" in text
    assert "No pixel of the map is lost" in text
    assert "11 × 11 pixels" in text


def test_a_strided_projection_is_said_to_skip_rows():
    text = explained("resnet50", "layer2.0.downsample.0")
    assert "Of 56 rows and 56 columns 28 each are skipped, the last one too" in text
    assert "28 × 28 of 56 × 56 positions" in text
    assert "is lost" not in text


def test_a_strided_projection_on_an_odd_map_is_said_to_read_the_last_row():
    text = explained("resnet50", "layer2.0.downsample.0", input_size=225)
    assert "the division is exact" in text
    assert "28 each are skipped, not the last one" in text


def test_where_the_division_is_exact_nothing_is_said_to_be_unread():
    text = explained("resnet50", "conv1", input_size=225)
    assert "(225 + 2 × 3 − 7) / 2 + 1 = 113; the division is exact." in text
    assert "never read" not in text


def test_groups_appear_in_the_parameters():
    text = explained("resnext50_32x4d", "layer1.0.conv2")
    assert "3 × 3 × (128 / 32 groups) × 128 = 4,608" in text


def test_the_linear_layer_is_explained_with_its_bias():
    assert "(512 + 1) × 1,000 = 513,000 parameters" in explained("resnet18", "fc")


def test_zero_padding_is_explained_without_parameters():
    text = explained("cifar_resnet20", "layer2.0.downsample")
    assert "appends 16 channels of zeros; trains nothing" in text


def test_global_pooling_has_no_neighbour():
    text = explained("resnet18", "avgpool")
    assert "its whole 7 × 7 map: 512 numbers are left" in text
    assert "neighbour" not in text


@given(small_specs())
def test_every_layer_is_explained_in_whole_sentences(spec):
    for layer in build_graph(spec).layers:
        said = sentences(layer)
        assert explain(layer) == " ".join(said)
        assert all(sentence.endswith(".") and sentence[0].isupper() for sentence in said)


def explained_in(layer: str, **fields: Any) -> str:
    """Returns what is said of a layer in a small network with 4 and 8 channels."""
    usual = {"stem": StemKind.CIFAR, "stem_width": 4, "input_size": 7, "depths": (2, 2)}
    spec = NetworkSpec(block=BlockKind.BASIC, **usual | fields)
    return explain(build_graph(spec).find(layer))


def test_a_bias_is_counted_as_parameters_but_not_as_multiplications():
    text = explained_in("layer2.0.downsample.0", shortcut="B", projection="bias")
    assert "from 4 to 8 channels, with bias." in text
    assert "Parameters: 1 × 1 × 4 × 8 + 8 = 40." in text
    assert "Multiply-accumulates: 32 × 4 × 4 = 512." in text


def test_the_tutorials_stem_is_said_to_lose_a_row_of_the_picture():
    text = explained_in("conv1", stem="tutorial", input_size=96)
    assert "floor((96 + 2 × 0 − 7) / 2) + 1 = 45; the division leaves 1." in text
    assert "the last row and column of the picture are never read" in text


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (7, "Size: 7 / 2, rounded up, = 4: the last window has only 1 of 2 rows or columns"),
        (8, "Size: 8 / 2 = 4; the division is exact."),
    ],
)
def test_an_average_pool_on_a_shortcut_says_what_its_last_window_has(size, expected):
    fields = {"shortcut": "B", "projection": "avgpool", "input_size": size}
    text = explained_in("layer2.0.downsample.0", **fields)
    assert text.startswith("Averages each 2 × 2 window")
    assert expected in text
    assert "its neighbour sees" in text


def test_zeros_on_both_sides_are_counted_on_each():
    text = explained_in("layer2.0.downsample", widths=(4, 9), zero_padding="both")
    assert "Passes 4 channels on, with 2 channels of zeros before them and 3 after" in text


def test_a_gate_is_explained_as_a_convolution_that_decides_what_passes():
    text = explained_in("layer1.0.gate", shortcut_type="highway")
    assert "A 3 × 3 convolution from 4 to 4 channels, with bias, and a sigmoid" in text
    assert "of which the share 1 − g passes" in text
    assert "Parameters: 3 × 3 × 4 × 4 + 4 = 148." in text
    assert "Multiply-accumulates: 144 × 7 × 7 = 7,056." in text


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("exclusive_gate", "Adds 1 − g times the shortcut to g times the residual branch"),
        ("shortcut_gate", "Adds 1 − g times the shortcut to the residual branch"),
        ("scaling", "Adds the shortcut to the residual branch, number by number: both are 4 ×"),
    ],
)
def test_an_addition_says_what_a_gate_weighs(kind, expected):
    assert expected in explained_in("layer1.0.add", shortcut_type=kind)


def test_squeeze_and_excitation_is_explained_with_its_counts():
    text = explained_in("layer2.0.se", se_reduction=4)
    assert "through 2 numbers: 2 × 8 × 2 + 2 + 8 = 42 parameters" in text
    assert "2 × 8 × 2 = 32 multiply-accumulates" in text
    assert "the weight of its channel depends on the whole map" in text


@pytest.mark.parametrize(
    ("layer", "fields", "expected"),
    [
        (
            "layer1.0.shortcut_scale",
            {"shortcut_type": "scaling", "shortcut_scale": 0.25},
            "Multiplies every number by 0.25; trains nothing.",
        ),
        (
            "layer1.0.dropout",
            {"dropout": 0.3},
            "replaces each number by 0 with probability 0.3 and divides the others by 0.7;",
        ),
        (
            "layer1.0.drop_path",
            {"stochastic_depth": 0.5, "depths": (1, 1)},
            "leaves out the residual branch with probability 0.25, for a whole batch at once, "
            "and divides it by 0.75 where it stays",
        ),
    ],
)
def test_what_is_random_in_training_is_explained_with_its_rate(layer, fields, expected):
    assert expected in explained_in(layer, **fields)


def test_every_kind_of_layer_has_its_own_explanation():
    everything = {"se_reduction": 4, "dropout": 0.3, "stochastic_depth": 0.5}
    networks = [
        NetworkSpec(block=BlockKind.BASIC, depths=(1, 1)),
        CATALOG["cifar_resnet20"].spec.replace(shortcut_type="highway", **everything),
        CATALOG["cifar_resnet20"].spec.replace(shortcut_type="scaling"),
    ]
    firsts: dict[str, set[str]] = {}
    for network in networks:
        for layer in build_graph(network).layers:
            firsts.setdefault(layer.kind, set()).add(sentences(layer)[0])
    assert set(firsts) == set(LayerKind)
    for kind, said in firsts.items():
        others = set().union(*(texts for other, texts in firsts.items() if other != kind))
        assert not said & others
