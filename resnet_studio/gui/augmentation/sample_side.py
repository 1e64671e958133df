"""The left column: the original, the selected sample beside its figures, and its whole story."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent, QTextOption
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QTextBrowser,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.data.augment import AugmentSpec, Draw
from resnet_studio.data.imaging import Picture
from resnet_studio.gui.augmentation.original_view import OriginalView
from resnet_studio.gui.augmentation.painting import bold, scaled
from resnet_studio.gui.augmentation.story import story
from resnet_studio.gui.augmentation.words import as_html, facts, size_text
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.whole_label import WholeLabel

_SMALLEST_SAMPLE, _LARGEST_SAMPLE = 96, 200


class SampleView(QWidget):
    """Draws one sample as a square."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(_SMALLEST_SAMPLE, _SMALLEST_SAMPLE)
        self.setAccessibleName(self.tr("The selected sample"))
        self.setToolTip(self.tr("The selected sample, before its colours are normalised."))

    def show_image(self, image: QImage) -> None:
        """Shows a sample; a null picture shows nothing."""
        self.image = image
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the sample in the whole square."""
        painter = QPainter(self)
        if self.image.isNull():
            painter.fillRect(self.rect(), self.palette().button())
        else:
            painter.drawImage(0, 0, scaled(self.image, self.size(), ratio=self.devicePixelRatioF()))
        painter.end()


class SampleSide(QWidget):
    """Shows the picture, and all that is known of one sample.

    Attributes:
        picture: The picture whose pixels are shown.
        awaited: The picture that is named; its pixels may still follow.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._told: tuple[AugmentSpec, Draw, int] | None = None
        self.picture: Picture | None = None
        self.awaited: Picture | None = None
        self.name = QLabel()
        self.original = OriginalView(studio.theme)
        self.sample = SampleView()
        self.heading = QLabel()
        self.facts = WholeLabel()
        self.story = QTextBrowser()
        self._build()

    def await_picture(self, picture: Picture) -> None:
        """Says which picture it is; its pixels follow."""
        self.forget()
        self.picture, self.awaited = None, picture
        size = self.tr("{size} px").format(size=size_text(picture.width, picture.height))
        self.name.setToolTip("\n".join((str(picture.path or picture.name), size, *picture.notes)))
        self._full_name, self._size_text = picture.name, size
        self._elide()
        self.original.show_draws((), border=0)
        self.original.show_picture(QImage(), QSize(picture.width, picture.height))

    def await_nothing(self) -> None:
        """Keeps no picture."""
        self.picture = self.awaited = None

    def show_picture(self, picture: Picture, image: QImage) -> None:
        """Shows the picture.

        Args:
            picture: The picture.
            image: It, perhaps reduced for the screen.
        """
        self.picture = picture
        self.original.show_picture(image, QSize(picture.width, picture.height))

    def show_sample(self, pipeline: AugmentSpec, draw: Draw, index: int, image: QImage) -> None:
        """Shows one sample and tells its story.

        Args:
            pipeline: The pipeline it went through.
            draw: What chance decided.
            index: Its index, from 0.
            image: Its pixels; null while they are not there.
        """
        self.sample.show_image(image)
        if self._told is not None and self._told[1] is draw:
            return
        self._told = (pipeline, draw, index)
        self._tell()

    def forget(self) -> None:
        """Shows no sample."""
        self._told = None
        self.sample.show_image(QImage())
        for text in (self.heading, self.facts, self.story):
            text.clear()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.original.set_theme(theme)
        if self._told is not None:
            self._tell()

    def _tell(self) -> None:
        assert self._told is not None
        pipeline, draw, index = self._told
        self.heading.setText(self.tr("Sample {number}").format(number=index + 1))
        self.facts.setText(as_html(facts(draw)))
        self.story.setHtml(story(pipeline, draw, self._studio.theme))

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(self._name_row())
        column.addWidget(self.original, 100)
        column.addLayout(self._sample_row())
        column.addWidget(self.story, 80)
        self.story.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.story.setOpenLinks(False)
        self.story.setWordWrapMode(QTextOption.WrapMode.WordWrap)
        self.story.setAcceptDrops(False)  # a picture dropped here is for the window
        self.story.viewport().setAcceptDrops(False)
        self.story.document().setDocumentMargin(2)
        self.story.setMinimumHeight(90)
        self.story.setAccessibleName(self.tr("How the sample came about"))
        self.story.setToolTip(
            self.tr("What happened to the picture in each step, with every number drawn.")
        )

    def _name_row(self) -> QHBoxLayout:
        self._full_name = self._size_text = ""
        self.name.setFont(bold(self.name.font()))
        self.name.setTextFormat(Qt.TextFormat.PlainText)
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.name, 1)
        for command in ("picture.open", "picture.paste", "picture.sample"):
            button = QToolButton()
            action = self._studio.commands.action(command)
            button.setDefaultAction(action)
            button.setAccessibleName(action.text().replace("&", ""))
            row.addWidget(button)
        return row

    def _sample_row(self) -> QHBoxLayout:
        self.heading.setFont(bold(self.heading.font()))
        self.facts.setTextFormat(Qt.TextFormat.RichText)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.heading)
        words.addWidget(self.facts, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.sample, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        return row

    # -- Qt -------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shows the sample larger where there is room."""
        super().resizeEvent(event)
        side = min(self.width() * 2 // 5, self.height() // 4)
        side = min(_LARGEST_SAMPLE, max(_SMALLEST_SAMPLE, side))
        self.sample.setFixedSize(side, side)
        self._elide()

    def _elide(self) -> None:
        """Cuts a long file name in its middle: the beginning and the end tell it apart."""
        metrics = self.name.fontMetrics()
        mode = Qt.TextElideMode.ElideMiddle
        size = f"  {self._size_text}"
        room = self.name.width() - metrics.horizontalAdvance(size)
        self.name.setText(metrics.elidedText(self._full_name, mode, max(40, room)) + size)
