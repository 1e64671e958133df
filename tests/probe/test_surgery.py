from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from resnet_studio.architecture.spec import ShortcutKind
from resnet_studio.files import sha256_of
from resnet_studio.models import build_network, save_weights
from resnet_studio.models.resnet import ResNet
from resnet_studio.probe.network import LoadedNetwork, WeightsChoice, load_network
from resnet_studio.probe.surgery import (
    NO_SURGERY,
    Operation,
    Surgery,
    operable,
    operate,
    private_copy,
)

VARIANTS = {
    "original": {},
    "preactivated": {"order": "full_preactivation"},
    "relu_only": {"order": "relu_only_preactivation"},
    "bn_after": {"order": "bn_after_addition"},
    "se": {"se_reduction": 2},
    "projection": {"shortcut": "B"},
    "bottleneck": {"block": "bottleneck", "expansion": 2},
    "highway": {"shortcut_type": "highway"},
    "exclusive": {"shortcut_type": "exclusive_gate"},
    "shortcut_gate": {"shortcut_type": "shortcut_gate"},
    "scaling": {"shortcut_type": "scaling", "residual_scale": 0.5},
}


def _network(spec) -> LoadedNetwork:
    """A network whose normalisations have statistics of their own, as trained ones have."""
    network = load_network(spec)
    generator = torch.Generator().manual_seed(3)
    for module in network.model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.copy_(torch.rand(module.num_features, generator=generator) - 0.5)
            module.running_var.copy_(torch.rand(module.num_features, generator=generator) + 0.5)
    return network


def _images(spec) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.randn(2, 3, spec.input_size, spec.input_size, generator=generator)


def _seen(model: ResNet, block: str, images: Tensor) -> tuple[tuple, Tensor]:
    """Returns what the addition of a block is given, and what leaves the block."""
    seen: dict[str, object] = {}
    modules = model.blocks[block]
    handles = [
        modules.register_forward_hook(lambda _m, _i, o: seen.update(leaves=o)),
        modules.add.register_forward_hook(lambda _m, i, _o: seen.update(added=i)),
    ]
    with torch.inference_mode():
        model(images)
    for handle in handles:
        handle.remove()
    return seen["added"], seen["leaves"]


@pytest.fixture(params=VARIANTS, ids=str)
def network(request, tiny_spec):
    fields = VARIANTS[request.param]
    return _network(tiny_spec.replace(**fields))


@pytest.mark.parametrize("block", ["layer1.0", "layer2.0"])
def test_factors_meet_in_the_addition_and_nowhere_else(network, block):
    images, model = _images(network.spec), network.model
    operated = operate(network, NO_SURGERY.changed(block, branch=0.5, shortcut=2.0))
    (branch, shortcut, *gate), _ = _seen(model, block, images)
    added, leaves = _seen(operated.model, block, images)
    assert torch.equal(added[0], branch)
    assert torch.equal(added[1], shortcut)
    with torch.inference_mode():
        total = model.blocks[block].add(branch * 0.5, shortcut * 2.0, *gate)
        assert torch.equal(leaves, model.blocks[block].activate_output(total))


@pytest.mark.parametrize("block", ["layer1.0", "layer2.0"])
def test_a_removed_block_is_what_its_shortcut_makes_of_its_input(network, block):
    images, model = _images(network.spec), network.model
    operated = operate(network, NO_SURGERY.changed(block, branch=0.0))
    (branch, shortcut, *gate), _ = _seen(model, block, images)
    _, leaves = _seen(operated.model, block, images)
    with torch.inference_mode():
        passed = (1 - gate[0]) * shortcut if gate else shortcut
        assert torch.equal(leaves, model.blocks[block].activate_output(passed))
        assert not torch.equal(leaves, model.blocks[block].activate_output(branch + shortcut))


@pytest.mark.parametrize("block", ["layer1.0", "layer2.0"])
def test_a_block_with_its_shortcut_cut_is_its_branch_alone(network, block):
    images, model = _images(network.spec), network.model
    operated = operate(network, NO_SURGERY.changed(block, shortcut=0.0))
    (branch, _, *gate), _ = _seen(model, block, images)
    _, leaves = _seen(operated.model, block, images)
    with torch.inference_mode():
        gated = bool(gate) and model.blocks[block].add.gates_branch
        alone = gate[0] * branch if gated else branch
        assert torch.equal(leaves, model.blocks[block].activate_output(alone))


