from __future__ import annotations

import os
import signal
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from resnet_studio.errors import RunError
from resnet_studio.models.resnet import build_network
from resnet_studio.training.devices import Hardware
from resnet_studio.training.distributed import (
    ALONE,
    PEER_SECONDS_VARIABLE,
    RunningStatistics,
    World,
    idle,
    join,
    restarted,
)
from resnet_studio.training.recipe_choices import DeviceChoice, Precision
from tests.training.conftest import SIZE, tiny_spec
from tests.training.worlds import Died, in_world

VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@pytest.fixture
def no_torchrun(monkeypatch):
    for name in (*VARIABLES, "TORCHELASTIC_RESTART_COUNT", PEER_SECONDS_VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def torchrun(no_torchrun, monkeypatch):
    """Variables as torchrun sets them; nobody listens at the port."""
    for name, value in zip(VARIABLES, ("0", "2", "0", "2", "127.0.0.1", "1"), strict=True):
        monkeypatch.setenv(name, value)


# -- one process --------------------------------------------------------------------------------


def test_without_torchrun_a_process_is_alone(no_torchrun):
    with join() as world:
        assert world is ALONE
    assert world.main
    assert not world.deserted
    assert world.any(True, False) == (True, False)
    values = torch.ones(3)
    assert world.total(values) is values
    model = nn.Linear(1, 1)
    assert world.wrap(model) is model
    world.barrier()


def test_one_process_of_torchrun_is_alone(torchrun, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "1")
    with join() as world:
        assert world is ALONE


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 7, 8])
def test_shares_are_contiguous_even_and_together_the_whole_batch(size, count):
    indices = np.arange(100, 100 + count)
    shares = [World(rank=rank, size=size).share(indices) for rank in range(size)]
    assert np.concatenate(shares).tolist() == indices.tolist()
    lengths = [len(share) for share in shares]
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("RANK", "two", "RANK is 'two'"),
        ("RANK", "2", "from 0 to 1"),
        ("WORLD_SIZE", "", "WORLD_SIZE is ''"),
        (PEER_SECONDS_VARIABLE, "soon", "'soon'"),
        (PEER_SECONDS_VARIABLE, "0", "from 1 to 1,000,000"),
    ],
)
def test_an_environment_that_torchrun_would_not_make_is_refused(
    torchrun, monkeypatch, name, value, told
):
    monkeypatch.setenv(name, value)
    with pytest.raises(RunError, match=told), join():
        pass


