from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from resnet_studio.models.resnet import build_network
from resnet_studio.training.devices import Hardware, choose_hardware
from resnet_studio.training.optim import make_optimiser
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.steps import train_step, validation_step
from tests.training.conftest import tiny_spec


@pytest.fixture(params=["fp32", "bf16"])
def hardware(request) -> Hardware:
    return choose_hardware(Recipe(device="cpu", precision=request.param))


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(6, 3, 8, 8, generator=generator)
    return images, torch.tensor([0, 1, 0, 1, 1, 0])


def test_a_training_step_returns_the_loss_and_the_hits_before_the_step(batch):
    images, labels = batch
    hardware = choose_hardware(Recipe(device="cpu", precision="fp32"))
    model = build_network(tiny_spec(), seed=1)
    with torch.no_grad():
        logits = build_network(tiny_spec(), seed=1)(images)
    loss, correct = train_step(
        model,
        make_optimiser(model, Recipe()),
        images=images,
        labels=labels,
        hardware=hardware,
        label_smoothing=0.1,
    ).tolist()
    expected = functional.cross_entropy(logits, labels, label_smoothing=0.1)
    assert loss == pytest.approx(expected.item(), abs=1e-5)
    assert correct == (logits.argmax(1) == labels).sum().item()


def test_a_training_step_changes_every_parameter(batch, hardware):
    images, labels = batch
    model = build_network(tiny_spec(), seed=1)
    before = {name: value.clone() for name, value in model.named_parameters()}
    train_step(
        model,
        make_optimiser(model, Recipe(weight_decay=0.0)),
        images=images,
        labels=labels,
        hardware=hardware,
    )
    changed = {name for name, value in model.named_parameters() if not value.equal(before[name])}
    assert changed == set(before)
    assert all(value.dtype is torch.float32 for value in model.parameters())


def test_some_steps_on_one_batch_learn_it_by_heart(batch, hardware):
    images, labels = batch
    model = build_network(tiny_spec(), seed=1)
    optimiser = make_optimiser(model, Recipe(learning_rate=0.1))
    for _ in range(40):
        loss, correct = train_step(
            model, optimiser, images=images, labels=labels, hardware=hardware
        ).tolist()
    assert correct == 6
    assert loss < 0.1


def test_a_validation_step_changes_nothing(batch, hardware):
    images, labels = batch
    model = build_network(tiny_spec(), seed=1).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    figures = validation_step(model, images=images, labels=labels, hardware=hardware)
    assert not figures.requires_grad
    assert all(value.equal(before[name]) for name, value in model.state_dict().items())


def test_figures_are_of_the_whole_batch_whatever_its_size(batch):
    hardware = choose_hardware(Recipe(device="cpu", precision="fp32"))
    images, labels = batch
    model = build_network(tiny_spec(), seed=1).eval()
    whole = validation_step(model, images=images, labels=labels, hardware=hardware)
    halves = [
        validation_step(model, images=images[part], labels=labels[part], hardware=hardware)
        for part in (slice(0, 2), slice(2, 6))
    ]
    assert whole[1] == halves[0][1] + halves[1][1]
    torch.testing.assert_close(whole[0], (halves[0][0] * 2 + halves[1][0] * 4) / 6)
