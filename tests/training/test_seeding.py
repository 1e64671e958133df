from __future__ import annotations

import torch

from resnet_studio.training.seeding import step_randomness

CPU = torch.device("cpu")


def drawn(seed: int, step: int, rank: int = 0) -> torch.Tensor:
    with step_randomness(seed, step, CPU, rank=rank):
        return torch.rand(4)


def test_the_same_seed_and_step_draw_the_same_numbers():
    assert torch.equal(drawn(1, 2), drawn(1, 2))


def test_another_seed_or_step_draws_other_numbers():
    draws = [drawn(seed, step) for seed in range(3) for step in range(3)]
    assert len({tuple(values.tolist()) for values in draws}) == 9


def test_processes_that_share_a_batch_draw_different_numbers():
    draws = [drawn(1, step, rank) for step in range(3) for rank in range(3)]
    assert len({tuple(values.tolist()) for values in draws}) == 9


def test_what_was_drawn_before_does_not_matter():
    first = drawn(0, 0)
    torch.rand(17)
    assert torch.equal(drawn(0, 0), first)


def test_the_global_generator_is_given_back_as_it_was():
    before = torch.get_rng_state()
    drawn(5, 5)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_global_generator_is_given_back_after_an_error():
    before = torch.get_rng_state()
    try:
        with step_randomness(0, 0, CPU):
            torch.rand(3)
            raise ValueError
    except ValueError:
        pass
    assert torch.equal(torch.get_rng_state(), before)
