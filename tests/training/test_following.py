from __future__ import annotations

import json
import threading

import pytest

from resnet_studio.training import checkpoint, following, metrics
from resnet_studio.training.events import EpochDone, RunEnded, StepDone
from resnet_studio.training.following import Reload, Silent, StatusRead, Tail, follow
from resnet_studio.training.metrics import MetricsLog
from resnet_studio.training.runs import RunFolder, RunStatus


def step(number: int, loss: float = 1.0) -> StepDone:
    return StepDone(number, 1, loss, 0.5, 0.1, 100.0)


def epoch(number: int) -> EpochDone:
    return EpochDone(number, 3, 1.0, 0.5, 1.0, 0.5, 2.0)


class Script(threading.Event):
    """A stop that, wherever `follow` waits, lets the next thing happen; set after the last."""

    def __init__(self, *acts) -> None:
        super().__init__()
        self.acts = list(acts)
        self.now = 0.0

    def wait(self, timeout=None):
        self.now += timeout
        if self.acts:
            self.acts.pop(0)()
        else:
            self.set()
        return self.is_set()


@pytest.fixture
def folder(tmp_path, config) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.prepare(config)
    return folder


@pytest.fixture
def log(folder):
    log = MetricsLog(folder.metrics_path)
    yield log
    log.close()


def told(folder, *acts, **options):
    script = Script(*acts)
    return list(follow(folder.path, stop=script, clock=lambda: script.now, **options))


def figures(events):
    return [event for event in events if not isinstance(event, StatusRead)]


def nothing():
    pass


# -- curves -------------------------------------------------------------------------------------


def test_what_is_there_is_told_first_and_then_what_comes(folder, log):
    log.write({"event": "start", "step": 0})
    log.write(step(1))
    events = told(folder, lambda: log.write(step(2)), nothing, lambda: log.write(epoch(1)))
    assert figures(events) == [step(1), step(2), epoch(1)]


def test_what_is_there_can_be_passed_over(folder, log):
    log.write(step(1))
    events = told(folder, lambda: log.write(step(2)), from_start=False)
    assert figures(events) == [step(2)]


def test_a_run_without_curves_yet_is_waited_for(folder):
    folder.metrics_path.unlink(missing_ok=True)

    def begin():
        with folder.metrics_path.open("wb") as file:
            file.write(line(step(1)))

    assert figures(told(folder, nothing, begin)) == [step(1)]


def test_a_folder_that_does_not_exist_is_waited_for(tmp_path):
    events = told(RunFolder(tmp_path / "nowhere"), nothing)
    assert events == [StatusRead(RunStatus())]


def line(event: StepDone | EpochDone) -> bytes:
    name = "step" if isinstance(event, StepDone) else "epoch"
    values = {field: getattr(event, field) for field in event.__dataclass_fields__}
    return json.dumps({"event": name, **values}).encode() + b"\n"


def test_a_torn_line_is_told_once_it_is_whole(folder):
    text = line(step(1))

    def append(part):
        with folder.metrics_path.open("ab") as file:
            file.write(part)

    events = told(
        folder,
        *(lambda part=bytes([byte]): append(part) for byte in text),
        lambda: append(line(step(2))),
    )
    assert figures(events) == [step(1), step(2)]


def test_foreign_and_broken_lines_are_passed_over(folder):
    folder.metrics_path.write_bytes(
        b"{]\n\n\x00\xff\n[1]\n" + line(step(1)) + b'{"event": "step"}\n'
    )
    assert figures(told(folder)) == [step(1)]


def test_a_line_without_end_is_passed_over_in_bounded_parts(folder, monkeypatch):
    monkeypatch.setattr(following, "_CHUNK_BYTES", 256)
    folder.metrics_path.write_bytes(b"x" * 10_000 + b"\n" + line(step(1)) + line(step(2)))
    assert figures(told(folder)) == [step(1), step(2)]


def test_many_lines_are_read_in_parts(folder, log, monkeypatch):
    monkeypatch.setattr(following, "_CHUNK_BYTES", 1000)
    steps = [step(number) for number in range(1, 101)]
    for each in steps:
        log.write(each)
    assert figures(told(folder)) == steps


def resumed(folder, *, at, then):
    """Goes on from an earlier checkpoint, as `fit` does."""
    metrics.cut(folder.metrics_path, step=at, epoch=0)
    log = MetricsLog(folder.metrics_path)
    for event in then:
        log.write(event)
    log.close()


def test_curves_that_were_cut_follow_again_from_the_first(folder, log):
    for number in (1, 2, 3):
        log.write(step(number))
    events = told(folder, lambda: resumed(folder, at=1, then=[]), lambda: None)
    assert figures(events) == [step(1), step(2), step(3), Reload(), step(1)]


