"""What the panels share: the network, the picture, the weights, the theme, the messages.

A panel knows `Studio` and no other panel. Nothing here imports torch before a worker does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QUndoStack
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox, QWidget

from resnet_studio.architecture.catalog import get as catalog_entry
from resnet_studio.architecture.graph import NetworkGraph, build_graph
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import StudioError
from resnet_studio.gui import theme as themes
from resnet_studio.gui.commands import Commands
from resnet_studio.gui.data_choice import DataChoice
from resnet_studio.gui.framing_choice import FramingChoice
from resnet_studio.gui.operating import Operating
from resnet_studio.gui.pipeline_choice import PipelineChoice
from resnet_studio.gui.spec_change import SpecChange
from resnet_studio.gui.workers import TaskState, Workers
from resnet_studio.probe.surgery import NO_SURGERY, Surgery
from resnet_studio.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from resnet_studio.data.imaging import Picture
    from resnet_studio.probe.network import LoadedNetwork, WeightsChoice

START_NETWORK = "cifar_resnet20"
"""Of which trained weights come with the program."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TorchStatus:
    """How far the loading of torch has come.

    Attributes:
        state: "waiting", "loading", "ready" or "failed".
        version: torch's version once it is ready.
        device: The best device, in words ("CPU, 2 threads", "CUDA: NVIDIA H200").
        message: Why it failed.
        remedy: What to do about it.
    """

    state: str = "waiting"
    version: str = ""
    device: str = ""
    message: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What the message bar shows: a sentence, its remedy, and what can be done at once."""

    text: str
    remedy: str = ""
    kind: str = "info"
    actions: tuple[tuple[str, Callable[[], Any]], ...] = ()
    details: str = ""


class Studio(QObject):
    """The shared state of the window; all signals are emitted in the GUI thread.

    Signals:
        spec_changed(NetworkSpec): The network of the form has changed, also by undo.
        picture_changed(Picture | None): Another picture is shown.
        network_changed(LoadedNetwork | None): The built network, with what `operating` does to
            it; None while it is not ready.
        weights_changed(WeightsChoice): Other weights are asked for.
        torch_changed(TorchStatus): torch is being loaded, is ready, or cannot be loaded.
        theme_changed(Theme): Light or dark.
        selection_changed(str): Name of the selected section, block or layer; "" for none.
        pointed_at(CropBox | None): What the number under the cursor can see of the picture, in
            its pixels; None where the cursor is on no number.
        recipe_wished(dict): Another panel than the training's wants these fields of the recipe.
        index_wished(int): The person wants to see what training reads of the present picture, which
            has this number in the data set, from 0.
        training_changed(bool): A run has started or ended.
        message_posted(Message): A sentence for the message bar.
    """

    spec_changed = Signal(object)
    picture_changed = Signal(object)
    network_changed = Signal(object)
    weights_changed = Signal(object)
    torch_changed = Signal(object)
    theme_changed = Signal(object)
    selection_changed = Signal(str)
    pointed_at = Signal(object)
    recipe_wished = Signal(dict)
    index_wished = Signal(int)
    training_changed = Signal(bool)
    message_posted = Signal(object)

    def __init__(self, settings: Settings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings if settings is not None else Settings()
        self.workers = Workers(self)
        self.commands = Commands(self)
        self.undo_stack = QUndoStack(self)
        self.operating = Operating(self)
        self.framing_choice = FramingChoice(self)
        self.pipelines = PipelineChoice(self)
        self.data = DataChoice(self)
        self.theme = themes.choose(self.settings["appearance"])
        self.window: QWidget | None = None
        self.torch = TorchStatus()
        self.picture: Picture | None = None
        self.previous_picture: Picture | None = None
        self.network: LoadedNetwork | None = None
        self.selection = ""
        self.training = False
        self._spec = self._remembered_spec()
        self._graph: NetworkGraph | None = None
        self._weights: WeightsChoice | None = None
        self._loading: tuple[NetworkSpec, WeightsChoice] | None = None
        self._awaited: WeightsChoice | None = None
        self._connect()

    # -- the network ------------------------------------------------------------------------

    @property
    def spec(self) -> NetworkSpec:
        """The network that the form describes."""
        return self._spec

    @property
    def graph(self) -> NetworkGraph:
        """The graph of `spec` at its own input size."""
        if self._graph is None:
            self._graph = build_graph(self._spec)
        return self._graph

    @property
    def previous_spec(self) -> NetworkSpec | None:
        """The network that undoing would bring back; None if there is nothing to undo."""
        change = self.undo_stack.command(self.undo_stack.index() - 1)
        return change.before if isinstance(change, SpecChange) else None

    def set_spec(
        self, spec: NetworkSpec, text: str = "", *, weights: WeightsChoice | None = None
    ) -> None:
        """Makes `spec` the network of the window; one step of undo.

        Args:
            spec: A valid specification.
            text: What the person did, for the undo menu; translated.
            weights: What the network is to be filled with; random ones if None. Undoing brings
                back those from before.
        """
        if spec != self._spec:
            before = (self._spec, self._weights, self.operating.surgery)
            after = (spec, weights or self.random_weights(), NO_SURGERY)
            self.undo_stack.push(SpecChange(self, before, after, text or spec.name))

    def random_weights(self) -> WeightsChoice | None:
        """Returns the present choice if it is random: its seed holds for every network."""
        chosen = self._weights
        return chosen if chosen is not None and chosen.kind == "random" else None

    @property
    def chosen_weights(self) -> WeightsChoice | None:
        """Where the weights come from, if that has been decided."""
        return self._weights

    def replace_spec(
        self, spec: NetworkSpec, weights: WeightsChoice | None, surgery: Surgery
    ) -> None:
        """Makes `spec` the network of the window without a step of undo: for undo itself."""
        self._spec = spec
        self._graph = None
        gone = weights is not None and weights.kind == "live"  # a copy that is in no file
        # First: who hears that the network has gone asks for these.
        self._weights = None if gone else weights
        self.settings["network"] = spec.to_json()
        if self.selection and not self._is_in_graph(self.selection):
            self.select("")
        self._set_network(None)
        self.operating.replace(surgery)
        self.spec_changed.emit(spec)

    def _is_in_graph(self, name: str) -> bool:
        try:
            self.graph.find(name)
        except KeyError:
            return False
        return True

    def _remembered_spec(self) -> NetworkSpec:
        try:
            return NetworkSpec.from_json(self.settings["network"])
        except StudioError:
            return catalog_entry(START_NETWORK).spec

    # -- weights ----------------------------------------------------------------------------

    @property
    def weights(self) -> WeightsChoice:
        """Where the weights come from: as chosen, else the program's own, else random ones."""
        if self._weights is None:
            from resnet_studio.probe.network import usual_weights

            self._weights = usual_weights(self._spec)
        return self._weights

    def set_weights(self, choice: WeightsChoice) -> None:
        """Loads other weights into the present network; the old ones stay if that fails.

        Before torch is ready the wish is remembered: weights may be named on the command line.
        """
        if self.torch.state == "failed":
            self.show_message(self.torch.message, remedy=self.torch.remedy, kind="error")
        elif self.torch.state == "ready":
            self._load(choice)
        else:
            self._awaited = choice
            self.show_message(self.tr("The weights are loaded as soon as torch is ready."))

    def show_network(self, network: LoadedNetwork) -> None:
        """Shows a network that is loaded already; nothing if it is not that of the form."""
        if network.spec == self._spec:
            self.workers.cancel_lane("network")  # an earlier wish, which would come after it
            self._loading = None
            self._weights = network.choice
            self._set_network(network)
            self.weights_changed.emit(network.choice)

    def ensure_network(self) -> None:
        """Builds the network of the form with its weights unless that is done or under way.

        `network_changed` brings the result. Does nothing before torch is ready; it is called
        again then.
        """
        under_way = self._loading is not None and self._loading[0] == self._spec
        if self.torch.state == "ready" and self.network is None and not under_way:
            self._load(self.weights)

    def _load(self, choice: WeightsChoice) -> None:
        wanted = (self._spec, choice)
        if self._loading == wanted:
            return
        self._loading = wanted

        def job(_state: TaskState) -> LoadedNetwork:
            from resnet_studio.probe.network import load_network

            return load_network(*wanted)

        def arrived(network: LoadedNetwork) -> None:
            if wanted[0] == self._spec:
                self._weights = choice
                self._set_network(network)
                self.weights_changed.emit(choice)

        def ended() -> None:
            if self._loading == wanted:
                self._loading = None

        self.workers.start(
            job,
            title=self.tr("Building {name}").format(name=self._spec.name),
            lane="network",
            replace=True,
            on_result=arrived,
            on_error=lambda error: self._loading_failed(error, choice),
            on_done=ended,
        )

    def _loading_failed(self, error: BaseException, choice: WeightsChoice) -> None:
        """Says why; weights of another network come with the offer to switch to that one."""
        if choice == self._weights and choice.kind != "random":
            self._weights = None  # undone or redone, and the file has gone meanwhile
        if self.network is None and choice != self.weights:
            self._load(self.weights)  # what the panels wait for
        spec = getattr(error, "spec", None)
        if not isinstance(error, StudioError) or not isinstance(spec, NetworkSpec):
            self.show_error(error)
            return

        def switch() -> None:
            self.set_spec(spec)
            self._load(choice)

        label = self.tr("Switch to {name}").format(name=spec.name)
        self.show_message(
            error.message, remedy=error.remedy, kind="warning", actions=((label, switch),)
        )

    @property
    def intact_network(self) -> LoadedNetwork | None:
        """The built network as its weights say, whatever surgery is done to `network`."""
        return None if self.network is None else self.network.intact or self.network

    def operate_again(self) -> None:
        """Does to the network what `operating` says now."""
        if self.network is not None:
            self._set_network(self.network)

    def _set_network(self, network: LoadedNetwork | None) -> None:
        if network is not None:
            from resnet_studio.probe.surgery import operate

            network = operate(network, self.operating.surgery)
        if network is not self.network:
            self.network = network
            self.commands.set_condition("network", network is not None)
            self.network_changed.emit(network)

    # -- picture ----------------------------------------------------------------------------

    def open_picture(self, source: str | Path | bytes | QImage, *, name: str = "") -> None:
        """Opens a picture in a worker; a broken one leaves the present one and says why."""

        def job(_state: TaskState) -> Picture:
            from resnet_studio.data.imaging import open_picture, picture_from_array

            if isinstance(source, QImage):
                return picture_from_array(pixels_of(source), name=name)
            path = Path(source) if isinstance(source, str) else source
            return open_picture(path, name=name)

        self.workers.start(
            job,
            title=self.tr("Opening the picture"),
            lane="picture",
            replace=True,
            on_result=self.set_picture,
        )

    def set_picture(self, picture: Picture | None) -> None:
        """Shows `picture` in every panel, cropped as usual."""
        if picture is not self.picture:
            self.previous_picture, self.picture = self.picture, picture
            self.framing_choice.reset()
        self.commands.set_condition("picture", picture is not None)
        if picture is not None and picture.path is not None:
            self._remember_picture(picture.path)
        self.picture_changed.emit(picture)

    def _remember_picture(self, path: Path) -> None:
        self.settings["last_folder"] = str(path.parent)
        recent = [item for item in self.settings["recent_pictures"] if item != str(path)]
        self.settings["recent_pictures"] = [str(path), *recent][:10]

    # -- other shared state -----------------------------------------------------------------

    def select(self, name: str) -> None:
        """Selects a section, block or layer of the graph by name; "" selects nothing."""
        if name != self.selection:
            self.selection = name
            self.selection_changed.emit(name)

    def set_training(self, running: bool) -> None:
        """Says whether a run is in progress."""
        if running != self.training:
            self.training = running
            self.commands.set_condition("training", running)
            self.training_changed.emit(running)

    def set_torch(self, status: TorchStatus) -> None:
        """Says how far the loading of torch has come."""
        self.torch = status
        self.commands.set_condition("torch", status.state == "ready")
        if status.state == "ready" and self._awaited is not None:
            # First, so that the panels' wish for any network finds these under way.
            awaited, self._awaited = self._awaited, None
            self._load(awaited)
        self.torch_changed.emit(status)

    def set_appearance(self, appearance: str) -> None:
        """Switches to "light", "dark" or "system" at once and remembers it."""
        self.settings["appearance"] = appearance
        self.refresh_theme()

    def refresh_theme(self) -> None:
        """Applies the theme that the settings (and the desktop) ask for now."""
        self.theme = themes.choose(self.settings["appearance"])
        application = QApplication.instance()
        if isinstance(application, QApplication):
            themes.apply(application, self.theme, font_scale=self.settings["font_scale"])
        self.commands.set_theme(self.theme)
        self.theme_changed.emit(self.theme)

    # -- talking to the person --------------------------------------------------------------

    def show_message(
        self,
        text: str,
        *,
        remedy: str = "",
        kind: str = "info",
        actions: tuple[tuple[str, Callable[[], Any]], ...] = (),
        details: str = "",
    ) -> None:
        """Shows a sentence in the message bar; never a dialog.

        Args:
            text: What happened, translated.
            remedy: What to do about it.
            kind: "info", "warning" or "error".
            actions: Buttons as (label, what it does).
            details: Longer text that a "Copy details" button copies.
        """
        self.message_posted.emit(Message(text, remedy, kind, actions, details))

    def show_error(self, error: BaseException) -> None:
        """Shows an error in a person's words; a defect of the program is logged as well."""
        if isinstance(error, StudioError):
            _LOG.warning("%s", error)
            self.show_message(error.message, remedy=error.remedy, kind="error")
            return
        import traceback

        _LOG.error("unexpected error", exc_info=error)
        self.show_message(
            self.tr("Something in the program itself went wrong: {error}").format(
                error=f"{type(error).__name__}: {error}"
            ),
            remedy=self.tr("Your work is kept; the log has the details."),
            kind="error",
            details="".join(traceback.format_exception(error)),
        )

    def ask(self, title: str, text: str, *, yes: str, no: str) -> bool:
        """Asks the person one question and waits; returns whether the answer is `yes`."""
        box = QMessageBox(self.window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(title)
        box.setText(text)
        accept = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton(no, QMessageBox.ButtonRole.RejectRole))
        box.exec()
        answer = box.clickedButton() is accept
        box.deleteLater()
        return answer

    def open_file(self, title: str, filters: str) -> Path | None:
        """Lets the person choose a file; None if they changed their mind."""
        chosen, _ = QFileDialog.getOpenFileName(
            self.window, title, self.settings["last_folder"], filters
        )
        return self._remember_folder(chosen)

    def open_files(self, title: str, filters: str) -> list[Path]:
        """Lets the person choose several files; empty if they changed their mind."""
        chosen, _ = QFileDialog.getOpenFileNames(
            self.window, title, self.settings["last_folder"], filters
        )
        if chosen:
            self._remember_folder(chosen[0])
        return [Path(path) for path in chosen]

    def save_file(self, title: str, suggested: str, filters: str) -> Path | None:
        """Lets the person choose where to save; None if they changed their mind."""
        start = str(Path(self.settings["last_folder"]) / suggested)
        chosen, _ = QFileDialog.getSaveFileName(self.window, title, start, filters)
        return self._remember_folder(chosen)

    def open_folder(self, title: str) -> Path | None:
        """Lets the person choose a folder; None if they changed their mind."""
        chosen = QFileDialog.getExistingDirectory(self.window, title, self.settings["last_folder"])
        return self._remember_folder(chosen)

    def _remember_folder(self, chosen: str) -> Path | None:
        if not chosen:
            return None
        self.settings["last_folder"] = str(Path(chosen).parent)
        return Path(chosen)

    # -- life -------------------------------------------------------------------------------

    def shutdown(self) -> None:
        """Joins every thread and saves the settings; the last thing before the window goes."""
        self.workers.shutdown()
        self.undo_stack.blockSignals(True)  # it reports once more while the actions are going
        try:
            self.settings.save()
        except OSError as error:
            _LOG.warning("settings not saved: %s", error)

    def _connect(self) -> None:
        self.operating.tell_conditions()
        self.workers.failed.connect(self.show_error)
        self.undo_stack.canUndoChanged.connect(
            lambda can: self.commands.set_condition("can_undo", can)
        )
        self.undo_stack.canRedoChanged.connect(
            lambda can: self.commands.set_condition("can_redo", can)
        )
        self.commands.connect("edit.undo", self.undo_stack.undo)
        self.commands.connect("edit.redo", self.undo_stack.redo)


def pixels_of(image: QImage) -> NDArray[np.uint8]:
    """Returns the (H, W, 4) red, green, blue and alpha of a picture that has no file."""
    import numpy as np

    rgba = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(rgba.constBits(), dtype=np.uint8).reshape(rgba.height(), -1)
    return rows[:, : 4 * rgba.width()].reshape(rgba.height(), rgba.width(), 4).copy()
