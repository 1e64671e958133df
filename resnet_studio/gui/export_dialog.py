"""The dialog that exports the network: which kind of file, where, and how far it is.

Writing, opening again and comparing are done by `resnet_studio.export` in a worker. The dialog
stays until the file is there; closing it cancels the work, and what was there before stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.errors import ExportError
from resnet_studio.export import Exported, ExportEvent, ExportProgress, Format, files_of
from resnet_studio.export.staging import check_folder
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.workers import Task, TaskState

if TYPE_CHECKING:
    from resnet_studio.probe.network import LoadedNetwork

_LETTERS = 100
"""Width of the dialog in average letters: a path is to be read without scrolling."""
_INDENT = 20


class _Note(QLabel):
    """A wrapped text that is never lower than its lines; a dialog alone would not grow for it."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setWordWrap(True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Asks for the height of its lines at this width."""
        super().resizeEvent(event)
        self.setMinimumHeight(self.heightForWidth(self.width()))

    def changeEvent(self, event: QEvent) -> None:
        """Follows the text size of the application."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.setMinimumHeight(self.heightForWidth(self.width()))


class ExportDialog(QDialog):
    """Exports the network of the window with its present weights."""

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._task: Task | None = None
        self._named = False
        self.formats = QButtonGroup(self)
        self.path = QLineEdit()
        self.browse = QPushButton(self.tr("Browse…"))
        self.problem = QLabel()
        self.progress = QProgressBar()
        self.what = QLabel()
        self.weights = QLabel()
        self._build()
        self._connect()
        self._choose(Format(studio.settings["export_format"]))
        self._network_changed(studio.intact_network)
        studio.ensure_network()

    @property
    def format(self) -> Format:
        """The kind of file that is chosen."""
        return list(Format)[self.formats.checkedId()]

    def start(self) -> None:
        """Exports to the file that is named; asks before one that is there is replaced."""
        network = self._studio.intact_network
        target = self._target()
        if network is None or target is None or self._task is not None:
            return
        present = [path for path in files_of(target) if path.exists()]
        if present and not self._may_replace(present):
            return
        self._studio.settings["export_format"] = self.format.value
        self._studio.settings["export_folder"] = str(target.absolute().parent)

        def job(state: TaskState) -> Iterator[ExportEvent]:
            from resnet_studio.export import Subject, export

            subject = Subject(
                network.model,
                network.classes,
                network.preprocessing,
                network.description,
                classes_assumed=network.classes_assumed,
            )
            return export(target, subject, cancelled=lambda: state.cancelled)

        self._task = self._studio.workers.start(
            job,
            title=self.tr("Exporting {name}").format(name=target.name),
            lane="export",
            on_event=self._show_event,
            on_error=self._failed,
            on_done=self._ended,
        )
        self._show_busy()

    def reject(self) -> None:
        """Cancels the work, or closes if there is none."""
        if self._task is not None:
            self._task.cancel()
        super().reject()

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Export network"))
        self.weights.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(self.weights)
        column.addLayout(self._format_rows())
        column.addLayout(self._path_row())
        self.problem.setProperty("error", True)
        self.problem.setWordWrap(True)
        self.problem.hide()
        column.addWidget(self.problem)
        self.what.setProperty("muted", True)
        self.what.setWordWrap(True)
        column.addWidget(self.what)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Progress of the export"))
        policy = self.progress.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.progress.setSizePolicy(policy)
        self.progress.hide()
        column.addWidget(self.progress)
        column.addStretch(1)
        column.addWidget(self._buttons())
        self.setMinimumWidth(_LETTERS * self.fontMetrics().averageCharWidth())

    def _format_rows(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setVerticalSpacing(2)
        grid.setColumnMinimumWidth(0, _INDENT)
        grid.setColumnStretch(1, 1)
        for number, kind in enumerate(Format):
            button = QRadioButton(f"{_translated(kind.label)}, {kind.suffix}")
            note = _Note(_translated(kind.note))
            note.setProperty("muted", True)
            button.setAccessibleDescription(note.text())
            self.formats.addButton(button, number)
            grid.addWidget(button, 2 * number, 0, 1, 2)
            grid.addWidget(note, 2 * number + 1, 1)
        return grid

    def _path_row(self) -> QHBoxLayout:
        label = QLabel(self.tr("&File"))
        label.setBuddy(self.path)
        self.path.setAccessibleName(self.tr("File"))
        self.path.setToolTip(self.tr("Where the network is written."))
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self.path, 1)
        row.addWidget(self.browse)
        return row

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox()
        self.export = buttons.addButton(self.tr("Export"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.export.setDefault(True)
        buttons.accepted.connect(self.start)
        buttons.rejected.connect(self.reject)
        return buttons

    def _connect(self) -> None:
        self.formats.idClicked.connect(lambda number: self._choose(list(Format)[number]))
        self.path.textChanged.connect(lambda _text: self._check())
        self.browse.clicked.connect(self._browse)
        self._studio.network_changed.connect(self._network_changed)

    # -- choosing ---------------------------------------------------------------------------

    def _choose(self, kind: Format) -> None:
        """Takes a kind of file; the name in the field follows."""
        button = self.formats.button(list(Format).index(kind))
        button.setChecked(True)
        typed = self.path.text().strip()
        path = Path(typed) if typed else self._suggested()
        self.path.setText(str(path.with_suffix(kind.suffix)))

    def _suggested(self) -> Path:
        folder = Path(self._studio.settings["export_folder"] or Path.home())
        name = self._studio.spec.name
        safe = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)
        return folder / f"{safe}.{self.format.value}"

    def _browse(self) -> None:
        filters = ";;".join(f"{_translated(kind.label)} (*{kind.suffix})" for kind in Format)
        # With its folder: the window opens there, not where the last picture was.
        suggested = str(Path(self.path.text().strip() or self._suggested()).expanduser())
        if (path := self._studio.save_file(self.windowTitle(), suggested, filters)) is not None:
            self.path.setText(str(path if path.suffix else path.with_suffix(self.format.suffix)))

    def _target(self) -> Path | None:
        """Returns the file that is named; None, with the reason shown, if there can be none."""
        typed = self.path.text().strip()
        if not typed:
            self._complain(self.tr("Name the file."))
            return None
        try:
            files_of(typed)
            target = Path(typed).expanduser()
            check_folder(target.absolute())
        except ExportError as error:
            self._complain(str(error))
            return None
        return target

    def _check(self) -> None:
        """Follows what is typed: the suffix chooses the kind of file."""
        target = self._target()
        self._named = target is not None
        if target is not None:
            self._complain("")
            kind = Format(target.suffix.lower().removeprefix("."))
            self.formats.button(list(Format).index(kind)).setChecked(True)
        self._enable()

    def _may_replace(self, present: list[Path]) -> bool:
        names = ", ".join(path.name for path in present)
        return self._studio.ask(
            self.tr("Replace the file?"),
            self.tr("{names} is there already. It is replaced once the new one is checked.").format(
                names=names
            ),
            yes=self.tr("Replace"),
            no=self.tr("Keep it"),
        )

    def _network_changed(self, network: LoadedNetwork | None) -> None:
        if network is None:
            self.weights.setText(self.tr("The network is being built…"))
        else:
            text = self.tr("<b>{name}</b> with {weights}.").format(
                name=network.spec.name, weights=network.description
            )
            if not network.trained:
                text += " " + self.tr(
                    "They have learned nothing: train the network or open a file."
                )
            self.weights.setText(text)
        self._enable()

    # -- working ----------------------------------------------------------------------------

    def _show_event(self, event: ExportEvent) -> None:
        if isinstance(event, ExportProgress):
            self.what.setText(_translated(event.text))
            self.progress.setRange(0, event.steps)
            self.progress.setValue(event.step - 1)
        else:
            self._finished(event)

    def _finished(self, exported: Exported) -> None:
        target = exported.files[-1]
        folder = QUrl.fromLocalFile(str(target.parent))
        self._studio.show_message(
            self.tr("Exported {file}. {checked}").format(
                file=target, checked=_translated(exported.checked)
            ),
            actions=(
                (self.tr("Open folder"), lambda: QDesktopServices.openUrl(folder)),
                (
                    self.tr("Copy path"),
                    lambda: QGuiApplication.clipboard().setText(str(target)),
                ),
            ),
        )
        self.accept()

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, ExportError):
            self._complain(str(error))
        else:
            self._studio.show_error(error)
            self._complain(self.tr("The export failed; the message in the window says why."))

    def _ended(self) -> None:
        self._task = None
        self.progress.hide()
        self.what.clear()
        self._enable()

    def _show_busy(self) -> None:
        self._complain("")
        self.what.setText(self.tr("Preparing…"))
        self.progress.setRange(0, 0)
        self.progress.show()
        self._enable()

    def _complain(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def _enable(self) -> None:
        idle = self._task is None
        self.export.setEnabled(idle and self._studio.network is not None and self._named)
        for widget in (self.path, self.browse, *self.formats.buttons()):
            widget.setEnabled(idle)


def _translated(text: str) -> str:
    """The words of the core are looked up in the context "export"."""
    return QCoreApplication.translate("export", text)
