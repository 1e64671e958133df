from __future__ import annotations

import json
import subprocess
import sys

import pytest

from resnet_studio import models
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.cli import main
from tests.export.subjects import BASE, spec_of, subject_of


@pytest.fixture
def spec_file(tmp_path):
    path = tmp_path / "tiny.toml"
    spec_of("option_b").save(path)
    return path


@pytest.fixture
def checkpoint(tmp_path):
    subject = subject_of(spec_of("option_b"))
    path = tmp_path / "trained.safetensors"
    preprocessing = subject.preprocessing.to_dict()
    models.save_weights(path, subject.model, classes=subject.classes, preprocessing=preprocessing)
    return path


def test_a_network_of_the_catalogue_is_exported_as_a_spec(tmp_path, capsys):
    assert main(["export", "resnet50", "--to", str(tmp_path / "a.json")]) == 0
    assert NetworkSpec.load(tmp_path / "a.json").name == "resnet50"
    assert "the spec is the same" in capsys.readouterr().out


def test_a_spec_file_is_exported_with_random_weights_and_a_warning(spec_file, tmp_path, capsys):
    assert main(["export", str(spec_file), "--to", str(tmp_path / "a.pth")]) == 0
    output = capsys.readouterr().out
    assert "random" in output
    assert str(tmp_path / "a.pth") in output


@pytest.mark.parametrize("words", [["{}"], ["{spec}", "--weights", "{}"]])
def test_a_checkpoint_brings_its_network_along(words, checkpoint, spec_file, tmp_path, capsys):
    words = [word.format(checkpoint, spec=spec_file) for word in words]
    assert main(["export", *words, "--to", str(tmp_path / "a.pth"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["network"] == BASE["name"]
    assert told["trained"] is True
    assert told["format"] == "pth"
    assert told["files"] == [str(tmp_path / "a.pth")]
    assert "bit for bit" in told["checked"]


def test_weights_of_another_network_than_the_one_named_are_refused(checkpoint, tmp_path, capsys):
    out = tmp_path / "a.pth"
    words = ["export", "cifar_resnet20", "--weights", str(checkpoint), "--to", str(out)]
    assert main(words) == 1
    error = capsys.readouterr().err
    assert BASE["name"] in error
    assert "not of cifar_resnet20" in error
    assert f"resnet-studio export {checkpoint} --to" in error
    assert not out.exists()


def test_weights_of_the_network_named_may_have_other_classes(spec_file, tmp_path, capsys):
    model = models.build_network(spec_of("option_b").replace(classes=3), seed=0)
    models.save_weights(tmp_path / "w.safetensors", model)
    words = ["--weights", str(tmp_path / "w.safetensors"), "--to", str(tmp_path / "a.pth")]
    assert main(["export", str(spec_file), *words]) == 0


def test_the_script_of_a_checkpoint_classifies_a_picture(checkpoint, tmp_path, capsys):
    from PIL import Image

    from resnet_studio.export.compare import trial_photograph

    out, picture = tmp_path / "out", tmp_path / "picture.jpg"
    Image.fromarray(trial_photograph()).save(picture)
    out.mkdir()
    assert main(["export", str(checkpoint), "--to", str(out / "mine.py")]) == 0
    capsys.readouterr()
    assert main(["classify", str(picture), "--weights", str(checkpoint), "--json"]) == 0
    ours = json.loads(capsys.readouterr().out)["images"][0]["top"]
    done = subprocess.run(
        [sys.executable, str(out / "mine.py"), str(picture)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=tmp_path,
    )
    told = [line.split(maxsplit=1) for line in done.stdout.splitlines()]
    assert [name for _, name in told] == [entry["class"] for entry in ours]
    assert [share for share, _ in told] == [f"{entry['probability']:.2%}" for entry in ours]


def test_the_file_that_the_weights_come_from_is_not_replaced(checkpoint, tmp_path, capsys):
    before = checkpoint.read_bytes()
    assert main(["export", str(checkpoint), "--to", str(checkpoint)]) == 1
    assert "would be replaced" in capsys.readouterr().err
    assert checkpoint.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nonsense", "--to", "{}/a.pth"], "nonsense"),
        (["resnet18", "--to", "{}/a.pb"], ".onnx, .py"),
        (["resnet18", "--to", "{}/a.pth", "--weights", "{}/none.pth"], "none.pth"),
        (["{}/none.pth", "--to", "{}/a.pth"], "none.pth"),
        (["last-run", "--to", "{}/a.pth"], "no run with weights"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(words, told, tmp_path, capsys):
    assert main(["export", *(word.format(tmp_path) for word in words)]) == 1
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.err.count("\n") == 1
    assert not captured.out
    assert not list(tmp_path.iterdir())


def test_a_checkpoint_of_another_program_needs_no_other_word(tmp_path, capsys):
    import torch
    import torchvision

    theirs = torchvision.models.resnet18(num_classes=3)
    state = {f"module.{name}": tensor for name, tensor in theirs.state_dict().items()}
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "foreign.pth")
    assert main(["export", str(tmp_path / "foreign.pth"), "--to", str(tmp_path / "a.pth")]) == 0
    assert "122 tensors are the same" in capsys.readouterr().out
    plain = torch.load(tmp_path / "a.pth", weights_only=True)
    theirs.load_state_dict(plain, strict=True)


def test_a_folder_that_is_not_there_is_not_made(tmp_path, capsys):
    target = tmp_path / "nowhere" / "network.json"
    assert main(["export", "cifar_resnet20", "--to", str(target)]) == 1
    assert "There is no folder" in capsys.readouterr().err
    assert not target.parent.exists()
