from __future__ import annotations

from pathlib import Path

import pytest

from resnet_studio.errors import ExportError
from resnet_studio.export import Format, files_of, format_of


@pytest.mark.parametrize("kind", Format)
def test_the_suffix_says_the_format_in_any_case(kind):
    assert format_of(f"a.b{kind.suffix}") is kind
    assert format_of(Path(f"x{kind.suffix.upper()}")) is kind
    assert kind.label
    assert kind.note.endswith(".")


@pytest.mark.parametrize("name", ["network", "network.pt2", "network.pth.", ".onnx", ""])
def test_another_suffix_is_refused_with_all_that_there_are(name):
    with pytest.raises(ExportError, match=r"\.safetensors, \.pth, \.onnx, \.py, \.toml, \.json"):
        format_of(name)


def test_a_script_has_its_weights_beside_it_under_a_name_of_their_own(tmp_path):
    assert files_of(tmp_path / "a.py") == (tmp_path / "a_weights.pth", tmp_path / "a.py")
    assert files_of(tmp_path / "a.onnx") == (tmp_path / "a.onnx",)
