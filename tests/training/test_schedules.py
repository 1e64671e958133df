from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from resnet_studio.training.presets import RECIPES
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Schedule, Warmup
from resnet_studio.training.schedules import Plateau, curve, learning_rate


def rates(recipe: Recipe, steps_per_epoch: int) -> list[float]:
    total = recipe.total_steps(steps_per_epoch)
    return [learning_rate(recipe, step, steps_per_epoch) for step in range(total)]


def torchs(
    make: Callable[[torch.optim.Optimizer], lr_scheduler.LRScheduler], *, base: float, steps: int
) -> list[float]:
    """Returns the rates that one of torch's schedulers sets, step by step."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    scheduler = make(optimiser)
    found = []
    for _ in range(steps):
        found.append(float(optimiser.param_groups[0]["lr"]))
        optimiser.step()
        scheduler.step()
    return found


def assert_same(found: list[float], expected: list[float], base: float) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * base)


def test_a_constant_schedule_never_changes():
    recipe = Recipe(epochs=3, learning_rate=0.5, schedule=Schedule.CONSTANT)
    assert set(rates(recipe, 7)) == {0.5}


def test_steps_are_those_of_torchs_multi_step_scheduler():
    recipe = Recipe(
        epochs=10, learning_rate=0.3, schedule=Schedule.STEP, milestones=(0.3, 0.55), gamma=0.2
    )
    expected = torchs(
        lambda o: lr_scheduler.MultiStepLR(o, milestones=[30, 55], gamma=0.2), base=0.3, steps=100
    )
    assert_same(rates(recipe, 10), expected, 0.3)


@pytest.mark.parametrize(("period", "whole"), [(3.0, 21), (2.2, 15), (0.01, 1)])
def test_periodic_falls_are_those_of_torchs_step_scheduler(period, whole):
    recipe = Recipe(
        epochs=10, learning_rate=0.3, schedule=Schedule.PERIODIC, period=period, gamma=0.5
    )
    expected = torchs(
        lambda o: lr_scheduler.StepLR(o, step_size=whole, gamma=0.5), base=0.3, steps=70
    )
    assert_same(rates(recipe, 7), expected, 0.3)


@pytest.mark.parametrize("final", [0.0, 0.01, 1.0])
def test_a_cosine_is_that_of_torchs_annealing_scheduler(final):
    recipe = Recipe(epochs=8, learning_rate=0.4, schedule=Schedule.COSINE, final_rate=final)
    expected = torchs(
        lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=80, eta_min=0.4 * final),
        base=0.4,
        steps=80,
    )
    assert_same(rates(recipe, 10), expected, 0.4)


@pytest.mark.parametrize("epochs", [1, 2, 6])
@pytest.mark.parametrize(("peak", "start", "final"), [(0.3, 0.04, 4e-6), (0.2, 0.5, 0.5)])
def test_one_cycle_is_that_of_torch_with_its_momentum_left_alone(epochs, peak, start, final):
    recipe = Recipe(
        epochs=epochs,
        learning_rate=0.4,
        schedule=Schedule.ONE_CYCLE,
        peak=peak,
        warmup_start=start,
        final_rate=final,
        warmup_epochs=1,
    )
    expected = torchs(
        lambda o: lr_scheduler.OneCycleLR(
            o,
            max_lr=0.4,
            total_steps=epochs * 10,
            pct_start=peak,
            div_factor=1 / start,
            final_div_factor=start / final,
            cycle_momentum=False,
        ),
        base=0.4,
        steps=epochs * 10 - 1,
    )
    # torch refuses the step after the last, which `torchs` would take: the last rate is known.
    assert_same(rates(recipe, 10), [*expected, 0.4 * final], 0.4)


def test_one_cycle_may_end_at_nothing():
    recipe = Recipe(epochs=4, learning_rate=0.4, schedule=Schedule.ONE_CYCLE, peak=0.25)
    values = rates(recipe, 10)
    assert values[0] == pytest.approx(0.04)
    assert values[9] == max(values) == pytest.approx(0.4)
    assert values[-1] == 0.0


@pytest.mark.parametrize("warmup_start", [0.0, 0.2])
@pytest.mark.parametrize("schedule", [Schedule.CONSTANT, Schedule.COSINE])
def test_a_gradual_warm_up_is_torchs_linear_one_before_the_schedule(schedule, warmup_start):
    recipe = Recipe(
        epochs=10,
        learning_rate=1.0,
        schedule=schedule,
        warmup=Warmup.GRADUAL,
        warmup_epochs=2,
        warmup_start=warmup_start,
    )
    values = rates(recipe, 5)
    if warmup_start:  # torch cannot begin at 0
        warm = torchs(
            lambda o: lr_scheduler.LinearLR(o, start_factor=warmup_start, total_iters=10),
            base=1.0,
            steps=10,
        )
        assert_same(values[:10], warm, 1.0)
    assert values[:10] == pytest.approx(
        [warmup_start + (1 - warmup_start) * step / 10 for step in range(10)]
    )
    after = Recipe(epochs=8, learning_rate=1.0, schedule=schedule)
    assert_same(values[10:], rates(after, 5), 1.0)


def test_a_constant_warm_up_holds_its_rate_and_then_jumps():
    recipe = Recipe(
        epochs=4,
        learning_rate=0.1,
        schedule=Schedule.CONSTANT,
        warmup=Warmup.CONSTANT,
        warmup_epochs=1.5,
        warmup_start=0.1,
    )
    expected = torchs(
        lambda o: lr_scheduler.ConstantLR(o, factor=0.1, total_iters=15), base=0.1, steps=40
    )
    assert_same(rates(recipe, 10), expected, 0.1)


@pytest.mark.parametrize("spe", [313, 352, 391, 5005])
def test_a_warm_up_of_400_steps_is_exactly_that_however_long_an_epoch_is(spe):
    recipe = Recipe(
        warmup=Warmup.CONSTANT, warmup_epochs=400 / spe, schedule=Schedule.CONSTANT, epochs=9
    )
    assert learning_rate(recipe, 399, spe) == pytest.approx(0.01)
    assert learning_rate(recipe, 400, spe) == pytest.approx(0.1)


def test_a_warm_up_may_last_for_the_whole_run():
    recipe = Recipe(epochs=2, learning_rate=1.0, warmup_epochs=2, warmup_start=0.0)
    assert rates(recipe, 2) == pytest.approx([0.0, 0.25, 0.5, 0.75])


def test_the_linear_scaling_rule_scales_every_rate():
    recipe = Recipe(batch_size=1024, reference_batch_size=256, learning_rate=0.1, warmup_epochs=1)
    plain = Recipe(batch_size=1024, learning_rate=0.4, warmup_epochs=1)
    assert rates(recipe, 10) == pytest.approx(rates(plain, 10), rel=1e-12)


def test_a_run_may_be_measured_in_steps():
    recipe = Recipe(steps=25, epochs=100, schedule=Schedule.STEP, milestones=(0.4,))
    assert len(rates(recipe, 10)) == 25
    assert rates(recipe, 10) == pytest.approx([0.1] * 10 + [0.01] * 15)
    arc = Recipe(steps=25, epochs=100, schedule=Schedule.COSINE)
    assert learning_rate(arc, 25, 10) == pytest.approx(0.0, abs=1e-16)


# --- plateau --------------------------------------------------------------------------------------

PLATEAU = Recipe(
    epochs=50, learning_rate=0.5, schedule=Schedule.PLATEAU, plateau_epochs=3, gamma=0.2
)


@given(
    losses=st.lists(st.sampled_from([1.0, 0.9, 0.8, 0.7, 1.1]), max_size=40),
    patience=st.integers(1, 4),
)
def test_a_plateau_lowers_the_rate_when_torchs_scheduler_does(losses, patience):
    recipe = PLATEAU.replace(plateau_epochs=patience)
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    scheduler = lr_scheduler.ReduceLROnPlateau(
        optimiser, factor=0.2, patience=patience - 1, threshold=0.0, eps=0.0
    )
    state = Plateau()
    for epoch, loss in enumerate(losses):
        state = state.after(loss, recipe)
        scheduler.step(loss)
        rate = learning_rate(recipe, 10 * (epoch + 1), 10, factor=state.factor)
        assert rate == pytest.approx(optimiser.param_groups[0]["lr"], rel=1e-12)


def test_the_rate_falls_after_exactly_so_many_epochs_without_a_lower_loss():
    states = list(
        itertools.accumulate(
            [0.5, 0.6, 0.5, 0.7, 0.8, 0.4],
            lambda state, loss: state.after(loss, PLATEAU),
            initial=Plateau(),
        )
    )
    assert [state.waited for state in states] == [0, 0, 1, 2, 0, 1, 0]
    assert [state.factor for state in states] == [1, 1, 1, 1, 0.2, 0.2, 0.2]
    assert [state.lowest for state in states] == [None, 0.5, 0.5, 0.5, 0.5, 0.5, 0.4]


def test_no_other_schedule_heeds_the_validation_loss():
    state = Plateau()
    for _ in range(20):
        state = state.after(1.0, Recipe(plateau_epochs=1))
    assert state == Plateau()


def test_a_plateau_is_drawn_as_the_rate_it_begins_with():
    _, drawn = curve(PLATEAU, 10)
    assert set(drawn.tolist()) == {0.5}


# --- all of them ----------------------------------------------------------------------------------

recipes = st.builds(
    Recipe,
    epochs=st.integers(3, 400),
    steps=st.none() | st.integers(1, 100_000),
    batch_size=st.integers(1, 512),
    reference_batch_size=st.none() | st.integers(1, 512),
    learning_rate=st.floats(1e-6, 100.0),
    schedule=st.sampled_from(Schedule),
    period=st.floats(1e-3, 400.0),
    final_rate=st.floats(0.0, 1.0),
    peak=st.floats(0.001, 0.999),
    warmup=st.sampled_from(Warmup),
    warmup_epochs=st.floats(0.0, 3.0),
    warmup_start=st.floats(0.0, 1.0),
    gamma=st.floats(0.01, 1.0),
)


@given(recipe=recipes, spe=st.integers(1, 2000), where=st.floats(0.0, 1.1))
def test_the_rate_is_never_negative_and_never_above_the_base(recipe, spe, where):
    step = int(where * recipe.total_steps(spe))
    assert 0.0 <= learning_rate(recipe, step, spe) <= recipe.base_rate * (1 + 1e-12)


@given(recipe=recipes, spe=st.integers(1, 2000))
def test_the_curve_is_what_training_will_use(recipe, spe):
    epochs, drawn = curve(recipe, spe, points=50)
    steps = np.rint(epochs * spe).astype(int)
    assert (np.diff(steps) > 0).all()
    assert (steps[0], steps[-1]) == (0, recipe.total_steps(spe) - 1)
    assert drawn.tolist() == [learning_rate(recipe, int(step), spe) for step in steps]
    assert len(steps) < 300


def jumps_of(recipe: Recipe, spe: int) -> list[tuple[int, int]]:
    """Returns the pairs of drawn steps between which the rate changes."""
    epochs, drawn = curve(recipe, spe)
    steps = np.rint(epochs * spe).astype(int).tolist()
    assert len(steps) < 2100
    return [
        (a, b) for a, b, x, y in zip(steps, steps[1:], drawn, drawn[1:], strict=False) if x != y
    ]


def test_the_curve_of_a_long_run_has_few_points_and_upright_jumps():
    falls = jumps_of(RECIPES["he2015_cifar_110"].recipe, 352)
    assert falls == [(at - 1, at) for at in (400, 32_000, 48_000)]


def test_periodic_falls_are_drawn_upright_too():
    falls = jumps_of(RECIPES["torchvision_v1"].recipe, 5005)
    assert falls == [(at - 1, at) for at in (30 * 5005, 60 * 5005)]


def test_a_cosine_begins_at_the_base_rate_and_is_half_in_the_middle_of_what_follows_the_warm_up():
    recipe = Recipe(epochs=12, learning_rate=0.4, schedule=Schedule.COSINE, warmup_epochs=2)
    assert learning_rate(recipe, 20, 10) == pytest.approx(0.4)
    assert learning_rate(recipe, 70, 10) == pytest.approx(0.2)
    assert learning_rate(recipe, 45, 10) == pytest.approx(0.2 * (1 + math.cos(math.pi / 4)))
    assert 0.0 < learning_rate(recipe, 119, 10) < 0.001
