"""The view *Ten crops*: where they lie on the picture, and what the network says of each.

The crops and votes are those of the *Classification* panel with ten crops, by the same functions
and so with the same bits; He et al. 2015 call it standard 10-crop testing.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from resnet_studio.gui.augmentation import ten_crop_words as words
from resnet_studio.gui.augmentation.lab_page import LabPage
from resnet_studio.gui.augmentation.whole import whole
from resnet_studio.gui.classification.crops_view import CropsView, Tile, VotesView
from resnet_studio.gui.classification.entries import CLASSES, Entry
from resnet_studio.gui.classification.looking import Cropped, Opened, look_at
from resnet_studio.gui.features.captioned import captioned
from resnet_studio.gui.features.images import rgb_image
from resnet_studio.gui.features.predictions_view import PredictionsView
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme

if TYPE_CHECKING:
    from resnet_studio.gui.augmentation.controls import Controls
    from resnet_studio.gui.workers import TaskState
    from resnet_studio.probe.classify_many import View, Vote
    from resnet_studio.probe.network import LoadedNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Single:
    """What the network says of the one crop of its validation."""

    vote: Vote


class TenCropPage(LabPage):
    """The picture with the ten crops on it; their votes, the mean, and the single crop.

    Attributes:
        network: The network of the last `start`.
        views: The crops; empty before.
        votes: What the network says of each, as they come.
        single: What it says of the usual crop; None before.
        struck: The crops that do not count.
    """

    follows: ClassVar[frozenset[str]] = frozenset({"picture", "torch"})

    def __init__(self, studio: Studio, controls: Controls, parent: QWidget | None = None) -> None:
        super().__init__(studio, controls, parent)
        self.network: LoadedNetwork | None = None
        self.views: tuple[View, ...] = ()
        self.votes: list[Vote] = []
        self.single: Vote | None = None
        self.struck: set[int] = set()
        self.crops = CropsView(studio.theme)
        self.tiles = VotesView(studio.theme)
        self.predictions = PredictionsView(studio.theme)
        self.agreement = QLabel()
        self.place_label = QLabel()
        self.heading = QLabel()
        self.notice = QLabel()
        self.own_crops = QLabel()
        self._build()
        self.crops.clicked.connect(self.strike)
        self.tiles.clicked.connect(self.strike)
        self.tiles.lit.connect(self._light)
        studio.network_changed.connect(self._network_changed)

    # -- computing ----------------------------------------------------------------------------

    def start(self) -> None:
        """Lets the network of the window look at the crops, in a worker."""
        picture, network = self.picture, self.studio.network
        assert picture is not None
        if network is None:
            self._empty()
            self.say(self.tr("Building the network…"))
            self.studio.ensure_network()
            return
        self.network = network
        self._empty()

        def job(state: TaskState) -> Generator[Opened | Cropped | Vote | Single, None, None]:
            from resnet_studio.probe.classify_many import Crop, views_of, votes_of

            entry = Entry(picture, picture.name, "")
            yield from look_at(network, entry, Crop.TEN)(state)
            usual = views_of(network, picture, Crop.PIPELINE)
            yield Single(votes_of(network, usual, check=state.check)[0])

        self.compute(
            job,
            on_event=self._came,
            title=self.tr("Looking at ten crops of {name}").format(name=picture.name),
        )

    def _network_changed(self, _network: object) -> None:
        """Looks with another network; lets go of the old one where nobody sees its votes."""
        if not self.isVisible():
            self.forget()
        self.refresh(again=True)

    def _came(self, part: Opened | Cropped | Vote | Single) -> None:
        match part:
            case Opened():
                self.crops.show_picture(part.image, part.original)
            case Cropped():
                self.views = part.views
                self._show_tiles()
                self._say_crops(part)
            case Single():
                self.single = part.vote
                self._show_mean()
            case _:
                self.votes.append(part)
                self._show_tiles()

    def _say_crops(self, cropped: Cropped) -> None:
        """Warns of ten crops that are but two, and of weights that mean nothing."""
        assert self.network is not None
        parts = []
        if cropped.alike:
            parts.append(
                self.tr(
                    "The picture is square and is resized to just what the network reads: of the "
                    "ten crops only two differ, it and its mirror image."
                )
            )
        if not self.network.trained:
            parts.append(self.tr("These weights are random: the classes mean nothing."))
        self._say_size(cropped.views[0].prepared.rgb.shape[0])
        self.notice.setText(" ".join(parts))
        self.notice.setVisible(bool(parts))

    def _say_size(self, side: int | None = None) -> None:
        """Says where the crops come from; `side` of each in pixels once it is known."""
        size = "" if side is None else self.tr(" of {side} px").format(side=side)
        self.own_crops.setText(
            self.tr(
                "The network’s own testing crops{size}: the pipeline above, seed and epoch have "
                "no part in them."
            ).format(size=size)
        )

    def forget(self) -> None:
        """Takes the crops away: the picture is missing, or has no room for ten."""
        self.network = None
        self._empty()

    def _empty(self) -> None:
        self.views, self.votes, self.single, self.struck = (), [], None, set()
        self.crops.show_tiles(())
        self.tiles.show_tiles(())
        self.predictions.show_predictions((), faded=False)
        for label in (self.agreement, self.heading, self.notice):
            label.clear()
        self.notice.hide()
        self._say_size()
        self._light(-1)

    # -- showing ------------------------------------------------------------------------------

    def strike(self, number: int) -> None:
        """Strikes a crop out, or lets it count again; the last one that counts stays."""
        if self.single is None or (
            number not in self.struck and len(self.struck) == len(self.views) - 1
        ):
            return
        self.struck ^= {number}
        self._show_tiles()
        self._show_mean()

    def _counting(self) -> list[Vote]:
        return [vote for number, vote in enumerate(self.votes) if number not in self.struck]

    def _show_tiles(self) -> None:
        tiles = [self._tile(number) for number in range(len(self.views))]
        self.crops.show_tiles(tiles)
        self.tiles.show_tiles(tiles)

    def _tile(self, number: int) -> Tile:
        view = self.views[number]
        name, probability = "", 0.0
        if number < len(self.votes) and self.network is not None:
            values = self.votes[number].values
            best = int(values.argmax())
            name, probability = self.network.classes[best], float(values[best])
        return Tile(
            box=view.prepared.crop_box,
            mirrored=view.mirrored,
            image=rgb_image(view.prepared.rgb),
            name=name,
            probability=probability,
            struck=number in self.struck,
        )

    def _show_mean(self) -> None:
        """Shows the mean over the crops that count, and who agrees with it."""
        from resnet_studio.probe.classify_many import averaged

        network, single = self.network, self.single
        if network is None or single is None:
            return
        counting = self._counting()
        self.predictions.show_predictions(
            averaged(network, counting, top=CLASSES), faded=not network.trained
        )
        self.heading.setText(
            self.tr("Mean of the probabilities of {count} crops").format(count=len(counting))
        )
        self.agreement.setText(words.agreement(counting, single, network.classes))

    def _light(self, number: int) -> None:
        """Emphasises the crop under the pointer on the picture, and says where it lies."""
        self.crops.light(number)
        if not 0 <= number < len(self.views):
            self.place_label.setText(
                self.tr("Point at a crop to see where it lies; click it to strike it out.")
            )
            return
        left, top, width, height = self.views[number].prepared.crop_box
        self.place_label.setText(
            self.tr("{place}: {width} × {height} pixels at ({left}, {top})").format(
                place=words.place_name(number),
                width=round(width),
                height=round(height),
                left=round(left),
                top=round(top),
            )
        )

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        for part in (self.crops, self.tiles, self.predictions):
            part.set_theme(theme)

    # -- copying and saving -------------------------------------------------------------------

    def title_lines(self) -> list[str]:
        """Returns which network looks at which picture, and how it is prepared."""
        if self.network is None or self.picture is None:
            return []
        parts = (self.network.spec.name, self.network.description, self.network.preprocessing.name)
        return [self.picture.name, " · ".join(filter(None, parts))]

    def image(self) -> QImage | None:
        """Returns the crops on the picture beside their votes."""
        if not self.has_image:
            return None
        lines = (*self.title_lines(), self.agreement.text())
        shown = [self.crops.grab().toImage(), whole(self._right)]
        return captioned(shown, lines, self.studio.theme, self.font())

    def table(self) -> str | None:
        """Returns place and vote of each crop as CSV."""
        if self.single is None or self.network is None:
            return None
        return words.votes_csv(self.views, self.votes, self.single, self.network.classes)

    @property
    def has_image(self) -> bool:
        """Whether all votes are there."""
        return self.filled and self.single is not None

    @property
    def has_table(self) -> bool:
        """Whether all votes are there."""
        return self.has_image

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        for label in (self.agreement, self.notice, self.place_label, self.own_crops):
            label.setWordWrap(True)
        for label in (self.agreement, self.heading):
            label.setProperty("heading", True)
        self.notice.setProperty("warning", True)
        for label in (self.place_label, self.own_crops):
            label.setProperty("muted", True)
        left = QVBoxLayout()
        left.addWidget(self.crops, 1)
        left.addWidget(self.place_label)
        left.addStretch()
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addLayout(left, 5)
        row.addWidget(self._votes_side(), 4)
        head = QHBoxLayout()
        head.addWidget(self.agreement, 1)
        head.addWidget(self.make_export_button(), 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 4, 0, 0)
        column.addLayout(head)
        column.addWidget(self.own_crops)
        column.addWidget(self.notice)
        column.addLayout(row, 1)
        self._empty()

    def _votes_side(self) -> QWidget:
        self._right = QWidget()
        column = QVBoxLayout(self._right)
        column.setContentsMargins(0, 0, 8, 0)
        column.addWidget(self.tiles)
        column.addWidget(self.heading)
        column.addWidget(self.predictions)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(self._right)
        # Always there: the tiles are as high as they are wide, and a bar that came and went would
        # make them narrower, hence lower, hence go away, hence wider, without end.
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumWidth(300)
        return area
