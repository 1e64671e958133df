from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from resnet_studio.architecture.catalog import get
from resnet_studio.architecture.graph import build_graph
from resnet_studio.gui.architecture.legend import legend_items, paint_sample
from resnet_studio.gui.architecture.style import Style
from resnet_studio.gui.theme import LIGHT

SHORTCUTS = ["identity", "projection"]


def items(name):
    return legend_items(build_graph(get(name).spec))


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("resnet50", [*SHORTCUTS, "addition", "3×3 conv", "1×1 conv"]),
        ("plain18", ["3×3 conv"]),
        (
            "cifar_resnet110_exclusive_gate",
            ["identity", "zero-pad", "gate", "gated addition", "3×3 conv"],
        ),
        ("cifar_resnet110_scaling", ["identity", "zero-pad", "× 0.5", "addition", "3×3 conv"]),
        ("cifar_resnet110_dropout", ["identity", "zero-pad", "dropout", "addition", "3×3 conv"]),
        ("seresnet18", [*SHORTCUTS, "addition", "3×3 conv", "squeeze-and-excitation"]),
    ],
)
def test_the_legend_has_the_signs_of_the_network_and_no_others(name, texts):
    assert [item.text for item in items(name)] == texts


@pytest.mark.parametrize("name", ["seresnet50", "cifar_highway20", "cifar_resnet110_scaling"])
def test_every_sign_is_painted_and_no_two_look_alike(qapp, name):
    style = Style(LIGHT, QFont(), sections=6)
    pictures = set()
    for item in items(name):
        image = QImage(40, 30, QImage.Format.Format_RGB32)
        image.fill(QColor(LIGHT.surface))
        blank = bytes(image.constBits())
        painter = QPainter(image)
        paint_sample(painter, item, 4, 15, style=style)
        painter.end()
        assert bytes(image.constBits()) != blank, item.text
        pictures.add(bytes(image.constBits()))
    assert len(pictures) == len(items(name))
