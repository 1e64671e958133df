"""What was found in a file of weights, and what it does not say, to be answered.

Every question has an answer already; whoever knows no better presses Enter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.architecture.catalog import CATALOG
from resnet_studio.architecture.graph import build_graph
from resnet_studio.architecture.spec import LIMITS
from resnet_studio.errors import SpecError, StudioError
from resnet_studio.gui.network_form.words import fields

if TYPE_CHECKING:  # the window imports nothing of torch's by itself
    from resnet_studio.models import Assumption, Identified

_LETTERS: Final = 105
"""Width of the dialog in average letters."""
_HIGHEST: Final = 460
"""Pixels of the questions; more of them scroll, so that the dialog fits a small screen."""
_MOST_NAMED: Final = 6

Answers = tuple[tuple[str, Any], ...]
Read = Callable[[], dict[str, Any]]


class CheckpointDialog(QDialog):
    """Shows what a file holds and asks what it does not say.

    Attributes:
        found: The file, with the answers once the dialog is accepted.
        answers: What the person changed, as fields of `Identified.answered`.
    """

    def __init__(self, found: Identified, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.found = found
        self.answers: Answers = ()
        self.editors: dict[str, QWidget] = {}
        self._readers: list[Read] = []
        self._problem = QLabel()
        self._build()

    def accept(self) -> None:
        """Takes the answers, unless they make no sense together."""
        try:
            answers = {name: value for read in self._readers for name, value in read().items()}
            found = self.found.answered(**answers)
        except StudioError as error:
            self._problem.setText(str(error))
            self._problem.show()
            return
        self.found, self.answers = found, tuple(answers.items())
        super().accept()

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Open {name}").format(name=self.found.path.name))
        self.setMinimumWidth(_LETTERS * self.fontMetrics().averageCharWidth())
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(_text(self._told()))
        if rest := self._rest():
            column.addWidget(_text(rest, muted=True))
        column.addWidget(
            _text(self.tr("The file does not say the following. What is likely is filled in."))
        )
        column.addWidget(self._questions(), 1)
        self._problem.setProperty("error", True)
        self._problem.setWordWrap(True)
        self._problem.hide()
        column.addWidget(self._problem)
        column.addWidget(self._buttons())

    def _told(self) -> str:
        """Returns what the file holds, as rich text."""
        found, graph = self.found, build_graph(self.found.spec)
        entry = CATALOG.get(found.spec.name)
        return self.tr(
            "<b>{name}</b>: {depth:,} layers, {parameters:,} parameters, {classes:,} classes."
            "<br>Names as in: {family}."
        ).format(
            name=entry.title if entry is not None else found.spec.name,
            depth=found.spec.depth,
            parameters=graph.parameters,
            classes=found.spec.classes,
            family=found.family,
        )

    def _rest(self) -> str:
        """Returns what was left out or changed."""
        sentences = list(self.found.notes)
        if ignored := self.found.ignored:
            names = ", ".join(ignored[:_MOST_NAMED]) + (", …" if len(ignored) > _MOST_NAMED else "")
            sentences.append(self.tr("Not used: {names}.").format(names=names))
        return " ".join(sentences)

    def _questions(self) -> QScrollArea:
        body = QWidget()
        grid = QGridLayout(body)
        grid.setContentsMargins(0, 0, 8, 0)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(1, 1)
        for number, assumption in enumerate(self.found.assumed):
            label, editor = self._question(assumption)
            label.setBuddy(editor)
            editor.setAccessibleName(label.text())
            editor.setAccessibleDescription(assumption.reason)
            editor.setToolTip(assumption.reason)
            grid.addWidget(label, 2 * number, 0)
            grid.addWidget(editor, 2 * number, 1)
            reason = _text(assumption.reason, muted=True)
            reason.setContentsMargins(0, 0, 0, 6)
            grid.addWidget(reason, 2 * number + 1, 1)
        grid.setRowStretch(2 * len(self.found.assumed), 1)
        area = QScrollArea()
        area.setWidget(body)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setMinimumHeight(min(body.sizeHint().height(), _HIGHEST))
        return area

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox()
        self.open_button = buttons.addButton(
            self.tr("Open"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.open_button.setDefault(True)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        return buttons

    # -- questions --------------------------------------------------------------------------

    def _question(self, assumption: Assumption) -> tuple[QLabel, QWidget]:
        if assumption.field == "normalisation":
            editor, read = self._normalisation(assumption)
            label = self.tr("Normalisation")
        elif assumption.field == "classes":
            editor, read = self._classes()
            label = self.tr("Class names")
        else:
            editor, read = self._field(assumption)
            label = fields()[assumption.field].label if assumption.field in fields() else ""
        self.editors[assumption.field] = editor
        self._readers.append(read)
        return QLabel(label or assumption.field), editor

    def _field(self, assumption: Assumption) -> tuple[QWidget, Read]:
        """Returns the editor of one field of the spec."""
        name, value = assumption.field, assumption.value
        if not assumption.choices and name in LIMITS:
            spin = QSpinBox()
            spin.setRange(*LIMITS[name])
            spin.setValue(value)
            spin.setSuffix(self.tr(" px") if name == "input_size" else "")
            return spin, lambda: _changed(name, value, spin.value())
        combo = QComboBox()
        field = fields().get(name)
        for choice in assumption.choices:
            known = field.choice(choice) if field is not None else None
            words = {True: self.tr("Yes"), False: self.tr("No")}.get(choice, str(choice))
            combo.addItem(known.title if known is not None else words, choice)
        combo.setCurrentIndex(list(assumption.choices).index(value))
        combo.setEnabled(len(assumption.choices) > 1)
        return combo, lambda: _changed(name, value, combo.currentData())

    def _normalisation(self, assumption: Assumption) -> tuple[QWidget, Read]:
        """A list of usual ones, and the numbers, which can be typed as well."""
        from resnet_studio.models import NORMALISATIONS

        editor = QWidget()
        column = QGridLayout(editor)
        column.setContentsMargins(0, 0, 0, 0)
        combo, mean, std = QComboBox(), QLineEdit(), QLineEdit()
        combo.addItems(list(NORMALISATIONS))
        column.addWidget(combo, 0, 0, 1, 4)
        for place, (title, edit) in enumerate(((self.tr("mean"), mean), (self.tr("std"), std))):
            edit.setAccessibleName(title)
            edit.setToolTip(self.tr("One number for red, green and blue, of pictures in [0, 1]."))
            column.addWidget(QLabel(title), 1, 2 * place)
            column.addWidget(edit, 1, 2 * place + 1)

        def show(name: str) -> None:
            mean.setText(_listed(NORMALISATIONS[name].mean))
            std.setText(_listed(NORMALISATIONS[name].std))

        def read() -> dict[str, Any]:
            typed = {"mean": _numbers("mean", mean.text()), "std": _numbers("std", std.text())}
            usual = NORMALISATIONS[assumption.value]
            same = typed == {"mean": usual.mean, "std": usual.std}
            return {} if same else typed

        combo.setCurrentText(assumption.value)
        show(assumption.value)
        combo.currentTextChanged.connect(show)
        editor.setFocusProxy(combo)
        return editor, read

    def _classes(self) -> tuple[QWidget, Read]:
        count = self.found.spec.classes
        edit = QLineEdit()
        edit.setPlaceholderText(
            self.tr("{count} names with commas between them, in the order of the outputs").format(
                count=count
            )
        )

        def read() -> dict[str, Any]:
            names = tuple(name.strip() for name in edit.text().split(",") if name.strip())
            return {"classes": names} if names else {}

        return edit, read


def _changed(name: str, before: Any, now: Any) -> dict[str, Any]:
    return {} if now == before else {name: now}


def _listed(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)


def _numbers(field: str, text: str) -> tuple[float, ...]:
    """Returns the numbers that were typed.

    Raises:
        SpecError: If there is something else among them.
    """
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise SpecError(
            f"{field} is {text[:60]!r}; it must be three numbers.",
            field=field,
            remedy=QCoreApplication.translate(
                "CheckpointDialog", "Type one for red, green and blue, with commas between them."
            ),
        ) from None


def _text(text: str, *, muted: bool = False) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setProperty("muted", muted)
    return label
