"""The training panel: settings at the left, the run and its curves at the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from resnet_studio.gui.studio import Studio
from resnet_studio.gui.training import telling
from resnet_studio.gui.training.follower import Follower
from resnet_studio.gui.training.live import LiveLook
from resnet_studio.gui.training.rate_dialog import RateDialog
from resnet_studio.gui.training.run_view import RunView
from resnet_studio.gui.training.runs_view import RunsView, runs_dir
from resnet_studio.gui.training.session import Activity, Session
from resnet_studio.gui.training.setup_form import SetupForm
from resnet_studio.gui.training.shown_run import ShownRun, read_run, weights_in
from resnet_studio.training.config import RunConfig
from resnet_studio.training.events import Paused, RunEnded
from resnet_studio.training.runs import RunFolder, RunListing

REDRAW_MS = 125
"""Eight redraws a second: painting is processor time that training lacks (performance notes)."""
_LEFT_WIDTH = 315


class TrainingPanel(QWidget):
    """Starts, steers and shows training runs.

    Attributes:
        session: The run in progress, or the last one; None before the first.
        shown: The earlier run whose curves are shown; None while the session's are.
        follower: Follows the run that is shown, if another program trains it.
    """

    def __init__(self, studio: Studio, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._studio = studio
        self._has_weights = False
        self._unfinished = False
        self.session: Session | None = None
        self.shown: ShownRun | None = None
        self.follower: Follower | None = None
        self.setup = SetupForm(studio)
        self.runs = RunsView(studio)
        self.right = RunView(studio)
        self.strip, self.curves = self.right.strip, self.right.curves
        self.start_button, self.stop_button = self.right.start_button, self.right.stop_button
        self.pause_button, self.resume_button = self.right.pause_button, self.right.resume_button
        self._timer = QTimer(self)
        self.live = LiveLook(studio, looked_away=lambda: not self.isVisible(), parent=self)
        self._build()
        self._connect()
        self._show_state()

    @property
    def running(self) -> bool:
        """Whether a run is in progress, also while it is paused."""
        return self.session is not None and self.session.running

    def set_data_folder(self, path: Path) -> None:
        """Chooses the pictures of a folder or .zip, for example one dropped on the window."""
        if self.running:
            self._studio.show_message(
                self.tr("A run is in progress; stop it before you choose other pictures."),
                kind="warning",
            )
            return
        self.left.setCurrentWidget(self.setup)
        self.setup.data.set_folder(path)

    def stop_for_close(self, on_stopped: Callable[[], None]) -> None:
        """Ends the run with a checkpoint; calls `on_stopped` once it has ended, or at once."""
        session = self.session
        if session is None or not session.running:
            on_stopped()
            return
        session.ended.connect(lambda _end: on_stopped(), Qt.ConnectionType.SingleShotConnection)
        session.stop()

    # -- building ---------------------------------------------------------------------------

    def _build(self) -> None:
        self.left = QTabWidget()
        self.left.setDocumentMode(True)
        self.left.addTab(self.setup, self.tr("New run"))
        self.left.addTab(self.runs, self.tr("Earlier runs"))
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(self.left)
        splitter.addWidget(self.right)
        splitter.setStretchFactor(0, 0)
        splitter.setStretchFactor(1, 1)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([_LEFT_WIDTH, 3 * _LEFT_WIDTH])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 6)
        layout.addWidget(splitter)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REDRAW_MS)

    def _connect(self) -> None:
        commands = self._studio.commands
        for name, handler in (
            ("start", self.start),
            ("pause", self.pause),
            ("resume", self.resume),
            ("stop", self.stop),
            ("choose_folder", self._choose_folder),
            ("follow_folder", self.follow_folder),
            ("find_rate", self.find_rate),
            ("look_inside", self.look_inside),
            ("open_run_folder", self.open_run_folder),
            ("use_pipelines", self.use_pipelines),
        ):
            commands.connect(f"training.{name}", handler)
        self.setup.changed.connect(self._show_state)
        self.runs.show_wanted.connect(self.show_run)
        self.runs.resume_wanted.connect(self._resume_listing)
        self.right.back_button.clicked.connect(self.show_session)
        self._timer.timeout.connect(self._refresh)
        self._studio.torch_changed.connect(self._show_state)

    def showEvent(self, event: QShowEvent) -> None:
        """Opens the data set on the first showing; draws what happened while hidden."""
        super().showEvent(event)
        self.setup.start()
        self._refresh()

    # -- commands ---------------------------------------------------------------------------

    def start(self) -> None:
        """Starts the run that the settings describe."""
        plan = self.setup.plan
        if plan is not None and not self.running:
            session = Session(
                self._studio,
                plan.config,
                runs_dir=runs_dir(self._studio),
                processes=self.setup.device.processes,
            )
            self._begin(session)
            button = self.pause_button if session.can_pause else self.stop_button
            button.setFocus()  # not to whatever follows the button that is disabled now

    def pause(self) -> None:
        """Lets the run wait."""
        if self.session is not None and self.running:
            self.session.pause()
            self._show_state()

    def resume(self) -> None:
        """Goes on with the paused run, or with the stopped run that is shown."""
        if self.session is not None and self.session.paused:
            self.session.resume()
            self._show_state()
        elif not self.running and self.shown is not None:
            self._continue(self.shown)
        elif not self.running and (path := self._run_dir()):
            self._read(RunFolder(path), self._continue)

    def stop(self) -> None:
        """Saves a checkpoint and ends the run."""
        if self.session is not None and self.running:
            self.session.stop()
            self._show_state()

    def find_rate(self) -> RateDialog | None:
        """Tries rising learning rates on a copy of the network that would be trained."""
        plan = self.setup.plan
        if plan is None or self.running:
            return None
        dialog = RateDialog(self._studio, plan.config, self.window())
        dialog.rate_chosen.connect(self._take_rate)
        dialog.open()
        dialog.start()
        return dialog

    def look_inside(self) -> None:
        """Loads the weights of the run that is shown and goes to the feature maps."""
        path, config = self._run_dir(), self._run_config()
        weights = weights_in(RunFolder(path)) if path is not None else None
        if path is None or config is None or weights is None:
            return
        from resnet_studio.probe.network import WeightsChoice

        text = self.tr("Network of the run {name}").format(name=path.name)
        self._studio.set_spec(config.network, text)
        self._studio.set_weights(WeightsChoice("run", str(weights), name=path.name))
        self._studio.commands.run("view.features")

    def use_pipelines(self) -> None:
        """Chooses the augmentation of the run that is shown, and shows it with the run's seed."""
        if (path := self._run_dir()) and (config := self._run_config()):
            self._studio.pipelines.take_run(config, path.name)

    def open_run_folder(self) -> None:
        """Opens the folder of the run that is shown in the file manager."""
        path = self._run_dir()
        if path is not None and not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._studio.show_message(self.tr("The run is in {folder}.").format(folder=path))

    def show_run(self, listing: RunListing) -> None:
        """Shows the curves of an earlier run; a run in progress goes on meanwhile."""
        if self.session is not None and listing.folder.path == self.session.run_dir:
            self.show_session()
        else:
            self._read(listing.folder, self._show_run)

    def follow_folder(self) -> None:
        """Asks for a run folder, and shows its curves as another program makes them grow."""
        self._studio.commands.run("view.training")
        if (path := self._studio.open_folder(self.tr("Folder of a run"))) is not None:
            self._read(RunFolder(path), self._show_run)

    def show_session(self) -> None:
        """Shows the curves of the run of this session."""
        if self.session is not None:
            self._leave_shown()
            self._look_at_run()
            self.curves.show_curves(self.session.curves)
            self._show_state()
            self._refresh()

    # -- runs -------------------------------------------------------------------------------

    def _begin(self, session: Session) -> None:
        self._leave_shown()
        old, self.session = self.session, session
        if old is not None:
            old.deleteLater()
        session.setParent(self)
        session.changed.connect(self._session_changed)
        session.activity_changed.connect(self._activity_changed)
        session.warned.connect(
            lambda event: self._studio.show_message(
                event.message, kind="info" if event.harmless else "warning"
            )
        )
        session.held.connect(self._held)
        session.ended.connect(self._ended)
        self.strip.clear()
        self._look_at_run()
        self.curves.show_curves(session.curves)
        session.start()
        self.live.watch(session)
        self._show_state()

    def _read(self, folder: RunFolder, then: Callable[[ShownRun], None]) -> None:
        self._studio.workers.start(
            lambda _state: read_run(folder),
            title=self.tr("Reading {name}").format(name=folder.name),
            lane="runs",
            on_result=then,
        )

    def _leave_shown(self) -> None:
        self.shown = None
        if self.follower is not None:
            self.follower.stop()
            self.follower.deleteLater()
            self.follower = None

    def _follow(self, run: ShownRun) -> None:
        follower = self.follower = Follower(self._studio, run, self)
        follower.changed.connect(self._session_changed)
        follower.status_changed.connect(self._followed_status)
        follower.start()

    def _followed_status(self) -> None:
        if self.follower is None:
            return
        before, self.shown = self.shown, self.follower.run
        if before is not None and before.status.state != self.shown.status.state:
            self._look_at_run()
            if self.runs.isVisible():
                self.runs.refresh()
        self._show_state()

    def _show_run(self, run: ShownRun) -> None:
        self._leave_shown()
        self.shown = run
        if run.status.state == "running":
            self._follow(run)
        self._look_at_run()
        self.curves.show_curves(run.curves)
        self._show_state()

    def _resume_listing(self, listing: RunListing) -> None:
        self._read(listing.folder, self._continue)

    def _continue(self, run: ShownRun, changes: Mapping[str, Any] | None = None) -> None:
        if self.running:
            return
        session = Session(
            self._studio,
            run.config,
            runs_dir=runs_dir(self._studio),
            resume=run.folder.path,
            curves=run.curves,
            changes=changes,
            processes=self.setup.device.processes,
        )
        self._begin(session)

    def _continue_with(self, changes: Mapping[str, Any]) -> None:
        """Goes on with the run that has ended, with a changed recipe."""
        if not self.running and (path := self._run_dir()):
            self._read(RunFolder(path), lambda run: self._continue(run, changes))

    def _take_rate(self, rate: float) -> None:
        """Types the rate that was found; what stood there can be had back."""
        form = self.setup.recipe
        before = form.set_learning_rate(rate)
        actions: tuple[tuple[str, Callable[[], None]], ...] = ()
        if before is not None:
            text = self.tr("Back to {rate:g}").format(rate=before)
            actions = ((text, lambda: (form.set_learning_rate(before), None)[1]),)
        self._studio.show_message(
            self.tr("The learning rate is {rate:g} now.").format(rate=rate), actions=actions
        )

    def _choose_folder(self) -> None:
        self._studio.commands.run("view.training")
        self.setup.data.choose_folder()

    # -- what happens -----------------------------------------------------------------------

    def _session_changed(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _activity_changed(self, activity: Activity) -> None:
        if self.shown is None:
            self.strip.show_activity(activity)
            self._show_how()
        self._set_conditions()

    def _refresh(self) -> None:
        """Draws what is shown as it is now, at most eight times a second."""
        self._timer.stop()
        if self.follower is not None:
            self._refresh_followed(self.follower)
        session = self.session
        if session is None:
            return
        session.flush()
        if not self.isVisible() or self.shown is not None:
            return
        self.strip.show_session(session)
        self.setup.recipe.plot.show_progress(session.epochs_done if session.running else None)
        if self.curves.curves is not session.curves:
            self.curves.show_curves(session.curves)
        else:
            self.curves.redraw()
        self._show_folder()

    def _refresh_followed(self, follower: Follower) -> None:
        follower.flush()
        self.shown = follower.run
        if not self.isVisible():
            return
        if self.curves.curves is not follower.run.curves:
            self.curves.show_curves(follower.run.curves)
        else:
            self.curves.redraw()
        if follower.running:
            self.strip.show_session(follower)

    def _held(self, event: Paused) -> None:
        """Says why the run waits; it tries again by itself, and at once when asked to."""
        self._studio.show_message(
            event.reason, kind="warning", actions=((self.tr("Try again now"), self.resume),)
        )
        self._show_state()

    def _ended(self, end: RunEnded) -> None:
        session = self.session
        if session is None:
            return
        self._look_at_run()
        self._refresh()
        self._show_state()
        if self.runs.isVisible():
            self.runs.refresh()
        actions: list[tuple[str, Callable[[], None]]] = []
        if self._has_weights:
            actions.append((self.tr("Look inside with these weights"), self.look_inside))
        if end.outcome == "stopped" and self._unfinished:
            actions.append((self.tr("Resume"), self.resume))
        if end.offer and self._unfinished:
            changes = dict(end.offer)
            actions.append((telling.offered(changes), lambda: self._continue_with(changes)))
        self._studio.show_message(
            telling.ended(session, end),
            remedy=end.remedy,
            kind="error" if end.outcome == "failed" else "info",
            actions=tuple(actions),
        )

    # -- state ------------------------------------------------------------------------------

    def _run_dir(self) -> Path | None:
        if self.shown is not None:
            return self.shown.folder.path
        return self.session.run_dir if self.session is not None else None

    def _run_config(self) -> RunConfig | None:
        if self.shown is not None:
            return self.shown.config
        return self.session.config if self.session is not None else None

    def _look_at_run(self) -> None:
        """Looks into the folder of the run that is shown, once, and not at every keystroke."""
        path = self._run_dir()
        folder = RunFolder(path) if path is not None else None
        there = folder is not None and folder.exists
        self._has_weights = folder is not None and there and weights_in(folder) is not None
        self._unfinished = folder is not None and there and folder.status().resumable

    def _show_state(self, *_: object) -> None:
        """Brings buttons, texts and locks in line with what is going on."""
        self._set_conditions()
        running = self.running
        self.setup.set_choosable(not running)
        if self.shown is not None:
            self._show_earlier(self.shown)
        elif self.session is not None and running:
            self.strip.show_activity(self.session.activity)
        elif self.session is not None and self.session.end is not None:
            self._show_end(self.session, self.session.end)
        else:
            self.strip.show_idle(self._idle_text())
        self.right.back_button.setVisible(self.shown is not None and self.session is not None)
        self._show_how()
        self._show_folder()

    def _set_conditions(self) -> None:
        session, commands = self.session, self._studio.commands
        paused = session is not None and session.paused
        ready = self._studio.torch.state == "ready"
        commands.set_condition("training_ready", self.setup.plan is not None)
        commands.set_condition("paused", paused)
        commands.set_condition("stopping", session is not None and session.stopping)
        resumable = ready and not self.running and self._unfinished
        commands.set_condition("can_resume", paused or resumable)
        saved = session is not None and self.shown is None and session.checkpoint is not None
        commands.set_condition("trained_run", self._has_weights or saved)
        commands.set_condition("run_shown", self._run_dir() is not None)
        can_pause = session is not None and session.can_pause
        commands.set_condition("can_pause", can_pause)
        self.pause_button.setVisible(not paused and self.running and can_pause)
        self.resume_button.setVisible(paused or resumable)
        self.right.look_button.setVisible(self._has_weights and not self.running)
        self.start_button.set_reason("" if self.running else self._start_problem())

    def _start_problem(self) -> str:
        torch = self._studio.torch
        if torch.state == "failed":
            return f"{torch.message} {torch.remedy}".strip()
        if torch.state != "ready":
            return self.tr("PyTorch is being loaded; training can start in a moment.")
        return self.setup.problem

    def _idle_text(self) -> str:
        if problem := self._start_problem():
            return problem
        plan, summary = self.setup.plan, self.setup.data.summary
        return telling.ready(plan, summary) if plan is not None and summary is not None else ""

    def _show_end(self, session: Session, end: RunEnded) -> None:
        """After a run: how it ended, unless the next one cannot be started."""
        self.strip.phase.setText(self._start_problem() or telling.ended_in_short(session, end))

    def _show_earlier(self, run: ShownRun) -> None:
        status, curves = run.status, run.curves
        self.strip.show_run(
            step=max(status.step, curves.last_step),
            total=status.total_steps,
            epoch=status.epoch,
            epochs=run.config.recipe.total_epochs(curves.steps_per_epoch),
            text=telling.earlier(run, self.follower),
        )
        self.strip.show_best(curves.best_accuracy or status.best_accuracy)
        self.strip.show_top5(curves)

    def _show_folder(self) -> None:
        self.right.show_folder(self._run_dir())

    def _show_how(self) -> None:
        session = self.session if self.shown is None else None
        self.right.show_how(session.started if session is not None else None)
