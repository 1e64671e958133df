"""What is offered to compare with, and that nothing is offered that cannot be built."""

from __future__ import annotations

import pytest
from hypothesis import given

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.diff import compare
from resnet_studio.architecture.spec import BlockKind
from resnet_studio.gui.architecture.compare_choices import (
    before_last_change,
    catalogue,
    equally_deep,
    trained,
    variants,
)
from resnet_studio.training.runs import RunFolder, list_runs
from tests.architecture.strategies import small_specs
from tests.training.conftest import tiny_config


def offered(name, **changes):
    spec = CATALOG[name].spec.replace(**changes)
    return {candidate.title: candidate for candidate in variants(spec, "This")}


def test_a_bottleneck_network_is_offered_in_every_form_of_the_papers():
    titles = offered("resnet50")
    assert list(titles) == [
        "Basic against bottleneck: as many blocks",
        "Basic against bottleneck: nearly equal depth",
        "Plain against residual",
        "Shortcut option A against B",
        "Shortcut option B against C",
        "v1 (stride on the 1×1) against v1.5 (on the 3×3)",
        "Original order against pre-activation",
    ]
    assert titles["Basic against bottleneck: as many blocks"].spec.depth == 34
    equal = titles["Basic against bottleneck: nearly equal depth"].spec
    assert (equal.depth, sum(equal.depths)) == (50, 24)


def test_what_is_named_first_is_the_network_before():
    first = {title: candidate.comes_first for title, candidate in offered("resnet50").items()}
    assert first["Plain against residual"]
    assert first["Basic against bottleneck: as many blocks"]
    assert first["v1 (stride on the 1×1) against v1.5 (on the 3×3)"]
    assert first["Shortcut option A against B"]
    assert not first["Shortcut option B against C"]
    assert not offered("plain18")["Plain against residual"].comes_first
    assert offered("resnet50", order="full_preactivation")[
        "Original order against pre-activation"
    ].comes_first


def test_a_variant_that_the_other_choices_do_not_allow_is_not_offered():
    assert "Basic against bottleneck: as many blocks" not in offered("resnet18", dropout=0.3)
    assert "Plain against residual" not in offered("resnet18", stochastic_depth=0.5)


@given(small_specs())
def test_every_variant_differs_from_the_present_network(spec):
    for candidate in variants(spec, "This"):
        assert compare(spec, candidate.spec).fields
        assert candidate.network.startswith("This")


@pytest.mark.parametrize(
    ("name", "kind", "depths"),
    [
        ("resnet50", BlockKind.BASIC, (5, 6, 9, 4)),
        ("cifar_resnet20", BlockKind.BOTTLENECK, (2, 2, 2)),
        ("resnet18", BlockKind.BOTTLENECK, (2, 1, 1, 1)),
    ],
)
def test_equal_depth_keeps_each_stages_share_of_the_convolutions(name, kind, depths):
    assert equally_deep(CATALOG[name].spec, kind) == depths


def test_the_catalogue_is_offered_whole():
    assert [candidate.spec.name for candidate in catalogue()] == list(CATALOG)


def test_the_network_before_the_last_change_is_offered_if_there_is_one():
    assert list(before_last_change(None, "")) == []
    spec = CATALOG["resnet18"].spec
    (candidate,) = before_last_change(spec, "ResNet-18")
    assert (candidate.spec, candidate.comes_first) == (spec, True)


def test_a_broken_run_is_not_offered(tmp_path):
    spec = CATALOG["cifar_resnet20"].spec
    config = tiny_config(tmp_path, spec=spec)
    kept, broken = (RunFolder.create(tmp_path, config) for _ in range(2))
    (broken.path / "run.toml").write_text("nothing of use")
    (candidate,) = trained(list_runs(tmp_path))
    assert (candidate.title, candidate.spec) == (kept.name, spec)
