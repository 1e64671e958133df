"""A network is built from its spec and a seed, can be hooked, copied, exported and compiled."""

from __future__ import annotations

import copy
import sys
from types import FrameType

import pytest
import torch
from torch import nn

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import ActivationOrder, NetworkSpec
from resnet_studio.models.blocks import Block
from resnet_studio.models.layers import Add
from resnet_studio.models.resnet import build_network, outline_network

SMALL = NetworkSpec(
    block="basic", depths=(1, 1), stem="cifar", stem_width=8, classes=4, shortcut="A"
)
# One of each thing that a forward pass can do.
VARIED = {
    "basic": {},
    "bottleneck with SE": {"block": "bottleneck", "se_reduction": 4},
    "highway": {"shortcut_type": "highway"},
    "scaling": {"shortcut_type": "scaling", "order": "relu_twice", "zero_padding": "both"},
    "pre-activation": {"order": "full_preactivation", "stochastic_depth": 0.5, "dropout": 0.3},
    "ResNet-D": {"stem": "deep", "projection": "avgpool", "shortcut": "B", "input_size": 32},
    "plain": {"shortcut": "none", "order": "relu_only_preactivation"},
}


def _pictures(size: int = 16) -> torch.Tensor:
    return torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1))


def test_a_plain_network_has_neither_additions_nor_shortcuts():
    network = outline_network(CATALOG["plain18"].spec)
    assert not any(isinstance(module, Add) for module in network.modules())
    assert all(b.add is None and b.downsample is None for b in network.blocks.values())


def test_no_relu_works_in_place():
    network = outline_network(CATALOG["resnet50"].spec)
    relus = [module for module in network.modules() if isinstance(module, nn.ReLU)]
    assert len(relus) == 1 + 3 * 16
    assert not any(relu.inplace for relu in relus)


def test_hooks_see_values_that_stay(tiny):
    kept = {}
    for name, module in tiny.named_modules():
        module.register_forward_hook(
            lambda _, __, output, key=name: kept.__setitem__(key, (output, output.clone()))
        )
    tiny(torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert all(torch.equal(output, at_once) for output, at_once in kept.values())


def test_the_same_seed_gives_the_same_bits_and_another_gives_others(tiny_spec):
    first, again, other = (build_network(tiny_spec, seed=seed) for seed in (4, 4, 5))
    pairs = zip(first.state_dict().values(), again.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(first.conv1.weight, other.conv1.weight)
    assert not torch.equal(first.fc.bias, other.fc.bias)


def test_a_seeded_build_leaves_the_global_generator_alone(tiny_spec):
    before = torch.get_rng_state()
    build_network(tiny_spec, seed=4)
    outline_network(tiny_spec)
    assert torch.equal(torch.get_rng_state(), before)


def test_without_a_seed_the_global_generator_decides(tiny_spec):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(8)
        first, second = build_network(tiny_spec), build_network(tiny_spec)
        torch.manual_seed(8)
        again = build_network(tiny_spec)
    assert torch.equal(first.fc.weight, again.fc.weight)
    assert not torch.equal(first.fc.weight, second.fc.weight)


def test_stages_and_blocks_are_found_by_name_in_order():
    network = outline_network(CATALOG["resnet34"].spec)
    assert list(network.stages) == ["layer1", "layer2", "layer3", "layer4"]
    assert [len(stage) for stage in network.stages.values()] == [3, 4, 6, 3]
    assert list(network.blocks)[:4] == ["layer1.0", "layer1.1", "layer1.2", "layer2.0"]
    assert all(isinstance(block, Block) for block in network.blocks.values())
    assert network.blocks["layer2.0"] is network.get_submodule("layer2.0")


def test_an_outline_takes_no_memory():
    network = outline_network(CATALOG["resnet152"].spec)
    assert {tensor.device.type for tensor in network.state_dict().values()} == {"meta"}


def test_a_network_can_be_copied_whole(tiny):
    twin = copy.deepcopy(tiny).eval()
    picture = torch.ones(1, 3, 32, 32)
    assert twin.spec == tiny.spec
    assert torch.equal(twin(picture), tiny.eval()(picture))


@pytest.mark.parametrize("order", ActivationOrder)
def test_only_preactivation_networks_activate_the_last_sum(order):
    network = outline_network(SMALL.replace(order=order))
    assert isinstance(network.relu_last, nn.ReLU) == order.preactivated
    full = order is ActivationOrder.FULL_PREACTIVATION
    assert isinstance(network.bn_last, nn.BatchNorm2d) == full


def test_a_replaced_block_is_the_one_that_computes(tiny):
    picture = _pictures()
    before = tiny.eval()(picture)
    tiny.layer1[0] = nn.Identity()
    without = tiny(picture)
    tiny.layer1 = nn.Sequential()
    assert not torch.equal(before, without)
    assert torch.equal(tiny(picture), without)


@pytest.mark.parametrize("changes", VARIED.values(), ids=list(VARIED))
def test_torch_exports_a_network_whole(changes):
    network = build_network(SMALL.replace(**changes), seed=0).eval()
    picture = _pictures()
    exported = torch.export.export(network, (picture,)).module()
    assert torch.equal(exported(picture), network(picture))


@pytest.mark.parametrize("changes", VARIED.values(), ids=list(VARIED))
def test_torch_compiles_a_network_without_a_break(changes):
    torch._dynamo.reset()
    network = build_network(SMALL.replace(**changes), seed=0)
    picture = _pictures()
    # The backend changes nothing: what is tried is whether dynamo follows the whole pass.
    compiled = torch.compile(network, backend="eager", fullgraph=True)
    compiled(picture).sum().backward()
    assert torch.equal(compiled.eval()(picture), network.eval()(picture))
    torch._dynamo.reset()


def test_onnx_has_the_same_outputs(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    network = build_network(SMALL.replace(**VARIED["bottleneck with SE"]), seed=0).eval()
    picture, path = _pictures(), tmp_path / "network.onnx"
    torch.onnx.export(network, (picture,), path, dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(path)
    (outputs,) = session.run(None, {session.get_inputs()[0].name: picture.numpy()})
    assert torch.allclose(torch.from_numpy(outputs), network(picture), atol=1e-5)


@pytest.mark.parametrize("name", ["cifar_resnet1202", "cifar_preact_resnet1001"])
def test_a_thousand_layers_take_a_step_of_training(name):
    network = build_network(CATALOG[name].spec, seed=0)
    loss = nn.functional.cross_entropy(network(_pictures(8)), torch.tensor([1, 2]))
    loss.backward()
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.isfinite().all(), parameter_name
    assert network.conv1.weight.grad.abs().sum() > 0


def test_a_forward_pass_runs_little_more_python_than_torchvisions():
    import torchvision

    ours = build_network(CATALOG["resnet50"].spec, seed=0).eval()
    theirs = torchvision.models.resnet50(weights=None).eval()
    # Ours calls a module for each addition, and methods that divide a block into its parts.
    assert _calls(ours) < 1.25 * _calls(theirs)


def _calls(network: nn.Module) -> int:
    """Counts the Python functions that one forward pass calls."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    with torch.inference_mode():
        network(_pictures(32))
        sys.setprofile(note)
        try:
            network(_pictures(32))
        finally:
            sys.setprofile(before)
    return count
