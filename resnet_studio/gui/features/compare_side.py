"""One half of a comparison: who looks at what, what they see and say, and the mosaic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from resnet_studio.gui import framing_choice
from resnet_studio.gui.features.compare_mosaic import ComparedMosaic
from resnet_studio.gui.features.images import rgb_image
from resnet_studio.gui.features.picture_view import CropView
from resnet_studio.gui.features.predictions_view import PredictionsView
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel

if TYPE_CHECKING:
    from resnet_studio.probe.comparison import Seen

_CROP = 128


class ComparedSide(QWidget):
    """Shows one side."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self.subtitle = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self.crop = CropView()
        self.predictions = PredictionsView(theme)
        self.mosaic = ComparedMosaic(theme)
        self._build()

    def show_seen(self, seen: Seen, *, by_network: bool) -> None:
        """Shows who looks at what and what they say; the mosaic is the page's.

        Args:
            seen: What this side made of its picture.
            by_network: Whether the networks are what differs: they stand in the title then.
        """
        network, picture = seen.side.network, seen.side.picture
        looks_at = (picture.name, framing_choice.words(seen.side.framing))
        operated = self.tr("operated") if network.surgery else ""
        looks = (network.spec.name, operated or network.description)
        lines = [" · ".join(filter(None, parts)) for parts in (looks_at, looks)]
        for label, text in zip(
            (self.title, self.subtitle), reversed(lines) if by_network else lines, strict=True
        ):
            label.setText(text)
            label.setToolTip(text)
        self.crop.show_image(rgb_image(seen.crop_rgb))
        self.predictions.show_predictions(seen.predictions, faded=not network.trained)

    def forget(self) -> None:
        """Takes away what is shown."""
        self.crop.show_image(QImage())
        self.predictions.show_predictions((), faded=False)

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.predictions.set_theme(theme)
        self.mosaic.set_theme(theme)

    def _build(self) -> None:
        bold = QFont(self.title.font())
        bold.setBold(True)
        self.title.setFont(bold)
        self.subtitle.setProperty("muted", True)
        self.crop.set_side(_CROP)
        looks = QHBoxLayout()
        looks.setSpacing(8)
        looks.addWidget(self.crop, 0, Qt.AlignmentFlag.AlignTop)
        looks.addWidget(self.predictions, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.title)
        column.addWidget(self.subtitle)
        column.addLayout(looks)
        column.addWidget(self.mosaic)
        column.addStretch(1)