def test_processes_that_do_not_come_are_told(torchrun, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    told = r"Process 1 of 2 could not meet .* 127\.0\.0\.1:1"
    with pytest.raises(RunError, match=told), join(DeviceChoice.CPU, seconds=1.0):
        pass


def test_more_processes_than_gpus_are_refused(torchrun, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(RunError, match=r"2 processes .* 1 GPU;.*--nproc-per-node=1"), join():
        pass


def test_each_process_gets_the_gpu_of_its_own_number():
    cuda = Hardware(torch.device("cuda"), Precision.BF16, 1)
    world = World(rank=5, size=8, local_rank=1, local_size=4)
    assert world.placed(cuda).device == torch.device("cuda", 1)
    cpu = Hardware(torch.device("cpu"), Precision.FP32, 1)
    assert world.placed(cpu) is cpu
    assert ALONE.placed(cuda) is cuda


def test_several_processes_on_metal_are_refused():
    with pytest.raises(RunError, match="cannot train together on mps"):
        World(size=2).placed(Hardware(torch.device("mps"), Precision.FP32, 1))


@pytest.mark.parametrize(("count", "expected"), [(None, False), ("0", False), ("2", True)])
def test_a_restart_is_known_by_torchruns_count(no_torchrun, monkeypatch, count, expected):
    if count is not None:
        monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", count)
    assert restarted() is expected


# -- several processes --------------------------------------------------------------------------


def exchange(world):
    flags = world.any(world.rank == 0, world.rank == 1, False)
    own = torch.tensor([1.0, 10.0 * world.rank], dtype=torch.float64)
    total = world.total(own)
    world.barrier()
    return replace(world, _store=None), flags, total.tolist(), own.tolist(), world.deserted


def test_flags_of_any_count_for_all_and_totals_are_sums():
    first, second, third = in_world(exchange, size=3)
    assert first[0] == World(rank=0, size=3, local_rank=0, local_size=3, seconds=20.0)
    assert [answer[0].rank for answer in (first, second, third)] == [0, 1, 2]
    assert [answer[0].main for answer in (first, second, third)] == [True, False, False]
    for answer in (first, second, third):
        assert answer[1:3] == ((True, True, False), [3.0, 30.0])
        assert not answer[4]
    assert second[3] == [1.0, 10.0]  # what was given is left as it was


def compare(world):
    return world.agree(1, -5, 2**40), world.agree(3, world.rank), world.agree()


def test_processes_know_whether_they_have_the_same_numbers():
    assert in_world(compare) == [(True, False, True)] * 2
    assert ALONE.agree(1, 2)


def threads(world):
    return torch.get_num_threads()


def test_the_cores_are_divided_among_the_processes():
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert in_world(threads) == [max(1, cores // 2)] * 2


def network(seed: int = 0) -> nn.Module:
    return build_network(tiny_spec(stochastic_depth=0.5), seed=seed)


def batch(count: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    images = torch.randn(count, 3, SIZE, SIZE, generator=generator)
    return images, torch.randint(0, 2, (count,), generator=generator)


def own(world: World, tensor: torch.Tensor) -> torch.Tensor:
    return tensor[torch.from_numpy(world.share(np.arange(len(tensor))))]


def hand_loop(world, count, steps):
    """Trains with plain SGD; returns the state after each step."""
    # Other seeds: wrapping makes the weights those of the first process.
    model = network(seed=world.rank)
    forward = world.wrap(model)
    statistics = RunningStatistics(model, world)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    images, labels = batch(count)
    part, states = own(world, images), []
    for step in range(steps):
        torch.manual_seed(step)
        loss = functional.cross_entropy(forward(part), own(world, labels), reduction="sum")
        optimiser.zero_grad()
        (loss * world.size / count).backward()
        optimiser.step()
        statistics.average()
        states.append({name: value.clone() for name, value in model.state_dict().items()})
    return states


def in_parts(parts: int, count: int, steps: int):
    """Does the same in one process, computing the batch in parts, as `accumulate` does."""
    model = network()
    optimiser = torch.optim.SGD(model.parameters(), lr=0.1)
    images, labels = batch(count)
    states = []
    for step in range(steps):
        optimiser.zero_grad()
        buffers = {name: value.clone() for name, value in model.named_buffers()}
        seen = []
        for rank in range(parts):
            torch.manual_seed(step)
            world = World(rank=rank, size=parts)
            loss = functional.cross_entropy(
                model(own(world, images)), own(world, labels), reduction="sum"
            )
            (loss / count).backward()
            seen.append({name: value.clone() for name, value in model.named_buffers()})
            for name, value in model.named_buffers():
                value.copy_(buffers[name])
        for name, value in model.named_buffers():
            value.copy_(torch.stack([each[name].double() for each in seen]).mean(dim=0))
        optimiser.step()
        states.append({name: value.clone() for name, value in model.state_dict().items()})
    return states


@pytest.mark.parametrize(("size", "count"), [(2, 8), (3, 7)])
def test_processes_train_as_one_that_computes_their_parts_one_after_the_other(size, count):
    answers = in_world(hand_loop, count, 4, size=size)
    expected = in_parts(size, count, 4)
    for states in answers:
        for state, right in zip(states, expected, strict=True):
            for name, value in right.items():
                torch.testing.assert_close(state[name], value, rtol=1e-5, atol=1e-6, msg=name)


def test_all_processes_hold_the_same_bits_after_every_step():
    first, second = in_world(hand_loop, 7, 4)
    for one, other in zip(first, second, strict=True):
        assert all(value.equal(other[name]) for name, value in one.items())


def without_pictures(world):
    model = network()
    forward = world.wrap(model)
    before = {name: value.clone() for name, value in model.named_buffers()}
    images, labels = batch(4)
    if world.main:
        loss = functional.cross_entropy(forward(images), labels)
    else:
        with idle(model):
            loss = forward(images[:0]).sum() * 0.0
    loss.backward()
    modes = {module.training for module in model.modules()}
    moved = [name for name, value in model.named_buffers() if not value.equal(before[name])]
    return [parameter.grad.clone() for parameter in model.parameters()], moved, modes


def test_a_process_without_pictures_takes_part_in_a_step_and_learns_no_statistics():
    (gradients, moved, _), (others, none_moved, modes) = in_world(without_pictures)
    assert all(one.equal(other) for one, other in zip(gradients, others, strict=True))
    assert any(gradient.abs().max() > 0 for gradient in gradients)
    assert moved
    assert none_moved == []
    assert modes == {True}


# -- processes that are lost --------------------------------------------------------------------


def told_by_any(world, how):
    if world.rank == 1:
        how(world)
        return ""
    with pytest.raises(RunError) as caught:
        world.any(False)
    return str(caught.value)


def die(world):
    os.kill(os.getpid(), signal.SIGKILL)


def leave(world):
    pass


def fail(world):
    world.fail("The disk is full.")
    world.fail("Something that follows from it.")


def hang(world):
    threading.Event().wait(1.5)


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (die, "Another process of this run has ended. Resume the run"),
        (leave, "Another process of this run has ended. Resume the run"),
        (fail, "Process 1 of this run failed: The disk is full. Resume the run"),
        (hang, "Another process of this run has not answered for 1 seconds. Resume the run"),
    ],
)
def test_a_process_that_is_lost_ends_the_others_with_a_sentence(how, told):
    sentence, _ = in_world(told_by_any, how, seconds=1.0)
    assert sentence.startswith(told)


def lost_in_backward(world):
    forward = world.wrap(network())
    loss = forward(batch()[0]).sum()
    if world.rank == 1:
        die(world)
    with pytest.raises(RuntimeError) as caught:
        loss.backward()
    return str(world.explained(caught.value)), world.explained(RuntimeError("out of memory"))


def test_a_process_lost_in_the_backward_pass_is_told_and_other_errors_are_not_taken_for_it():
    (told, other), died = in_world(lost_in_backward)
    assert told.startswith("Another process of this run has ended.")
    assert other is None
    assert isinstance(died, Died)


def test_a_process_whose_torchrun_is_gone_knows_it():
    assert not World(size=2, _parent=os.getppid()).deserted
    assert World(size=2, _parent=os.getppid() + 1).deserted
