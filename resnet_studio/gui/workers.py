"""Work beside the window: the only file that creates threads.

A panel hands over a plain function; its result, its events and its errors come back in the GUI
thread, in order. Jobs of one lane run one after another in one thread, which ends when the
lane has had no work for a while. Cancelling is a flag that the job reads; what a cancelled job
still delivers is discarded here, so a stale result never reaches a panel.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from resnet_studio.errors import Cancelled

EVENT_INTERVAL_MS = 66
"""Events reach the window about 15 times a second: more would only cost paint time."""
LINGER_S = 5.0
"""A lane's thread waits this long for another job: a fresh thread makes torch's next forward pass
some 8 ms slower (ResNet-18 at 224 px)."""
UNREAD_EVENTS = 10_000
"""A job that runs this far ahead of the window waits; nothing is dropped."""

Job = Callable[["TaskState"], Any]
Callback = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class TaskProgress:
    """How far a task has come.

    Attributes:
        done: Units finished.
        total: Units in all; 0 where nobody can tell.
        text: What is being done, already translated; may be empty.
    """

    done: float
    total: float
    text: str = ""


@dataclass(slots=True)
class _Mail:
    """One delivery from a worker thread to the GUI thread."""

    task: Task
    kind: str  # "event", "result", "error" or "done"
    value: Any = None


class TaskState:
    """What a running job sees of its task; every method may be called in the worker thread."""

    def __init__(self, task: Task, post: Callable[[_Mail], None]) -> None:
        self._task = task
        self._post = post

    @property
    def cancelled(self) -> bool:
        """Whether the person cancelled the task, or a newer job replaced it."""
        return self._task.cancelled

    def wait(self, seconds: float) -> None:
        """Blocks the worker for so long, or until the task is cancelled."""
        self._task.wait(seconds)

    def check(self) -> None:
        """Raises Cancelled if the task was cancelled; call it between steps of long work."""
        if self._task.cancelled:
            raise Cancelled

    def progress(self, done: float, total: float, text: str = "") -> None:
        """Tells how far the work has come; shown in the status bar.

        Only the newest of several reports between two deliveries is shown, so it may be called
        as often as is convenient.
        """
        self._task.progress = TaskProgress(done, total, text)
        self._task.progress_changed = True

    def event(self, value: Any) -> None:
        """Delivers `value` to the task's `on_event`; waits while the window is far behind."""
        self._post(_Mail(self._task, "event", value))


@dataclass(eq=False)
class Task:
    """One job handed to `Workers.start`; read and cancelled in the GUI thread."""

    id: int
    title: str
    lane: str
    visible: bool
    cancellable: bool
    job: Job
    on_result: Callback | None
    on_event: Callback | None
    on_error: Callback | None
    on_done: Callable[[], None] | None
    progress: TaskProgress = field(default_factory=lambda: TaskProgress(0, 0))
    progress_changed: bool = False
    _cancel: threading.Event = field(default_factory=threading.Event)
    _finished: bool = False

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancel.is_set()

    def wait(self, seconds: float) -> None:
        """Blocks for so long, or until `cancel` is called."""
        self._cancel.wait(seconds)

    @property
    def running(self) -> bool:
        """Whether the job is waiting or at work."""
        return not self._finished

    def cancel(self) -> None:
        """Asks the job to stop; none of its callbacks but `on_done` is called any more."""
        self._cancel.set()