def test_the_intact_network_says_the_same_to_the_bit_before_during_and_after(network):
    images = _images(network.spec)
    state = {name: tensor.clone() for name, tensor in network.model.state_dict().items()}
    with torch.inference_mode():
        before = network.model(images)
        operated = operate(network, NO_SURGERY.changed("layer2.0", branch=0.0, shortcut=0.5))
        during = operated.model(images)
        assert torch.equal(network.model(images), before)
        assert not torch.equal(during, before)
    assert operate(operated, NO_SURGERY) is network
    assert all(torch.equal(network.model.state_dict()[name], kept) for name, kept in state.items())


def test_weights_are_shared_and_only_operated_blocks_are_new(network):
    operated = operate(network, NO_SURGERY.changed("layer2.0", branch=0.0))
    for name, parameter in operated.model.named_parameters():
        assert parameter is dict(network.model.named_parameters())[name]
    assert operated.model.layer1 is network.model.layer1
    assert operated.model.layer2[0].conv1 is network.model.layer2[0].conv1
    assert operated.model.layer2[0] is not network.model.layer2[0]
    assert (operated.intact, operated.surgery.changes) == (network, 1)


def test_hooks_on_an_operated_block_are_not_called_by_the_intact_network(tiny):
    called = []
    operated = operate(tiny, NO_SURGERY.changed("layer1.0", shortcut=0.0))
    tiny.model.layer1[0].register_forward_hook(lambda *_: called.append("intact"))
    later = operate(tiny, NO_SURGERY.changed("layer1.0", shortcut=0.0))
    operated.model.layer1[0].register_forward_hook(lambda *_: called.append("operated"))
    with torch.inference_mode():
        later.model(_images(tiny.spec))
        assert called == []
        operated.model(_images(tiny.spec))
        tiny.model(_images(tiny.spec))
    assert called == ["operated", "intact"]


def test_a_private_copy_computes_the_same_with_the_same_weights(tiny):
    twin = private_copy(tiny.model)
    assert twin.conv1 is not tiny.model.conv1
    assert twin.conv1.weight is tiny.model.conv1.weight
    images = _images(tiny.spec)
    with torch.inference_mode():
        assert torch.equal(twin(images), tiny.model(images))


def test_a_new_operation_takes_the_place_of_the_one_before(tiny):
    first = operate(tiny, NO_SURGERY.changed("layer1.0", branch=0.0))
    second = operate(first, NO_SURGERY.changed("layer2.0", shortcut=0.0))
    assert second.intact is tiny
    assert list(second.surgery.operations) == ["layer2.0"]
    with torch.inference_mode():
        images = _images(tiny.spec)
        direct = operate(tiny, NO_SURGERY.changed("layer2.0", shortcut=0.0))
        assert torch.equal(second.model(images), direct.model(images))


def test_infinite_values_of_what_is_cut_leave_no_trace(tiny):
    tiny.model.layer1[0].bn2.weight.fill_(float("inf"))
    operated = operate(tiny, NO_SURGERY.changed("layer1.0", branch=0.0))
    with torch.inference_mode():
        assert torch.isfinite(operated.model(_images(tiny.spec))).all()


def test_surgery_changes_no_file(tiny_spec, tmp_path):
    path = tmp_path / "weights.safetensors"
    save_weights(path, build_network(tiny_spec, seed=1), classes=list("abcde"))
    before = sha256_of(path)
    loaded = load_network(tiny_spec, WeightsChoice(kind="file", path=str(path)))
    operated = operate(loaded, NO_SURGERY.changed("layer1.0", branch=0.0, shortcut=0.0))
    with torch.inference_mode():
        operated.model(_images(tiny_spec))
    assert sha256_of(path) == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_plain_network_has_nothing_to_operate_on(tiny_spec):
    plain = load_network(tiny_spec.replace(shortcut=ShortcutKind.NONE))
    assert not operable(plain.spec)
    assert operate(plain, NO_SURGERY.changed("layer1.0", branch=0.0)) is plain


def test_factors_of_one_take_a_block_out_of_the_list():
    surgery = NO_SURGERY.changed("layer1.0", branch=0.0).changed("layer1.0", shortcut=0.5)
    assert surgery.of("layer1.0") == Operation(shortcut=0.5, branch=0.0)
    assert (surgery.changes, bool(surgery)) == (2, True)
    assert surgery.changed("layer1.0", branch=1.0, shortcut=1.0) == Surgery()
    assert copy.copy(surgery) == surgery
