from __future__ import annotations

import copy

import pytest
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from resnet_studio.models.resnet import ResNet, build_network
from resnet_studio.training.averaging import Average, make_average
from resnet_studio.training.recipe import Recipe
from tests.training.conftest import tiny_spec

DECAY = 0.75


def moved(model: ResNet, seed: int) -> None:
    """Changes weights and the statistics of batch normalisation."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, generator=generator))
            else:
                tensor += 1


def test_the_mean_is_that_of_torch_bit_for_bit():
    model = build_network(tiny_spec(), seed=1)
    average = Average(model, decay=DECAY)
    expected = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(DECAY), use_buffers=True)
    for seed in range(5):
        moved(model, seed)
        average.update(model)
        expected.update_parameters(model)
    ours, theirs = average.network.state_dict(), expected.module.state_dict()
    weights = [name for name, value in theirs.items() if value.is_floating_point()]
    assert [name for name in weights if not ours[name].equal(theirs[name])] == []


def test_the_counters_of_batch_normalisation_are_those_of_the_network():
    model = build_network(tiny_spec(), seed=1)
    average = Average(model, decay=DECAY)
    for seed in range(5):
        moved(model, seed)
        average.update(model)
    assert average.network.bn1.num_batches_tracked == 5


def test_the_mean_follows_the_weights_slowly():
    model = build_network(tiny_spec(), seed=1)
    average = Average(model, decay=DECAY)
    bias, mean = model.fc.bias, average.network.fc.bias
    for value in (0.0, 4.0):
        with torch.no_grad():
            bias.fill_(value)
        average.update(model)
    assert torch.equal(mean, torch.full_like(mean, 1.0))
    assert torch.equal(bias, torch.full_like(bias, 4.0))


def test_it_goes_on_from_its_state_with_the_same_bits():
    model = build_network(tiny_spec(), seed=1)
    whole = Average(model, decay=DECAY)
    for seed in range(3):
        moved(model, seed)
        whole.update(model)
    resumed = Average(build_network(tiny_spec(), seed=2), decay=DECAY)
    resumed.load_state_dict(copy.deepcopy(whole.state_dict()))
    moved(model, 9)
    whole.update(model)
    resumed.update(model)
    assert resumed.updates == 4
    theirs = whole.network.state_dict()
    for name, value in resumed.network.state_dict().items():
        assert value.equal(theirs[name]), name


def test_the_mean_of_another_network_is_refused():
    average = Average(build_network(tiny_spec(), seed=1), decay=DECAY)
    other = Average(build_network(tiny_spec(depths=(2, 1)), seed=1), decay=DECAY)
    with pytest.raises(RuntimeError, match=r"layer1\.1"):
        average.load_state_dict(other.state_dict())


def test_a_recipe_without_a_decay_has_no_mean():
    model = build_network(tiny_spec(), seed=1)
    assert make_average(model, Recipe()) is None
    average = make_average(model, Recipe(ema_decay=0.9))
    assert average is not None
    assert not average.network.training
    assert not any(parameter.requires_grad for parameter in average.network.parameters())


def test_a_step_that_was_not_taken_leaves_the_mean_as_it_was_and_is_not_counted():
    model = build_network(tiny_spec(), seed=1)
    average, expected = Average(model, decay=DECAY), Average(model, decay=DECAY)
    for seed in range(3):
        moved(model, seed)
        average.update(model, broken=torch.tensor(False))
        expected.update(model)
    average.update(model, broken=torch.tensor(True))  # would follow the weights further
    average.forget(1)
    assert average.updates == expected.updates == 3
    theirs = expected.network.state_dict()
    for name, value in average.network.state_dict().items():
        assert value.equal(theirs[name]), name
