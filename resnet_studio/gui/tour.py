"""The tour: the real window driven through its whole main job, without a display.

It does what a person would do (chooses networks, drops a photograph, trains on the digits to the
end) and writes a picture of each panel and a report. Nothing is staged: a step that does not
come about within its time fails the tour. Settings and runs of the tour live in a temporary
folder, so that those of the person are left alone.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QEventLoop, QMimeData, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QComboBox, QWidget

from resnet_studio.errors import StudioError
from resnet_studio.gui.app import install_exception_hooks, make_application
from resnet_studio.gui.main_window import MainWindow
from resnet_studio.gui.tour_report import Stop, write_report
from resnet_studio.probe.lesion import Side
from resnet_studio.settings import HOME_VARIABLE, Settings
from resnet_studio.training.recorded import recorded_dir

if TYPE_CHECKING:
    from resnet_studio.gui.workspace import Workspace

WINDOW_SIZE = (1280, 800)
_PATIENCE_S = 120.0
_TRAINING_PATIENCE_S = 1_800.0
_LOOK_INTERVAL_MS = 20
_SETTLE_MS = 250
_DIGITS = 60
_VIEWS = (
    ("layer", "Any layer: its channels, and what a value of it sees of the picture"),
    ("blocks", "Inside a residual block: input, F(x), shortcut, sum and output"),
    ("why", "Why this class: three methods side by side"),
    ("filters", "The weights themselves"),
)
_LAB_VIEWS = (
    (
        "samples",
        "What training would see of the photograph",
        "The crop of each sample is drawn on the original; training calls the same code.",
    ),
    ("steps", "One sample, transform by transform, with every number drawn", ""),
    ("values", "The numbers that the network reads", ""),
    ("statistics", "A thousand crops, counted beside theory", ""),
    ("coverage", "How often each place of the photograph is seen, and its object lost", ""),
    ("ten_crops", "Ten crops, and the network's vote for each", "Random weights vote here."),
)
_DATA_VIEWS = (
    ("overview", "The classes of the data set that training uses", ""),
    ("pictures", "Its pictures, found by class and name", ""),
    ("facts", "Sizes and colours, measured beside what is published", ""),
)
_COMPARED_RUNS = ("cifar_plain20", "cifar_plain56", "cifar_resnet20", "cifar_resnet56")

Say = Callable[[str], Any]


class TourError(StudioError):
    """A step of the tour did not come about."""


def run_tour(out: Path, *, epochs: int | None = None, say: Say = lambda _line: None) -> int:
    """Drives the window through the main job and writes pictures and `index.html` to `out`.

    Args:
        out: Folder for the results; made if it is missing.
        epochs: Epochs of the training; the recipe's own number if None.
        say: Called with a line for each step.

    Returns:
        0 when every step came about.

    Raises:
        StudioError: If a step did not, or `out` cannot be written.
    """
    if epochs is not None and epochs < 1:
        raise TourError(f"epochs is {epochs}; it must be at least 1.", remedy="Leave it out.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TourError(
            f"{out} cannot be written: {error.strerror}.", remedy="Choose another folder."
        ) from error
    application = make_application()
    with tempfile.TemporaryDirectory(prefix="resnet-studio-tour-") as home, _home(home):
        tour = Tour(application, out, Path(home), epochs=epochs, say=say)
        try:
            tour.run()
        finally:
            tour.close()
    report = write_report(out, tour.stops)
    say(f"{report} shows {len(tour.stops)} pictures")
    return 0


@contextmanager
def _home(folder: str) -> Iterator[None]:
    before = os.environ.get(HOME_VARIABLE)
    os.environ[HOME_VARIABLE] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ[HOME_VARIABLE]
        else:
            os.environ[HOME_VARIABLE] = before


class Tour:
    """One walk through the window; `stops` collects the pictures taken."""

    def __init__(
        self, application: QApplication, out: Path, home: Path, *, epochs: int | None, say: Say
    ) -> None:
        self._application = application
        self._out = out
        self._home = home
        self._epochs = epochs
        self._say = say
        self._errors: list[str] = []
        self.stops: list[Stop] = []
        self.window = MainWindow(Settings(home / "settings.json"))
        self._restore_hooks = install_exception_hooks(self.window)

    def run(self) -> None:
        """Walks through all steps; raises TourError at the first that fails."""
        self._open()
        self._choose_networks()
        self._compare()
        self._drop_photograph()
        self._augment()
        self._look_at_data()
        self._train()
        self._compare_runs()
        self._look_inside()
        self._look_deeper()
        self._remove_blocks()
        self._classify_many()
        self._darken()

    def close(self) -> None:
        """Closes the window as a person would; every thread has ended afterwards."""
        self.window.close()
        self.window.deleteLater()
        self._application.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        self._restore_hooks()

    # -- the steps --------------------------------------------------------------------------

    def _open(self) -> None:
        started = time.monotonic()
        self.window.resize(*WINDOW_SIZE)
        self.window.show()
        self._until(lambda: self.window.workspace is not None, "the window opens")
        self.workspace: Workspace = self.window.workspace  # type: ignore[assignment]
        self.studio = self.workspace.studio
        self.studio.message_posted.connect(self._note_error)
        seconds = time.monotonic() - started
        self._until(lambda: self.studio.torch.state == "ready", "torch is loaded")
        self._say(f"window furnished after {seconds:.2f} s, torch {self.studio.torch.version}")

    def _choose_networks(self) -> None:
        self._until(lambda: not self.studio.workers.tasks, "the studio has opened")
        self.workspace.show_panel("architecture")
        form = self.workspace.form
        _choose(form.preset, "resnet50")
        self._expect(self.studio.spec.name == "resnet50", "ResNet-50 is chosen")
        self._take("architecture", "ResNet-50, drawn to scale", self._counts())
        self.studio.commands.run("architecture.paper_lens")
        self._take("paper-lens", "The paper's table with the present network in it", "")
        self.studio.commands.run("architecture.paper_lens")
        _choose(form.block, "basic")
        self._expect(self.studio.spec.name == "resnet34", "basic blocks make it ResNet-34")
        self._take("architecture-basic", "The same stages with basic blocks", self._counts())

    def _compare(self) -> None:
        comparing = self._architecture().comparing
        self.studio.commands.run("architecture.compare")
        comparing.dialog.search.setText("ResNet-50")
        comparing.dialog.choose_current()
        self._until(lambda: not self.studio.workers.tasks, "the runs are listed")
        self._expect(comparing.page is not None, "two networks are compared")
        self._take("compare", "ResNet-34 and ResNet-50: what differs is marked and listed", "")
        self.studio.commands.run("architecture.compare_close")
        self._expect(comparing.page is None, "the usual view is back")
        _choose(self.workspace.form.preset, "resnet18")

    def _drop_photograph(self) -> None:
        from resnet_studio.data.imaging import sample_pictures

        picture = sample_pictures()[-1]
        if picture.path is None:
            raise TourError("The sample photographs have no files.")
        self._drop(picture.path)
        self._await_maps()
        examination = self._features().examination
        self._take(
            "features",
            "A photograph dropped on the window: the feature maps of every stage",
            f"Random weights, and the panel says so. Looked at in {examination.seconds:.2f} s.",
        )
        self._features().enlarge("layer1", 0)
        self._take("features-channel", "One channel laid over the photograph", "")

    def _augment(self) -> None:
        """Goes through the lab with the pipeline of ImageNet, and leaves the usual one behind."""
        panel: Any = self.workspace.show_panel("augmentation")
        _choose(panel.controls.source, "imagenet")
        for name, title, text in _LAB_VIEWS:
            page = panel.views.show_view(name)
            self._await_lab(page)
            if name == "steps":
                page.step(1)  # the crop, with its attempts
            elif name == "coverage":
                self._mark(page.view)
                self._await_lab(page)
            self._take("augmentation" if name == "samples" else f"lab-{name}", title, text)
        panel.views.show_view("samples")
        _choose(panel.controls.source, "usual")

    def _mark(self, view: Any) -> None:
        """Drags a box over the middle of the photograph, as a person marks an object."""
        area, left = view.area(), Qt.MouseButton.LeftButton
        from_ = area.topLeft() + QPointF(0.3 * area.width(), 0.2 * area.height())
        to = area.topLeft() + QPointF(0.7 * area.width(), 0.8 * area.height())
        for kind, point, button in (
            (QEvent.Type.MouseButtonPress, from_, left),
            (QEvent.Type.MouseMove, to, Qt.MouseButton.NoButton),
            (QEvent.Type.MouseButtonRelease, to, left),
        ):
            held = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else left
            where = QPointF(view.mapToGlobal(point.toPoint()))
            none = Qt.KeyboardModifier.NoModifier
            self._application.sendEvent(view, QMouseEvent(kind, point, where, button, held, none))

    def _await_lab(self, page: Any) -> None:
        self._until(
            lambda: page.filled and not page.working and self._idle(),
            "the view of the lab is there",
        )

    def _look_at_data(self) -> None:
        panel: Any = self.workspace.show_panel("data")
        self._until(
            lambda: self.studio.data.split is not None and self._idle(), "the digits are opened"
        )
        for name, title, text in _DATA_VIEWS:
            panel.views.show_view(name)
            self._until(self._idle, f"the page {name} is there")
            self._take(f"data-{name}", title, text)
        panel.views.show_view("overview")

    def _train(self) -> None:
        panel: Any = self.workspace.show_panel("training")
        if self._epochs is not None:
            self._until(lambda: panel.setup.recipe.recipe is not None, "the recipe is there")
            recipe = panel.setup.recipe.recipe
            warmup = min(recipe.warmup_epochs, float(self._epochs))
            panel.setup.recipe.show_recipe(
                recipe.replace(epochs=self._epochs, warmup_epochs=warmup)
            )
        start = self.studio.commands.action("training.start")
        self._until(start.isEnabled, "training can be started")
        self._take("training-before", "Before training: the recipe and its schedule", "")
        began = time.monotonic()
        self.studio.commands.run("training.start")
        session = panel.session
        halfway = session.config.recipe.epochs / 2
        self._until(
            lambda: session.epochs_done >= halfway or not session.running,
            "training reaches its middle",
            patience=_TRAINING_PATIENCE_S,
        )
        self._take("training-live", "Training, with live curves", "")
        self._until(lambda: not session.running, "training ends", patience=_TRAINING_PATIENCE_S)
        seconds = time.monotonic() - began
        end = session.end
        self._expect(end.outcome == "finished", f"training finishes ({end.message})")
        self._take(
            "training",
            "The digits learned",
            f"{session.config.network.name}: best validation accuracy "
            f"{end.best_accuracy:.1%} after {session.config.recipe.epochs} epochs, "
            f"{seconds:.0f} s, {self.studio.torch.device}.",
        )

    def _compare_runs(self) -> None:
        panel: Any = self.workspace.show_panel("training")
        panel.left.setCurrentWidget(panel.runs)
        wanted = [recorded_dir() / name for name in _COMPARED_RUNS]
        self._until(lambda: len(panel.runs.model.listings) > len(wanted), "the runs are listed")
        panel.runs.table.clearSelection()
        panel.runs.select_several(wanted)
        panel.runs.show_button.click()
        self._until(lambda: panel.runs.comparison is not None, "the runs are drawn together")
        self._take(
            "degradation",
            "Plain and residual networks of 20 and 56 layers",
            "Recorded runs that come with the program: the deeper plain network learns worse.",
            of=panel.runs.comparison,
        )
        panel.runs.comparison.close()
        panel.left.setCurrentWidget(panel.setup)

    def _look_inside(self) -> None:
        self.studio.commands.run("training.look_inside")
        self._until(
            lambda: self.studio.network is not None and self.studio.network.trained,
            "the trained weights are loaded",
        )
        self._features().close_channel()
        self._drop(self._digit())
        self._await_maps()
        best = self._features().examination.predictions[0]
        self._take(
            "features-trained",
            "A digit that was held out, seen by the network just trained",
            f"Most probable class: {best.name}, {best.probability:.1%}.",
        )

    def _look_deeper(self) -> None:
        """Goes through the views of the feature maps with the digit and the trained network."""
        self.workspace.message_bar.dismiss()
        for name, title in _VIEWS:
            self._await_view(self._features().views.show_view(name))
            self._take(f"inside-{name}", title, "")

    def _await_view(self, page: Any) -> None:
        self._until(
            lambda: page.place.currentWidget() is page.body and self._idle(), "the view is there"
        )

    def _remove_blocks(self) -> None:
        page = self._features().views.show_view("surgery")
        self._until(self._idle, "the network is judged")
        self._expect(self.studio.commands.run("surgery.each_block"), "blocks can be removed")
        blocks = len(self.studio.graph.blocks)
        self._until(
            lambda: self._idle() and len(page.bench.known.lesions.get(Side.BRANCH, {})) == blocks,
            "each block has been removed in turn",
        )
        self._take(
            "inside-surgery",
            "Each block removed in turn, and the accuracy that it costs",
            "Measured on digits that were held out; the weights on disk stay as they are.",
        )
        self._features().views.show_view("stages")

    def _classify_many(self) -> None:
        panel: Any = self.workspace.show_panel("classification")
        panel.add_paths([self._digits()])
        self._until(
            lambda: panel.model.rowCount() == _DIGITS and self._idle(), "the digits are classified"
        )
        panel.table.selectRow(0)
        self._take("classification", f"{_DIGITS} digits that were held out, classified", "")
        self.workspace.show_panel("features")

    def _idle(self) -> bool:
        return not self.studio.workers.tasks

    def _darken(self) -> None:
        self.workspace.message_bar.dismiss()
        self.studio.set_appearance("dark")
        self._take("features-dark", "The same in dark colours", "")
        self.workspace.show_panel("architecture")
        self._take("architecture-dark", "The network that was trained, in dark colours", "")

    # -- driving ----------------------------------------------------------------------------

    def _architecture(self) -> Any:
        return self.workspace.panels["architecture"]

    def _features(self) -> Any:
        return self.workspace.panels["features"]

    def _await_maps(self) -> None:
        """Waits until the maps are those of the present picture and network."""

        def arrived() -> bool:
            shown = self._features().shown_for
            return (
                shown is not None
                and shown[0] is self.studio.picture
                and shown[1] is self.studio.network
            )

        self._until(arrived, "the feature maps are there")

    def _digit(self) -> Path:
        """Writes a digit that was held out of training to a file."""
        from PIL import Image

        from resnet_studio.data.sources import DataConfig, load_dataset

        validation = load_dataset(DataConfig()).validation
        path = self._home / f"digit {validation.labels[7]}.png"
        Image.fromarray(validation.picture(7)).save(path)
        return path

    def _digits(self) -> Path:
        """Writes digits that were held out of training, one folder for each class."""
        from PIL import Image

        from resnet_studio.data.sources import DataConfig, load_dataset

        validation = load_dataset(DataConfig()).validation
        folder = self._home / "held out"
        for number in range(_DIGITS):
            place = folder / str(validation.labels[number])
            place.mkdir(parents=True, exist_ok=True)
            Image.fromarray(validation.picture(number)).save(place / f"digit {number:02}.png")
        return folder

    def _drop(self, path: Path) -> None:
        """Drops a file on the window with the events that a desktop would send."""
        mime = QMimeData()
        mime.setUrls([QUrl.fromLocalFile(str(path))])
        centre = QPointF(self.window.rect().center())
        common = (
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        enter = QDragEnterEvent(centre.toPoint(), *common)
        self._application.sendEvent(self.window, enter)
        self._expect(enter.isAccepted(), f"the window accepts {path.name}")
        before = self.studio.picture
        self._application.sendEvent(self.window, QDropEvent(centre, *common))
        self._until(lambda: self.studio.picture is not before, f"{path.name} is opened")

    def _counts(self) -> str:
        graph = self.studio.graph
        return (
            f"{graph.spec.depth} layers, {graph.parameters:,} parameters, "
            f"{graph.macs:,} multiply-accumulates at {graph.input_size} pixels."
        )

    def _take(self, name: str, title: str, text: str, *, of: QWidget | None = None) -> None:
        """Waits until the window has settled, and takes its picture or that of a dialog."""
        self._pause(_SETTLE_MS)
        if self._errors:
            raise TourError(f"At «{title}» the window showed an error: {self._errors[0]}")
        path = self._out / f"{name}.png"
        if not (of or self.window).grab().save(str(path)):
            raise TourError(f"{path} cannot be written.", remedy="Choose another folder.")
        self.stops.append(Stop(path.name, title, text))
        self._say(f"{path.name}: {title}. {text}".strip())

    def _note_error(self, message: Any) -> None:
        if message.kind == "error":
            self._errors.append(f"{message.text} {message.remedy}".strip())

    def _expect(self, condition: bool, what: str) -> None:
        if not condition:
            raise TourError(f"The tour failed: it was expected that {what}.")

    def _until(
        self, condition: Callable[[], bool], what: str, *, patience: float = _PATIENCE_S
    ) -> None:
        """Runs the event loop until `condition` holds."""
        deadline = time.monotonic() + patience
        while not condition():
            if self._errors:
                raise TourError(f"While waiting until {what}: {self._errors[0]}")
            if time.monotonic() > deadline:
                raise TourError(f"Waited {patience:.0f} s in vain until {what}.")
            self._pause(_LOOK_INTERVAL_MS)

    def _pause(self, milliseconds: int) -> None:
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop, loop.quit)
        loop.exec()


def _choose(combo: QComboBox, data: object) -> None:
    """Chooses an entry as a click on it would."""
    combo.setCurrentIndex(combo.findData(data))
    combo.activated.emit(combo.currentIndex())
