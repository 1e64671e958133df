"""What stands beside the title of a section."""

from __future__ import annotations

import pytest

from resnet_studio.gui.features.stage_view import section_note
from resnet_studio.probe.activations import examine
from resnet_studio.probe.network import load_network


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({}, "after the first ReLU"),
        ({"order": "full_preactivation"}, "after the first convolution"),
        ({"order": "relu_only_preactivation"}, "after the first batch normalisation"),
        ({"stem": "imagenet"}, "after the max pool"),
    ],
)
def test_the_stem_says_after_which_layer_its_maps_were_taken(tiny_spec, picture, changes, note):
    stem, *stages = examine(load_network(tiny_spec.replace(**changes)), picture).sections
    assert section_note(stem) == note
    assert all(section_note(stage) == "" for stage in stages)
