"""Weights, specifications and recipes that are broken, foreign or hostile."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
import torch
from PIL import Image

from resnet_studio.cli import EXIT_FAILED, main
from resnet_studio.models import build_network, save_weights
from tests.bad_input.commands import NETWORK, photograph, pipe, refusal, text
from tests.models import hostile
from tests.training.conftest import tiny_spec


def write_state(path: Path, **changes: object) -> Path:
    torch.save(build_network(tiny_spec(**changes), seed=0).state_dict(), path)
    return path


def without(path: Path, part: str) -> Path:
    state = torch.load(path, weights_only=True)
    torch.save({name: t for name, t in state.items() if not name.startswith(part)}, path)
    return path


def cut(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])
    return path


def own(path: Path, **changes: object) -> Path:
    save_weights(path, build_network(tiny_spec(**changes), seed=0))
    return path


def header_of(path: Path, claimed: int) -> Path:
    path.write_bytes(struct.pack("<Q", claimed) + b'{"a":1}')
    return path


REFUSED_WEIGHTS = {
    "no linear layer": (lambda f: without(write_state(f / "w.pth"), "fc."), "no linear layer"),
    "half a network": (lambda f: without(write_state(f / "w.pth"), "layer1.0.bn2"), "bn2.weight"),
    "no network": (lambda f: without(write_state(f / "w.pth"), "layer"), "no residual network"),
    "cut pth": (lambda f: cut(write_state(f / "w.pth")), "cut short"),
    "cut safetensors": (lambda f: cut(own(f / "w.safetensors")), "cut short"),
    "code in a pickle": (hostile.code_in_a_bare_pickle, "not read"),
    "code in a zip": (hostile.code_in_a_zip, "Nothing of it was run"),
    "code in an old file": (hostile.code_in_a_legacy_file, "Nothing of it was run"),
    "a trillion numbers": (hostile.a_trillion_numbers_in_a_zip, "claims"),
    "noise": (lambda f: text(f / "w.pth", "\x01\x02" * 400), "neither a PyTorch file"),
    "web page": (lambda f: text(f / "w.pth", "<!DOCTYPE html>"), "web page"),
    "absurd header": (lambda f: header_of(f / "w.safetensors", 2**62), "its header claims"),
    "folder": (lambda f: f, "folder"),
    "pipe": (lambda f: pipe(f / "w.pth"), "plain file"),
    "missing": (lambda f: f / "w.pth", "no such file"),
    "name too long": (lambda f: f / ("w" * 300 + ".pth"), "too long"),
}


@pytest.mark.parametrize("kind", REFUSED_WEIGHTS)
def test_weights_that_do_not_fit_are_refused_and_run_nothing(
    kind, tmp_path, capsys, spec_file, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    write, hint = REFUSED_WEIGHTS[kind]
    path = write(tmp_path)
    Image.fromarray(photograph()).save(tmp_path / "photo.png")
    words = ["classify", "photo.png", "--weights", str(path), "--network", str(spec_file)]
    assert main(words) == EXIT_FAILED
    told = refusal(capsys)
    assert hint in told
    assert path.name in told
    assert not (tmp_path / hostile.MARKER).exists()


@pytest.mark.parametrize("kind", REFUSED_WEIGHTS)
def test_inspect_refuses_the_same_files_and_prints_nothing_else(
    kind, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    write, hint = REFUSED_WEIGHTS[kind]
    path = write(tmp_path)
    assert main(["inspect", str(path), "--json"]) == EXIT_FAILED
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("resnet-studio: ")
    assert hint in printed.err
    assert printed.err.count("\n") == 1
    assert not (tmp_path / hostile.MARKER).exists()


def test_weights_of_this_program_bring_their_own_network(tmp_path, capsys):
    Image.fromarray(photograph()).save(tmp_path / "photo.png")
    path = own(tmp_path / "seven.safetensors", classes=7, name="seven")
    words = ["classify", str(tmp_path / "photo.png"), "--weights", str(path), "--top", "9"]
    assert main([*words, "--network", NETWORK, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["network"] == "seven"
    assert len(told["images"][0]["top"]) == 7


def test_weights_that_say_nothing_are_read_as_what_their_shapes_tell(tmp_path, capsys, spec_file):
    Image.fromarray(photograph()).save(tmp_path / "photo.png")
    path = write_state(tmp_path / "w.pth", classes=7, depths=(2, 2))
    words = ["classify", str(tmp_path / "photo.png"), "--weights", str(path), "--top", "9"]
    assert main([*words, "--network", str(spec_file), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["images"][0]["top"]) == 7


# -- specifications and recipes ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "hint"),
    [
        ("s.toml", "depths = [2,", "not valid TOML"),
        ("s.json", "{ not", "not valid JSON"),
        ("s.json", '{"name": "' + "a" * 9_000_000 + '"}', "too large"),
        ("s.json", "[" * 8_000, "nested too deeply"),
        ("s.toml", ".".join("a" * 4_000) + "=1", "block is missing"),
        ("s.json", '{"block": "basic", "depths": [' + "9" * 5_000 + "]}", "not valid JSON"),
        ("s.json", '{"block": "basic", "depths": [2, 1e400]}', "whole number"),
        ("s.json", '{"block": "basic", "depths": [2], "classes": 1000000000}', "100,000"),
        ("s.json", '{"block": "basic", "depths": [2], "__class__": "os.system"}', "__class__"),
        ("s.json", '{"block": "basic", "depths": [2], "name": "\\u001b[31m"}', "control"),
    ],
)
def test_specification_files_that_make_no_sense_are_refused(tmp_path, capsys, name, content, hint):
    (tmp_path / name).write_text(content)
    for words in (["summary"], ["train", "--spec"]):
        assert main([*words, str(tmp_path / name)]) == EXIT_FAILED
        told = refusal(capsys)
        assert hint in told
        assert name in told


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("recipe = 5", "recipe is 5; it must be a table"),
        ("[recipe]\nepochs = 'many'", "epochs is 'many'"),
        ("[recipe.momentum]\nx = 1", "momentum"),
        ("[[[", "not valid TOML"),
    ],
)
def test_recipes_that_make_no_sense_are_refused(tmp_path, capsys, content, hint):
    path = tmp_path / "r.toml"
    path.write_text(content)
    assert main(["train", "--recipe", str(path)]) == EXIT_FAILED
    assert hint in refusal(capsys)
