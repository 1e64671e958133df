from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from resnet_studio.architecture.graph import build_graph
from resnet_studio.errors import Cancelled
from resnet_studio.probe.attribution import (
    Baseline,
    How,
    Method,
    explain,
    last_maps,
    look_at,
    mapped_layers,
    usual_window,
)
from resnet_studio.probe.network import load_network
from resnet_studio.probe.predict import classify
from resnet_studio.probe.surgery import NO_SURGERY, operate, private_copy


@pytest.fixture
def subject(tiny, picture):
    return look_at(tiny, picture)


def _maps_and_gradient(network, batch, layer, target):
    """Returns the output of a layer and the gradient of a class score by it, with plain torch."""
    kept = []
    model = network.model
    with torch.enable_grad():
        handle = model.get_submodule(layer).register_forward_hook(
            lambda _m, _i, out: kept.append(out)
        )
        score = model(batch.clone().requires_grad_())[0, target]
        handle.remove()
        (gradient,) = torch.autograd.grad(score, kept[0])
    return kept[0][0].detach(), gradient[0]


@pytest.mark.parametrize("layer", ["layer1.0.conv1", "layer1", "layer2.0.relu2"])
def test_gradcam_weighs_each_channel_by_its_mean_gradient(tiny, subject, layer):
    maps, gradient = _maps_and_gradient(tiny, subject.prepared.batch, layer, 3)
    by_hand = (gradient.mean(dim=(1, 2), keepdim=True) * maps).sum(dim=0)
    found = explain(subject, Method.GRADCAM, 3, how=How(layer=layer))
    np.testing.assert_allclose(found.map, by_hand.numpy(), rtol=1e-5, atol=1e-7)
    assert (found.layer, found.target, found.class_name) == (layer, 3, tiny.classes[3])


def test_at_the_last_stage_the_cells_of_gradcam_add_up_to_the_score_without_its_bias(tiny, subject):
    found = explain(subject, Method.GRADCAM, 2)
    assert found.layer == "layer2"
    bias = float(tiny.model.fc.bias[2])
    assert found.map.sum() == pytest.approx(found.score - bias, abs=1e-5)


def test_integrated_gradients_add_up_to_what_the_score_gains_over_the_baseline(tiny, subject):
    found = explain(subject, Method.INTEGRATED, 1, how=How(baseline=Baseline.MEAN, steps=200))
    with torch.no_grad():
        gain = found.score - float(tiny.model(torch.zeros_like(subject.prepared.batch))[0, 1])
    assert abs(gain) > 0.01
    assert found.map.sum() == pytest.approx(gain, rel=0.05)
    assert found.delta == pytest.approx(found.map.sum() - gain, abs=1e-4)


def test_occlusion_is_the_fall_of_the_score_where_one_square_is_covered(tiny, subject):
    found = explain(subject, Method.OCCLUSION, 0, how=How(window=16, stride=16))
    covered = subject.prepared.batch.clone()
    covered[:, :, :16, 16:] = 0.0
    with torch.no_grad():
        fall = found.score - float(tiny.model(covered)[0, 0])
    np.testing.assert_allclose(found.map[:16, 16:], fall, atol=1e-5)
    assert len(np.unique(found.map)) == 4


def test_saliency_is_the_largest_gradient_of_the_three_colours(tiny, subject):
    batch = subject.prepared.batch.clone().requires_grad_()
    with torch.enable_grad():
        (gradient,) = torch.autograd.grad(tiny.model(batch)[0, 4], batch)
    found = explain(subject, Method.SALIENCY, 4)
    np.testing.assert_allclose(found.map, gradient[0].abs().amax(dim=0).numpy(), rtol=1e-5)


def test_black_is_black_after_normalising_and_a_blur_keeps_the_mean(subject):
    sums = {
        kind: explain(subject, Method.INTEGRATED, 1, how=How(baseline=kind, steps=64))
        for kind in Baseline
    }
    network = subject.network
    normalise = network.preprocessing.normalise
    black = -torch.tensor(normalise.mean) / torch.tensor(normalise.std)
    with torch.no_grad():
        dark = network.model(black.view(1, 3, 1, 1).expand(1, 3, 32, 32))[0, 1]
    gain = sums[Baseline.BLACK].score - float(dark)
    assert sums[Baseline.BLACK].map.sum() - sums[Baseline.BLACK].delta == pytest.approx(
        gain, abs=1e-4
    )
    assert not np.allclose(sums[Baseline.BLURRED].map, sums[Baseline.MEAN].map)


def test_the_default_class_is_the_most_probable_one_of_the_classification(tiny, picture, subject):
    best = classify(tiny, picture, top=1)[0]
    found = explain(subject, Method.GRADCAM)
    assert (found.target, found.probability) == (best.index, best.probability)
    assert subject.ranking[0] == best.index


