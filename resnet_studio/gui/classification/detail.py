"""The side of the table: the selected picture, what of it the network sees, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from resnet_studio.errors import StudioError
from resnet_studio.gui.classification.crops_view import CropsView, Tile, VotesView
from resnet_studio.gui.classification.entries import CLASSES, Entry
from resnet_studio.gui.classification.looking import Cropped, Opened, look_at
from resnet_studio.gui.features.images import rgb_image
from resnet_studio.gui.features.picture_view import CropView
from resnet_studio.gui.features.predictions_view import PredictionsView
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel

if TYPE_CHECKING:
    from resnet_studio.probe.classify_many import View, Vote
    from resnet_studio.probe.network import LoadedNetwork

LANE = "classification.look"
_SMALLEST_CROP, _LARGEST_CROP = 96, 168


class Detail(QWidget):
    """Shows one picture: its crops drawn on it, their votes, and the mean of those that count."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._wanted: tuple[Any, ...] = ()
        self._network: LoadedNetwork | None = None
        self.views: tuple[View, ...] = ()
        self.votes: list[Vote] = []
        self.struck: set[int] = set()
        self.name = ElidedLabel(Qt.TextElideMode.ElideMiddle)
        self.picture = CropsView(studio.theme)
        self.crop = CropView()
        self.crop_text = QLabel()
        self.tiles = VotesView(studio.theme)
        self.seen = QWidget()
        self.notice = QLabel()
        self.heading = ElidedLabel()
        self.predictions = PredictionsView(studio.theme)
        self._build()
        self._connect()

    # -- what to look at --------------------------------------------------------------------------

    def look(self, entry: Entry | None, network: LoadedNetwork | None, crop: str) -> None:
        """Looks at a picture, unless that is what is shown already."""
        wanted = (entry, network, crop)
        if self._wanted and _same(wanted, self._wanted):
            return
        self._wanted = wanted
        self._network = network
        self._studio.workers.cancel_lane(LANE)
        self._forget(keep_picture=entry is not None)
        self.setVisible(entry is not None)
        if entry is None:
            return
        self.name.setText(entry.name)
        self.name.setToolTip(entry.file)
        if network is not None:
            self._studio.workers.start(
                look_at(network, entry, crop),
                title=self.tr("Looking at {name}").format(name=entry.name),
                lane=LANE,
                replace=True,
                visible=False,
                on_event=self._came,
                on_error=self._failed,
            )

    def strike(self, number: int) -> None:
        """Strikes a crop out, or lets it count again; the last one that counts stays."""
        counting = len(self.views) - len(self.struck)
        if len(self.views) < 2 or (number not in self.struck and counting == 1):
            return
        self.struck ^= {number}
        self._show_tiles()
        self._show_mean()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        for part in (self.picture, self.tiles, self.predictions):
            part.set_theme(theme)

    def fit_crop(self, width: int, height: int) -> None:
        """Shows the crop larger where there is room, in pixels of the column."""
        wished = min(height // 5, width * 2 // 5)
        self.crop.set_side(min(_LARGEST_CROP, max(_SMALLEST_CROP, wished)))

    # -- what comes -------------------------------------------------------------------------------

    def _came(self, part: Opened | Cropped | Vote) -> None:
        if isinstance(part, Opened):
            self.picture.show_picture(part.image, part.original)
            size = self.tr("{width}×{height} pixels").format(
                width=part.original.width(), height=part.original.height()
            )
            file = self.name.toolTip().split("\n")[0]
            self.name.setToolTip("\n".join((file, size, *part.notes)))
        elif isinstance(part, Cropped):
            self.views = part.views
            self._say_crops(part)
            self._show_tiles()
            self._show_crop(-1)
        else:
            self.votes.append(part)
            self._show_tiles()
            self._show_mean()

    def _failed(self, error: BaseException) -> None:
        for part in (self.picture, self.seen, self.heading):
            part.hide()
        if not isinstance(error, StudioError):
            self._studio.show_error(error)
        self._say(str(error), wrong=True)

    def _say_crops(self, cropped: Cropped) -> None:
        """Warns of ten crops that are but two."""
        if len(cropped.views) > 1 and cropped.alike:
            self._say(
                self.tr(
                    "The picture is square and is resized to just what the network reads: of the "
                    "ten crops only two differ, it and its mirror image."
                )
            )
        elif self._network is not None and not self._network.trained:
            self._say(self.tr("These weights are random: the classes mean nothing."))

    def _say(self, text: str, *, wrong: bool = False) -> None:
        self.notice.setProperty("error", wrong)
        self.notice.setProperty("warning", not wrong)
        self.notice.style().unpolish(self.notice)
        self.notice.style().polish(self.notice)
        self.notice.setText(text)
        self.notice.setVisible(bool(text))

    def _forget(self, *, keep_picture: bool) -> None:
        self.views, self.votes, self.struck = (), [], set()
        for part in (self.picture, self.seen, self.heading):
            part.show()
        if not keep_picture:
            self.picture.show_picture(QImage(), QSize())
        self.picture.show_tiles(())
        self.tiles.show_tiles(())
        self.tiles.hide()
        self.crop.show_image(QImage())
        self.crop_text.clear()
        self._say("")
        self.heading.setText(self.tr("Most probable classes"))
        self.predictions.show_predictions((), faded=False)

    # -- showing ----------------------------------------------------------------------------------

    def _show_tiles(self) -> None:
        tiles = [self._tile(number) for number in range(len(self.views))]
        self.picture.show_tiles(tiles)
        self.tiles.show_tiles(tiles)
        self.tiles.setVisible(len(tiles) > 1)

    def _tile(self, number: int) -> Tile:
        view = self.views[number]
        name, probability = "", 0.0
        if number < len(self.votes) and self._network is not None:
            values = self.votes[number].values
            best = int(values.argmax())
            name, probability = self._network.classes[best], float(values[best])
        return Tile(
            box=view.prepared.crop_box,
            mirrored=view.mirrored,
            image=rgb_image(view.prepared.rgb),
            name=name,
            probability=probability,
            struck=number in self.struck,
        )

    def _show_mean(self) -> None:
        """Shows the mean over the crops that count."""
        from resnet_studio.probe.classify_many import averaged

        network = self._network
        if network is None or len(self.votes) < len(self.views):
            return
        counting = [vote for n, vote in enumerate(self.votes) if n not in self.struck]
        predictions = averaged(network, counting, top=CLASSES)
        self.predictions.show_predictions(predictions, faded=not network.trained)
        if not predictions:
            self._say(self.tr("The outputs are too large for any number: no probabilities."))
        if len(self.views) > 1:
            self.heading.setText(
                self.tr("Mean of the probabilities of {count} crops").format(count=len(counting))
                if len(counting) == len(self.views)
                else self.tr("Mean of {count} of {all} crops").format(
                    count=len(counting), all=len(self.views)
                )
            )
        self.heading.setToolTip(self.heading.text())

    def _show_crop(self, lit: int) -> None:
        """Shows what the network sees: the lit crop of ten, or the usual one."""
        if not self.views:
            return
        usual = 4 if len(self.views) > 1 else 0  # the centre
        view = self.views[lit if 0 <= lit < len(self.views) else usual]
        rgb = view.prepared.rgb
        self.crop.show_image(rgb_image(rgb))
        lines = [self.tr("{side}×{side} pixels").format(side=rgb.shape[0])]
        left, top, width, height = view.prepared.crop_box
        if min(left, top) < 0:
            lines.append(self.tr("the whole picture, with borders"))
        else:
            lines.append(
                self.tr("made of {width}×{height}, left {left}, top {top}").format(
                    width=round(width), height=round(height), left=round(left), top=round(top)
                )
            )
        if view.mirrored:
            lines.append(self.tr("mirrored"))
        self.crop_text.setText("\n".join(lines))

    # -- building ---------------------------------------------------------------------------------

    def _build(self) -> None:
        self.name.setProperty("heading", True)
        self.notice.setWordWrap(True)
        self.crop_text.setWordWrap(True)
        self.crop_text.setProperty("muted", True)
        self.crop_text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.crop_text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.heading.setProperty("heading", True)
        self._fill_seen()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 4, 8)
        layout.setSpacing(6)
        layout.addLayout(self._name_row())
        layout.addWidget(self.picture, 100)
        layout.addWidget(self.tiles)
        layout.addWidget(self.seen)
        layout.addWidget(self.heading)
        layout.addWidget(self.notice)
        layout.addWidget(self.predictions)
        layout.addStretch(1)
        self._forget(keep_picture=False)
        self.hide()

    def _name_row(self) -> QHBoxLayout:
        button = QToolButton()
        button.setDefaultAction(self._studio.commands.action("classification.look_inside"))
        row = QHBoxLayout()
        row.addWidget(self.name, 1)
        row.addWidget(button)
        return row

    def _fill_seen(self) -> None:
        """Shows the crop as the network gets it, under a heading."""
        column = QVBoxLayout(self.seen)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(_heading(self.tr("What the network sees")))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.crop, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.crop_text, 1)
        column.addLayout(row)

    def _connect(self) -> None:
        self.picture.clicked.connect(self.strike)
        self.tiles.clicked.connect(self.strike)
        self.tiles.lit.connect(self.picture.light)
        self.tiles.lit.connect(self._show_crop)


def _same(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    """Tells whether picture and network are the same objects and the crop is the same."""
    return one[0] is other[0] and one[1] is other[1] and one[2] == other[2]


def _heading(text: str) -> ElidedLabel:
    label = ElidedLabel()
    label.setText(text)
    label.setToolTip(text)
    label.setProperty("heading", True)
    return label