class Workers(QObject):
    """Runs jobs in threads and brings what they deliver into the GUI thread.

    Signals (emitted in the GUI thread):
        task_started(Task): A visible task was queued.
        task_progressed(Task): `task.progress` has changed.
        task_finished(Task): The task has ended, in whatever way.
        failed(BaseException): A job raised and its owner gave no `on_error`.
    """

    task_started = Signal(object)
    task_progressed = Signal(object)
    task_finished = Signal(object)
    failed = Signal(object)
    _wake = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._work = threading.Condition(self._lock)
        self._mail: deque[_Mail] = deque()
        self._lanes: dict[str, deque[Task]] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._tasks: dict[int, Task] = {}
        self._closing = False
        self._wake.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._timer = QTimer(self)
        self._timer.setInterval(EVENT_INTERVAL_MS)
        self._timer.timeout.connect(self._deliver)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks that wait or run."""
        return tuple(self._tasks.values())

    def start(
        self,
        job: Job,
        *,
        title: str = "",
        lane: str = "io",
        replace: bool = False,
        visible: bool = True,
        cancellable: bool = True,
        on_result: Callback | None = None,
        on_event: Callback | None = None,
        on_error: Callback | None = None,
        on_done: Callable[[], None] | None = None,
    ) -> Task:
        """Queues `job` in its lane.

        Args:
            job: Called with a `TaskState` in a worker thread. Where it returns a generator, each
                value yielded goes to `on_event` and the value returned to `on_result`.
            title: What the status bar says of it, translated.
            lane: Jobs of one lane run one after another.
            replace: Whether earlier jobs of the lane are cancelled.
            visible: Whether the status bar shows it.
            cancellable: Whether the status bar offers to cancel it.
            on_result: Called once with the result.
            on_event: Called with each event, in order.
            on_error: Called with the exception; without it `failed` is emitted.
            on_done: Called last in every case, also after a cancel.

        Returns:
            The task; after `shutdown` one that is cancelled and never runs.
        """
        if replace:
            self.cancel_lane(lane)
        task = Task(
            id=next(self._ids),
            title=title,
            lane=lane,
            visible=visible,
            cancellable=cancellable,
            job=job,
            on_result=on_result,
            on_event=on_event,
            on_error=on_error,
            on_done=on_done,
        )
        if self._closing:  # a callback of the last delivery may still want more
            task.cancel()
            task._finished = True
            return task
        self._tasks[task.id] = task
        with self._lock:
            self._lanes.setdefault(lane, deque()).append(task)
            if lane not in self._threads:
                self._start_thread(lane)
            self._work.notify_all()
        self._timer.start()
        self.task_started.emit(task)
        return task

    def cancel_lane(self, lane: str) -> None:
        """Cancels every job of the lane that waits or runs."""
        for task in self._tasks.values():
            if task.lane == lane:
                task.cancel()
        with self._room:
            self._room.notify_all()

    def shutdown(self) -> None:
        """Cancels everything and waits until no thread of ours is alive."""
        self._closing = True
        for task in self._tasks.values():
            task.cancel()
        with self._lock:
            self._room.notify_all()
            self._work.notify_all()
            threads = list(self._threads.values())
        for thread in threads:
            thread.join()
        self._timer.stop()
        self._deliver()

    def _start_thread(self, lane: str) -> None:
        # Not a daemon: a daemon thread inside torch at interpreter exit crashes the process.
        thread = threading.Thread(target=self._serve, args=(lane,), name=f"studio-{lane}")
        self._threads[lane] = thread
        thread.start()

    def _serve(self, lane: str) -> None:
        """Thread body: runs the jobs of one lane until none is left."""
        while True:
            with self._work:
                waiting = self._lanes[lane]
                self._work.wait_for(lambda: waiting or self._closing, LINGER_S)  # noqa: B023
                if not waiting:
                    del self._threads[lane]
                    return
                task = waiting.popleft()
            self._run(task)

    def _run(self, task: Task) -> None:
        try:
            if not task.cancelled:
                self._post(_Mail(task, "result", self._call(task)))
        except Cancelled:
            pass
        except BaseException as error:
            self._post(_Mail(task, "error", error))
        self._post(_Mail(task, "done"))

    def _call(self, task: Task) -> Any:
        state = TaskState(task, self._post)
        outcome = task.job(state)
        if not isinstance(outcome, Generator):
            return outcome
        try:
            while True:
                state.event(next(outcome))
                state.check()
        except StopIteration as end:
            return end.value
        finally:
            outcome.close()

    def _post(self, mail: _Mail) -> None:
        with self._room:
            while len(self._mail) >= UNREAD_EVENTS and mail.kind == "event":
                if mail.task.cancelled or self._closing:
                    return
                self._room.wait()
            self._mail.append(mail)
        if mail.kind in ("result", "error", "done"):
            self._wake.emit()

    def _deliver(self) -> None:
        """Hands everything that has arrived to its callbacks; runs in the GUI thread."""
        with self._room:
            mails = list(self._mail)
            self._mail.clear()
            self._room.notify_all()
        for mail in mails:
            self._hand_over(mail)
        for task in self.tasks:
            if task.progress_changed and not task.cancelled:
                task.progress_changed = False
                self.task_progressed.emit(task)
        if not self._tasks:
            self._timer.stop()

    def _hand_over(self, mail: _Mail) -> None:
        task = mail.task
        if mail.kind == "done":
            task._finished = True
            self._tasks.pop(task.id, None)
            self.task_finished.emit(task)
            if task.on_done is not None:
                task.on_done()
        elif task.cancelled:
            return
        elif mail.kind == "event" and task.on_event is not None:
            task.on_event(mail.value)
        elif mail.kind == "result" and task.on_result is not None:
            task.on_result(mail.value)
        elif mail.kind == "error":
            if task.on_error is not None:
                task.on_error(mail.value)
            else:
                self.failed.emit(mail.value)