def test_a_cut_is_noticed_even_if_the_file_has_grown_longer_since(folder, log):
    for number in (1, 2, 3):
        log.write(step(number))
    again = [step(number, loss=2.0) for number in (2, 3, 4, 5)]
    events = told(folder, lambda: resumed(folder, at=1, then=again))
    assert figures(events)[3:] == [Reload(), step(1), *again]


def test_a_run_that_goes_on_where_it_was_reloads_nothing(folder, log):
    for number in (1, 2, 3):
        log.write(step(number))
    events = told(folder, lambda: resumed(folder, at=3, then=[step(4)]))
    assert figures(events) == [step(1), step(2), step(3), step(4)]


def test_a_file_that_vanishes_for_a_while_is_no_cut(folder, log):
    log.write(step(1))
    elsewhere = folder.path / "elsewhere"
    events = told(
        folder,
        lambda: folder.metrics_path.rename(elsewhere),
        nothing,
        lambda: elsewhere.rename(folder.metrics_path),
    )
    assert figures(events) == [step(1)]


# -- status -------------------------------------------------------------------------------------


def on_another_computer(folder):
    """Leaves a lock as a program on another computer does."""
    owner = {"pid": 1, "host": "elsewhere", "started": 0.0}
    (folder.path / ".lock").write_text(json.dumps(owner), encoding="utf-8")


def end(folder, status):
    (folder.path / ".lock").write_text("", encoding="utf-8")
    folder.write_status(status)


def test_a_run_on_another_computer_is_followed_to_its_end_and_beyond(folder, log):
    done = RunStatus("finished", step=2, total_steps=2, epoch=1, best_accuracy=0.5, message="Done.")
    running = RunStatus("running", step=1, total_steps=2)

    def begin():
        on_another_computer(folder)
        folder.write_status(running)
        log.write(step(1))

    def finish():
        log.write(step(2))
        end(folder, done)

    events = told(folder, begin, finish, begin)
    assert events == [
        StatusRead(RunStatus("new")),
        step(1),
        StatusRead(running),
        step(2),
        StatusRead(done),
        RunEnded("finished", 2, 1, "Done.", best_accuracy=0.5),
        step(1),
        StatusRead(running),
    ]


def test_a_run_that_had_ended_before_has_no_end_told(folder):
    folder.write_status(RunStatus("stopped", step=1))
    assert told(folder) == [StatusRead(RunStatus("stopped", step=1))]


def test_the_end_names_the_checkpoint(folder):
    last = folder.checkpoints / checkpoint.LAST
    last.write_bytes(b"")
    events = told(folder, lambda: folder.write_status(RunStatus("failed", message="No.")))
    assert events[-1] == RunEnded("failed", 0, 0, "No.", checkpoint=last)


def test_a_killed_run_is_told_as_interrupted(folder):
    folder.write_status(RunStatus("running", step=1))
    assert told(folder) == [StatusRead(RunStatus("interrupted", step=1))]


def test_a_running_run_that_falls_silent_is_told_once_until_it_is_heard_again(folder, log):
    on_another_computer(folder)
    acts = [nothing] * 5 + [lambda: log.write(step(1))] + [nothing] * 5
    events = told(folder, *acts, poll_seconds=1.0, quiet_seconds=3.0)
    assert events == [StatusRead(RunStatus("running")), Silent(3.0), step(1), Silent(3.0)]


def test_a_run_that_has_ended_may_be_silent(folder):
    folder.write_status(RunStatus("finished"))
    events = told(folder, *[nothing] * 5, poll_seconds=1.0, quiet_seconds=3.0)
    assert events == [StatusRead(RunStatus("finished"))]


# -- stopping -----------------------------------------------------------------------------------


def test_a_stop_ends_the_longest_wait_at_once(folder):
    stop, waiting = threading.Event(), threading.Event()

    def run():
        for _ in follow(folder.path, stop=stop, poll_seconds=3600.0):
            waiting.set()

    thread = threading.Thread(target=run)
    thread.start()
    assert waiting.wait(10.0)
    stop.set()
    thread.join(10.0)
    assert not thread.is_alive()


def test_a_stop_ends_the_reading_of_many_steps(folder, log):
    for number in range(1, 11):
        log.write(step(number))
    stop = threading.Event()
    events = []
    for event in follow(folder.path, stop=stop):
        events.append(event)
        stop.set()
    assert events == [step(1)]


def test_no_file_is_open_while_events_are_handed_over(folder, log):
    log.write(step(1))
    log.write(step(2))
    news = Tail(folder.metrics_path).news()
    next(news)
    other = folder.path / "other"
    other.write_bytes(line(step(7)))
    other.replace(folder.metrics_path)  # Windows refuses that while it is open
    assert list(news) == [step(2), Reload(), step(7)]
