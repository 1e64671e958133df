from __future__ import annotations

import csv
import math
import threading

import numpy as np
import pytest
import torch

from resnet_studio.architecture.elements import ShortcutForm
from resnet_studio.architecture.graph import build_graph
from resnet_studio.data.imaging import picture_from_array
from resnet_studio.errors import Cancelled
from resnet_studio.probe import residual
from resnet_studio.probe.network import load_network
from resnet_studio.probe.predict import prepare
from resnet_studio.probe.residual import Part, counterpart, dissect, reach, survey, survey_csv
from resnet_studio.probe.surgery import NO_SURGERY, operate

FAMILIES = {
    "basic, zero padding": {"depths": (2, 1)},
    "zero padding on both sides": {"zero_padding": "both"},
    "bottleneck, projection": {"block": "bottleneck", "shortcut": "B"},
    "full pre-activation": {"order": "full_preactivation", "depths": (2, 2)},
    "highway": {"shortcut_type": "highway", "shortcut": "B"},
    "shortcut gate": {"shortcut_type": "shortcut_gate", "shortcut": "B"},
    "scaled": {"shortcut_type": "scaling", "shortcut_scale": 0.5, "residual_scale": 0.25},
    "normalisation after the addition": {"order": "bn_after_addition"},
    "ReLU before the addition": {"order": "relu_before_addition"},
    "squeeze-and-excitation": {"se_reduction": 2},
    "stochastic depth": {"stochastic_depth": 0.5},
    "plain": {"shortcut": "none"},
    "plain, pre-activated": {"shortcut": "none", "order": "full_preactivation"},
}


def _directly(network, picture) -> dict[str, dict[Part, torch.Tensor]]:
    """Computes all parts of all blocks from the formulas of the papers, without a hook."""
    model = network.model
    found = {}
    with torch.inference_mode():
        x = model.maxpool(model.relu(model.bn1(model.conv1(prepare(network, picture).batch))))
        for name, block in model.blocks.items():
            parts = {Part.INPUT: x}
            start = block.activate_input(x)
            branch = block.residual(start)
            if block.add is None:
                parts[Part.BRANCH] = total = branch
            else:
                total = _added(block, branch, start if block.shares_activation else x, parts)
            parts[Part.OUTPUT] = x = block.activate_output(total)
            found[name] = parts
    return found


def _added(block, branch, split, parts) -> torch.Tensor:
    spec_scale = block.residual_scale.factor if block.residual_scale is not None else 1.0
    branch = branch * spec_scale
    passed = split if block.downsample is None else block.downsample(split)
    if block.shortcut_scale is not None:
        passed = passed * block.shortcut_scale.factor
    if block.gate is not None:
        gate = block.gate(split)
        passed = (1 - gate) * passed
        branch = gate * branch if block.add.gates_branch else branch
    parts |= {Part.BRANCH: branch, Part.SHORTCUT: passed, Part.SUM: branch + passed}
    return parts[Part.SUM]


def _cosine(one, other) -> float:
    one, other = one.double().flatten(), other.double().flatten()
    return float(torch.nn.functional.cosine_similarity(one, other, dim=0))


def _no_hooks(network) -> bool:
    return not any(module._forward_hooks for module in network.model.modules())


@pytest.mark.parametrize("family", FAMILIES)
def test_every_part_is_that_of_a_direct_pass_to_the_bit_and_every_figure_follows(
    tiny_spec, picture, family
):
    network = load_network(tiny_spec.replace(**FAMILIES[family]))
    found, expected = survey(network, picture), _directly(network, picture)
    assert [reading.block.name for reading in found.readings] == list(expected)
    for reading in found.readings:
        parts, figures = expected[reading.block.name], reading.figures
        maps = dissect(found, reading.block.name).maps
        assert list(maps) == [part for part in Part if part in parts]
        for part in Part:
            if part not in parts:
                assert figures.length(part) is None
                continue
            np.testing.assert_array_equal(maps[part], parts[part][0].numpy())
            assert figures.length(part) == pytest.approx(float(parts[part].double().norm()))
        _check_angles(figures, parts)
        assert figures.change == pytest.approx(figures.branch / figures.input)
    assert _no_hooks(network)


