"""Specs as JSON and TOML: round trips, files, and everything that can be wrong with a file."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import BlockKind, NetworkSpec
from resnet_studio.errors import SpecError
from tests.architecture.strategies import small_specs

RESNET50 = NetworkSpec(name="resnet50", block=BlockKind.BOTTLENECK, depths=(3, 4, 6, 3))


@given(small_specs())
def test_json_round_trip_gives_the_same_spec(spec):
    assert NetworkSpec.from_json(spec.to_json()) == spec


@given(small_specs())
def test_toml_round_trip_gives_the_same_spec(spec):
    assert NetworkSpec.from_toml(spec.to_toml()) == spec


@pytest.mark.parametrize("suffix", [".json", ".toml", ".TOML"])
def test_a_saved_spec_is_loaded_again(tmp_path, suffix):
    path = tmp_path / "folder" / f"network{suffix}"
    RESNET50.save(path)
    assert NetworkSpec.load(path) == RESNET50
    assert NetworkSpec.load(str(path)) == RESNET50
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_file_that_an_editor_marked_as_utf8_is_loaded(tmp_path):
    path = tmp_path / "network.json"
    path.write_bytes(b"\xef\xbb\xbf" + RESNET50.to_json().encode())
    assert NetworkSpec.load(path) == RESNET50


# As the studio wrote them before a spec named stems, orders and types of shortcuts.
OLD_JSON = """{
  "name": "cifar_resnet20",
  "block": "basic",
  "depths": [3, 3, 3],
  "widths": [16, 32, 64],
  "expansion": 1,
  "stem": "cifar",
  "stem_width": 16,
  "shortcut": "A",
  "stride_on": "3x3",
  "groups": 1,
  "base_width": 64,
  "classes": 10,
  "in_channels": 3,
  "input_size": 32,
  "initialisation": "fan_out",
  "zero_init_residual": true
}
"""
OLD_TOML = """
name = "resnext50_32x4d"
block = "bottleneck"
depths = [3, 4, 6, 3]
widths = [64, 128, 256, 512]
expansion = 4
stem = "imagenet"
stem_width = 64
shortcut = "B"
stride_on = "3x3"
groups = 32
base_width = 4
classes = 1000
in_channels = 3
input_size = 224
initialisation = "fan_out"
zero_init_residual = false
"""


@pytest.mark.parametrize(
    ("content", "suffix", "name", "changes", "parameters"),
    [
        (OLD_JSON, ".json", "cifar_resnet20", {"zero_init_residual": True}, 269_722),
        (OLD_TOML, ".toml", "resnext50_32x4d", {}, 25_028_904),
    ],
)
def test_a_file_without_the_newer_fields_means_what_it_meant(
    tmp_path, content, suffix, name, changes, parameters
):
    path = tmp_path / f"old{suffix}"
    path.write_text(content)
    spec = NetworkSpec.load(path)
    assert spec == CATALOG[name].spec.replace(**changes)
    assert build_graph(spec).parameters == parameters


@pytest.mark.parametrize("suffix", [".json", ".toml"])
@pytest.mark.parametrize("name", CATALOG)
def test_every_network_of_the_catalogue_survives_a_file(tmp_path, name, suffix):
    spec = CATALOG[name].spec
    path = tmp_path / f"{name}{suffix}"
    spec.save(path)
    assert NetworkSpec.load(path) == spec
    assert path.stat().st_size < 1024  # as is said where a file is too large


def test_a_file_names_every_field_by_its_value_and_not_by_a_name_of_the_program():
    values = json.loads(CATALOG["cifar_highway20"].spec.to_json())
    assert list(values) == list(NetworkSpec.model_fields)
    assert (values["shortcut_type"], values["order"]) == ("highway", "relu_before_addition")
    assert (values["gate_bias"], values["shared_first_activation"]) == (-2.0, True)


def test_a_fraction_may_be_a_whole_number_in_a_file():
    text = 'block = "basic"\ndepths = [1]\nshortcut_type = "scaling"\nshortcut_scale = 1\n'
    assert NetworkSpec.from_toml(text).shortcut_scale == 1.0


BROKEN = {
    "no JSON": ("{", ".json", "not valid JSON"),
    "no TOML": ("a = = b", ".toml", "not valid TOML"),
    "empty JSON": ("", ".json", "not valid JSON"),
    "empty TOML": ("", ".toml", "block is missing"),
    "a list": ("[1, 2]", ".json", "A spec is a table of fields, not [1, 2]"),
    "a field twice": ('{"block": "basic", "block": "basic"}', ".json", "'block' is there twice"),
    "deep JSON": ("[" * 8000, ".json", "nested too deeply"),
    "deep TOML": ("a = " + "[" * 8000, ".toml", "nested too deeply"),
    "long number": ('{"classes": ' + "9" * 5000 + "}", ".json", "not valid JSON"),
    "long hexadecimal": (
        'block = "basic"\ndepths = [1]\nclasses = 0x' + "f" * 5000, ".toml", "of 20,000 bits",
    ),
    "endless dotted key": ("a" + ".a" * 4000 + " = 1", ".toml", "There is no field 'a'"),
    "not a number": ('{"block": "basic", "depths": [NaN]}', ".json", "depths[0] is nan"),
    "no fraction": ('{"block": "basic", "depths": [1], "dropout": NaN}', ".json", "dropout is nan"),
    "infinite": ('block = "basic"\ndepths = [1]\ngate_bias = inf', ".toml", "gate_bias is inf"),
    "too large": (" " * 8193, ".json", "too large"),
    "not UTF-8": (b"\xff\xfe{\x00}", ".json", "not UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_gives_one_message_that_names_it(tmp_path, case):
    content, suffix, message = BROKEN[case]
    path = tmp_path / f"broken{suffix}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SpecError) as caught:
        NetworkSpec.load(path)
    assert message in caught.value.message
    assert str(path) in caught.value.message
    assert caught.value.remedy
    assert len(str(caught.value)) < 1000


def test_a_missing_file_a_folder_and_another_suffix_are_told_apart(tmp_path):
    with pytest.raises(SpecError, match="There is no file"):
        NetworkSpec.load(tmp_path / "missing.json")
    with pytest.raises(SpecError, match="is a folder"):
        NetworkSpec.load(tmp_path)
    path = tmp_path / "picture.png"
    path.write_bytes(b"")
    with pytest.raises(SpecError, match=r"neither in \.json nor in \.toml"):
        NetworkSpec.load(path)
    with pytest.raises(SpecError, match=r"neither in \.json nor in \.toml"):
        RESNET50.save(path)


@pytest.mark.parametrize("read", [NetworkSpec.from_json, NetworkSpec.from_toml])
def test_a_text_that_is_far_too_long_is_not_even_parsed(read):
    with pytest.raises(SpecError, match="too long for a spec"):
        read("a" + ".a" * 1_000_000)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    path = tmp_path / "pipe.json"
    os.mkfifo(path)
    with pytest.raises(SpecError, match="not a regular file"):
        NetworkSpec.load(path)


@pytest.mark.parametrize("name", ["x" * 5000 + ".json", "zero\0byte.json", "lone\ud800.json"])
def test_an_impossible_path_is_a_spec_error_that_can_be_printed(tmp_path, name):
    with pytest.raises(SpecError) as caught:
        NetworkSpec.load(tmp_path / name)
    assert len(str(caught.value)) < 400
    str(caught.value).encode()
    with pytest.raises(SpecError) as caught:
        RESNET50.save(tmp_path / name)
    str(caught.value).encode()


def test_a_spec_that_cannot_be_written_is_a_spec_error(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("here no folder can be made")
    with pytest.raises(SpecError, match="cannot be written"):
        RESNET50.save(blocked / "network.json")
