"""The augmentation that the person has chosen for training, if not the usual one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand

from resnet_studio.errors import SpecError
from resnet_studio.gui.pipeline_sketch import Sketch, copy_helps, pair_error

if TYPE_CHECKING:
    from resnet_studio.data.augment import AugmentSpec
    from resnet_studio.gui.studio import Studio
    from resnet_studio.training.config import RunConfig

    Pair = tuple[AugmentSpec, AugmentSpec]

Sketches = tuple[Sketch, Sketch]
_KEY = "pipelines"
_SIDES = ("train", "validation")
_MOST_REMEMBERED = 400_000
"""Characters. The settings file holds a megabyte; a large mean picture twice could burst it."""


class PipelineChoice(QObject):
    """Holds the person's own pipelines of training and validation; each change can be undone.

    While they are edited they may not fit together: then `own` keeps what fitted last, so that
    the samples stay, and `problem` says what is wrong, so that training does not begin.

    Attributes:
        usual: What the run that is set up would use without own pipelines; None until that is
            known. It follows the network that is trained, which need not be that of the form.
        mixing: How strongly that run mixes batches: alpha of MixUp and of CutMix, 0 for not.
        seed: The seed from which all chance of that run follows.

    Signals (GUI thread):
        changed(): Something else is chosen, or what is chosen has another problem.
        told(): `usual`, `mixing` or `seed` is another one.
        seed_wished(int): The samples are to be shown with that seed: a run's.
    """

    changed = Signal()
    told = Signal()
    seed_wished = Signal(int)

    def __init__(self, studio: Studio) -> None:
        super().__init__(studio)
        self._studio = studio
        self._sketches: Sketches | None = None
        self._own: Pair | None = None
        self._errors: tuple[SpecError | None, SpecError | None] = (None, None)
        self._remembered = bool(studio.settings[_KEY])
        self.usual: Pair | None = None
        self.mixing = (0.0, 0.0)
        self.seed = 0

    @property
    def own(self) -> Pair | None:
        """The pipelines of training and of validation; None for the usual ones.

        The usual ones are those of the network and the data: `default_config`.
        """
        self._recall()
        return self._own

    @property
    def sketches(self) -> Sketches | None:
        """The same as they stand in the editor; they may not fit together yet."""
        self._recall()
        return self._sketches

    @property
    def problem(self) -> SpecError | None:
        """Why training cannot use them as they stand; None if it can."""
        self._recall()
        broken = next((error for error in self._errors if error is not None), None)
        return broken or (None if self._own is None else pair_error(self._own))

    @property
    def copy_helps(self) -> bool:
        """Whether all is well once validation has the size and the colours of training."""
        own = self.own
        return own is not None and self._errors == (None, None) and copy_helps(own)

    def error_of(self, side: int) -> SpecError | None:
        """Returns why the steps of a side make no pipeline; None if they do.

        Args:
            side: 0 for training, 1 for validation.
        """
        self._recall()
        return self._errors[side]

    def tell(self, usual: Pair | None, mixing: tuple[float, float], seed: int) -> None:
        """Says what the run that is set up does by itself; called by the form of training."""
        if (usual, mixing, seed) != (self.usual, self.mixing, self.seed):
            self.usual, self.mixing, self.seed = usual, mixing, seed
            self.told.emit()

    def take_run(self, config: RunConfig, name: str) -> None:
        """Chooses the pipelines of a run, and wishes to see them with its seed.

        Args:
            config: The run.
            name: Its name.
        """
        own = (config.train_augment, config.validation_augment)
        self.set(own, self.tr("Pipelines of the run {name}").format(name=name))
        self.seed_wished.emit(config.recipe.seed)

    def set(self, own: Pair | None, text: str = "", *, drag: str = "") -> None:
        """Chooses pipelines; one step of undo.

        Args:
            own: That of training and that of validation; None for the usual ones.
            text: What the person did, for the undo menu; translated.
            drag: Changes with the same name, one right after the other, are one step of undo: a
                slider that is dragged.
        """
        sketches = None if own is None else (Sketch.of(own[0]), Sketch.of(own[1]))
        self.set_sketches(sketches, text, drag=drag)

    def set_sketches(
        self,
        sketches: Sketches | None,
        text: str = "",
        *,
        drag: str = "",
        usual: Pair | None = None,
    ) -> None:
        """The same for pipelines that may not fit together yet.

        Args:
            sketches: That of training and that of validation; None for the usual ones.
            text: What the person did.
            drag: As for `set`.
            usual: What stands in for sketches that do not fit, where none was chosen before.
        """
        if sketches == self.sketches:
            return
        before = (self._sketches, self._own)
        after = (sketches, self._own or usual)
        label = text or self.tr("Pipeline")
        self._studio.undo_stack.push(_PipelineChange(self, before, after, text=label, drag=drag))

    def replace(self, sketches: Sketches | None, own: Pair | None) -> None:
        """Chooses without a step of undo: for undo itself.

        Args:
            sketches: What is chosen.
            own: What fitted last, which stands in for a sketch that does not fit.
        """
        self._remembered = False
        self._take(sketches, own)
        self._studio.settings[_KEY] = self._as_texts()
        self.changed.emit()

    def _take(self, sketches: Sketches | None, fitted: Pair | None) -> None:
        self._sketches = sketches
        if sketches is None:
            self._own, self._errors = None, (None, None)
            return
        made = [_made(sketch) for sketch in sketches]
        self._errors = (made[0][1], made[1][1])
        specs = [spec for spec, _error in made]
        if fitted is not None:
            specs = [new or old for new, old in zip(specs, fitted, strict=True)]
        train, validation = specs
        whole = train is not None and validation is not None
        self._own = (train, validation) if whole else None  # type: ignore[assignment]

    # -- remembering --------------------------------------------------------------------------

    def _as_texts(self) -> dict[str, str]:
        if self._sketches is None:
            return {}
        texts = {
            side: sketch.to_json() for side, sketch in zip(_SIDES, self._sketches, strict=True)
        }
        return texts if sum(map(len, texts.values())) <= _MOST_REMEMBERED else {}

    def _recall(self) -> None:
        """Takes what an earlier session left, when somebody first asks; nothing if damaged.

        Not in `__init__`: the models of the steps would be imported before the window is there.
        """
        if not self._remembered:
            return
        self._remembered = False
        texts = self._studio.settings[_KEY]
        try:
            train, validation = (Sketch.from_json(texts[side]) for side in _SIDES)
            self._take((train, validation), (train.spec(), validation.spec()))
        except (KeyError, ValueError, RecursionError, SpecError):
            self._take(None, None)


class _PipelineChange(QUndoCommand):
    """One change of the pipelines, undone and redone by `QUndoStack`."""

    def __init__(
        self,
        choice: PipelineChoice,
        before: tuple[Sketches | None, Pair | None],
        after: tuple[Sketches | None, Pair | None],
        *,
        text: str,
        drag: str,
    ) -> None:
        super().__init__(text)
        self._choice = choice
        self._before = before
        self._after = after
        self._drag = drag

    def id(self) -> int:
        """Changes of a drag may be merged; -1 for those that stand alone."""
        return 2 if self._drag else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Takes over what the next change of the same drag has made of it."""
        if not isinstance(other, _PipelineChange) or other._drag != self._drag:
            return False
        self._after = other._after
        self.setObsolete(self._after[0] == self._before[0])
        return True

    def redo(self) -> None:
        self._choice.replace(*self._after)

    def undo(self) -> None:
        self._choice.replace(*self._before)


def _made(sketch: Sketch) -> tuple[AugmentSpec | None, SpecError | None]:
    try:
        return sketch.spec(), None
    except SpecError as error:
        return None, error