def _check_angles(figures, parts) -> None:
    if Part.SHORTCUT in parts:
        expected = _cosine(parts[Part.BRANCH], parts[Part.SHORTCUT])
        assert figures.branch_to_shortcut == pytest.approx(expected, abs=1e-9)
        assert figures.balance == pytest.approx(figures.branch / figures.shortcut)
    else:
        assert figures.branch_to_shortcut is None
        assert figures.balance is None
    if parts[Part.INPUT].shape == parts[Part.OUTPUT].shape:
        expected = _cosine(parts[Part.INPUT], parts[Part.OUTPUT])
        assert figures.input_to_output == pytest.approx(expected, abs=1e-9)
    else:
        assert figures.input_to_output is None


def test_the_share_of_zeros_is_counted_where_a_relu_ends_the_block(tiny_spec, picture):
    found = survey(load_network(tiny_spec), picture)
    for reading in found.readings:
        output = dissect(found, reading.block.name).maps[Part.OUTPUT]
        assert reading.figures.zeroed == pytest.approx(np.mean(output == 0))
        assert 0.05 < reading.figures.zeroed < 0.95
    bare = survey(load_network(tiny_spec.replace(order="full_preactivation")), picture)
    assert [reading.figures.zeroed for reading in bare.readings] == [None, None]


@pytest.mark.parametrize("family", ["basic, zero padding", "highway", "full pre-activation"])
def test_surgery_is_seen_as_it_arrives_at_the_sum(tiny_spec, picture, family):
    network = load_network(tiny_spec.replace(**FAMILIES[family]))
    removed = operate(network, NO_SURGERY.changed("layer2.0", branch=0.0))
    intact = survey(network, picture)
    found = dissect(survey(removed, picture), "layer2.0")
    assert found.reading.figures.change == found.reading.figures.balance == 0.0
    assert math.isnan(found.reading.figures.branch_to_shortcut)
    assert not found.maps[Part.BRANCH].any()
    np.testing.assert_array_equal(found.maps[Part.SUM], found.maps[Part.SHORTCUT])
    assert intact.readings[intact.index("layer2.0")].figures.change > 0

    halved = operate(network, NO_SURGERY.changed("layer1.0", shortcut=0.5))
    before, after = dissect(intact, "layer1.0"), dissect(survey(halved, picture), "layer1.0")
    np.testing.assert_allclose(
        after.maps[Part.SHORTCUT], 0.5 * before.maps[Part.SHORTCUT], rtol=1e-6
    )
    np.testing.assert_array_equal(after.maps[Part.BRANCH], before.maps[Part.BRANCH])
    assert _no_hooks(network)
    assert _no_hooks(halved)


def test_a_branch_that_starts_at_zero_leaves_x_as_it_is(tiny_spec, picture):
    network = load_network(tiny_spec.replace(zero_init_residual=True))
    found = survey(network, picture)
    figures = found.readings[0].figures
    assert figures.change == figures.balance == 0.0
    assert figures.input_to_output == pytest.approx(1.0)
    maps = dissect(found, "layer1.0").maps
    np.testing.assert_array_equal(maps[Part.OUTPUT], maps[Part.INPUT])


@pytest.mark.parametrize(
    ("padding", "sources"),
    [("end", [0, 1, 2, 3] + 4 * [None]), ("both", 2 * [None] + [0, 1, 2, 3] + 2 * [None])],
)
def test_zero_padding_moves_channels_and_the_counterpart_says_where(
    tiny_spec, picture, padding, sources
):
    network = load_network(tiny_spec.replace(zero_padding=padding))
    found = dissect(survey(network, picture), "layer2.0")
    block = found.reading.block
    assert block.shortcut_form is ShortcutForm.ZERO_PAD
    assert [counterpart(block, channel) for channel in range(8)] == sources
    for channel, source in enumerate(sources):
        passed = found.maps[Part.SHORTCUT][channel]
        expected = 0 * passed if source is None else found.maps[Part.INPUT][source, ::2, ::2]
        np.testing.assert_array_equal(passed, expected)
    balance = found.channel_balance()
    assert np.isinf(balance[[source is None for source in sources]]).all()
    assert np.isfinite(balance[[source is not None for source in sources]]).all()


