"""The panel as a person sees it, on a window of the smallest supported size."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF

from resnet_studio.architecture.catalog import get
from resnet_studio.gui.architecture.panel import ArchitecturePanel


@pytest.fixture
def panel(studio, qtbot):
    """The panel with ResNet-50, shown at 960 x 640."""
    studio.set_appearance("light")
    studio.set_spec(get("resnet50").spec)
    shown = ArchitecturePanel(studio)
    shown.view.animated = False  # what is seen next is what is meant; motion has its own tests
    qtbot.addWidget(shown)
    shown.resize(960, 640)
    with qtbot.waitExposed(shown):
        shown.show()
    return shown


@pytest.fixture
def view(panel):
    return panel.view


@pytest.fixture
def show(studio):
    """Switches to a network of the catalogue."""
    return lambda name: studio.set_spec(get(name).spec)


@pytest.fixture
def middle_of(view):
    """Returns the pixel in the middle of what is drawn for a name."""

    def middle(name):
        rect = view.camera.rect(view.visible_rect(name))
        return QPointF(rect.cx, rect.cy)

    return middle
