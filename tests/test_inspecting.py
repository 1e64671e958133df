"""`resnet-studio inspect` as a person types it."""

from __future__ import annotations

import json

import pytest
import torch
import torchvision

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.spec import NetworkSpec, parse_spec
from resnet_studio.cli import EXIT_FAILED, main
from resnet_studio.models import build_network, save_weights
from tests.models import foreign


def _inspected(path, capsys) -> dict:
    assert main(["inspect", str(path), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_file_of_torchvision_is_told_in_full(tmp_path, capsys):
    path = tmp_path / "r18.pth"
    torch.save(torchvision.models.resnet18().state_dict(), path)
    told = _inspected(path, capsys)
    assert told["file"] == str(path)
    assert (told["format"], told["family"], told["precision"]) == (
        *("PyTorch", "torchvision", "float32"),
    )
    assert parse_spec(told["spec"]) == CATALOG["resnet18"].spec
    assert (told["depth"], told["parameters"], told["classes"]) == (18, 11_689_512, 1000)
    assert (told["mean"][0], told["std"][0], told["input_size"]) == (0.485, 0.229, 224)
    assert told["class_names"] is None
    assert told["ignored"] == told["notes"] == []
    assumed = {each["field"]: each for each in told["assumed"]}
    assert list(assumed) == ["order", "input_size", "normalisation", "classes"]
    assert assumed["order"]["value"] == "original"
    assert "relu_twice" in assumed["order"]["choices"]
    assert assumed["order"]["reason"].endswith(".")


def test_a_training_of_a_program_for_cifar_is_told_with_what_is_assumed(tmp_path, capsys):
    path = tmp_path / "model.th"
    theirs = foreign.cifar(option="A both", widths=(16, 32, 64), depth=3, stem=16).half()
    state = {f"module.{name}": tensor for name, tensor in theirs.state_dict().items()}
    torch.save({"state_dict": state, "epoch": 180, "optimizer": {"lr": 0.1}}, path)
    told = _inspected(path, capsys)
    assert told["family"] == "CIFAR ResNet (option A)"
    assert told["spec"]["depths"] == [3, 3, 3]
    assert told["spec"]["zero_padding"] == "both"
    assert told["precision"] == "float16"
    assert told["ignored"] == ["epoch", "optimizer"]
    assert {each["field"] for each in told["assumed"]} >= {"zero_padding", "shortcut", "stem"}


def test_an_own_file_is_told_with_its_classes(tmp_path, capsys):
    spec = NetworkSpec(name="mine", block="basic", depths=(1, 1), stem="cifar", classes=3)
    path = tmp_path / "own.safetensors"
    save_weights(path, build_network(spec, seed=0), classes=("ash", "bay", "elm"))
    told = _inspected(path, capsys)
    assert parse_spec(told["spec"]) == spec
    assert (told["family"], told["format"]) == ("ResNet Studio", "safetensors")
    assert told["class_names"] == ["ash", "bay", "elm"]
    assert [each["field"] for each in told["assumed"]] == ["normalisation"]


def test_the_text_is_for_people(tmp_path, capsys):
    path = tmp_path / "r18.pth"
    state = torchvision.models.resnet18(num_classes=3).state_dict()
    torch.save({"state_dict": state, "epoch": 3, "classes": ["ash", "bay", "elm"]}, path)
    assert main(["inspect", str(path)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("r18.pth: resnet18\n18 layers, 11,178,051 parameters, 3 classes; ")
    assert "depths                   2, 2, 2, 2" in text
    assert "class names              ash, bay, elm" in text
    assert "The file does not say:" in text
    assert "Or: bn_after_addition" in text
    assert "Not used: epoch" in text
    assert "initialisation" not in text


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_file_of_another_network_is_refused_in_one_sentence(words, tmp_path, capsys):
    path = tmp_path / "vgg.pth"
    torch.save(torchvision.models.squeezenet1_1(num_classes=2).state_dict(), path)
    assert main(["inspect", str(path), *words]) == EXIT_FAILED
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("resnet-studio: vgg.pth: it holds no residual network")
    assert "features.0.weight" in printed.err
    assert printed.err.count("\n") == 1
