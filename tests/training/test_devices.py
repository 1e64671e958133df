from __future__ import annotations

import pytest
import torch

from resnet_studio.errors import DeviceError
from resnet_studio.training.devices import (
    choose_hardware,
    memory_error,
    more_parts,
    native_bf16,
    out_of_memory,
)
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import DeviceChoice, Precision

CPU = torch.device("cpu")


def test_auto_takes_an_accelerator_where_there_is_one():
    device = choose_hardware(Recipe()).device.type
    if torch.cuda.is_available():
        assert device == "cuda"
    elif torch.backends.mps.is_available():
        assert device == "mps"
    else:
        assert device == "cpu"


@pytest.mark.parametrize(
    ("choice", "there"),
    [
        (DeviceChoice.CUDA, torch.cuda.is_available()),
        (DeviceChoice.MPS, torch.backends.mps.is_available()),
    ],
)
def test_a_device_that_is_missing_is_an_error_with_a_remedy(choice, there):
    if there:
        pytest.skip(f"this computer has {choice.value}")
    with pytest.raises(DeviceError) as caught:
        choose_hardware(Recipe(device=choice))
    assert "«cpu»" in caught.value.remedy


def test_auto_computes_in_bf16_exactly_where_it_is_native():
    recipe = Recipe(device=DeviceChoice.CPU, precision=Precision.AUTO)
    expected = Precision.BF16 if native_bf16(CPU) else Precision.FP32
    assert choose_hardware(recipe).precision is expected


@pytest.mark.parametrize("precision", [Precision.FP32, Precision.BF16])
def test_a_precision_that_is_asked_for_is_taken(precision):
    recipe = Recipe(device=DeviceChoice.CPU, precision=precision)
    assert choose_hardware(recipe).precision is precision


def test_a_processor_without_bf16_instructions_has_none(monkeypatch):
    for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.setattr(torch.cpu, name, lambda: False)
    assert not native_bf16(CPU)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True)
    assert native_bf16(CPU)


def test_a_torch_that_cannot_tell_gets_float32(monkeypatch):
    for name in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    assert not native_bf16(CPU)


def test_the_description_names_what_decides_the_last_bits():
    described = choose_hardware(Recipe(device=DeviceChoice.CPU)).describe()
    assert described["device"] == "cpu"
    assert described["processor"] == torch.backends.cpu.get_cpu_capability()
    assert described["threads"] == torch.get_num_threads()
    assert described["torch"] == torch.__version__


def test_a_real_shortage_of_memory_is_recognised():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert out_of_memory(caught.value)
    assert out_of_memory(MemoryError())
    assert out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))


def test_other_errors_are_no_shortage_of_memory():
    assert not out_of_memory(RuntimeError("shapes cannot be multiplied"))
    assert not out_of_memory(ValueError("out of memory"))


def test_the_remedy_for_too_little_memory_is_twice_as_many_parts():
    assert more_parts(128) == 2
    assert more_parts(128, accumulate=8) == 16
    error = memory_error(128, accumulate=8)
    assert "parts of a batch of 16 pictures" in error.message
    assert "accumulate = 16:" in error.remedy
    assert "batches of 128 pictures" in memory_error(128).message
    assert "batch size of 64," in memory_error(128).remedy


def test_batches_are_not_divided_into_single_pictures():
    assert more_parts(4) == 2
    assert more_parts(4, accumulate=2) is None
    assert more_parts(3) is None
    assert "accumulate" not in memory_error(3).remedy
    assert "smaller pictures" in memory_error(3).remedy
