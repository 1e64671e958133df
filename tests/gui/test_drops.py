"""Which panel takes what is dropped: several pictures, folders, one picture."""

from __future__ import annotations

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QObject, QUrl

from resnet_studio.gui.drops import Drops


class Window(QObject):
    """As much of a workspace as drops need: panels that note what they are given."""

    def __init__(self, studio):
        super().__init__()
        self.studio = studio
        self.shown = "architecture"
        self.given = []
        names = ("classification", "augmentation", "training", "data")
        self.panels = {name: Panel(name, self.given) for name in names}
        self.tabs = self

    def currentWidget(self):
        return self.panels.get(self.shown)

    def show_panel(self, name):
        self.shown = name
        return self.panels.get(name)


class Panel:
    def __init__(self, name, given):
        self._name, self._given = name, given

    def add_paths(self, paths):
        self._given.append((self._name, [path.name for path in paths]))

    def set_data_folder(self, path):
        self._given.append((self._name, [path.name]))


@pytest.fixture
def window(studio):
    made = Window(studio)
    studio.open_picture = lambda path, **_: made.given.append(("picture", [path.name]))
    return made


@pytest.fixture
def things(tmp_path):
    (tmp_path / "folder").mkdir()
    for name in ("a.png", "b.jpg"):
        Image.new("RGB", (4, 4)).save(tmp_path / name)
    (tmp_path / "net.toml").write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("shown", "names", "taken"),
    [
        ("architecture", ["a.png", "b.jpg"], ("classification", ["a.png", "b.jpg"])),
        ("training", ["folder", "a.png"], ("classification", ["folder", "a.png"])),
        ("classification", ["a.png"], ("classification", ["a.png"])),
        ("classification", ["folder"], ("classification", ["folder"])),
        ("training", ["folder"], ("training", ["folder"])),
        ("architecture", ["folder"], ("training", ["folder"])),
        ("data", ["folder"], ("data", ["folder"])),
        ("data", ["a.zip"], ("data", ["a.zip"])),
        ("architecture", ["a.png"], ("picture", ["a.png"])),
        ("classification", ["a.zip"], ("training", ["a.zip"])),
        ("classification", ["a.png", "net.toml"], ("picture", ["a.png"])),
    ],
)
def test_what_is_dropped_goes_where_it_is_of_use(qapp, studio, window, things, shown, names, taken):
    drops = Drops(window)
    window.shown = shown
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(things / name)) for name in names])
    assert drops.take(mime)
    assert window.given == [taken]
