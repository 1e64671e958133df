from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from resnet_studio.models.resnet import ResNet, build_network
from resnet_studio.training.averaging import make_average
from resnet_studio.training.devices import Hardware, choose_hardware
from resnet_studio.training.distributed import ALONE, World
from resnet_studio.training.gradients import Sections
from resnet_studio.training.mixing import make_mixing
from resnet_studio.training.optim import make_optimiser, set_learning_rate
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.seeding import step_randomness
from resnet_studio.training.steps import Stepper, validate
from tests.training.conftest import tiny_spec

CLASSES = 7
RATE = 0.1
IMAGES = torch.randn(6, 3, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.tensor([0, 6, 2, 1, 1, 3])


@pytest.fixture(params=["fp32", "bf16"])
def hardware(request) -> Hardware:
    return choose_hardware(Recipe(device="cpu", precision=request.param))


def network() -> ResNet:
    return build_network(tiny_spec(classes=CLASSES), seed=1).to(memory_format=torch.channels_last)


def stepper(*, weights: torch.Tensor | None = None, **fields: object) -> Stepper:
    recipe = Recipe(**{"device": "cpu", "precision": "fp32", **fields})
    model = network()
    hardware = choose_hardware(recipe)
    optimiser = make_optimiser(model, recipe, hardware)
    set_learning_rate(optimiser, RATE)
    return Stepper(
        model=model,
        forward=model,
        optimiser=optimiser,
        hardware=hardware,
        recipe=recipe,
        sections=Sections.of(model),
        class_weights=weights,
        mixing=make_mixing(recipe, CLASSES),
        average=make_average(model, recipe),
        world=ALONE,
    )


def train(steps: Stepper, images: torch.Tensor = IMAGES) -> torch.Tensor:
    return steps.train(images, LABELS, planned=len(LABELS))


def gradients(model: ResNet) -> dict[str, torch.Tensor]:
    return {name: parameter.grad for name, parameter in model.named_parameters()}


def gradients_of(loss: Callable[[torch.Tensor], torch.Tensor]) -> dict[str, torch.Tensor]:
    """The gradients of a plain loss of the logits of all pictures, in training mode."""
    model = network()
    loss(model(IMAGES)).backward()
    return gradients(model)


def assert_gradients(steps: Stepper, expected: dict[str, torch.Tensor]) -> None:
    for name, value in gradients(steps.model).items():
        torch.testing.assert_close(value, expected[name], rtol=1e-4, atol=1e-6, msg=name)


def queued(monkeypatch) -> None:
    """Has the processor treated like a device whose results are waited for."""
    monkeypatch.setattr(Hardware, "immediate", property(lambda _self: False))


def whole_state(steps: Stepper) -> dict[str, object]:
    """Returns all that a checkpoint holds, in copies."""
    mean = {} if steps.average is None else steps.average.state_dict()
    return copy.deepcopy([steps.model.state_dict(), steps.optimiser.state_dict(), mean])


def assert_same_bits(state: object, expected: object) -> None:
    torch.testing.assert_close(state, expected, rtol=0, atol=0)


def state_of(steps: Stepper) -> tuple[dict[str, torch.Tensor], object]:
    return copy.deepcopy((steps.model.state_dict(), steps.optimiser.state_dict()["state"]))


def assert_same_state(steps: Stepper, before: tuple[dict[str, torch.Tensor], object]) -> None:
    model, optimiser = state_of(steps)
    assert [name for name in model if not model[name].equal(before[0][name])] == []
    assert str(optimiser) == str(before[1])


# --- figures --------------------------------------------------------------------------------------


def test_a_step_returns_sums_before_the_step_and_the_norm_of_each_section():
    steps = stepper()
    with torch.no_grad():
        logits = network()(IMAGES)
    order = logits.argsort(dim=1, descending=True)
    total, right, among, *norms = train(steps).tolist()
    assert total == pytest.approx(6 * functional.cross_entropy(logits, LABELS).item(), rel=1e-6)
    assert right == (order[:, 0] == LABELS).sum().item()
    assert among == (order[:, :5] == LABELS[:, None]).sum().item()
    assert right < among < 6  # or the test could not tell one from the other
    assert len(norms) == len(steps.sections.names)
    head = torch.cat([steps.model.fc.weight.grad.flatten(), steps.model.fc.bias.grad]).norm()
    assert norms[-1] == pytest.approx(head.item(), rel=1e-6)


def test_a_step_changes_every_parameter(hardware):
    steps = stepper(weight_decay=0.0, precision=hardware.precision)
    before = copy.deepcopy(steps.model.state_dict())
    train(steps)
    named = dict(steps.model.named_parameters())
    assert [name for name, value in named.items() if value.equal(before[name])] == []
    assert all(value.dtype is torch.float32 for value in named.values())


def test_some_steps_on_one_batch_learn_it_by_heart(hardware):
    steps = stepper(precision=hardware.precision)
    for _ in range(40):
        total, right, among = train(steps)[:3].tolist()
    assert (right, among) == (6, 6)
    assert total < 0.6


def test_validation_gives_sums_and_changes_nothing(hardware):
    model = network().eval()
    before = copy.deepcopy(model.state_dict())
    whole = validate(model, IMAGES, LABELS, hardware)
    halves = [
        validate(model, IMAGES[part], LABELS[part], hardware) for part in (slice(0, 2), slice(2, 6))
    ]
    torch.testing.assert_close(whole, halves[0] + halves[1], rtol=1e-3, atol=1e-3)
    assert whole.shape == (3,)
    assert not whole.requires_grad
    assert all(value.equal(before[name]) for name, value in model.state_dict().items())


def test_what_is_validated_is_the_mean_of_the_weights_if_there_is_one():
    plain, averaged = stepper(), stepper(ema_decay=0.9)
    for steps in (plain, averaged):
        steps.begin_training()
        for _ in range(3):
            train(steps)
        steps.begin_validation()
    hardware = plain.hardware
    network = plain.model.eval()
    assert plain.validate(IMAGES, LABELS).equal(validate(network, IMAGES, LABELS, hardware))
    network = averaged.average.network
    assert averaged.validate(IMAGES, LABELS).equal(validate(network, IMAGES, LABELS, hardware))
    assert not averaged.validate(IMAGES, LABELS).equal(plain.validate(IMAGES, LABELS))
    plain.begin_training()
    assert plain.model.training


# --- what is minimised ----------------------------------------------------------------------------


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("size", [2, 3, 5, 6])
def test_the_gradient_is_that_of_torchs_mean_bit_for_bit(size, smoothing):
    steps = stepper(label_smoothing=smoothing)
    steps.train(IMAGES[:size], LABELS[:size], planned=size)
    model = network()
    images = IMAGES[:size].contiguous(memory_format=torch.channels_last)
    logits = model(images)
    functional.cross_entropy(logits, LABELS[:size], label_smoothing=smoothing).backward()
    expected = gradients(model)
    ours = gradients(steps.model)
    assert [name for name in ours if not ours[name].equal(expected[name])] == []


def test_a_share_of_a_batch_counts_by_its_part_of_the_whole():
    steps = stepper()
    steps.train(IMAGES, LABELS, planned=24)
    expected = gradients_of(lambda logits: functional.cross_entropy(logits, LABELS) / 4)
    assert_gradients(steps, expected)


@pytest.mark.parametrize("accumulate", [2, 3, 4, 6])
def test_a_batch_in_parts_has_the_gradient_of_the_whole(accumulate):
    # In evaluation mode, since batch normalisation would see the parts.
    parts, whole = stepper(accumulate=accumulate), stepper()
    for steps in (parts, whole):
        steps.model.eval()
    in_parts, at_once = train(parts), train(whole)
    torch.testing.assert_close(in_parts, at_once, rtol=1e-4, atol=1e-5)
    assert_gradients(parts, gradients(whole.model))


def test_more_parts_than_pictures_are_as_many_as_pictures():
    steps = stepper(accumulate=100)
    steps.model.eval()
    assert torch.isfinite(steps.train(IMAGES[:2], LABELS[:2], planned=2)).all()


def test_classes_count_by_their_weights_and_the_batch_by_its_pictures():
    weights = torch.tensor([2.0, 0.5, 1.0, 3.0, 1.0, 1.0, 0.25])
    steps = stepper(weights=weights)
    total = train(steps)[0]

    def weighted(logits: torch.Tensor) -> torch.Tensor:
        each = functional.cross_entropy(logits, LABELS, reduction="none")
        return (weights[LABELS] * each).sum() / 6

    assert_gradients(steps, gradients_of(weighted))
    with torch.no_grad():
        torch.testing.assert_close(total, 6 * weighted(network()(IMAGES)))


def test_mixed_batches_are_learnt_as_they_are_mixed():
    steps = stepper(mixup=1.0)
    with step_randomness(0, 3, steps.hardware.device):
        figures = train(steps)
    with step_randomness(0, 3, steps.hardware.device):
        images, targets = make_mixing(Recipe(mixup=1.0), CLASSES)(IMAGES, LABELS)
    model = network()
    logits = model(images)
    loss = functional.cross_entropy(logits, targets)
    loss.backward()
    assert_gradients(steps, gradients(model))
    assert figures[0].item() == pytest.approx(6 * loss.item(), rel=1e-5)
    assert figures[1] == (logits.argmax(1) == targets.argmax(1)).sum()


def test_a_process_without_pictures_adds_nothing_and_learns_no_statistics():
    steps = stepper(weight_decay=0.0, mixup=0.2)
    steps.world = World(rank=1, size=2)
    before = copy.deepcopy(steps.model.state_dict())
    figures = steps.train(IMAGES[:0], LABELS[:0], planned=1)
    assert figures.tolist() == [0.0] * 7
    assert all(value.equal(before[name]) for name, value in steps.model.state_dict().items())


@pytest.mark.parametrize(
    ("accumulate", "size", "parts"), [(4, 1, 4), (4, 2, 2), (3, 2, 2), (1, 3, 1)]
)
def test_the_parts_of_a_batch_are_those_of_all_processes_together(accumulate, size, parts):
    steps = stepper(accumulate=accumulate)
    steps.world = World(size=size)
    seen: list[int] = []
    steps.model.register_forward_hook(lambda _module, inputs, _output: seen.append(len(inputs[0])))
    steps.train(IMAGES, LABELS, planned=6 * size)
    assert len(seen) == parts
    assert sum(seen) == 6


# --- what is done with the gradient ---------------------------------------------------------------


def test_a_long_gradient_is_shortened_and_told_as_it_was():
    free, clipped = stepper(), stepper(clip_norm=0.01)
    told, told_before_clipping = train(free), train(clipped)
    assert told.equal(told_before_clipping)
    assert told[3:].norm() > 0.01
    grads = torch.cat([value.flatten() for value in gradients(clipped.model).values()])
    assert grads.norm().item() == pytest.approx(0.01, rel=1e-4)


def test_a_short_gradient_is_left_alone():
    free, clipped = stepper(), stepper(clip_norm=1000.0)
    train(free)
    train(clipped)
    assert_same_state(clipped, state_of(free))


def test_the_mean_of_the_weights_follows_each_step():
    steps = stepper(ema_decay=0.5)
    assert steps.average is not None
    train(steps)
    first = steps.model.fc.bias.detach().clone()
    train(steps)
    second = steps.model.fc.bias.detach()
    torch.testing.assert_close(steps.average.network.fc.bias, 0.5 * first + 0.5 * second)


# --- faults ---------------------------------------------------------------------------------------


def test_a_step_that_is_not_finite_is_told_and_changes_nothing():
    steps = stepper(ema_decay=0.5)
    train(steps)
    before, mean = state_of(steps), steps.average.network.fc.bias.clone()
    images = IMAGES.clone()
    images[2] = torch.nan
    assert not steps.intact
    figures = train(steps, images)
    assert steps.intact
    assert figures[0].isnan()
    assert not torch.isfinite(figures[3:]).any()
    assert_same_state(steps, before)
    assert mean.equal(steps.average.network.fc.bias)


QUEUED = {
    "momentum": {"weight_decay": 0.01},
    "nesterov, two groups": {"nesterov": True, "decay_all": False, "weight_decay": 0.01},
    "no momentum": {"momentum": 0.0},
    "adamw": {"optimiser": "adamw", "weight_decay": 0.01},
    "mean of the weights": {"ema_decay": 0.7},
    "adamw and a mean of the weights": {"optimiser": "adamw", "ema_decay": 0.3},
    "bf16, clipped, in parts": {"precision": "bf16", "clip_norm": 0.1, "accumulate": 2},
}


@pytest.mark.parametrize("before", [0, 1, 3])
@pytest.mark.parametrize("kind", QUEUED)
def test_steps_queued_behind_one_that_is_not_finite_change_nothing(monkeypatch, kind, before):
    queued(monkeypatch)
    steps = stepper(**QUEUED[kind])
    assert steps.holding
    for _ in range(before):
        train(steps)
    kept = whole_state(steps)
    images = IMAGES.clone()
    images[2] = torch.nan
    broken = [train(steps, images), *(train(steps, IMAGES + shift) for shift in range(3))]
    assert [bool(figures.isfinite().all()) for figures in broken] == [False, True, True, True]
    steps.forget(len(broken))
    if before == 0 and kind.startswith("adamw"):
        # It makes its state in the first step: zeros, as it would have begun with.
        state = steps.optimiser.state_dict()["state"].values()
        assert all(not value.any() for entry in state for value in entry.values())
        kept[1] = steps.optimiser.state_dict()
    assert_same_bits(whole_state(steps), kept)


@pytest.mark.parametrize("kind", QUEUED)
def test_holding_steps_back_changes_no_bit_of_sound_ones(monkeypatch, kind):
    plain = stepper(**QUEUED[kind])
    assert not plain.holding
    with monkeypatch.context() as context:
        queued(context)
        steps = stepper(**QUEUED[kind])
        for shift in range(4):
            figures = train(steps, IMAGES + shift)
            assert not steps.intact
    for shift in range(4):
        expected = train(plain, IMAGES + shift)
    assert_same_bits(figures, expected)
    assert_same_bits(whole_state(steps), whole_state(plain))


def test_an_optimiser_that_is_not_fused_cannot_hold_steps_back(monkeypatch):
    queued(monkeypatch)
    fused = stepper()
    plain = torch.optim.SGD(fused.model.parameters(), lr=RATE, foreach=True)
    steps = replace(fused, optimiser=plain)
    assert not steps.holding
    images = IMAGES.clone()
    images[2] = torch.nan
    train(steps, images)
    assert steps.model.fc.bias.isnan().all()


@pytest.mark.parametrize("layer", ["layer2.0.conv2", "fc"])
def test_a_step_that_fails_half_way_leaves_all_as_it_was(layer):
    steps = stepper()
    train(steps)
    before = state_of(steps)

    def fail(*_: object) -> None:
        torch.empty(1 << 60, dtype=torch.uint8)

    handle = steps.model.get_submodule(layer).register_forward_hook(fail)
    with pytest.raises(RuntimeError):
        train(steps)
    handle.remove()
    assert steps.intact
    assert_same_state(steps, before)
    expected = stepper()
    train(expected)
    train(expected)
    train(steps)
    assert_same_state(steps, state_of(expected))


def test_a_step_that_fails_while_weights_change_says_so():
    steps = stepper()

    def fail(*_: object) -> None:
        raise MemoryError

    handle = steps.optimiser.register_step_post_hook(fail)
    with pytest.raises(MemoryError):
        train(steps)
    assert not steps.intact
    handle.remove()
