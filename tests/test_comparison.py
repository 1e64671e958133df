"""`resnet-studio compare` as a person types it."""

from __future__ import annotations

import json

import pytest
import torch

from resnet_studio.architecture.catalog import get
from resnet_studio.cli import EXIT_FAILED, main
from resnet_studio.models import build_network


def test_compare_prints_fields_totals_and_changed_layers(capsys):
    assert main(["compare", "resnet34", "resnet50"]) == 0
    text = capsys.readouterr().out
    assert "basic" in text
    assert "bottleneck" in text
    assert "+3,759,360" in text
    assert "kernel 3×3 → 1×1" in text
    assert "4 layers alike" in text


def test_compare_as_json_is_complete(capsys):
    assert main(["compare", "resnet18", "plain18", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["fields"] == [{"field": "shortcut", "before": "B", "after": "none"}]
    assert data["totals"]["parameters"] == {
        "before": 11_689_512,
        "after": 11_515_688,
        "difference": -173_824,
        "ratio": 0.98513,
    }
    assert len([row for row in data["rows"] if row["before"]]) == 6 + 8 + 68


def test_compare_follows_the_input_size_and_lists_everything(capsys):
    words = ["compare", "resnet18", "resnet18", "--input-size", "96", "--all"]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "Both networks are the same." in text
    assert "layer4.1.relu2" in text
    assert "333,615,104" in text


def test_compare_reads_a_spec_file(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    get("cifar_resnet20").spec.replace(name="mine", shortcut="B").save(path)
    assert main(["compare", "cifar_resnet20", str(path)]) == 0
    assert "cifar_resnet20 → mine" in capsys.readouterr().out


def test_compare_reads_the_network_of_a_file_of_weights(tmp_path, capsys):
    spec = get("cifar_resnet20").spec.replace(shortcut="B")
    path = tmp_path / "weights.pth"
    torch.save(build_network(spec).state_dict(), path)
    assert main(["compare", "cifar_resnet20", str(path), "--json"]) == 0
    fields = {change["field"]: change for change in json.loads(capsys.readouterr().out)["fields"]}
    assert (fields["shortcut"]["before"], fields["shortcut"]["after"]) == ("A", "B")
    assert set(fields) <= {"shortcut", "initialisation"}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["resnet18", "resnet19"], "resnet18"),
        (["missing.toml", "resnet18"], "missing.toml"),
        (["resnet18", "resnet34", "--input-size", "0"], "input_size"),
        (["resnet18", "missing.safetensors"], "missing.safetensors"),
    ],
)
def test_a_mistake_gives_one_line_with_the_remedy(words, hint, capsys):
    assert main(["compare", *words]) == EXIT_FAILED
    told = capsys.readouterr().err
    assert hint in told
    assert told.count("\n") == 1
