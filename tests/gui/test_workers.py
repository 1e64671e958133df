from __future__ import annotations

import threading

import pytest

from resnet_studio.errors import StudioError
from resnet_studio.gui.workers import UNREAD_EVENTS, Workers


@pytest.fixture
def workers(qapp):
    pool = Workers()
    yield pool
    pool.shutdown()
    pool.deleteLater()


def finished(qtbot, workers, task):
    qtbot.waitUntil(lambda: not task.running, timeout=5000)


def test_a_result_arrives_in_the_gui_thread(qtbot, workers):
    seen = []
    task = workers.start(
        lambda _state: threading.current_thread().name,
        on_result=lambda name: seen.append((name, threading.current_thread())),
    )
    finished(qtbot, workers, task)
    assert seen == [("studio-io", threading.main_thread())]


def test_every_event_of_a_generator_arrives_in_order_before_its_result(qtbot, workers):
    log = []

    def job(_state):
        yield from range(500)
        return "end"

    task = workers.start(job, on_event=log.append, on_result=log.append)
    finished(qtbot, workers, task)
    assert log == [*range(500), "end"]


def test_a_job_that_runs_ahead_waits_instead_of_dropping_events(qtbot, workers):
    count = UNREAD_EVENTS + 2_000
    log = []
    task = workers.start(lambda _state: iter_events(count), on_event=log.append)
    finished(qtbot, workers, task)
    assert log == list(range(count))


def iter_events(count):
    yield from range(count)


def test_jobs_of_one_lane_run_one_after_another(qtbot, workers):
    active, most = [], []

    def job(_state):
        active.append(1)
        most.append(len(active))
        active.pop()

    tasks = [workers.start(job, lane="one") for _ in range(20)]
    for task in tasks:
        finished(qtbot, workers, task)
    assert max(most) == 1


def test_what_a_cancelled_job_delivers_is_discarded(qtbot, workers):
    go = threading.Event()
    log = []

    def job(_state):
        go.wait(5)
        return "stale"

    task = workers.start(job, on_result=log.append, on_done=lambda: log.append("done"))
    task.cancel()
    go.set()
    finished(qtbot, workers, task)
    assert log == ["done"]


def test_a_newer_job_replaces_those_of_its_lane(qtbot, workers):
    go = threading.Event()
    log = []

    def first(state):
        go.wait(5)
        state.check()
        return "first"

    old = workers.start(first, lane="probe", on_result=log.append)
    new = workers.start(lambda _s: "second", lane="probe", replace=True, on_result=log.append)
    go.set()
    finished(qtbot, workers, old)
    finished(qtbot, workers, new)
    assert log == ["second"]


def test_cancelling_closes_the_generator_so_that_it_can_clean_up(qtbot, workers):
    closed = threading.Event()

    def job(_state):
        try:
            while True:
                yield 1
        finally:
            closed.set()

    task = workers.start(job)
    task.cancel()
    finished(qtbot, workers, task)
    # Cancelled before it started, it never ran; cancelled later, its finally clause did.
    second = workers.start(job, on_event=lambda _event: second.cancel())
    finished(qtbot, workers, second)
    assert closed.is_set()


def test_an_error_goes_to_its_owner(qtbot, workers):
    errors = []

    def job(_state):
        raise StudioError("no such file", remedy="choose another")

    task = workers.start(job, on_error=errors.append)
    finished(qtbot, workers, task)
    assert str(errors[0]) == "no such file choose another"


def test_an_error_without_an_owner_is_signalled(qtbot, workers):
    def job(_state):
        raise ValueError("a defect")

    with qtbot.waitSignal(workers.failed) as caught:
        workers.start(job)
    assert str(caught.args[0]) == "a defect"


def test_only_the_newest_progress_is_shown(qtbot, workers):
    seen = []
    workers.task_progressed.connect(lambda task: seen.append(task.progress.done))
    go = threading.Event()

    def job(state):
        for done in range(1, 1001):
            state.progress(done, 1000)
        go.wait(5)

    task = workers.start(job)
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] == 1000)
    go.set()
    finished(qtbot, workers, task)
    assert len(seen) < 100


def test_shutdown_joins_a_job_that_waits_for_the_window(qapp):
    pool = Workers()

    def endless(_state):
        number = 0
        while True:
            yield number
            number += 1

    pool.start(endless)
    pool.start(endless, lane="other")
    pool.shutdown()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("studio-")]
    pool.deleteLater()


def test_nothing_starts_after_shutdown(qapp):
    pool = Workers()
    pool.shutdown()
    ran = []
    task = pool.start(lambda _state: ran.append(1))
    assert (task.running, task.cancelled, ran) == (False, True, [])
    pool.deleteLater()


def test_a_thousand_emits_leave_the_references_of_true_alone(workers):
    import sys

    from PySide6.QtCore import QObject, Signal

    class Source(QObject):
        changed = Signal(bool)

    source = Source()
    seen = []
    source.changed.connect(seen.append)
    before = sys.getrefcount(True)
    for _ in range(1000):
        source.changed.emit(True)
    seen.clear()
    assert abs(sys.getrefcount(True) - before) < 100
    source.deleteLater()
