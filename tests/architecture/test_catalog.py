"""The catalogue has the published networks, and a person's text finds them."""

from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import CATALOG, Figure, get, resolve
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import BlockKind, NetworkSpec, ShortcutKind, StemKind
from resnet_studio.errors import SpecError

IDS = [
    *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
    *("resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d"),
    *("wide_resnet50_2", "wide_resnet101_2"),
    *("plain18", "plain34"),
    *(f"cifar_resnet{depth}" for depth in (20, 32, 44, 56, 110)),
    *(f"cifar_plain{depth}" for depth in (20, 32, 44, 56, 110)),
]


def test_the_catalogue_lists_its_networks_in_order():
    assert list(CATALOG) == IDS


def test_ids_and_titles_name_one_network_each():
    assert all(entry.id == name == entry.spec.name for name, entry in CATALOG.items())
    assert len({entry.title for entry in CATALOG.values()}) == len(CATALOG)
    specs = {entry.spec.replace(name="same") for entry in CATALOG.values()}
    assert len(specs) == len(CATALOG)


@pytest.mark.parametrize("name", IDS)
def test_each_network_has_the_depth_of_its_name(name):
    digits = name.removeprefix("cifar_").partition("_")[0].removeprefix("wide_")
    if name.startswith("wide_"):
        digits = name.split("_")[1]
    depth = int("".join(letter for letter in digits if letter.isdigit()))
    assert CATALOG[name].spec.depth == depth
    assert str(depth) in CATALOG[name].title


@pytest.mark.parametrize("name", IDS)
def test_each_network_is_as_published(name):
    spec = CATALOG[name].spec
    if name.startswith("cifar_"):
        assert (spec.stem, spec.widths, spec.classes) == (StemKind.CIFAR, (16, 32, 64), 10)
        usual = ShortcutKind.A
    else:
        assert (spec.stem, spec.classes, spec.input_size) == (StemKind.IMAGENET, 1000, 224)
        assert spec.widths == (64, 128, 256, 512)
        usual = ShortcutKind.B
    assert spec.shortcut is (ShortcutKind.NONE if "plain" in name else usual)
    assert (spec.block is BlockKind.BOTTLENECK) == (spec.depth in (50, 101, 152))


def test_published_parameters_agree_with_the_graph():
    """Table 6 of He et al. prints them in millions with two digits."""
    compared = 0
    for entry in CATALOG.values():
        if (figure := entry.published.get("parameters")) is not None:
            counted = build_graph(entry.spec).parameters / 1e6
            assert f"{counted:.2g}" == f"{figure.value:.2g}"
            compared += 1
    assert compared == 5


def test_every_published_figure_names_its_source_and_is_plausible():
    figures = [figure for entry in CATALOG.values() for figure in entry.published.values()]
    assert len(figures) > 50
    for figure in figures:
        assert isinstance(figure, Figure)
        assert figure.source
        assert figure.title
        assert figure.unit in ("%", "million")
        assert 0 < figure.value < 100


def test_the_published_figures_show_degradation():
    error = {name: CATALOG[name].published["top1_error_10crop"].value for name in IDS[:2]}
    plain = {n: CATALOG[n].published["top1_error_10crop"].value for n in ("plain18", "plain34")}
    assert plain["plain34"] > plain["plain18"]
    assert error["resnet34"] < error["resnet18"]


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
    assert all(name in caught.value.remedy for name in IDS)


@pytest.mark.parametrize("suffix", [".json", ".toml"])
def test_resolve_reads_a_spec_file(tmp_path, suffix):
    spec = NetworkSpec(name="mine", block=BlockKind.BASIC, depths=(1, 2), stem=StemKind.CIFAR)
    path = tmp_path / f"mine{suffix}"
    spec.save(path)
    assert resolve(str(path)) == spec


def test_resolve_finds_a_catalogue_id():
    assert resolve("cifar_plain56") is CATALOG["cifar_plain56"].spec


@pytest.mark.parametrize("text", ["missing.json", "./resnet50", "folder/resnet18", ""])
def test_resolve_refuses_what_is_neither(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError):
        resolve(text)
