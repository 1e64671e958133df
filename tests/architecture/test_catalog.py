"""The catalogue has the published networks, and a person's text finds them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from resnet_studio.architecture import published
from resnet_studio.architecture.catalog import CATALOG, Family, Figure, by_family, get, resolve
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import (
    ActivationOrder,
    BlockKind,
    NetworkSpec,
    ProjectionKind,
    ShortcutKind,
    ShortcutType,
    StemKind,
    StridePlace,
)
from resnet_studio.errors import SpecError

_VARIANTS = ("bn_after", "relu_before", "relu_only")
IDS = {
    Family.IMAGENET: [
        *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnet200"),
        *("resnet50_v1", "resnet101_v1", "resnet152_v1"),
    ],
    Family.OPTIONS: ["resnet18_option_a", "resnet34_option_a", "resnet34_option_c"],
    Family.RESNEXT: [
        *("resnext50_32x4d", "resnext101_32x4d", "resnext101_32x8d", "resnext101_64x4d")
    ],
    Family.WIDE: [
        *("wide_resnet50_2", "wide_resnet101_2"),
        *("wrn16_4", "wrn16_8", "wrn22_8", "wrn28_2", "wrn28_10", "wrn28_10_dropout"),
        *("wrn40_1", "wrn40_2", "wrn40_4", "wrn52_1"),
    ],
    Family.TWEAKS: ["resnet50c", *(f"resnet{depth}d" for depth in (18, 34, 50, 101, 152))],
    Family.SQUEEZE: [
        *(f"seresnet{depth}" for depth in (18, 34, 50, 101, 152)),
        "seresnext50_32x4d",
    ],
    Family.PLAIN: [
        *("plain18", "plain34"),
        *(f"cifar_plain{depth}" for depth in (20, 32, 44, 56, 110)),
    ],
    Family.CIFAR: [
        *(f"cifar_resnet{depth}" for depth in (20, 32, 44, 56, 110, 1202)),
        *("cifar_resnet164", "cifar_resnet1001"),
    ],
    Family.PREACTIVATION: [
        *(f"preact_resnet{depth}" for depth in (50, 101, 152, 200)),
        *(f"cifar_preact_resnet{depth}" for depth in (110, 164, 1001)),
    ],
    Family.ORDERS: [
        *(f"cifar_resnet{depth}_{variant}" for depth in (110, 164) for variant in _VARIANTS),
    ],
    Family.SHORTCUTS: [
        *("cifar_resnet110_scaling", "cifar_resnet110_scaling_shortcut"),
        *("cifar_resnet110_exclusive_gate", "cifar_resnet110_shortcut_gate"),
        *("cifar_resnet110_conv1x1", "cifar_resnet110_dropout"),
        *("cifar_highway20", "cifar_highway32"),
    ],
    Family.STOCHASTIC: ["cifar_resnet110_stochastic", "cifar_resnet1202_stochastic"],
    Family.TEACHING: ["tutorial96", "learner5"],
}
NAMES = [name for names in IDS.values() for name in names]
NUMBERED = [name for name in NAMES if name not in IDS[Family.TEACHING]]

REFERENCE = json.loads(
    (Path(__file__).parent / "reference_counts.json").read_text(encoding="utf-8")
)
# Where the reference file has what was counted on independent implementations.
COUNTED = {
    **{name: ("torchvision_224", name) for name in REFERENCE["torchvision_224"]},
    **{f"{name}_v1": ("v1_stride", name) for name in REFERENCE["v1_stride"]},
    **{
        f"resnet{depth}_option_{option.lower()}": (
            "imagenet_shortcut_options",
            f"resnet{depth}_{option}",
        )
        for depth, option in ((18, "A"), (34, "A"), (34, "C"))
    },
    **{name: ("timm_224", name) for name in ("resnet200", *IDS[Family.TWEAKS])},
    **{f"preact_resnet{depth}": ("timm_224", f"resnetv2_{depth}") for depth in (50, 101, 152)},
    **{name: ("timm_se_224", name) for name in ("seresnet50", "seresnext50_32x4d")},
    **{
        name: ("wide_resnet_cifar", name.replace("wrn", "wrn_") + "_cifar10")
        for name in IDS[Family.WIDE]
        if name.startswith("wrn") and not name.endswith("dropout")
    },
    **{f"cifar_resnet{n}": ("cifar_6n2", str(n)) for n in (20, 32, 44, 56, 110, 1202)},
    **{
        f"cifar_resnet{n}": ("cifar_orders", f"postact_bottleneck_{n}_cifar10") for n in (164, 1001)
    },
    **{
        f"cifar_preact_resnet{n}": ("cifar_orders", f"preact_bottleneck_{n}_cifar10")
        for n in (164, 1001)
    },
    "cifar_preact_resnet110": ("cifar_orders", "preact_basic_110_optionA_cifar10"),
}


def errors(*names: str, key: str = "cifar10_error") -> list[float]:
    return [CATALOG[name].published[key].value for name in names]


# The list


def test_the_catalogue_lists_its_networks_in_order():
    assert list(CATALOG) == NAMES


def test_the_families_group_the_list_in_its_order():
    groups = by_family()
    assert {family: [entry.id for entry in group] for family, group in groups.items()} == IDS
    assert list(groups) == list(Family)


def test_ids_and_titles_name_one_network_each():
    assert all(entry.id == name == entry.spec.name for name, entry in CATALOG.items())
    assert len({entry.title for entry in CATALOG.values()}) == len(CATALOG)
    specs = {entry.spec.replace(name="same") for entry in CATALOG.values()}
    assert len(specs) == len(CATALOG)


def test_every_entry_cites_an_arxiv_paper():
    for entry in CATALOG.values():
        year_month, _, number = entry.paper.arxiv.partition(".")
        assert len(year_month) == 4
        assert len(number) == 5
        assert entry.paper.year == 2000 + int(year_month[:2])
        assert entry.note.endswith(".")


def test_the_catalogue_cannot_be_changed():
    with pytest.raises(TypeError):
        CATALOG["resnet18"] = CATALOG["resnet34"]


# The networks


@pytest.mark.parametrize("name", NUMBERED)
def test_each_network_has_the_depth_of_its_name(name):
    depth = re.search(r"(?:net|plain|next|highway|wrn)(\d+)", name).group(1)
    assert CATALOG[name].spec.depth == int(depth)
    assert depth in CATALOG[name].title


@pytest.mark.parametrize("name", NUMBERED)
def test_each_network_is_for_the_pictures_of_its_family(name):
    spec = CATALOG[name].spec
    if name.startswith(("cifar_", "wrn")):
        assert (spec.stem, spec.stem_width) == (StemKind.CIFAR, 16)
        assert (spec.classes, spec.input_size) == (10, 32)
        first = 16 * int(name.split("_")[1]) if name.startswith("wrn") else 16
        assert spec.widths == (first, 2 * first, 4 * first)
    else:
        assert (spec.classes, spec.input_size, spec.stem_width) == (1000, 224, 64)
        assert spec.widths == (64, 128, 256, 512)
    deep = spec.depth in (50, 101, 152, 164, 200, 1001)
    assert (spec.block is BlockKind.BOTTLENECK) == deep


# A network, the one that it is a variant of, and all the fields in which they differ.
PREACTIVATED = {"order": ActivationOrder.FULL_PREACTIVATION}
PLAIN = {"shortcut": ShortcutKind.NONE}
HALVED = {"shortcut_type": ShortcutType.SCALING}
AVERAGED = {"stem": StemKind.DEEP, "projection": ProjectionKind.AVGPOOL}
SQUEEZED = {"se_reduction": 16}
STOCHASTIC = {"stochastic_depth": 0.5}
HIGHWAY = {
    "shortcut_type": ShortcutType.HIGHWAY,
    "order": ActivationOrder.RELU_BEFORE_ADDITION,
}
ORDERS = {
    "bn_after": ActivationOrder.BN_AFTER_ADDITION,
    "relu_before": ActivationOrder.RELU_BEFORE_ADDITION,
    "relu_only": ActivationOrder.RELU_ONLY_PREACTIVATION,
}
DIFFERENCES = [
    ("resnet50_v1", "resnet50", {"stride_on": StridePlace.CONV1}),
    ("resnet101_v1", "resnet101", {"stride_on": StridePlace.CONV1}),
    ("resnet152_v1", "resnet152", {"stride_on": StridePlace.CONV1}),
    ("resnet18_option_a", "resnet18", {"shortcut": ShortcutKind.A}),
    ("resnet34_option_a", "resnet34", {"shortcut": ShortcutKind.A}),
    ("resnet34_option_c", "resnet34", {"shortcut": ShortcutKind.C}),
    ("resnext50_32x4d", "resnet50", {"groups": 32, "base_width": 4}),
    ("resnext101_32x4d", "resnet101", {"groups": 32, "base_width": 4}),
    ("resnext101_32x8d", "resnet101", {"groups": 32, "base_width": 8}),
    ("resnext101_64x4d", "resnet101", {"groups": 64, "base_width": 4}),
    ("wide_resnet50_2", "resnet50", {"base_width": 128}),
    ("wide_resnet101_2", "resnet101", {"base_width": 128}),
    ("wrn28_10_dropout", "wrn28_10", {"dropout": 0.3}),
    ("resnet50c", "resnet50", {"stem": StemKind.DEEP}),
    *((f"resnet{depth}d", f"resnet{depth}", AVERAGED) for depth in (18, 34, 50, 101, 152)),
    *((f"seresnet{depth}", f"resnet{depth}", SQUEEZED) for depth in (18, 34, 50, 101, 152)),
    ("seresnext50_32x4d", "resnext50_32x4d", SQUEEZED),
    ("plain18", "resnet18", PLAIN),
    ("plain34", "resnet34", PLAIN),
    *((f"cifar_plain{n}", f"cifar_resnet{n}", PLAIN) for n in (20, 32, 44, 56, 110)),
    *((f"preact_resnet{n}", f"resnet{n}", PREACTIVATED) for n in (50, 101, 152, 200)),
    *((f"cifar_preact_resnet{n}", f"cifar_resnet{n}", PREACTIVATED) for n in (110, 164, 1001)),
    *(
        (f"cifar_resnet{depth}_{suffix}", f"cifar_resnet{depth}", {"order": order})
        for depth in (110, 164)
        for suffix, order in ORDERS.items()
    ),
    ("cifar_resnet110_scaling", "cifar_resnet110", HALVED | {"residual_scale": 0.5}),
    ("cifar_resnet110_scaling_shortcut", "cifar_resnet110", HALVED),
    (
        "cifar_resnet110_exclusive_gate",
        "cifar_resnet110",
        {"shortcut_type": ShortcutType.EXCLUSIVE_GATE},
    ),
    (
        "cifar_resnet110_shortcut_gate",
        "cifar_resnet110",
        {"shortcut_type": ShortcutType.SHORTCUT_GATE},
    ),
    ("cifar_resnet110_conv1x1", "cifar_resnet110", {"shortcut_type": ShortcutType.CONV}),
    ("cifar_resnet110_dropout", "cifar_resnet110", {"shortcut_type": ShortcutType.DROPOUT}),
    ("cifar_highway20", "cifar_resnet20", HIGHWAY | {"gate_bias": -2.0}),
    ("cifar_highway32", "cifar_resnet32", HIGHWAY | {"gate_bias": -3.0}),
    ("cifar_resnet110_stochastic", "cifar_resnet110", STOCHASTIC),
    ("cifar_resnet1202_stochastic", "cifar_resnet1202", STOCHASTIC),
    ("learner5", "resnet50", {"classes": 5}),
]


@pytest.mark.parametrize(("name", "base", "expected"), DIFFERENCES)
def test_a_variant_differs_from_its_base_in_what_it_is_named_after(name, base, expected):
    variant, other = (dict(CATALOG[key].spec) for key in (name, base))
    different = {field: value for field, value in variant.items() if value != other[field]}
    assert different == {"name": name} | expected


def test_what_has_no_base_is_the_original_network_or_a_wide_one():
    variants = {name for name, _, _ in DIFFERENCES}
    plainest = {f"resnet{depth}" for depth in (18, 34, 50, 101, 152, 200)}
    plainest |= {f"cifar_resnet{n}" for n in (20, 32, 44, 56, 110, 164, 1001, 1202)}
    wide = {name for name in NAMES if name.startswith("wrn")} - variants
    assert variants | plainest | wide | {"tutorial96"} == set(NAMES)


@pytest.mark.parametrize("n", [20, 32, 44, 56, 110, 1202])
def test_a_cifar_network_of_basic_blocks_pads_with_zeros(n):
    spec = CATALOG[f"cifar_resnet{n}"].spec
    assert spec.shortcut is ShortcutKind.A
    assert spec.depths == ((n - 2) // 6,) * 3


@pytest.mark.parametrize("n", [164, 1001])
def test_a_cifar_network_of_bottlenecks_projects_and_has_its_stride_first(n):
    spec = CATALOG[f"cifar_resnet{n}"].spec
    assert (spec.shortcut, spec.stride_on) == (ShortcutKind.B, StridePlace.CONV1)
    assert spec.depths == ((n - 2) // 9,) * 3


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("wrn")])
def test_a_wide_network_is_pre_activated_and_counted_6n_plus_4(name):
    spec = CATALOG[name].spec
    assert (spec.order, spec.shortcut) == (ActivationOrder.FULL_PREACTIVATION, ShortcutKind.B)
    assert spec.counts_projections
    assert spec.depths == ((spec.depth - 4) // 6,) * 3


def test_the_first_block_of_a_network_that_is_not_widened_reads_before_its_activation():
    """As in the code of Zagoruyko and Komodakis: its shortcut is the identity."""
    first = build_graph(CATALOG["wrn40_1"].spec).blocks[0]
    assert first.entry == ()
    assert first.residual[0].name == "layer1.0.bn1"
    assert build_graph(CATALOG["wrn40_2"].spec).blocks[0].entry


def test_the_tutorials_network_has_the_shapes_that_are_printed_for_it():
    graph = build_graph(CATALOG["tutorial96"].spec)
    assert graph.input_shape == (3, 96, 96)
    for part, shape in REFERENCE["tutorial_96"].items():
        assert graph.find(part).output_shape == tuple(shape)


@pytest.mark.parametrize("name", COUNTED)
def test_counts_are_those_of_independent_implementations(name):
    section, key = COUNTED[name]
    graph, expected = build_graph(CATALOG[name].spec), REFERENCE[section][key]
    assert (graph.parameters, graph.macs) == (expected["params"], expected["macs"])


# The published figures


def test_published_parameters_agree_with_the_graph_to_the_last_digit_that_is_printed():
    compared = 0
    for entry in CATALOG.values():
        if (figure := entry.published.get("parameters")) is not None:
            counted = build_graph(entry.spec).parameters
        elif (figure := entry.published.get("weights")) is not None:
            graph = build_graph(entry.spec)
            counted = graph.parameters - graph.bn_parameters
        else:
            continue
        digits = len(str(figure.value).partition(".")[2])
        assert round(counted / 1e6, digits) == figure.value, entry.id
        compared += 1
    assert compared == 18


def test_every_published_figure_names_its_source_and_is_plausible():
    figures = [figure for entry in CATALOG.values() for figure in entry.published.values()]
    assert len(figures) > 100
    for figure in figures:
        assert isinstance(figure, Figure)
        assert figure.source
        assert figure.title
        assert figure.unit in ("%", "million", "billion")
        assert 0 < figure.value < 100


def test_no_two_tables_give_the_same_figure_of_one_network():
    for name in NAMES:
        keys = [key for key, _ in published._figures(name)]
        assert len(keys) == len(set(keys)), name


def test_every_figure_belongs_to_a_network_of_the_catalogue():
    tables = (*published._PAIRS, *published._VALUES)
    assert {name for table in tables for name in table.values} <= set(NAMES)


def test_the_published_figures_show_degradation():
    plain = errors("plain18", "plain34", key="top1_error_10crop")
    residual = errors("resnet18_option_a", "resnet34_option_a", key="top1_error_10crop")
    assert plain[1] > plain[0]
    assert residual[1] < residual[0]


def test_the_published_figures_rank_the_shortcut_options():
    names = ("resnet34_option_a", "resnet34", "resnet34_option_c")
    a, b, c = errors(*names, key="top1_error_10crop")
    assert a > b > c


def test_the_published_figures_show_that_the_identity_is_the_best_shortcut():
    (identity,) = errors("cifar_resnet110", key="cifar10_error_mean")
    for suffix in ("scaling", "exclusive_gate", "shortcut_gate", "conv1x1"):
        (error,) = errors(f"cifar_resnet110_{suffix}")
        assert error > identity


@pytest.mark.parametrize("suffix", ["scaling_shortcut", "dropout"])
def test_a_failure_is_told_in_words_and_has_no_figure(suffix):
    entry = CATALOG[f"cifar_resnet110_{suffix}"]
    assert "failure" in entry.note
    assert "above 20 %" in entry.note
    assert not entry.published


def test_the_published_figures_show_what_pre_activation_does_for_depth():
    original = errors("cifar_resnet164", "cifar_resnet1001")
    activated = errors("cifar_preact_resnet164", "cifar_preact_resnet1001")
    assert original[1] > original[0]
    assert activated[1] < activated[0]


# What a person types


def test_get_returns_the_entry():
    assert get("resnet50") is CATALOG["resnet50"]


@pytest.mark.parametrize(
    ("typed", "near"),
    [("resnet57", "resnet50"), ("ResNet18", "resnet18"), ("cifar-resnet20", "cifar_resnet20")],
)
def test_an_unknown_id_is_answered_with_near_ones(typed, near):
    with pytest.raises(SpecError) as caught:
        get(typed)
    assert typed in caught.value.message
    assert near in caught.value.remedy


def test_an_id_like_no_other_is_answered_with_the_list():
    with pytest.raises(SpecError) as caught:
        get("zzz")
    assert all(name in caught.value.remedy for name in NAMES)


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_resolve_reads_a_spec_file(tmp_path, suffix):
    spec = NetworkSpec(name="mine", block=BlockKind.BASIC, depths=(1, 2), stem=StemKind.CIFAR)
    path = tmp_path / f"mine{suffix}"
    spec.save(path)
    assert resolve(str(path)) == spec


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("cifar_plain56", "cifar_plain56"),
        ("ResNet-50", "resnet50"),
        ("resnet50_v1.5", "resnet50"),
        ("ResNet-50-D", "resnet50d"),
        ("WRN-28-10", "wrn28_10"),
        ("Wide_ResNet_28_10", "wrn28_10"),
        ("wide-resnet-50-2", "wide_resnet50_2"),
        ("resnet1202", "cifar_resnet1202"),
        ("plain-20", "cifar_plain20"),
        ("PreAct ResNet 164", "cifar_preact_resnet164"),
        ("preact_resnet152", "preact_resnet152"),
        ("resnetv2_50", "preact_resnet50"),
        ("SE-ResNeXt-50 32x4d", "seresnext50_32x4d"),
        ("se_resnet50", "seresnet50"),
        ("CIFAR ResNet-110, BN after addition", "cifar_resnet110_bn_after"),
    ],
)
def test_resolve_finds_ids_titles_and_other_names(typed, name):
    assert resolve(typed) is CATALOG[name].spec


@pytest.mark.parametrize("name", NAMES)
def test_every_id_title_and_alias_finds_its_own_network(name):
    entry = CATALOG[name]
    for text in (entry.id, entry.title, *entry.aliases):
        assert resolve(text) is entry.spec


@pytest.mark.parametrize("text", ["missing.json", "./resnet50", "folder/resnet18", ""])
def test_resolve_refuses_what_is_neither(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError):
        resolve(text)
