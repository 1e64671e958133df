from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
import torch
from torch import nn

from resnet_studio.errors import DeviceError
from resnet_studio.models.resnet import ResNet, build_network
from resnet_studio.training import compiling
from resnet_studio.training.compiling import Compilation, compiled
from resnet_studio.training.devices import Hardware, choose_hardware
from resnet_studio.training.events import Progress, RunStarted
from resnet_studio.training.loop import fit
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import Precision
from tests.training.conftest import tiny_config, tiny_spec, write_pictures

SHAPE = (4, 3, 8, 8)
CUDA = Hardware(torch.device("cuda"), Precision.FP32, 1)


def network() -> ResNet:
    return build_network(tiny_spec(), seed=1).to(memory_format=torch.channels_last)


def result(
    steps: Generator[Progress, None, Compilation],
) -> tuple[list[Progress], Compilation]:
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return told, end.value


def chosen_for(model: ResNet, settled: str | None = None, **fields: Any) -> Compilation:
    recipe = Recipe(device="cpu", precision="fp32", **fields)
    hardware = choose_hardware(recipe)
    told, compilation = result(compiled(model, recipe, hardware, shape=SHAPE, settled=settled))
    assert told == [] or compilation.chosen == "on"
    return compilation


@pytest.mark.parametrize("choice", ["off", "auto"])
def test_on_the_processor_nothing_is_compiled_unless_asked_for(choice):
    model = network()
    compilation = chosen_for(model, compile=choice)
    assert compilation.forward is model
    assert compilation.choice[:2] == ("compilation", "off")
    assert compilation.why


def test_a_resumed_run_computes_as_it_began():
    assert chosen_for(network(), settled="off", compile="auto").why == "as the run began"


def test_what_the_recipe_says_counts_more_than_how_the_run_began():
    assert chosen_for(network(), settled="on", compile="off").chosen == "off"


def test_a_network_that_cannot_be_compiled_is_an_error_with_a_remedy(monkeypatch):
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("No working C++ compiler found in config.cpp.cxx: (None, 'g++').\nMore")

    monkeypatch.setattr(compiling, "_compiler", lambda *_: lambda _model: fails)
    with pytest.raises(DeviceError) as caught:
        chosen_for(network(), compile="on")
    assert "No working C++ compiler" in caught.value.message
    assert "More" not in caught.value.message
    assert "«off»" in caught.value.remedy


def test_too_little_memory_is_not_taken_for_a_missing_compiler(monkeypatch):
    def fails(*_: object, **__: object) -> None:
        torch.empty(1 << 60, dtype=torch.uint8)

    monkeypatch.setattr(compiling, "_compiler", lambda *_: lambda _model: fails)
    with pytest.raises(RuntimeError, match="allocate memory"):
        chosen_for(network(), compile="on")


class Slower(torch.nn.Module):
    """Computes the same `times` times over."""

    def __init__(self, model: ResNet, times: int) -> None:
        super().__init__()
        self.model, self.times = [model], times

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return sum(self.model[0](images) for _ in range(self.times)) / self.times


@pytest.fixture
def measured(monkeypatch):
    """Measures on the processor as on CUDA; the «compiled» network is the slower one."""
    monkeypatch.setattr(compiling, "_without_measuring", lambda *_: None)
    monkeypatch.setattr(compiling, "_compiler", lambda *_: lambda model: Slower(model, 20))


def test_what_is_measured_to_be_slower_is_not_taken_and_both_times_are_told(measured):
    model = network()
    recipe = Recipe(device="cpu", precision="fp32")
    told, compilation = result(compiled(model, recipe, choose_hardware(recipe), shape=SHAPE))
    assert compilation.forward is model
    assert compilation.chosen == "off"
    assert compilation.why.count(" ms ") == 2
    assert told == [Progress("compile", done, 3) for done in range(4)]


def test_measuring_leaves_no_trace(measured):
    model = network()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    generator = torch.get_rng_state()
    recipe = Recipe(device="cpu", precision="fp32")
    result(compiled(model, recipe, choose_hardware(recipe), shape=SHAPE))
    assert all(value.equal(before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert generator.equal(torch.get_rng_state())


def test_a_device_that_compiling_fails_on_goes_on_without(measured, monkeypatch):
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("Cannot find a working triton installation.")

    monkeypatch.setattr(compiling, "_compiler", lambda *_: lambda _model: fails)
    model = network()
    recipe = Recipe(device="cpu", precision="fp32")
    _, compilation = result(compiled(model, recipe, choose_hardware(recipe), shape=SHAPE))
    assert compilation.forward is model
    assert "triton" in compilation.why


@pytest.mark.parametrize(("parts", "mode"), [(1, "reduce-overhead"), (2, "default")])
def test_cuda_graphs_are_used_unless_gradients_are_summed(monkeypatch, parts, mode):
    modes = []

    def compile_(model: ResNet, **options: object) -> ResNet:
        modes.append(options["mode"])
        return model

    monkeypatch.setattr(torch, "compile", compile_)
    compiling._compiler(Recipe(accumulate=parts), CUDA)(network())
    assert modes == [mode]


def test_every_size_of_batch_is_compiled_before_the_first_step(tmp_path, monkeypatch):
    asked, computed = [], []

    def compile_(model: ResNet, **_: object) -> nn.Module:
        class Compiled(nn.Module):
            def forward(self, images: torch.Tensor) -> torch.Tensor:
                computed.append(len(images))
                return model(images)

        return Compiled()

    monkeypatch.setattr(torch, "compile", compile_)
    pictures = write_pictures(tmp_path / "pictures")  # 28 to learn from
    config = tiny_config(pictures, compile="on", batch_size=10, accumulate=3, epochs=1)
    events = fit(config, run_dir=tmp_path / "run")
    for event in events:
        if isinstance(event, RunStarted):
            asked, computed = list(computed), []
    assert asked == [4, 3, 2]  # 10 = 4 + 3 + 3 and 8 = 3 + 3 + 2
    assert set(computed) == set(asked)


def test_a_batch_larger_than_the_data_is_tried_with_the_data_only(tmp_path, monkeypatch):
    shapes = []
    real = compiling.compiled

    def noted(*arguments: Any, **settings: Any) -> Generator[Progress, None, Compilation]:
        shapes.append((settings["shape"], settings["others"]))
        return real(*arguments, **settings)

    monkeypatch.setattr(compiling, "compiled", noted)
    config = tiny_config(write_pictures(tmp_path / "pictures"), batch_size=60_000, epochs=1)
    list(fit(config, run_dir=tmp_path / "run"))
    assert shapes == [((28, 3, 8, 8), [])]
