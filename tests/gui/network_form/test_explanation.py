from __future__ import annotations

import pytest

from resnet_studio.gui.network_form.explanation import Explanation, explanation, tip
from resnet_studio.gui.network_form.words import fields

KNOWN = fields()
TEXTS = [
    (name, value)
    for name, field in KNOWN.items()
    for value in [choice.value for choice in field.choices] or [None]
]


def test_a_field_is_explained_with_its_paper():
    text = explanation(KNOWN["se_reduction"], 16)
    assert "<b>SE reduction.</b>" in text
    assert "Hu et al. 2017, arXiv:1709.01507" in text


def test_a_choice_brings_its_own_paper():
    assert "1505.00387" in explanation(KNOWN["shortcut_type"], "highway")
    text = explanation(KNOWN["shortcut_type"], "scaling")
    assert "Constant scaling" in text
    assert "1603.05027" in text


def test_a_preset_brings_the_paper_of_its_network():
    assert explanation(KNOWN["preset"], None, "He 2015").endswith("<i>He 2015</i>")
    assert "<i>" not in explanation(KNOWN["preset"], None)


def test_the_tool_tip_has_sentence_and_paper():
    assert "Squeeze-and-excitation" in tip(KNOWN["se_reduction"])
    assert "1709.01507" in tip(KNOWN["se_reduction"])


@pytest.mark.parametrize("font_scale", [100, 150])
@pytest.mark.parametrize("width", [260, 300, 420])
def test_every_explanation_has_room_at_every_width_and_text_size(qtbot, studio, font_scale, width):
    studio.settings["font_scale"] = font_scale
    studio.refresh_theme()
    try:
        label = Explanation(KNOWN.values())
        qtbot.addWidget(label)
        label.resize(width, 50)
        label.show()
        reserved = label.height()
        for name, value in TEXTS:
            label.show_field(KNOWN[name], value)
            assert label.heightForWidth(width) <= reserved, (name, value)
            assert label.height() == reserved
    finally:
        studio.settings["font_scale"] = 100
        studio.refresh_theme()
