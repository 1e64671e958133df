"""Pictures to begin with: the photographs and digits that come with scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from resnet_studio.gui.features.images import rgb_image
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.workers import TaskState

if TYPE_CHECKING:
    from resnet_studio.data.imaging import Picture

_THUMBNAIL = QSize(128, 88)
_DIGITS = 3


class SampleStrip(QWidget):
    """A row of thumbnails; a click shows the picture.

    Signals:
        loaded(): The thumbnails are there.
    """

    loaded = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._asked = False
        self.buttons: list[QToolButton] = []
        self._row = QHBoxLayout(self)
        self._row.addStretch()
        self._row.addStretch()

    def load(self) -> None:
        """Fetches the thumbnails in a worker, once."""
        if self._asked:
            return
        self._asked = True
        self._studio.workers.start(
            _samples,
            lane="samples",
            visible=False,
            on_event=self._add,
            on_result=lambda _none: self.loaded.emit(),
        )

    def _add(self, sample: tuple[Picture, QImage]) -> None:
        self._row.insertWidget(self._row.count() - 1, self._button(*sample))

    def _button(self, picture: Picture, thumbnail: QImage) -> QToolButton:
        button = QToolButton()
        button.setIcon(QIcon(QPixmap.fromImage(thumbnail)))
        button.setProperty("thumbnail", True)  # the style sheet knows its size
        button.setText(picture.name)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setToolTip(self.tr("Look at {name}").format(name=picture.name))
        button.setAccessibleName(button.toolTip())
        button.clicked.connect(lambda: self._studio.set_picture(picture))
        self.buttons.append(button)
        return button


def _samples(_state: TaskState) -> Iterator[tuple[Picture, QImage]]:
    """Reads the samples one by one; runs in a worker, since the digits need scikit-learn."""
    from resnet_studio.data.imaging import picture_from_array, sample_pictures
    from resnet_studio.data.sources import DataConfig, load_dataset

    for picture in sample_pictures():
        yield picture, _thumbnail(picture)
    digits = load_dataset(DataConfig(source="digits")).validation
    for position in range(_DIGITS):
        name = QCoreApplication.translate("SampleStrip", "digit {label}").format(
            label=digits.classes[digits.labels[position]]
        )
        picture = picture_from_array(digits.picture(position), name=name)
        yield picture, _thumbnail(picture)


def _thumbnail(picture: Picture) -> QImage:
    mode = Qt.TransformationMode.SmoothTransformation
    if picture.width < _THUMBNAIL.width():
        mode = Qt.TransformationMode.FastTransformation
    return rgb_image(picture.rgb).scaled(_THUMBNAIL, Qt.AspectRatioMode.KeepAspectRatio, mode)