def test_long_work_tells_how_far_it_is_and_can_be_cancelled_between_batches(subject):
    told = []
    how = How(window=8, stride=2)
    explain(subject, Method.OCCLUSION, 0, how=how, progress=lambda *at: told.append(at))
    assert told[-1] == (170, 170)
    assert len(told) > 5
    calls = iter(range(100))

    def check():
        if next(calls) == 3:
            raise Cancelled

    told.clear()
    with pytest.raises(Cancelled):
        explain(
            subject, Method.OCCLUSION, 0, how=how, check=check, progress=lambda *at: told.append(at)
        )
    assert len(told) == 3


@pytest.mark.parametrize("method", list(Method))
def test_no_method_touches_the_network(tiny, subject, method):
    hooks = {name: dict(m._forward_hooks) for name, m in tiny.model.named_modules()}
    weights = {name: tensor.clone() for name, tensor in tiny.model.state_dict().items()}
    explain(subject, method, how=How(steps=4, window=16, stride=16))
    assert {name: dict(m._forward_hooks) for name, m in tiny.model.named_modules()} == hooks
    assert all(torch.equal(tensor, weights[n]) for n, tensor in tiny.model.state_dict().items())
    assert not any(p.requires_grad or p.grad is not None for p in tiny.model.parameters())
    assert not tiny.model.training


def test_other_threads_pass_the_same_network_undisturbed_and_undisturbing(tiny, subject, picture):
    expected = explain(subject, Method.GRADCAM, 1, how=How(layer="layer1")).map
    classes = classify(tiny, picture)
    stop, wrong = threading.Event(), []

    def classify_on():
        while not stop.is_set():
            if classify(tiny, picture) != classes:
                wrong.append("classes")

    def explain_on():
        while not stop.is_set():
            other = explain(subject, Method.GRADCAM, 2, how=How(layer="layer1"))
            if other.target != 2:
                wrong.append("target")

    threads = [threading.Thread(target=work) for work in (classify_on, explain_on)]
    for thread in threads:
        thread.start()
    found = [explain(subject, Method.GRADCAM, 1, how=How(layer="layer1")).map for _ in range(30)]
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert all(np.array_equal(map_, expected) for map_ in found)


def test_a_private_copy_shares_every_weight_and_no_hook(tiny):
    ran = []
    handle = tiny.model.layer1[0].conv1.register_forward_hook(lambda *_: ran.append("theirs"))
    copy = private_copy(tiny.model)
    copy.layer1[0].conv1.register_forward_hook(lambda *_: ran.append("mine"))
    batch = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        mine = copy(batch)
        assert ran == ["mine"]
        handle.remove()
        ran.clear()
        assert torch.equal(tiny.model(batch), mine)
    assert ran == []
    theirs = dict(tiny.model.named_parameters())
    assert all(parameter is theirs[name] for name, parameter in copy.named_parameters())


def test_what_a_removed_block_computes_speaks_for_no_class(tiny, picture):
    operated = operate(tiny, NO_SURGERY.changed("layer1.0", branch=0.0))
    subject = look_at(operated, picture)
    found = explain(subject, Method.GRADCAM, 0, how=How(layer="layer1.0.conv1"))
    assert found.map.shape == (32, 32)
    assert found.silent
    assert not explain(subject, Method.GRADCAM, 0, how=How(layer="layer1.0.add")).silent


def test_a_network_cut_in_two_has_no_part_of_the_picture_that_speaks(tiny, picture):
    cut = operate(tiny, NO_SURGERY.changed("layer2.0", branch=0.0, shortcut=0.0))
    subject = look_at(cut, picture)
    for method in Method:
        assert explain(subject, method, 0, how=How(steps=4, window=16, stride=16)).silent


def test_every_layer_with_maps_can_be_asked(tiny_pooled_spec, picture):
    network = load_network(tiny_pooled_spec)
    graph = build_graph(tiny_pooled_spec)
    subject = look_at(network, picture)
    names = mapped_layers(graph)
    assert "avgpool" not in names
    assert "fc" not in names
    for name in (*names, "stem", "layer1", "layer2.1"):
        found = explain(subject, Method.GRADCAM, how=How(layer=name))
        assert found.map.shape == graph.find(name).output_shape[1:]


def test_the_last_maps_are_those_that_the_pooling_reads(tiny_spec):
    assert last_maps(build_graph(tiny_spec)) == "layer2"
    preactivated = tiny_spec.replace(order="full_preactivation")
    assert last_maps(build_graph(preactivated)) == "relu_last"


def test_the_usual_window_is_a_quarter_of_the_side():
    assert usual_window(32) == (8, 2)
    assert usual_window(224) == (56, 14)


def test_a_stride_beyond_the_window_is_refused(subject):
    with pytest.raises(ValueError, match="stride is 9 pixels; it must be from 1 to 8"):
        explain(subject, Method.OCCLUSION, how=How(window=8, stride=9))
