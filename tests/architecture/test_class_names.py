"""Placeholders are told from names that somebody gave."""

from __future__ import annotations

from resnet_studio.architecture.class_names import numbered_names, real_names


def test_outputs_without_names_are_numbered():
    assert numbered_names(3) == ("class 0", "class 1", "class 2")


def test_placeholders_are_no_names_and_all_else_is():
    assert real_names(None) is None
    assert real_names(list(numbered_names(3))) is None
    assert real_names(["class 1", "class 0"]) == ("class 1", "class 0")
    assert real_names(["cat"]) == ("cat",)
