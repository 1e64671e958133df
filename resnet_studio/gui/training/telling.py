"""What the training panel says of runs, in words. Pure functions; no widgets."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from resnet_studio.gui.training.data_summary import DataSummary
from resnet_studio.gui.training.follower import Follower
from resnet_studio.gui.training.plan import Plan
from resnet_studio.gui.training.session import Session
from resnet_studio.gui.training.shown_run import ShownRun
from resnet_studio.training.events import RunEnded, RunStarted


def ready(plan: Plan, summary: DataSummary) -> str:
    """Returns what would be trained."""
    recipe = plan.config.recipe
    per_epoch = summary.steps_per_epoch(recipe.batch_size)
    said = _tr("Ready: {network} on {data}, {epochs:,} epochs, {steps:,} steps.")
    if recipe.total_epochs(per_epoch) == 1:
        said = _tr("Ready: {network} on {data}, 1 epoch, {steps:,} steps.")
    return said.format(
        network=plan.config.network.name,
        data=summary.name,
        epochs=recipe.total_epochs(per_epoch),
        steps=recipe.total_steps(per_epoch),
    )


def ended_in_short(session: Session, end: RunEnded) -> str:
    """Returns how a run ended, for the line above its figures."""
    if end.outcome == "finished" and _early(session, end):
        return end.message
    words = {
        "finished": _tr("Finished after {epoch} epochs")
        if end.epoch != 1
        else _tr("Finished after 1 epoch"),
        "stopped": _tr("Stopped at step {step:,}; Resume goes on there"),
        "failed": _tr("Ended at step {step:,}: {reason}"),
    }
    return words[end.outcome].format(epoch=end.epoch, step=end.step, reason=end.message)


def ended(session: Session, end: RunEnded) -> str:
    """Returns how a run ended and what came of it, for the message bar."""
    best = "–" if end.best_accuracy is None else f"{100 * end.best_accuracy:.2f} %"
    if end.outcome == "finished":
        text = _tr("{name} has learned: best validation accuracy {best}.")
        text += " {reason}" if _early(session, end) else ""
    elif end.outcome == "stopped":
        text = _tr("Stopped at step {step:,}; the run is kept and can be resumed.")
    else:
        text = _tr("The run has ended: {reason}")
    return text.format(
        name=session.config.network.name, best=best, step=end.step, reason=end.message
    )


def offered(changes: Mapping[str, int]) -> str:
    """Returns what a button says that goes on with a changed recipe."""
    if set(changes) == {"accumulate"}:
        text = _tr("Go on with each batch in {count} parts")
        return text.format(count=changes["accumulate"])
    said = ", ".join(f"{field} = {value}" for field, value in changes.items())
    return _tr("Go on with {changes}").format(changes=said)


def earlier(run: ShownRun, follower: Follower | None) -> str:
    """Returns what became of a run that is not of this session, or who trains it."""
    if run.status.state != "running" or follower is None:
        text = _tr("Earlier run: {text}")
        return text.format(text=run.status.message or run.status.state)
    if follower.silent_seconds:
        text = _tr("Another program trains it; nothing was heard of it for {minutes} min.")
        return text.format(minutes=max(1, round(follower.silent_seconds / 60)))
    return _tr("Another program trains it; the curves follow.")


def how_it_runs(started: RunStarted) -> tuple[str, str]:
    """Returns the choices that the program made for a run: in short, and with their reasons."""
    if not started.choices:
        return "", ""
    short = " · ".join(f"{what}: {chosen}" for what, chosen, _ in started.choices)
    reasons = "\n".join(f"{what}: {chosen}: {why}" for what, chosen, why in started.choices)
    return _tr("How it runs: {choices}").format(choices=short), reasons


def _early(session: Session, end: RunEnded) -> bool:
    """Tells whether a run finished before its last epoch."""
    return 0 < end.epoch < session.epochs


def _tr(text: str) -> str:
    return QCoreApplication.translate("training", text)
