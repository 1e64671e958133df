"""That each view does what the list says of its keys is tested with the view."""

from __future__ import annotations

from collections import Counter

from resnet_studio.gui.panel_keys import PANEL_KEYS


def test_every_key_has_a_sentence_and_no_view_has_a_key_twice():
    assert all(key.text.endswith(".") and key.keys for key in PANEL_KEYS)
    assert max(Counter((key.view, key.keys) for key in PANEL_KEYS).values()) == 1
