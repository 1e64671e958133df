"""What the command line says of weights that do not tell everything."""

from __future__ import annotations

import json

import pytest
import torch
from PIL import Image

from resnet_studio import models
from resnet_studio.cli import main
from tests.export.subjects import spec_of


@pytest.fixture(params=["classify", "export"])
def command(request, tmp_path):
    """Returns the words of a command that reads weights."""
    picture = tmp_path / "grey.png"
    Image.new("RGB", (40, 40), "grey").save(picture)
    return {
        "classify": lambda weights: ["classify", str(picture), "--weights", str(weights)],
        "export": lambda weights: ["export", str(weights), "--to", str(tmp_path / "out.pth")],
    }[request.param]


@pytest.fixture
def foreign(tmp_path):
    """Weights as another program saves them: nothing but tensors."""
    path = tmp_path / "theirs.pth"
    torch.save(models.build_network(spec_of("option_b"), seed=0).state_dict(), path)
    return path


def test_each_assumption_on_a_foreign_file_is_a_line_beside_the_result(command, foreign, capsys):
    assert main(command(foreign)) == 0
    output = capsys.readouterr()
    lines = output.err.splitlines()
    for field in ("order", "normalisation", "classes"):
        assert len([line for line in lines if line.startswith(f"Assumed {field}: ")]) == 1
    assert "Assumed" not in output.out


def test_the_json_of_a_foreign_file_lists_what_was_assumed(command, foreign, capsys):
    assert main([*command(foreign), "--json"]) == 0
    output = capsys.readouterr()
    assumed = {each["field"]: each for each in json.loads(output.out)["assumed"]}
    assert {"order", "normalisation", "classes"} <= assumed.keys()
    assert "original" in assumed["order"]["choices"]
    assert "Assumed" not in output.err


def test_nothing_is_assumed_of_a_file_that_says_all(command, tmp_path, capsys):
    from resnet_studio.data.augment import PRESETS

    spec = spec_of("option_b")
    path = tmp_path / "ours.safetensors"
    names = tuple(f"kind {number}" for number in range(spec.classes))
    preprocessing = PRESETS["cifar_val"].to_dict()
    model = models.build_network(spec, seed=0)
    models.save_weights(path, model, classes=names, preprocessing=preprocessing)
    assert main([*command(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["assumed"] == []
    assert main([*command(path)]) == 0
    assert "Assumed" not in capsys.readouterr().err


def test_classify_says_that_the_network_named_does_not_count(foreign, tmp_path, capsys):
    picture = tmp_path / "grey.png"
    Image.new("RGB", (40, 40), "grey").save(picture)
    words = ["classify", str(picture), "--weights", str(foreign)]
    assert main(words) == 0
    assert "the file counts" not in capsys.readouterr().err
    assert main([*words, "--network", "resnet18"]) == 0
    lines = capsys.readouterr().err.splitlines()
    (line,) = [line for line in lines if line.endswith("the file counts.")]
    assert "not of resnet18 (18 layers, 1,000 classes)" in line


def test_notes_on_the_file_are_told_beside_the_result(command, foreign, capsys):
    blurred = foreign.rename(foreign.with_name("resnetblur50.pth"))
    assert main(command(blurred)) == 0
    output = capsys.readouterr()
    assert output.err.count("anti-aliased") == 1
    assert "anti-aliased" not in output.out
    assert main([*command(blurred), "--json"]) == 0
    assert "anti-aliased" in json.loads(capsys.readouterr().out)["notes"][0]


def test_classify_takes_folders_and_writes_a_table_with_the_same_bits(foreign, tmp_path, capsys):
    folder = tmp_path / "pictures" / "class 1"
    folder.mkdir(parents=True)
    for number, colour in enumerate(("grey", "red", "navy")):
        Image.new("RGB", (40 + number, 40), colour).save(folder / f"{number}.png")
    (folder / "3.png").write_bytes(b"broken")
    table = tmp_path / "out.csv"
    words = ["classify", str(folder.parent), "--weights", str(foreign), "--json"]
    assert main([*words, "--csv", str(table)]) == 1
    images = json.loads(capsys.readouterr().out)["images"]
    lines = table.read_text().splitlines()
    assert len(lines) == 1 + len(images) == 5
    for line, image in zip(lines[1:4], images, strict=False):
        first = image["top"][0]
        assert f",{first['class']},{first['probability']!r}," in line
    assert "cannot be opened" in images[3]["error"]
    assert main([*words, "--crop", "ten"]) == 1
    ten = json.loads(capsys.readouterr().out)["images"]
    assert [len(image.get("top", ())) for image in ten] == [5, 5, 5, 0]


def test_classify_says_that_a_folder_has_no_pictures(foreign, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["classify", str(tmp_path / "empty"), "--weights", str(foreign)]) == 1
    assert "no picture" in capsys.readouterr().err
