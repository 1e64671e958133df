"""`resnet-studio evaluate` from the words to the numbers."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from resnet_studio import models, terminal_evaluate
from resnet_studio.architecture.spec import parse_spec
from resnet_studio.cli import EXIT_FAILED, EXIT_INTERRUPTED, main
from tests.models import hostile

NAMES = ("ant", "bee", "cat", "dog", "emu", "fox", "gnu")
SAME, SMALLER = ["--size", 32], ["--size", 24]
MEAN, STD = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)


def written(values: tuple[float, ...]) -> str:
    return ",".join(map(str, values))


@pytest.fixture
def network():
    spec = parse_spec(
        {"name": "tiny", "block": "basic", "stem": "cifar", "depths": (1, 1), "stem_width": 4}
        | {"widths": (4, 8), "classes": 7, "input_size": 32, "shortcut": "B"}
    )
    model = models.build_network(spec, seed=2).eval()
    torch.manual_seed(3)
    nn.init.normal_(model.fc.weight, std=3.0)
    return model


@pytest.fixture
def checkpoint(network, tmp_path) -> Path:
    torch.save({"net": network.state_dict(), "epoch": 3}, tmp_path / "net.pth")
    return tmp_path / "net.pth"


@pytest.fixture
def data(tmp_path) -> Path:
    rng = np.random.default_rng(1)
    for label, name in enumerate(NAMES):
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(3 + label):
            pixels = rng.integers(30, 226, 3) + rng.integers(-30, 30, (32, 32, 3))
            image = Image.fromarray(pixels.astype(np.uint8))
            image.save(tmp_path / "set" / name / f"{number}.png")
    return tmp_path / "set"


def told(capsys, *words: object) -> dict:
    assert main(["evaluate", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def counted_by_hand(network, data: Path, names=NAMES) -> tuple[int, int, int]:
    """Returns correct, among five and total, with Pillow, numpy and torch alone."""
    correct = among = total = 0
    for path in sorted(data.rglob("*.png")):
        pixels = np.asarray(Image.open(path), np.float64) / 255
        planes = ((pixels - MEAN) / STD).transpose(2, 0, 1)[None].astype(np.float32)
        with torch.no_grad():
            best = network(torch.from_numpy(planes))[0].topk(5).indices.tolist()
        label = names.index(path.parent.name)
        correct, among, total = correct + (best[0] == label), among + (label in best), total + 1
    return correct, among, total


def test_a_checkpoint_and_a_folder_are_all_it_needs(network, checkpoint, data, capsys):
    result = told(capsys, "--checkpoint", checkpoint, "--data", data)
    assert result["total"] == 42
    assert result["outputs"] == list(NAMES)
    assert result["network"]
    assert "CIFAR" in result["family"]
    assumed = {entry["field"]: entry["value"] for entry in result["assumptions"]}
    assert assumed["classes"] == list(NAMES)
    assert assumed["normalisation"]
    assert result["seconds"] > 0


def test_notes_on_the_file_are_told(checkpoint, data, capsys):
    blurred = checkpoint.rename(checkpoint.with_name("resnetblur50.pth"))
    assert main(["evaluate", "--checkpoint", str(blurred), "--data", str(data)]) == 0
    assert "anti-aliased" in capsys.readouterr().out


def test_the_numbers_are_those_of_a_computation_by_hand(network, checkpoint, data, capsys):
    words = ["--checkpoint", checkpoint, "--data", data, "--mean", written(MEAN)]
    words += ["--std", written(STD), "--device", "cpu", "--batch", 4]
    result = told(capsys, *words)
    correct, among, total = counted_by_hand(network, data)
    assert (result["correct"], result["top5_correct"], result["total"]) == (correct, among, total)
    assert 0 < correct < among < total
    assert result["accuracy"] == correct / total
    assert result["top5_accuracy"] == among / total
    assert sum(entry["correct"] for entry in result["classes"]) == correct
    assert "normalisation" not in {entry["field"] for entry in result["assumptions"]}
    assert result["preprocessing"]["steps"][-1]["mean"] == list(MEAN)


def test_the_classes_may_be_given_in_the_order_of_the_outputs(network, checkpoint, data, capsys):
    names = NAMES[::-1]
    words = ["--checkpoint", checkpoint, "--data", data, "--mean", written(MEAN)]
    words += ["--std", written(STD), "--classes", ", ".join(names).upper()]
    result = told(capsys, *words)
    correct, among, total = counted_by_hand(network, data, names)
    assert (result["correct"], result["top5_correct"], result["total"]) == (correct, among, total)
    assert [entry["folder"] for entry in result["classes"]] == list(names)
    assert "classes" not in {entry["field"] for entry in result["assumptions"]}


def test_the_size_resizes_what_is_of_another(network, checkpoint, data, capsys):
    sizes = [
        told(capsys, "--checkpoint", checkpoint, "--data", data, "--size", n) for n in (32, 24)
    ]
    assert [each["preprocessing"]["steps"][1]["size"] for each in sizes] == [32, 24]
    plain = told(capsys, "--checkpoint", checkpoint, "--data", data)
    assert sizes[0]["classes"] == plain["classes"]


def test_what_the_shapes_leave_open_may_be_said(network, tmp_path, data, capsys):
    """Another layout of the zeros in option A gives another network, with the same tensors."""
    spec = network.spec.replace(shortcut="A", zero_padding="end")
    path = tmp_path / "option_a.pth"
    torch.save(models.build_network(spec, seed=5).state_dict(), path)
    words = ["--checkpoint", path, "--data", data, "--assume"]
    end, both = (told(capsys, *words, f"zero_padding={layout}") for layout in ("end", "both"))
    assert "zero_padding" not in {entry["field"] for entry in end["assumptions"]}
    assert end["classes"] != both["classes"]


def test_bad_files_and_unknown_folders_are_listed(checkpoint, data, capsys):
    (data / "ant" / "bad.png").write_bytes(b"no picture")
    (data / "zebra").mkdir()
    Image.new("RGB", (32, 32)).save(data / "zebra" / "0.png")
    result = told(capsys, "--checkpoint", checkpoint, "--data", data, "--classes", ",".join(NAMES))
    assert result["total"] == 42
    assert [entry["file"] for entry in result["bad_files"]] == ["ant/bad.png"]
    assert result["skipped_folders"] == ["zebra"]


def test_as_text_each_class_has_a_line(checkpoint, data, capsys):
    (data / "ant" / "bad.png").write_bytes(b"no picture")
    assert main(["evaluate", "--checkpoint", str(checkpoint), "--data", str(data)]) == 0
    text = capsys.readouterr().out
    for part in (*NAMES, "of 42 pictures right", "ant/bad.png", "normalisation", "alphabetical"):
        assert part in text


def test_a_run_may_be_named_by_its_folder(network, tmp_path, data, capsys):
    from resnet_studio.data.sources import DataConfig
    from resnet_studio.training.config import default_config
    from resnet_studio.training.runs import RunFolder

    config = default_config(network.spec, DataConfig(), classes=10)
    run = RunFolder.create(tmp_path / "runs", config)
    models.save_weights(run.weights("best"), network, classes=NAMES)
    result = told(capsys, "--checkpoint", run.path, "--data", data)
    assert result["network"] == "tiny"
    assert "classes" not in {entry["field"] for entry in result["assumptions"]}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--classes", "a,b"], "2 classes are named and the network has 7 outputs"),
        (["--classes", "a,,b,c,d,e,f"], "one of its names is empty"),
        (["--mean", "0.5"], "three numbers"),
        (["--mean", "0.5,x,0.5"], "three numbers"),
        (["--std", "0,1,1"], "std"),
        (["--size", "0"], "size is 0"),
        (["--batch", "0"], "batch size is 0"),
        (["--assume", "zero_padding"], "field=value"),
        (["--assume", "order=backwards"], "order"),
        (["--assume", "classes=7"], "Use --classes"),
        (["--assume", "input_size=7"], "Use --size"),
        (["--checkpoint", "gone.pth"], "gone.pth"),
        (["--data", "gone"], "gone"),
    ],
)
def test_a_mistake_gives_one_line_with_the_remedy(words, hint, checkpoint, data, capsys):
    usual = ["--checkpoint", str(checkpoint), "--data", str(data)]
    kept = [word for at, word in enumerate(usual) if usual[at - at % 2] not in words]
    assert main(["evaluate", *kept, *words]) == EXIT_FAILED
    captured = capsys.readouterr()
    assert hint in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_a_folder_without_class_folders_is_explained(checkpoint, tmp_path, capsys):
    (tmp_path / "flat").mkdir()
    Image.new("RGB", (32, 32)).save(tmp_path / "flat" / "0.png")
    words = ["evaluate", "--checkpoint", str(checkpoint), "--data", str(tmp_path / "flat")]
    assert main(words) == EXIT_FAILED
    assert "no class folders" in capsys.readouterr().err


@pytest.mark.parametrize("write", [hostile.code_in_a_zip, hostile.a_trillion_numbers_in_a_zip])
def test_a_hostile_checkpoint_is_refused_and_runs_nothing(
    write, tmp_path, data, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    words = ["evaluate", "--checkpoint", str(write(tmp_path)), "--data", str(data), "--json"]
    assert main(words) == EXIT_FAILED
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert not (tmp_path / hostile.MARKER).exists()


def test_an_interruption_ends_it_cleanly(checkpoint, data, capsys, monkeypatch):
    """The threads that decode are gone; the fixture of all tests looks after that."""
    described = terminal_evaluate._described

    def interrupted(step) -> str:
        if step.phase == "evaluating":
            signal.raise_signal(signal.SIGINT)
        return described(step)

    monkeypatch.setattr(terminal_evaluate, "_described", interrupted)
    words = ["evaluate", "--checkpoint", str(checkpoint), "--data", str(data), "--batch", "2"]
    assert main([*words, "--json"]) == EXIT_INTERRUPTED
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "resnet-studio: Interrupted.\n"


def test_top1_loss_and_speed_are_told_beside_the_counts(checkpoint, data, capsys):
    result = told(capsys, "--checkpoint", checkpoint, "--data", data)
    assert result["top1"] == result["correct"] / result["total"]
    assert result["top5"] == result["top5_correct"] / result["total"]
    assert result["loss"] > 0
    assert result["images_per_second"] > 0


def test_ten_crops_are_asked_for_by_a_flag(checkpoint, data, capsys):
    words = ["--checkpoint", checkpoint, "--data", data, "--size", 24]
    once, ten = told(capsys, *words), told(capsys, *words, "--ten-crop")
    assert (once["ten_crop"], ten["ten_crop"]) == (False, True)
    assert ten["total"] == once["total"] == 42
    assert ten["loss"] != once["loss"]


@pytest.fixture
def digits_run(tmp_path) -> Path:
    """The folder of a run on the digits whose weights are random, of an untrained network."""
    from resnet_studio.data.sources import DataConfig
    from resnet_studio.training.config import default_config
    from resnet_studio.training.runs import RunFolder

    spec = parse_spec(
        {"name": "tiny", "block": "basic", "stem": "cifar", "depths": (1, 1), "stem_width": 4}
        | {"widths": (4, 8), "classes": 10, "input_size": 32}
    )
    config = default_config(spec, DataConfig(validation_fraction=0.25))
    folder = RunFolder.create(tmp_path / "runs", config)
    model = models.build_network(config.network, seed=0)
    preprocessing = config.validation_augment.to_dict()
    names = tuple(map(str, range(10)))
    models.save_weights(folder.weights("best"), model, classes=names, preprocessing=preprocessing)
    return folder.path


def test_a_run_is_evaluated_on_what_it_held_out(digits_run, capsys):
    own = told(capsys, "--checkpoint", digits_run)
    named = told(capsys, "--checkpoint", digits_run, "--data", "digits", "--split", "validation")
    every = told(capsys, "--checkpoint", digits_run, "--split", "all")
    assert own["total"] == named["total"] == pytest.approx(1797 / 4, abs=5)
    assert own["classes"] == named["classes"]
    assert every["total"] == 1797
    assert [entry["folder"] for entry in own["classes"]] == list(map(str, range(10)))


def test_pictures_for_testing_that_are_not_there_are_refused(digits_run, capsys):
    assert main(["evaluate", "--checkpoint", str(digits_run), "--split", "test"]) == EXIT_FAILED
    captured = capsys.readouterr()
    assert "keeps no pictures for testing" in captured.err
    assert captured.err.count("\n") == 1


def test_weights_of_no_run_need_pictures(checkpoint, capsys):
    assert main(["evaluate", "--checkpoint", str(checkpoint)]) == EXIT_FAILED
    assert "--data FOLDER" in capsys.readouterr().err
