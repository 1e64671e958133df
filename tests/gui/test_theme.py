from __future__ import annotations

import itertools

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from resnet_studio.gui import theme as themes
from resnet_studio.gui.theme import DARK, LIGHT


def luminance(colour):
    """Relative luminance as WCAG 2.1 defines it."""
    channels = QColor(colour).getRgbF()[:3]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["text", "muted", "danger", "warning", "good", "accent"])
@pytest.mark.parametrize("ground", ["window", "surface", "raised"])
def test_text_can_be_read_on_every_ground(theme, ink, ground):
    assert contrast(getattr(theme, ink), getattr(theme, ground)) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_on_the_accent_can_be_read(theme):
    assert contrast(theme.accent_text, theme.accent) >= 4.5


def test_neighbouring_stages_have_different_colours():
    for count in (5, 6, 8):
        colours = [LIGHT.stage_colour(index, count) for index in range(count)]
        assert all(a != b for a, b in itertools.pairwise(colours))


def test_switching_changes_the_palette_at_once(studio):
    application = QApplication.instance()
    studio.set_appearance("dark")
    assert application.palette().color(QPalette.ColorRole.Window).name() == DARK.window
    studio.set_appearance("light")
    assert application.palette().color(QPalette.ColorRole.Window).name() == LIGHT.window
    assert studio.settings["appearance"] == "light"


def test_larger_text_scales_from_the_same_base_each_time(studio):
    application = QApplication.instance()
    themes.apply(application, LIGHT, font_scale=100)
    base = application.font().pointSizeF()
    themes.apply(application, LIGHT, font_scale=150)
    themes.apply(application, LIGHT, font_scale=150)
    assert application.font().pointSizeF() == pytest.approx(base * 1.5)
    themes.apply(application, LIGHT, font_scale=100)
