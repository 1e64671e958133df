"""Looks at one picture of the table more closely, in a worker: its crops and their votes."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from resnet_studio.gui.features.images import shown_image
from resnet_studio.gui.workers import TaskState

if TYPE_CHECKING:
    from resnet_studio.gui.classification.entries import Entry
    from resnet_studio.probe.classify_many import View, Vote
    from resnet_studio.probe.network import LoadedNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """The picture is open.

    Attributes:
        image: For the screen, perhaps reduced.
        original: Its size in pixels.
        notes: What was done beyond reading.
    """

    image: QImage
    original: QSize
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Cropped:
    """Its crops are known.

    Attributes:
        views: One, or ten.
        alike: Whether ten crops of a square picture are but two.
    """

    views: tuple[View, ...]
    alike: bool


Look = Callable[[TaskState], Generator["Opened | Cropped | Vote", None, None]]


def look_at(network: LoadedNetwork, entry: Entry, crop: str) -> Look:
    """Returns a job that opens a picture, crops it, and yields the vote of each crop."""

    def job(state: TaskState) -> Generator[Opened | Cropped | Vote, None, None]:
        from resnet_studio.data.imaging import Picture, open_picture
        from resnet_studio.probe.classify_many import Crop, views_of, votes_of
        from resnet_studio.probe.views import crops_alike

        source = entry.source
        picture = source if isinstance(source, Picture) else open_picture(source)
        size = QSize(picture.width, picture.height)
        yield Opened(shown_image(picture.rgb), size, picture.notes)
        views = views_of(network, picture, Crop(crop))
        square = picture.width == picture.height
        yield Cropped(views, square and crops_alike(network.preprocessing))
        for view in views:
            yield from votes_of(network, (view,), check=state.check)

    return job
