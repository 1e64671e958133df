"""The left column: the picture, the crop that the network sees, and what the network says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QSize, Qt
from PySide6.QtGui import QFont, QImage
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.features.images import rgb_image
from resnet_studio.gui.features.picture_view import CropView, PictureView
from resnet_studio.gui.features.predictions_view import PredictionsView
from resnet_studio.gui.features.weights_menu import WeightsMenu
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.probe.framing import USUAL, CropBox, Framing, FramingKind, square_inside

if TYPE_CHECKING:
    from resnet_studio.data.augment import AugmentSpec
    from resnet_studio.data.imaging import Picture
    from resnet_studio.probe.activations import Examination
    from resnet_studio.probe.network import LoadedNetwork

_SMALLEST_CROP, _LARGEST_CROP = 100, 192
_NARROWEST_CHOICE = 64
translate = QCoreApplication.translate


class SideColumn(QWidget):
    """Shows one picture and its examination, and lets a person choose what the network sees."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        theme = studio.theme
        self.name = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self.picture = PictureView(theme)
        self.crop = CropView()
        self.crop_title = _heading(self.tr("The network sees"))
        self.crop_text = QLabel()
        self.framing = QComboBox()
        self._own_crop: CropBox | None = None
        self.notice = QLabel()
        self.predictions = PredictionsView(theme)
        self.weights = WeightsMenu(studio)
        self._build()
        self._connect()

    def expect_picture(self, picture: Picture) -> None:
        """Names a new picture; its image and what the network says of it follow."""
        self.name.setText(picture.name)
        notes = "\n".join((str(picture.path or picture.name), *picture.notes))
        size = self.tr("{width}×{height} pixels").format(width=picture.width, height=picture.height)
        self.name.setToolTip(f"{notes}\n{size}")
        self.picture.expect_picture(QSize(picture.width, picture.height))
        self._own_crop = None
        self.forget()

    def forget(self) -> None:
        """Takes away what was computed for an earlier picture or network."""
        self.picture.show_crop(self._studio.framing_choice.framing.box)
        self.crop.show_image(QImage())
        self.crop_text.clear()
        self.notice.hide()
        self.predictions.show_predictions((), faded=False)

    def show_examination(self, examination: Examination, network: LoadedNetwork) -> None:
        """Shows crop and classes; the frame stays where the person has dragged it meanwhile."""
        framing = self._studio.framing_choice.framing
        self.picture.show_crop(framing.box or examination.crop_box)
        self.crop.show_image(rgb_image(examination.crop_rgb))
        side = len(examination.crop_rgb)
        title = self.tr("The network sees {side} × {side}").format(side=side)
        self.crop_title.setText(title)
        self.crop_title.setToolTip(title)
        self.crop_text.setText(_crop_text(network.preprocessing, framing))
        notice = notice_text(network, examination)
        self.notice.setText(notice)
        self.notice.setVisible(bool(notice))
        self.predictions.show_predictions(examination.predictions, faded=not network.trained)

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.picture.set_theme(theme)
        self.predictions.set_theme(theme)

    def fit_crop(self, width: int, height: int) -> None:
        """Shows the crop larger where there is room.

        Args:
            width: Pixels of the column, in which no scroll bar takes part.
            height: Pixels of the column that can be seen at once.
        """
        wished = min(height // 5, width // 2)
        self.crop.set_side(min(_LARGEST_CROP, max(_SMALLEST_CROP, wished)))

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 2, 8)
        layout.setSpacing(6)
        layout.addLayout(self._name_row())
        layout.addWidget(self.picture, 100)
        layout.addWidget(self.crop_title)
        layout.addLayout(self._framing_row())
        layout.addLayout(self._crop_row())
        layout.addWidget(_heading(self.tr("Most probable classes")))
        self.notice.setWordWrap(True)
        self.notice.setProperty("warning", True)
        self.notice.setToolTip(
            self.tr(
                "Untrained batch normalisation does not rein the activations in, so that a deep "
                "network with random weights may seem certain of some arbitrary class."
            )
        )
        layout.addWidget(self.notice)
        layout.addWidget(self.predictions)
        layout.addStretch(1)
        layout.addWidget(self.weights)

    def _name_row(self) -> QHBoxLayout:
        self.name.setFont(_bold(self.name.font()))
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.name, 1)
        for command in ("picture.open", "picture.paste", "picture.sample"):
            button = QToolButton()
            button.setDefaultAction(self._studio.commands.action(command))
            row.addWidget(button)
        return row

    def _crop_row(self) -> QHBoxLayout:
        self.crop_text.setWordWrap(True)
        self.crop_text.setProperty("muted", True)
        self.crop_text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.crop_text.setAlignment(Qt.AlignmentFlag.AlignTop)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.crop, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.crop_text, 1)
        return row

    def _framing_row(self) -> QHBoxLayout:
        self.framing.addItem(self.tr("As trained"), FramingKind.PIPELINE)
        self.framing.addItem(self.tr("Letterbox"), FramingKind.LETTERBOX)
        self.framing.addItem(self.tr("My crop"), FramingKind.BOX)
        self.framing.setAccessibleName(self.tr("Which part of the picture the network sees"))
        self.framing.setToolTip(
            self.tr(
                "As trained: the crop of the network's preprocessing. Letterbox: the whole "
                "picture, with borders of the mean colour. My crop: the square that you drag on "
                "the picture."
            )
        )
        self.framing.setMinimumWidth(_NARROWEST_CHOICE)
        self.framing.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        usual = QToolButton()
        usual.setDefaultAction(self._studio.commands.action("picture.usual_crop"))
        row = QHBoxLayout()
        row.setSpacing(2)
        row.addWidget(self.framing, 1)
        row.addWidget(usual)
        return row

    # -- what the network sees --------------------------------------------------------------------

    def _connect(self) -> None:
        choice = self._studio.framing_choice
        choice.changed.connect(self._framing_changed)
        self.framing.activated.connect(self._framing_chosen)
        self.picture.crop_dragged.connect(lambda box: choice.set(Framing(FramingKind.BOX, box)))
        self.picture.reset_asked.connect(choice.reset)

    def _framing_chosen(self, _index: int) -> None:
        kind = FramingKind(self.framing.currentData())
        picture = self._studio.picture
        if kind is not FramingKind.BOX:
            self._studio.framing_choice.set(Framing(kind))
        elif picture is not None:
            crop = self._own_crop or self.picture.crop or (0, 0, picture.width, picture.height)
            box = square_inside(crop, picture.height, picture.width)
            self._studio.framing_choice.set(Framing(kind, box))

    def _framing_changed(self, framing: Framing) -> None:
        self.framing.setCurrentIndex(self.framing.findData(framing.kind))
        if framing.box is not None:
            self._own_crop = framing.box
            self.picture.show_crop(framing.box)


