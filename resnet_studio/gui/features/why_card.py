"""One method of *Why this class*: its map over the picture, its choices, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QFont, QImage
from PySide6.QtWidgets import QBoxLayout, QLabel, QLayout, QSizePolicy, QVBoxLayout, QWidget

from resnet_studio.gui.features import why_words as words
from resnet_studio.gui.features.heat import HeatScale
from resnet_studio.gui.features.heat_canvas import HeatBar, HeatCanvas
from resnet_studio.gui.features.images import number
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.probe.attribution import Method

if TYPE_CHECKING:
    from resnet_studio.probe.attribution import Attribution, How


class WhyCard(QWidget):
    """Shows what one method says.

    Attributes:
        method: The method.
        found: What it says; None while it is not known.
        waiting: Whether another result is being computed.
        figure: What is saved as a picture: title, map, colour bar and how it came about.
    """

    def __init__(self, method: Method, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.method = method
        self.found: Attribution | None = None
        self.waiting = False
        self._signed = True
        self.figure = QWidget()
        self.title = QLabel(words.title(method))
        self.canvas = HeatCanvas(theme)
        self.bar = HeatBar(theme, words.unit(method))
        self.facts = ElidedLabel()
        self.value = ElidedLabel()
        self.note = QLabel(words.note(method))
        self._choices = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._build()
        self.set_signed(True)

    # -- what is shown ------------------------------------------------------------------------

    def show_result(self, found: Attribution, how: How) -> None:
        """Shows what the method says."""
        self.found, self.waiting = found, False
        text = words.facts(found, how)
        self.facts.setText(text)
        self.facts.setToolTip(text)
        self.canvas.setAccessibleDescription(f"{found.class_name}. {text}")
        self._colour()

    def expect(self) -> None:
        """Says that another result is being computed; the last one stays until it is there."""
        self.waiting = True
        self.facts.setText(self.tr("computing…"))
        self.facts.setToolTip("")

    def forget(self, text: str = "") -> None:
        """Takes the map away and says why."""
        self.found, self.waiting = None, False
        self.facts.setText(text)
        self._colour()

    def set_signed(self, signed: bool) -> None:
        """Shows both signs, or only what speaks for the class."""
        self._signed = signed and self.method is not Method.SALIENCY
        self._colour()

    def point(self, place: QPointF | None) -> None:
        """Tells the value at a place of the crop (0 to 1 across and down), or none."""
        value = None if place is None else self.canvas.value_at(place)
        if value is None or self.found is None or place is None:
            self.value.setText("")
            return
        rows, columns = self.found.map.shape
        self.value.setText(
            self.tr("row {row}, column {column}: {value}").format(
                row=min(rows - 1, int(place.y() * rows)),
                column=min(columns - 1, int(place.x() * columns)),
                value=number(value),
            )
        )

    def add_choice(self, widget: QWidget) -> None:
        """Puts a choice of this method below its map."""
        self._choices.addWidget(widget, 1)

    def set_alone(self, alone: bool) -> None:
        """Lays the choices out in a row where the card has the whole width."""
        across, down = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._choices.setDirection(across if alone else down)

    def picture(self) -> QImage:
        """Returns title, map and colour bar as a picture."""
        return self.figure.grab().toImage()

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        self.canvas.set_theme(theme)
        self.bar.set_theme(theme)

    def _colour(self) -> None:
        if self.found is None:
            self.canvas.show_map(None, HeatScale(self._signed, 0.0))
            self.bar.set_scale(HeatScale(self._signed, 0.0))
            return
        scale = HeatScale.of(self.found.map, signed=self._signed)
        self.canvas.show_map(self.found.map, scale)
        self.bar.set_scale(scale)

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        bold = QFont(self.title.font())
        bold.setBold(True)
        self.title.setFont(bold)
        self.facts.setProperty("muted", True)
        self.note.setProperty("muted", True)
        self.note.setWordWrap(True)
        self.canvas.setAccessibleName(
            self.tr("{method} over the picture").format(method=words.title(self.method))
        )
        self.value.setAccessibleName(self.tr("Value under the cursor"))
        self._choices.setSpacing(4)
        inner = QVBoxLayout(self.figure)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        for widget in (self.title, self.facts):
            across = widget.sizePolicy().horizontalPolicy()
            widget.setSizePolicy(across, QSizePolicy.Policy.Fixed)
            inner.addWidget(widget)
        inner.addWidget(self.canvas, 1)
        inner.addWidget(self.bar)
        # No higher than the picture: what is left goes below the choices and not above them.
        inner.setSizeConstraint(QLayout.SizeConstraint.SetMinAndMaxSize)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.figure, 1)
        column.addWidget(self.value)
        column.addLayout(self._choices)
        column.addWidget(self.note)
        column.addStretch(0)