def test_a_projection_has_no_counterpart_and_a_plain_block_no_balance(tiny_spec, picture):
    projecting = build_graph(tiny_spec.replace(shortcut="C")).blocks[0]
    assert counterpart(projecting, 0) is None
    plain = survey(load_network(tiny_spec.replace(shortcut="none")), picture)
    assert dissect(plain, "layer1.0").channel_balance() is None


def test_few_inputs_are_kept_and_any_block_is_found_from_them(tiny_spec, picture, monkeypatch):
    network = load_network(tiny_spec.replace(depths=(7, 2)))
    whole = survey(network, picture)
    monkeypatch.setattr(residual, "_KEPT_BYTES", 3 * 4 * 4 * 32 * 32)
    sparse = survey(network, picture)
    assert len(whole.kept) == 9
    assert list(sparse.kept) == ["layer1.0", "layer1.3", "layer1.6"]
    for name in ("layer1.2", "layer1.3", "layer2.1"):
        for part, maps in dissect(sparse, name).maps.items():
            np.testing.assert_array_equal(maps, dissect(whole, name).maps[part])


def test_a_reach_leaves_out_one_value_in_a_thousand_and_what_is_not_finite():
    values = np.full(2001, -1.5, dtype=np.float32)
    values[:2] = 40.0
    values[2] = np.inf
    assert reach(values) == (1.5, 40.0)
    values[2:] = 0.0
    assert reach(values) == (40.0, 40.0)
    assert reach(np.full(3, np.nan, dtype=np.float32)) == (0.0, 0.0)


def test_an_overflow_is_not_taken_for_a_number(tiny, picture):
    with torch.no_grad():
        tiny.model.layer1[0].bn2.bias[2] = float("inf")
        tiny.model.layer1[0].bn2.bias[3] = float("nan")
    figures = survey(tiny, picture).readings[0].figures
    assert math.isnan(figures.change)
    assert math.isnan(figures.branch_to_shortcut)
    assert math.isnan(figures.zeroed)


def test_a_cancelled_survey_ends_after_the_block_and_takes_its_hooks_away(tiny, picture):
    def check() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        survey(tiny, picture, check=check)
    assert _no_hooks(tiny)


def test_two_threads_may_survey_an_intact_and_an_operated_network_at_once(tiny, picture):
    other = picture_from_array(255 - picture.rgb, name="negative")
    networks = (tiny, operate(tiny, NO_SURGERY.changed("layer1.0", branch=0.0)))
    alone = [survey(networks[0], picture), survey(networks[1], other)]
    together: list = [None, None]
    meeting = threading.Barrier(2)

    def work(place: int, shown) -> None:
        # The barrier puts both threads between their hooks at the same time.
        together[place] = survey(networks[place], shown, check=lambda: meeting.wait(timeout=20))

    threads = [threading.Thread(target=work, args=pair) for pair in ((0, picture), (1, other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for mine, reference in zip(together, alone, strict=True):
        found = [reading.figures for reading in mine.readings]
        assert repr(found) == repr([reading.figures for reading in reference.readings])


def test_the_table_has_a_row_for_each_block_with_all_digits(tiny_spec, picture):
    found = survey(load_network(tiny_spec), picture)
    rows = list(csv.DictReader(survey_csv(found).splitlines()))
    assert [row["block"] for row in rows] == ["layer1.0", "layer2.0"]
    figures = found.readings[1].figures
    assert float(rows[1]["|F(x)|/|x|"]) == figures.change
    assert rows[1]["shortcut"] == "zeropad"
    assert rows[1]["cos(x, output)"] == ""