def notice_text(network: LoadedNetwork, examination: Examination) -> str:
    """Returns what must be known before the classes are believed; empty for trained weights."""
    sentences = []
    if not network.trained:
        sentences.append(
            translate(
                "SideColumn",
                "These weights are random: the network has learned nothing yet, so the classes "
                "mean nothing, however sure it seems. Train it, or choose other weights below.",
            )
        )
    if not examination.predictions:
        sentences.append(
            translate(
                "SideColumn",
                "The outputs are too large for any number, so there are no probabilities.",
            )
        )
    return " ".join(sentences)


def _crop_text(pipeline: AugmentSpec, framing: Framing) -> str:
    """Says in a few words how the picture becomes the crop."""
    if framing == USUAL:
        return "\n".join(filter(None, map(_step_text, pipeline.steps)))
    size = pipeline.output_size
    if framing.box is None:
        text = translate("SideColumn", "whole picture fitted into {size}×{size}")
        lines = [text.format(size=size), translate("SideColumn", "border of the mean colour")]
    else:
        text = translate("SideColumn", "{side}×{side} pixels cut out")
        lines = [text.format(side=round(framing.box[2]))]
        resized = translate("SideColumn", "resized to {size}×{size}")
        lines.append(resized.format(size=size))
    return "\n".join((*lines, translate("SideColumn", "then normalised")))


def _step_text(step: object) -> str:
    from resnet_studio.data.augment import (
        CenterCrop,
        Normalise,
        PerPixelMean,
        Resize,
        ResizeExact,
    )

    match step:
        case Resize():
            return translate("SideColumn", "shorter side resized to {size}").format(size=step.size)
        case ResizeExact():
            return translate("SideColumn", "resized to {size}×{size}").format(size=step.size)
        case CenterCrop():
            return translate("SideColumn", "centre cut out: {size}×{size}").format(size=step.size)
        case Normalise():
            return translate("SideColumn", "then normalised")
        case PerPixelMean():
            return translate("SideColumn", "then the mean picture is subtracted")
        case _:
            return type(step).__name__


def _heading(text: str) -> QLabel:
    label = ElidedLabel()
    label.setText(text)
    label.setToolTip(text)
    label.setProperty("heading", True)
    return label


def _bold(font: QFont) -> QFont:
    bold = QFont(font)
    bold.setBold(True)
    return bold
