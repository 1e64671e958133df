"""The widgets of *Why this class*, and the choices of how its maps are drawn."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.features import why_words as words
from resnet_studio.gui.features.class_choice import ClassChoice
from resnet_studio.gui.features.heat_canvas import Ground
from resnet_studio.gui.features.why_card import WhyCard
from resnet_studio.gui.features.why_choices import WhyChoices, choice, remember
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.widgets.elided_label import ElidedLabel
from resnet_studio.gui.widgets.flow import FlowLayout, labelled
from resnet_studio.probe.attribution import Method

THREE = (Method.GRADCAM, Method.INTEGRATED, Method.OCCLUSION)
ALL = "all"
_FIRST_OPACITY = "80"


class WhyLayout(QObject):
    """Builds the view in a widget, remembers what is chosen, and shows the chosen cards.

    Attributes:
        cards: One for each method.
        choices: The choices of the methods, in their cards.
        classes: The class that is asked about.
        method: Which method is shown, or `ALL`.
        place_choice: What the maps are laid over.
        colours: Both signs, or only what speaks for the class.
        opacity: How much the maps cover, 0 to 100.
        smooth: Whether cells are blended.
        statement: What the network says of the class.
        again: Goes on after a cancel.

    Signals:
        methods_changed(): Other methods are shown.
        colours_changed(): The maps are drawn in another way.
    """

    methods_changed = Signal()
    colours_changed = Signal()

    def __init__(self, studio: Studio, body: QWidget) -> None:
        super().__init__(body)
        self._studio = studio
        self.choices = WhyChoices(studio)
        self.cards = {method: WhyCard(method, studio.theme) for method in Method}
        self.classes = ClassChoice()
        self.method = QComboBox()
        self.place_choice = QComboBox()
        self.colours = QComboBox()
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.smooth = QCheckBox(self.tr("Smooth"))
        self.again = QToolButton()
        self.export = QToolButton()
        self.statement = ElidedLabel()
        self._build(body)
        self._restore()
        self._connect()
        self._show_cards()
        self._draw()

    # -- what is shown ------------------------------------------------------------------------

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods that are shown."""
        chosen = self.method.currentData()
        return THREE if chosen == ALL else (Method(chosen),)

    @property
    def signed(self) -> bool:
        """Whether both signs are shown."""
        return bool(self.colours.currentData() == "signed")

    def shown_cards(self) -> list[WhyCard]:
        """The cards of these methods."""
        return [self.cards[method] for method in self.methods]

    def show_ground(self, ground: Ground | None) -> None:
        """Lays another picture under all maps."""
        grey = None if ground is None else ground.grey()
        for card in self.cards.values():
            card.canvas.show_ground(ground, grey)

    def offer_exports(
        self,
        copy: Callable[[], None],
        save: Callable[[], None],
        save_numbers: Callable[[], None],
    ) -> None:
        """Fills the menu of the export button, which is also that of each map."""
        menu = QMenu(self.export)
        menu.addAction(self.tr("Copy the maps"), copy)
        menu.addAction(self.tr("Save the maps as PNG…"), save)
        menu.addAction(self.tr("Save the numbers as CSV…"), save_numbers)
        self.export.setMenu(menu)
        for card in self.cards.values():
            canvas = card.canvas
            canvas.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            canvas.customContextMenuRequested.connect(
                lambda point, canvas=canvas: menu.popup(canvas.mapToGlobal(point))
            )

    # -- building -----------------------------------------------------------------------------

    def _build(self, body: QWidget) -> None:
        self._fill()
        column = QVBoxLayout(body)
        column.setContentsMargins(8, 6, 8, 4)
        column.setSpacing(6)
        column.addLayout(self._choice_row())
        column.addWidget(self.statement)
        column.addWidget(self._card_area(), 1)

    def _fill(self) -> None:
        self.method.addItem(self.tr("Three methods"), ALL)
        for method in Method:
            self.method.addItem(words.title(method), method.value)
        self.method.setToolTip(self.tr("One method, or three side by side"))
        self.place_choice.addItem(self.tr("Network's view"), "crop")
        self.place_choice.addItem(self.tr("Whole picture"), "whole")
        self.place_choice.setToolTip(self.tr("What the maps are laid over"))
        self.colours.addItem(self.tr("For and against"), "signed")
        self.colours.addItem(self.tr("Only for"), "positive")
        self.colours.setToolTip(
            self.tr("Both signs, with zero in the middle, or only what speaks for the class")
        )
        self.opacity.setRange(0, 100)
        self.opacity.setMinimumWidth(60)
        self.opacity.setToolTip(
            self.tr("How much the maps cover the picture; at 0 it is seen in its colours")
        )
        self.smooth.setToolTip(self.tr("Blend the cells, or show each value as it is"))

    def _choice_row(self) -> FlowLayout:
        self.again.setText(self.tr("Compute"))
        self.again.setProperty("framed", True)
        self.again.setToolTip(self.tr("Compute what is missing"))
        self.again.hide()
        self.export.setText(self.tr("Export"))
        self.export.setProperty("framed", True)
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export.setToolTip(self.tr("Copy or save the maps, or save their numbers"))
        row = FlowLayout(gap=10, fill=True)
        row.addWidget(labelled(self.tr("&Class"), self.classes, expand=True))
        for text, widget in (
            (self.tr("&Method"), self.method),
            (self.tr("O&ver"), self.place_choice),
            (self.tr("Co&lours"), self.colours),
        ):
            row.addWidget(labelled(text, widget))
        row.addWidget(labelled(self.tr("O&pacity"), self.opacity, expand=True))
        for part in (self.smooth, self.again, self.export):
            row.addWidget(part)
        return row

    def _card_area(self) -> QScrollArea:
        content = QWidget()
        row = QHBoxLayout(content)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        for method, card in self.cards.items():
            for box in self.choices.boxes(method):
                card.add_choice(box)
            row.addWidget(card, 1)
        area = QScrollArea()
        area.setWidget(content)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        return area

    def _restore(self) -> None:
        """Brings back what was chosen last."""
        for box, key in (
            (self.method, "why.method"),
            (self.place_choice, "why.place"),
            (self.colours, "why.colours"),
        ):
            box.setCurrentIndex(max(0, box.findData(choice(self._studio, key, ""))))
        opacity = choice(self._studio, "why.opacity", _FIRST_OPACITY)
        self.opacity.setValue(int(opacity if opacity.isdecimal() else _FIRST_OPACITY))
        self.smooth.setChecked(choice(self._studio, "why.smooth", "yes") == "yes")

    def _connect(self) -> None:
        self.method.activated.connect(self._method_chosen)
        for box in (self.place_choice, self.colours):
            box.activated.connect(self._drawing_chosen)
        self.opacity.valueChanged.connect(self._drawing_chosen)
        self.smooth.toggled.connect(self._drawing_chosen)

    # -- reacting -----------------------------------------------------------------------------

    def _method_chosen(self) -> None:
        remember(self._studio, "why.method", self.method.currentData())
        self._show_cards()
        self.methods_changed.emit()

    def _show_cards(self) -> None:
        shown = self.methods
        for method, card in self.cards.items():
            card.setVisible(method in shown)
            card.set_alone(len(shown) == 1)

    def _drawing_chosen(self) -> None:
        for key, value in (
            ("why.place", self.place_choice.currentData()),
            ("why.colours", self.colours.currentData()),
            ("why.opacity", str(self.opacity.value())),
            ("why.smooth", "yes" if self.smooth.isChecked() else "no"),
        ):
            remember(self._studio, key, value)
        self._draw()
        self.colours_changed.emit()

    def _draw(self) -> None:
        for card in self.cards.values():
            card.set_signed(self.signed)
            card.canvas.show_as(
                whole=self.place_choice.currentData() == "whole",
                opacity=self.opacity.value() / 100,
                smooth=self.smooth.isChecked(),
            )
