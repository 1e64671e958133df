from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from resnet_studio.models.resnet import build_network
from resnet_studio.training.distributed import RunningStatistics, idle
from resnet_studio.training.sync_norm import SynchronisedBatchNorm2d, synchronised
from tests.training.conftest import tiny_spec
from tests.training.test_distributed import batch, network, own
from tests.training.worlds import in_world

CPU = torch.device("cpu")


def numbers(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs with large means, which lose digits where a variance is found carelessly; float64."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(10, 3, 4, 4, generator=generator) * torch.tensor([0.1, 1.0, 5.0]).view(3, 1, 1)
    x = x + torch.tensor([0.0, 30.0, -7.0]).view(3, 1, 1)
    return x.double(), torch.randn(10, 3, 4, 4, generator=generator).double()


def layer(momentum: float | None = 0.1) -> nn.BatchNorm2d:
    norm = nn.BatchNorm2d(3, momentum=momentum, eps=1e-3).double()
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([0.5, -1.0, 2.0]))
        norm.bias.copy_(torch.tensor([1.0, 0.0, -3.0]))
    return norm


def compute(norm, inputs, towards):
    """Two batches forward, the second one backward."""
    norm(inputs * 2.0 + 1.0)
    x = inputs.clone().requires_grad_()
    out = norm(x)
    (out.sin() * towards).sum().backward()
    statistics = norm.running_mean, norm.running_var, norm.num_batches_tracked
    return [t.detach() for t in (out, x.grad, norm.weight.grad, norm.bias.grad, *statistics)]


def in_part(world, sizes, momentum):
    norm = SynchronisedBatchNorm2d(layer(momentum))
    x, towards = (tensor.split(sizes)[world.rank] for tensor in numbers(0))
    return compute(norm, x, towards)


@pytest.mark.parametrize(
    ("sizes", "momentum"), [((5, 5), 0.1), ((7, 3), 0.1), ((10, 0), 0.1), ((2, 7, 1), None)]
)
def test_parts_are_normalised_as_one_batch_outputs_gradients_and_statistics(sizes, momentum):
    torch.manual_seed(0)
    parts = in_world(in_part, sizes, momentum, size=len(sizes))
    expected = compute(layer(momentum), *numbers(0))
    for index in (0, 1):  # outputs and their gradients, picture by picture
        together = torch.cat([part[index] for part in parts])
        torch.testing.assert_close(together, expected[index], rtol=1e-10, atol=1e-10)
    for index in (2, 3):  # DistributedDataParallel adds these up
        total = sum(part[index] for part in parts)
        torch.testing.assert_close(total, expected[index], rtol=1e-10, atol=1e-10)
    for index in (4, 5, 6):
        for part in parts:
            torch.testing.assert_close(part[index], expected[index], rtol=1e-12, atol=1e-12)
            assert part[index].equal(parts[0][index])


def train(model, forward, part, labels, scale, world=None):
    """Three steps of SGD; returns the last state."""
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(3):
        torch.manual_seed(step)
        loss = functional.cross_entropy(forward(part), labels, reduction="sum")
        optimiser.zero_grad()
        (loss * scale).backward()
        optimiser.step()
        if world is not None:
            RunningStatistics(model, world).average()
    return {name: value.clone() for name, value in model.state_dict().items()}


def train_part(world, count):
    model = synchronised(network(seed=world.rank), CPU)
    images, labels = batch(count)
    part = own(world, images), own(world, labels)
    return train(model, world.wrap(model), *part, world.size / count, world)


@pytest.mark.parametrize("count", [8, 7])
def test_two_processes_train_as_one_with_the_whole_batch(count):
    states = in_world(train_part, count)
    model = network()
    expected = train(model, model, *batch(count), 1 / count)
    for state in states:
        assert state.keys() == expected.keys()
        for name, value in expected.items():
            torch.testing.assert_close(state[name], value, rtol=1e-5, atol=1e-6, msg=name)
            assert state[name].equal(states[0][name])


def without_pictures(world):
    model = synchronised(network(), CPU)
    images, labels = batch(4)
    forward = world.wrap(model)
    torch.manual_seed(0)  # the network drops branches
    if world.main:
        loss = functional.cross_entropy(forward(images), labels) * world.size
    else:
        with idle(model):
            loss = forward(images[:0]).sum() * 0.0
    loss.backward()
    return [p.grad.clone() for p in model.parameters()], model.state_dict()


def test_a_process_without_pictures_counts_none():
    answers = in_world(without_pictures)
    model = network()
    images, labels = batch(4)
    torch.manual_seed(0)
    functional.cross_entropy(model(images), labels).backward()
    for gradients, state in answers:
        for one, parameter in zip(gradients, model.parameters(), strict=True):
            torch.testing.assert_close(one, parameter.grad, rtol=1e-4, atol=1e-6)
        for name, value in model.state_dict().items():
            torch.testing.assert_close(state[name], value, rtol=1e-5, atol=1e-6, msg=name)


def in_bfloat16(world):
    norm = SynchronisedBatchNorm2d(layer().float())
    return norm(numbers(0)[0].bfloat16()).dtype, norm.running_mean.dtype


def test_the_type_of_the_input_is_kept_and_the_statistics_stay_in_float32():
    assert in_world(in_bfloat16) == [(torch.bfloat16, torch.float32)] * 2


def test_replacing_keeps_parameters_names_and_what_evaluation_gives():
    model = build_network(tiny_spec())
    images = batch()[0]
    model(images)
    model.eval()
    parameters, names = list(model.parameters()), list(model.state_dict())
    before = model(images)
    replaced = synchronised(model, CPU)
    assert replaced is model
    assert any(isinstance(module, SynchronisedBatchNorm2d) for module in model.modules())
    assert not any(type(module) is nn.BatchNorm2d for module in model.modules())
    assert all(a is b for a, b in zip(model.parameters(), parameters, strict=True))
    assert list(model.state_dict()) == names
    assert model(images).equal(before)


def test_a_checkpoint_of_the_one_fits_the_other():
    plain, replaced = build_network(tiny_spec(), seed=1), synchronised(network(seed=2), CPU)
    replaced.load_state_dict(plain.state_dict())
    build_network(tiny_spec()).load_state_dict(replaced.state_dict())
    assert replaced.fc.weight.equal(plain.fc.weight)


def test_on_cuda_torchs_own_layer_is_taken():
    model = synchronised(build_network(tiny_spec()), torch.device("cuda"))
    assert any(isinstance(module, nn.SyncBatchNorm) for module in model.modules())
    assert not any(type(module) is nn.BatchNorm2d for module in model.modules())
