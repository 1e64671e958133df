"""The view *Why this class*: which part of the picture speaks for a class, by several methods."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QImage

from resnet_studio.gui.features import why_words as words
from resnet_studio.gui.features.captioned import captioned
from resnet_studio.gui.features.heat_canvas import Ground
from resnet_studio.gui.features.images import number, percent, rgb_image, scaled, shown_image
from resnet_studio.gui.features.inside_page import InsidePage
from resnet_studio.gui.features.why_layout import WhyLayout
from resnet_studio.gui.studio import Studio
from resnet_studio.gui.theme import Theme
from resnet_studio.gui.widgets.export import copy_image, save_bytes, save_image
from resnet_studio.probe.attribution import How, Method, explain, look_at

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from resnet_studio.gui.workers import TaskState
    from resnet_studio.probe.attribution import Attribution, Subject

_LONGEST_GROUND = 1024
"""More pixels are not seen here, and three maps are painted over them at once."""
_MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class _Question:
    """What a map depends on, besides network, picture and framing.

    Attributes:
        method: The method.
        target: Number of the class; None for the most probable one.
        how: The choices, those of other methods as they are by default.
    """

    method: Method
    target: int | None
    how: How

    @classmethod
    def of(cls, method: Method, target: int | None, how: How) -> _Question:
        """Leaves out the choices of other methods."""
        own = {
            Method.GRADCAM: How(layer=how.layer),
            Method.INTEGRATED: How(baseline=how.baseline, steps=how.steps),
            Method.OCCLUSION: How(fill=how.fill, window=how.window, stride=how.stride),
            Method.SALIENCY: How(),
        }
        return cls(method, target, own[method])


class WhyPage(InsidePage):
    """Grad-CAM, integrated gradients and occlusion, one of them or side by side.

    Attributes:
        target: Number of the class that is asked about; None for the most probable one.
        subject: The picture before the network; None while that is not known.
        widgets: Every widget of the view.
        cards: What each method says.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(studio, parent)
        self.target: int | None = None
        self.subject: Subject | None = None
        self._asked_of: tuple[object, ...] = ()
        self._layer = ""
        self._results: dict[_Question, Attribution] = {}
        self.widgets = WhyLayout(studio, self.body)
        self.cards = self.widgets.cards
        self._connect()

    # -- computing ----------------------------------------------------------------------------

    def start(self) -> None:
        """Asks every method that is shown, unless its answer is known."""
        assert self.network is not None
        if self._asked_of != (self.network, self.picture, self.framing):
            self._asked_of = (self.network, self.picture, self.framing)
            self.subject = None
            self._results.clear()
            if self.target is not None and self.target >= len(self.network.classes):
                self.target = None
        self.widgets.choices.layer.show_graph(self.studio.graph)
        self.widgets.choices.layer.follow(self.studio.selection)
        self._layer = self.widgets.choices.layer.currentData()
        missing = [question for question in self._questions() if not self._show_known(question)]
        self.widgets.again.hide()
        if self.subject is None or missing:
            job = self._job(self.subject, missing)
            self.compute(
                job, lambda _end: None, on_event=self._came, title=self.tr("Asking why this class")
            )

    def _questions(self) -> list[_Question]:
        assert self.network is not None
        how = self.widgets.choices.how(self.network.spec.input_size)
        return [_Question.of(method, self.target, how) for method in self.widgets.methods]

    def _show_known(self, question: _Question) -> bool:
        """Shows the answer if it is known; else says that it is on its way."""
        card = self.cards[question.method]
        found = self._results.get(question)
        if found is None:
            card.expect()
        else:
            self.place.setCurrentWidget(self.body)
            card.show_result(found, question.how)
        return found is not None

    def _job(self, subject: Subject | None, questions: list[_Question]) -> Any:
        network, picture, framing = self.network, self.picture, self.framing
        assert network is not None
        assert picture is not None

        def job(state: TaskState) -> Iterator[Any]:
            seen = subject
            if seen is None:
                seen = look_at(network, picture, framing)
                yield seen, _ground(seen, shown_image(picture.rgb))
            for question in questions:
                yield question, _answer(state, seen, question)

        return job

    def _came(self, part: tuple[Any, Any]) -> None:
        """Takes what the job delivers: first what the network says, then one answer after another.

        The event's first half tells which of them it is.
        """
        head, value = part
        if isinstance(head, _Question):
            if len(self._results) >= _MOST_KEPT:
                self._results.clear()
            self._results[head] = value
            self.cards[head.method].show_result(value, head.how)
            return
        self.subject = head
        self.widgets.show_ground(value)
        self._show_subject()

    def _show_subject(self) -> None:
        """Lists the classes and says what the network thinks of the one that is asked about."""
        subject = self.subject
        if subject is None:
            return
        classes = subject.network.classes
        self.widgets.classes.show_classes(subject.ranking, classes, subject.probabilities.tolist())
        self.widgets.classes.choose(self.target)
        self._state_class()

    def _state_class(self) -> None:
        subject = self.subject
        if subject is None:
            return
        classes = subject.network.classes
        target = subject.ranking[0] if self.target is None else self.target
        text = self.tr("{name}: probability {probability}, score (logit) {score}").format(
            name=classes[target],
            probability=percent(subject.probabilities[target]),
            score=number(float(subject.scores[target])),
        )
        if not subject.network.trained:
            text += " · " + self.tr("random weights: the maps show nothing that was learned")
        text += " · " + words.colours(signed=self.widgets.signed)
        self.widgets.statement.setText(text)
        self.widgets.statement.setToolTip(text)

    def stopped(self) -> None:
        """Offers to go on after a cancel."""
        waiting = [card for card in self.widgets.shown_cards() if card.waiting]
        for card in waiting:
            card.forget(self.tr("not computed"))
        self.widgets.again.setVisible(bool(waiting))

    def forget(self) -> None:
        """Takes everything away: there is no network, no picture, or an error."""
        self.subject = None
        self._asked_of = ()
        self._results.clear()
        self.widgets.show_ground(None)
        for card in self.cards.values():
            card.forget()

    # -- reacting -----------------------------------------------------------------------------

    def choose_class(self, target: int | None) -> None:
        """Asks about a class; None asks about the most probable one."""
        self.target = target
        self._show_subject()
        self.refresh(again=True)

    def _selection_changed(self, _name: str) -> None:
        self.widgets.choices.layer.follow(self.studio.selection)
        if self._layer != self.widgets.choices.layer.currentData():
            self.refresh(again=True)

    def _pointed(self, place: QPointF | None) -> None:
        """All maps tell their value at the same place of the picture."""
        for card in self.widgets.shown_cards():
            card.point(place)

    def set_theme(self, theme: Theme) -> None:
        """Draws in the colours of `theme`."""
        for card in self.cards.values():
            card.set_theme(theme)

    # -- copying and saving -------------------------------------------------------------------

    def image(self) -> QImage | None:
        """Returns the maps side by side with their colour bars, and what was asked of what."""
        shown = self.widgets.shown_cards()
        if self.place.currentWidget() is not self.body or self.subject is None:
            return None
        lines = (self.widgets.statement.text(), self.caption())
        return captioned([card.picture() for card in shown], lines, self.studio.theme, self.font())

    def table(self) -> str:
        """Returns the maps that are shown as CSV: method, class, row, column and value."""
        target = io.StringIO()
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(["method", "layer", "class", "name", "row", "column", "value"])
        for card in self.widgets.shown_cards():
            if (found := card.found) is None:
                continue
            head = [found.method.value, found.layer, found.target, found.class_name]
            for row, values in enumerate(found.map.tolist()):
                for column, value in enumerate(values):
                    writer.writerow([*head, row, column, repr(value)])
        return target.getvalue()

    def _copy(self) -> None:
        if (image := self.image()) is not None:
            copy_image(image)
            self.studio.show_message(self.tr("The maps are in the clipboard."))

    def _save(self) -> None:
        if (image := self.image()) is not None:
            save_image(self.studio, image, f"{self._file_stem()}.png")

    def _save_numbers(self) -> None:
        path = self.studio.save_file(
            self.tr("Save the numbers"), f"{self._file_stem()}.csv", self.tr("CSV table (*.csv)")
        )
        if path is not None:
            save_bytes(self.studio, self.table().encode("utf-8"), path.with_suffix(".csv"))

    def _file_stem(self) -> str:
        text = f"{self.studio.spec.name}_why"
        return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in text)

    # -- connecting ---------------------------------------------------------------------------

    def _connect(self) -> None:
        widgets = self.widgets
        widgets.classes.chosen.connect(self.choose_class)
        widgets.choices.layer.chosen.connect(self.studio.select)
        widgets.choices.changed.connect(lambda: self.refresh(again=True))
        widgets.methods_changed.connect(lambda: self.refresh(again=True))
        widgets.colours_changed.connect(self._state_class)
        widgets.again.clicked.connect(lambda: self.refresh(again=True))
        widgets.offer_exports(self._copy, self._save, self._save_numbers)
        for card in self.cards.values():
            card.canvas.pointed.connect(self._pointed)
        self.studio.selection_changed.connect(self._selection_changed)


def _answer(state: TaskState, subject: Subject, question: _Question) -> Attribution:
    """Runs in the worker."""
    text = words.title(question.method)
    state.progress(0, 0, text)  # the first import of captum takes two seconds
    return explain(
        subject,
        question.method,
        question.target,
        how=question.how,
        check=state.check,
        progress=lambda done, total: state.progress(done, total, text),
    )


def _ground(subject: Subject, picture: QImage) -> Ground:
    """Runs in the worker: large pictures take their time."""
    prepared, original = subject.prepared, picture.size()
    if max(picture.width(), picture.height()) > _LONGEST_GROUND:
        longest = QSize(_LONGEST_GROUND, _LONGEST_GROUND)
        size = picture.size().scaled(longest, Qt.AspectRatioMode.KeepAspectRatio)
        picture = scaled(picture, size)
    return Ground(picture, original, prepared.crop_box, rgb_image(prepared.rgb))
