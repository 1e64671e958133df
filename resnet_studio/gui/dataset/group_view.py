"""The pictures of one group of duplicates side by side."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

from resnet_studio.data.duplicates import Group, Member, sides_of
from resnet_studio.errors import PictureError
from resnet_studio.gui.dataset.duplicates_facts import side_word
from resnet_studio.gui.dataset.pictures import shrunk
from resnet_studio.gui.features.images import rgb_image, scaled
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.workers import TaskState

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from resnet_studio.data.sources import DataSplit

SIDE = 128
_MOST = 60
"""Pictures of one group that are shown; who has more sees at once what the matter is."""
_LANE = "data.group"
_MEMBER = Qt.ItemDataRole.UserRole


class GroupView(QListWidget):
    """Shows each picture with its side, class and file; Del leaves the selected ones out.

    Signals:
        leave_out(tuple[str, ...]): The person wants to train without these files.
        revealed(str, int): The person wants to see a picture among all others.
    """

    leave_out = Signal(tuple)
    revealed = Signal(str, int)

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.setMovement(QListWidget.Movement.Static)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setWordWrap(True)
        self.setSpacing(6)
        self.setUniformItemSizes(True)
        self.setAccessibleName(self.tr("Pictures that are alike"))
        self.itemActivated.connect(self._reveal)

    @property
    def selection(self) -> tuple[str, ...]:
        """The files of the selected pictures."""
        return tuple(item.data(_MEMBER).file for item in self.selectedItems())

    def show_group(self, group: Group | None, split: DataSplit | None) -> None:
        """Shows the pictures of a group; their pixels follow from a worker."""
        self._studio.workers.cancel_lane(_LANE)
        self.clear()
        if group is None or split is None:
            return
        members = group.members[:_MOST]
        lines = 3 * self.fontMetrics().height()
        for member in members:
            item = QListWidgetItem(_words(member, split.classes))
            item.setData(_MEMBER, member)
            item.setToolTip(member.file)
            item.setSizeHint(QSize(SIDE + 28, SIDE + lines + 14))
            self.addItem(item)
        self._read(members, split)

    def _reveal(self, item: QListWidgetItem) -> None:
        member: Member = item.data(_MEMBER)
        self.revealed.emit(member.side, member.position)

    def _read(self, members: Sequence[Member], split: DataSplit) -> None:
        sides = dict(sides_of(split))

        def job(state: TaskState) -> Generator[tuple[int, NDArray[np.uint8]], None, None]:
            for place, member in enumerate(members):
                state.check()
                try:
                    yield place, shrunk(sides[member.side].picture(member.position), 2 * SIDE)
                except PictureError:
                    continue

        self._studio.workers.start(
            job,
            lane=_LANE,
            replace=True,
            visible=False,
            on_event=lambda found: self._show_picture(*found),
        )

    def _show_picture(self, place: int, pixels: NDArray[np.uint8]) -> None:
        item = self.item(place)
        image = rgb_image(pixels)
        side = QSize(SIDE, SIDE)
        size = image.size().scaled(side, Qt.AspectRatioMode.KeepAspectRatio)
        if image.width() < SIDE // 2:  # small pictures: every pixel as a square
            shown = image.scaled(size)
        else:
            shown = scaled(image, size, ratio=self.devicePixelRatioF())
        item.setIcon(QIcon(QPixmap.fromImage(shown)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leaves pictures out with Del; all else as in every list."""
        if event.key() == Qt.Key.Key_Delete and self.selection:
            self.leave_out.emit(self.selection)
        else:
            super().keyPressEvent(event)


def _words(member: Member, classes: Sequence[str]) -> str:
    return f"{side_word(member.side)}\n{classes[member.label]}\n{member.file.rsplit('/', 1)[-1]}"
