"""The choice of the data set: built-in digits, a folder or .zip of classes, CIFAR-10.

What is chosen is opened in a worker at once, so that its classes, its sizes and what is wrong with
it are on the screen before training.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.data.sources import DataConfig
from resnet_studio.errors import StudioError
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training.data_summary import DataSummary, summarise
from resnet_studio.gui.training.problems_dialog import ProblemsDialog
from resnet_studio.gui.widgets.form_field import FormField
from resnet_studio.gui.widgets.wheel_guard import guard_wheel
from resnet_studio.gui.workers import TaskState

LANE = "data"


class DataForm(QWidget):
    """Chooses a data set and tells what is in it.

    Signals:
        changed(): Another data set was chosen, or the chosen one was opened or failed to open.
    """

    changed = Signal()

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._paths: dict[str, str | None] = {"folder": None, "cifar10": None}
        self._started = False
        self.config = DataConfig()
        self.summary: DataSummary | None = None
        self.problem = ""
        self._build()
        self._connect()
        self._show_state()

    @property
    def opening(self) -> bool:
        """Whether the data set is being opened."""
        return self.summary is None and not self.problem and self._chosen

    def set_config(self, config: DataConfig) -> None:
        """Chooses a data set, for example the remembered one."""
        self.config = config
        if config.source in self._paths:
            self._paths[config.source] = config.path
        self.source.blockSignals(True)
        self.source.setCurrentIndex(self.source.findData(config.source))
        self.source.blockSignals(False)
        self._reopen()

    def set_folder(self, path: Path) -> None:
        """Chooses a folder or .zip of classes."""
        self.set_config(self.config.model_copy(update={"source": "folder", "path": str(path)}))

    def start(self) -> None:
        """Opens the data set for the first time, when the form is first shown."""
        if not self._started:
            self._started = True
            self._reopen()

    def choose_folder(self) -> None:
        """Asks for a folder of class folders."""
        if path := self._studio.open_folder(self.tr("Folder with a folder for each class")):
            self.set_folder(path)

    def choose_zip(self) -> None:
        """Asks for a .zip of class folders."""
        path = self._studio.open_file(
            self.tr("Archive with a folder for each class"), self.tr("Zip archive (*.zip)")
        )
        if path is not None:
            self.set_folder(path)

    def choose_cifar(self) -> None:
        """Asks for the folder in which CIFAR-10 lies already."""
        if path := self._studio.open_folder(self.tr("Folder that holds CIFAR-10")):
            self.set_config(self.config.model_copy(update={"source": "cifar10", "path": str(path)}))

    def download_cifar(self) -> None:
        """Fetches CIFAR-10, if the person agrees."""
        from resnet_studio.data import cifar

        size = round(cifar.DOWNLOAD_BYTES / 1e6)
        agreed = not self._studio.settings["ask_before_download"] or self._studio.ask(
            self.tr("Download CIFAR-10?"),
            self.tr(
                "CIFAR-10 is fetched from {url} ({size} MB) and kept on this computer."
                " Nothing is sent but the request."
            ).format(url=cifar.URL, size=size),
            yes=self.tr("Download"),
            no=self.tr("Not now"),
        )
        if agreed:
            self._fetch_cifar()

    def show_problems(self) -> ProblemsDialog | None:
        """Opens the list of what was left out."""
        if self.summary is None or not self.summary.problems:
            return None
        dialog = ProblemsDialog(
            self._studio, self.summary.name, self.summary.problems, self.window()
        )
        dialog.open()
        return dialog

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        tr = self.tr
        self.source = QComboBox()
        self.source.addItem(tr("Handwritten digits (built in)"), "digits")
        self.source.addItem(tr("A folder or .zip of pictures"), "folder")
        self.source.addItem(tr("CIFAR-10"), "cifar10")
        guard_wheel(self.source)
        tip = tr("What the network learns from. A folder needs one folder of pictures per class.")
        self.field = FormField(tr("Pictures"), self.source, tip)
        self.path = QLabel()
        self.path.setProperty("muted", True)
        self.path.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.folder_button = self._button(
            tr("Folder…"), tr("Choose a folder with a folder of pictures for each class.")
        )
        self.zip_button = self._button(tr(".zip…"), tr("Choose a .zip with a folder per class."))
        self.cifar_button = self._button(
            tr("Choose folder…"), tr("Choose the folder in which CIFAR-10 lies.")
        )
        self.download_button = self._button(
            tr("Download…"), tr("Fetch CIFAR-10 from its authors' page; asks first.")
        )
        self.info = QLabel()
        self.info.setWordWrap(True)
        self.info.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.problems_button = self._button("", tr("List what was left out, and why."))
        buttons = QHBoxLayout()
        for button in self._source_buttons():
            buttons.addWidget(button)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.field)
        layout.addWidget(self.path)
        layout.addLayout(buttons)
        layout.addWidget(self.info)
        layout.addWidget(self.problems_button, 0, Qt.AlignmentFlag.AlignLeft)

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setAccessibleDescription(tip)
        return button

    def _source_buttons(self) -> tuple[QPushButton, ...]:
        return (self.folder_button, self.zip_button, self.cifar_button, self.download_button)

    def _connect(self) -> None:
        self.source.currentIndexChanged.connect(self._source_chosen)
        self.source.activated.connect(self._try_again)
        self.folder_button.clicked.connect(self.choose_folder)
        self.zip_button.clicked.connect(self.choose_zip)
        self.cifar_button.clicked.connect(self.choose_cifar)
        self.download_button.clicked.connect(self.download_cifar)
        self.problems_button.clicked.connect(self.show_problems)

    # -- opening ----------------------------------------------------------------------------

    @property
    def _chosen(self) -> bool:
        return self.config.source != "folder" or self.config.path is not None

    def _source_chosen(self) -> None:
        source = self.source.currentData()
        self.config = self.config.model_copy(
            update={"source": source, "path": self._paths.get(source)}
        )
        self._reopen()

    def _try_again(self) -> None:
        """Choosing the source that is chosen already opens it anew if that was not finished."""
        if self.summary is None and not self._busy() and self._started:
            self._reopen()

    def _reopen(self) -> None:
        self.summary, self.problem = None, ""
        self._studio.workers.cancel_lane(LANE)
        if self._chosen and self._started:
            config = self.config
            self._studio.workers.start(
                lambda state: summarise(config, state, self._describe),
                title=self.tr("Opening the pictures"),
                lane=LANE,
                replace=True,
                # The digits are opened at every start: nobody asked for it, and it is quick.
                visible=config.source != "digits",
                on_event=self._progressed,
                on_result=self._opened,
                on_error=self._failed,
                on_done=self._ended,
            )
        self._show_state()
        self.changed.emit()

    def _describe(self, phase: str, count: int) -> str:
        texts = {
            "listing": self.tr("Looking for pictures: {count:,} files"),
            "checking": self.tr("Checking pictures: {count:,}"),
            "decoding": self.tr("Reading pictures: {count:,}"),
            "reading": self.tr("Reading pictures: {count:,}"),
        }
        if count == 0:
            return self.tr("Opening the pictures…")
        return texts.get(phase, self.tr("Opening: {count:,}")).format(count=count)

    def _progressed(self, text: str) -> None:
        self._say(text)

    def _opened(self, summary: DataSummary) -> None:
        self.summary = summary
        self._show_state()
        self.changed.emit()

    def _failed(self, error: BaseException) -> None:
        if not isinstance(error, StudioError):
            self._studio.show_error(error)
        self._fail(str(error) or type(error).__name__)

    def _fail(self, problem: str) -> None:
        self.problem = problem
        self._show_state()
        self.changed.emit()

    def _ended(self) -> None:
        """After a cancel nothing is known; the person may choose again."""
        if self.opening and self._started and not self._busy():
            self._fail(self.tr("The pictures were not opened. Choose them again."))

    def _fetch_ended(self) -> None:
        """After a cancel CIFAR-10 is still missing, which is said as before."""
        if self.opening and not self._busy():
            self._reopen()

    def _busy(self) -> bool:
        return any(t.lane == LANE and not t.cancelled for t in self._studio.workers.tasks)

    def _fetch_cifar(self) -> None:
        self.summary, self.problem = None, ""

        def job(state: TaskState) -> None:
            from resnet_studio.data import cifar

            for progress in cifar.download_cifar10(cancelled=lambda: state.cancelled):
                text = self.tr("Downloading CIFAR-10: {done:.0f} MB").format(
                    done=progress.done / 1e6
                )
                state.progress(progress.done, progress.total or 0, text)
                state.event(text)

        self._studio.workers.start(
            job,
            title=self.tr("Downloading CIFAR-10"),
            lane=LANE,
            replace=True,
            on_event=self._progressed,
            on_result=lambda _none: self.set_config(
                self.config.model_copy(update={"source": "cifar10", "path": None})
            ),
            on_error=self._failed,
            on_done=self._fetch_ended,
        )
        self._show_state()
        self.changed.emit()

    # -- showing ----------------------------------------------------------------------------

    def _show_state(self) -> None:
        source = self.config.source
        self.folder_button.setVisible(source == "folder")
        self.zip_button.setVisible(source == "folder")
        missing = source == "cifar10" and self.summary is None and not self.opening
        self.cifar_button.setVisible(missing)
        self.download_button.setVisible(missing)
        self.path.setVisible(source != "digits" and self.config.path is not None)
        self._elide_path()
        self.problems_button.setVisible(bool(self.summary and self.summary.problems))
        if self.problem:
            self._say(self.problem, error=True)
        elif self.summary is not None:
            self._show_summary(self.summary)
        elif not self._chosen:
            self._say(self.tr("Choose a folder, or drop one (or a .zip) on the window."))
        else:
            self._say(self.tr("Opening the pictures…"))

    def _show_summary(self, summary: DataSummary) -> None:
        self._say(
            self.tr(
                "{classes} classes: {names}\n{train:,} pictures to learn from, {held:,} held out"
            ).format(
                classes=len(summary.classes),
                names=_listed(summary.classes),
                train=summary.train_size,
                held=summary.validation_size,
            )
        )
        count = len(summary.problems)
        self.problems_button.setText(
            self.tr("1 skipped…")
            if count == 1
            else self.tr("{count:,} skipped…").format(count=count)
        )

    def _say(self, text: str, *, error: bool = False) -> None:
        self.info.setText(text)
        if bool(self.info.property("error")) != error:
            self.info.setProperty("error", error)
            self.info.style().unpolish(self.info)
            self.info.style().polish(self.info)

    def _elide_path(self) -> None:
        text = self.config.path or ""
        width = max(60, self.path.width())
        shown = self.path.fontMetrics().elidedText(text, Qt.TextElideMode.ElideMiddle, width)
        self.path.setText(shown)
        self.path.setToolTip(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shortens the path to the new width."""
        super().resizeEvent(event)
        self._elide_path()


def _listed(names: tuple[str, ...], most: int = 4) -> str:
    """Returns the names, or the first ones and three dots."""
    return ", ".join(names) if len(names) <= most else f"{', '.join(names[: most - 1])}, …"
