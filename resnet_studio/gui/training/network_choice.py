"""Which network is trained: one that suits the pictures, or the one of the form."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QLabel, QRadioButton, QVBoxLayout, QWidget

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.gui.training.plan import Choice, Offer


class NetworkChoice(QWidget):
    """Two choices where a better network is known, else the name of the form's network.

    Signals:
        changed(): The person chose the other network.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offer: Offer | None = None
        self._form: NetworkSpec | None = None
        self.title = QLabel(self.tr("Network to train"))
        self.title.setProperty("muted", True)
        self.recommended = QRadioButton()
        self.form = QRadioButton()
        self.recommended.setChecked(True)
        self.only = QLabel()
        self.notes = QLabel()
        self._build()

    @property
    def spec(self) -> NetworkSpec | None:
        """The network that is chosen, before it is fitted to the pictures."""
        if self._offer is not None and self.choice is Choice.RECOMMENDED:
            return self._offer.spec
        return self._form

    @property
    def choice(self) -> Choice:
        """What the person chose where there is a choice."""
        return Choice.RECOMMENDED if self.recommended.isChecked() else Choice.FORM

    def show_choice(self, form: NetworkSpec, offer: Offer | None) -> None:
        """Shows the network of the form, and a better one if there is."""
        self._form, self._offer = form, offer
        self.recommended.setVisible(offer is not None)
        self.form.setVisible(offer is not None)
        self.only.setVisible(offer is None)
        self.only.setText(self.tr("{name}, as the form says").format(name=form.name))
        self.form.setText(self.tr("{name}, as the form says").format(name=form.name))
        if offer is not None:
            self.recommended.setText(offer.title)
            self.recommended.setToolTip(offer.reason)

    def show_notes(self, text: str, *, error: bool = False) -> None:
        """Says what is changed about the network, or why it cannot be trained."""
        self.notes.setText(text)
        self.notes.setVisible(bool(text))
        self.notes.setProperty("error", error)
        self.notes.setProperty("muted", not error)
        self.notes.style().unpolish(self.notes)
        self.notes.style().polish(self.notes)

    def _build(self) -> None:
        group = QButtonGroup(self)
        for button in (self.recommended, self.form):
            group.addButton(button)
        self.form.setToolTip(self.tr("Train the network that is drawn, fitted to these pictures."))
        self.notes.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for widget in (self.title, self.recommended, self.form, self.only, self.notes):
            layout.addWidget(widget)
        self.recommended.toggled.connect(lambda _on: self.changed.emit())
