"""Choosing where the weights come from: random, a run, a file, or torchvision's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.errors import DownloadError
from resnet_studio.gui.features import offer_words
from resnet_studio.gui.network_values import structure
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.workers import TaskState
from resnet_studio.probe.network import WeightsChoice
from resnet_studio.probe.shipped import ShippedWeights, shipped_weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from resnet_studio.architecture.spec import NetworkSpec
    from resnet_studio.models import PretrainedWeights
    from resnet_studio.probe.network import LoadedNetwork

_SEEDS = 999
_BUTTON_FRAME = 40


class WeightsMenu(QWidget):
    """Names the present weights and changes them; random ones by their seed.

    Signals:
        pretrained_listed(): The menu says what torchvision offers for the network.
        others_listed(): The menu says what torchvision offers for other networks.
    """

    pretrained_listed = Signal()
    others_listed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._offers: tuple[NetworkSpec, tuple[PretrainedWeights, ...]] | None = None
        self._all_offers: tuple[PretrainedWeights, ...] = ()
        self._text = ""
        self.button = QPushButton()
        self.menu = QMenu(self)
        self.pretrained_menu = QMenu(self.tr("Pretrained on ImageNet (torchvision)"), self)
        self.others_menu = QMenu(self.tr("Other networks"), self)
        self.seed = QSpinBox()
        self._build()
        self._connect()
        self._show_choice(studio.weights)

    # -- what can be chosen -------------------------------------------------------------------

    def use_random(self) -> None:
        """Draws other random weights: the next seed, or the first if others were in use."""
        present = self._studio.weights
        seed = (present.seed + 1) % (_SEEDS + 1) if present.kind == "random" else 0
        self._studio.set_weights(WeightsChoice(kind="random", seed=seed))

    def use_shipped(self, shipped: ShippedWeights) -> None:
        """Uses weights that come with the program; switches to their network where needed."""
        choice = WeightsChoice(kind="shipped", name=shipped.id)
        if structure(shipped.spec) == structure(self._studio.spec):
            self._studio.set_weights(choice)
        else:
            self._studio.set_spec(shipped.spec, shipped.title, weights=choice)
            self._studio.ensure_network()

    def use_last_run(self, which: str = "best") -> None:
        """Loads weights of the newest run that has any.

        Args:
            which: "best" by validation accuracy, or "last".
        """
        folder = self._studio.settings["runs_folder"]

        def job(_state: TaskState) -> WeightsChoice | None:
            return _weights_of_last_run(Path(folder) if folder else None, which)

        self._studio.workers.start(
            job, title=self.tr("Looking for runs"), lane="runs", on_result=self._use_run
        )

    def use_pretrained(self) -> None:
        """Uses the best weights that torchvision has for the network; asks before a download."""
        self._with_offers(self._use_best_offer)

    def use_offer(self, offer: PretrainedWeights, spec: NetworkSpec | None = None) -> None:
        """Uses certain weights of torchvision; asks before it downloads them.

        Args:
            offer: The weights.
            spec: The network to switch to once they are here; None if it is the present one.
        """
        if not offer.downloaded:
            self._fetch(offer, spec)
            return

        def job(_state: TaskState) -> bool:
            from resnet_studio.files import sha256_of

            return sha256_of(offer.path).startswith(offer.sha256_prefix)

        def checked(right: bool) -> None:
            use = self._use_downloaded if right else self._fetch
            use(offer, spec)

        self._studio.workers.start(
            job,
            title=self.tr("Checking {file}").format(file=offer.file_name),
            lane="pretrained",
            replace=True,
            on_result=checked,
        )

    # -- runs and pretrained weights ----------------------------------------------------------

    def _use_run(self, choice: WeightsChoice | None) -> None:
        if choice is not None:
            self._studio.set_weights(choice)
            return
        self._studio.show_message(
            self.tr("There is no training run with weights yet."),
            remedy=self.tr("Train a network in the training panel first."),
            kind="warning",
        )

    def _with_offers(self, use: Callable[[tuple[PretrainedWeights, ...]], None]) -> None:
        """Calls `use` with what torchvision has for the present network; that imports it."""
        spec = self._studio.spec
        if self._offers is not None and self._offers[0] == spec:
            use(self._offers[1])
            return

        def job(_state: TaskState) -> tuple[PretrainedWeights, ...]:
            from resnet_studio import models

            return models.pretrained_weights(spec)

        def listed(offers: tuple[PretrainedWeights, ...]) -> None:
            self._offers = (spec, offers)
            use(offers)

        self._studio.workers.start(
            job,
            title=self.tr("Asking torchvision"),
            lane="pretrained",
            replace=True,
            on_result=listed,
        )

    def _use_best_offer(self, offers: tuple[PretrainedWeights, ...]) -> None:
        if offers:
            self.use_offer(offers[0])
            return
        self._studio.show_message(
            self.tr("torchvision has no pretrained weights for {name}.").format(
                name=self._studio.spec.name
            ),
            remedy=self.tr(
                "It has them for ResNet-18, 34, 50, 101 and 152, ResNeXt and Wide ResNet, each "
                "with 1,000 classes: choose one of these presets, or Weights, Pretrained, Other "
                "networks."
            ),
            kind="warning",
        )

    def _fetch(self, offer: PretrainedWeights, spec: NetworkSpec | None) -> None:
        if not self._studio.settings["ask_before_download"] or self._agreed(offer):
            self._download(offer, spec)

    def _agreed(self, offer: PretrainedWeights) -> bool:
        return self._studio.ask(
            self.tr("Download pretrained weights?"),
            offer_words.question(offer),
            yes=self.tr("Download"),
            no=self.tr("Not now"),
        )

    def _download(self, offer: PretrainedWeights, spec: NetworkSpec | None) -> None:
        def job(state: TaskState) -> None:
            from resnet_studio.downloads import download

            for progress in download(
                offer.url,
                offer.path,
                sha256_prefix=offer.sha256_prefix,
                cancelled=lambda: state.cancelled,
            ):
                state.progress(progress.done, progress.total or offer.size)

        self._studio.workers.start(
            job,
            title=self.tr("Downloading {file}").format(file=offer.file_name),
            lane="download",
            on_result=lambda _none: self._use_downloaded(offer, spec),
            on_error=lambda error: self._download_failed(error, offer, spec),
        )

    def _download_failed(
        self, error: BaseException, offer: PretrainedWeights, spec: NetworkSpec | None
    ) -> None:
        """Adds to the reason how the weights can come here without a network."""
        if not isinstance(error, DownloadError):
            self._studio.show_error(error)
            return
        other_way = self.tr(
            "Or fetch {url} on another computer and open the file here (File, Open checkpoint)."
        ).format(url=offer.url)
        self._studio.show_message(
            error.message,
            remedy=f"{error.remedy} {other_way}".strip(),
            kind="error",
            actions=((self.tr("Try again"), lambda: self._download(offer, spec)),),
        )

    def _use_downloaded(self, offer: PretrainedWeights, spec: NetworkSpec | None) -> None:
        if spec is not None:
            self._studio.set_spec(spec)
        self._studio.set_weights(
            WeightsChoice(kind="pretrained", path=str(offer.path), name=offer.name)
        )

    # -- what is shown ------------------------------------------------------------------------

    def _network_changed(self, network: LoadedNetwork | None) -> None:
        self._show_choice(self._studio.weights if network is None else network.choice)

    def _show_choice(self, choice: WeightsChoice) -> None:
        text = self._describe(choice)
        self._text = text
        self.button.setAccessibleDescription(text)
        self.button.setToolTip(
            self.tr("Where the weights come from: {source}. Click to choose others.").format(
                source=choice.path or text
            )
        )
        self.seed.setVisible(choice.kind == "random")
        if choice.kind == "random":
            self.seed.blockSignals(True)
            self.seed.setValue(choice.seed)
            self.seed.blockSignals(False)
        if (row := self.layout()) is not None:
            row.activate()  # else the text is cut to the room beside a seed that has gone
        self._elide()

    def _elide(self) -> None:
        """Cuts a long file name in the middle: its beginning and its end tell it apart."""
        room = max(40, self.button.width() - _BUTTON_FRAME)
        metrics = self.button.fontMetrics()
        self.button.setText(metrics.elidedText(self._text, Qt.TextElideMode.ElideMiddle, room))

    def _describe(self, choice: WeightsChoice) -> str:
        if choice.kind == "random":
            return self.tr("Random weights")
        if choice.kind == "run":
            which = Path(choice.path).stem
            return self.tr("Run {name} ({which})").format(name=choice.name, which=which)
        if choice.kind == "shipped":
            return self.tr("Trained: {title}").format(title=_shipped_title(choice.name))
        if choice.kind == "live":
            return self.tr("Running: {name}").format(name=choice.name)
        if choice.kind == "pretrained":
            return self.tr("Pretrained: {name}").format(name=choice.name)
        return Path(choice.path).name

    def _seed_changed(self, seed: int) -> None:
        self._studio.set_weights(WeightsChoice(kind="random", seed=seed))

    def _fill_pretrained(self) -> None:
        self.pretrained_menu.clear()
        waiting = self.pretrained_menu.addAction(self.tr("Asking torchvision…"))
        waiting.setEnabled(False)
        if self._studio.torch.state == "ready":
            self._with_offers(self._show_offers)

    def _show_offers(self, offers: tuple[PretrainedWeights, ...]) -> None:
        self.pretrained_menu.clear()
        for offer in offers:
            action = self.pretrained_menu.addAction(offer_words.line(offer))
            action.setToolTip(offer_words.tool_tip(offer))
            action.triggered.connect(lambda _checked=False, chosen=offer: self.use_offer(chosen))
        if not offers:
            nothing = self.pretrained_menu.addAction(self.tr("None for this network"))
            nothing.setEnabled(False)
        self.pretrained_menu.addSeparator()
        self.pretrained_menu.addMenu(self.others_menu)
        self.pretrained_listed.emit()

    def _fill_others(self) -> None:
        """Lists the weights of every network of torchvision; choosing some switches to it."""
        self.others_menu.clear()
        self.others_menu.addAction(self.tr("Asking torchvision…")).setEnabled(False)

        def job(_state: TaskState) -> tuple[PretrainedWeights, ...]:
            from resnet_studio import models

            return self._all_offers or models.all_pretrained_weights()

        self._studio.workers.start(
            job,
            title=self.tr("Asking torchvision"),
            lane="pretrained",
            replace=True,
            on_result=self._show_others,
        )

    def _show_others(self, offers: tuple[PretrainedWeights, ...]) -> None:
        self._all_offers = offers
        self.others_menu.clear()
        present = self._offers[1] if self._offers is not None else ()
        for offer in offers:
            if offer in present:
                continue
            action = self.others_menu.addAction(offer_words.line(offer, with_network=True))
            action.setToolTip(offer_words.tool_tip(offer))
            action.triggered.connect(lambda _checked=False, chosen=offer: self._use_other(chosen))
        self.others_listed.emit()

    def _use_other(self, offer: PretrainedWeights) -> None:
        self.use_offer(offer, CATALOG[offer.network].spec)

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        self.button.setAccessibleName(self.tr("Weights"))
        self.button.setMenu(self.menu)
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.seed.setRange(0, _SEEDS)
        self.seed.setKeyboardTracking(False)  # typing 12 must not build the network of seed 1
        self.seed.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.seed.setPrefix(self.tr("seed "))
        self.seed.setAccessibleName(self.tr("Seed of the random weights"))
        self.seed.setToolTip(self.tr("The same seed gives the same weights."))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.button, 1)
        row.addWidget(self.seed)

    def _connect(self) -> None:
        commands = self._studio.commands
        for command, handler in (
            ("weights.random", self.use_random),
            ("weights.last_run", self.use_last_run),
            ("weights.pretrained", self.use_pretrained),
        ):
            commands.connect(command, handler)
        for shipped in shipped_weights():
            action = self.menu.addAction(self.tr("Trained: {title}").format(title=shipped.title))
            action.setToolTip(shipped.card.get("about", ""))
            action.triggered.connect(
                lambda _checked=False, chosen=shipped: self.use_shipped(chosen)
            )
        self.menu.addSeparator()
        self.menu.addAction(commands.action("weights.random"))
        self.menu.addAction(commands.action("weights.last_run"))
        last = self.menu.addAction(self.tr("Last (not best) weights of the last run"))
        last.triggered.connect(lambda: self.use_last_run("last"))
        self.menu.addAction(commands.action("weights.open"))
        self.menu.addMenu(self.pretrained_menu)
        self.pretrained_menu.aboutToShow.connect(self._fill_pretrained)
        self.others_menu.aboutToShow.connect(self._fill_others)
        for menu in (self.menu, self.pretrained_menu, self.others_menu):
            menu.setToolTipsVisible(True)
        self.button.installEventFilter(self)
        self.seed.valueChanged.connect(self._seed_changed)
        self._studio.network_changed.connect(self._network_changed)
        self._studio.weights_changed.connect(self._show_choice)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Fits the text to the button."""
        if watched is self.button and event.type() in (QEvent.Type.Resize, QEvent.Type.FontChange):
            self._elide()
        return super().eventFilter(watched, event)


def _shipped_title(name: str) -> str:
    """Returns what the card of weights that come with the program calls them."""
    return next((each.title for each in shipped_weights() if each.id == name), name)


def _weights_of_last_run(parent: Path | None, which: str) -> WeightsChoice | None:
    """Returns the weights of the newest run that has any; runs in a worker."""
    from resnet_studio.training.runs import default_runs_dir, list_runs

    for listing in list_runs(parent or default_runs_dir()):
        path = listing.folder.weights("last" if which == "last" else "best")
        if path.is_file():
            return WeightsChoice(kind="run", path=str(path), name=listing.folder.name)
    return None
