from __future__ import annotations

import threading

from resnet_studio.training.control import Control


def waiting_thread(control: Control) -> tuple[threading.Thread, threading.Event]:
    begun = threading.Event()

    def wait() -> None:
        begun.set()
        control.wait_while_paused()

    thread = threading.Thread(target=wait)
    thread.start()
    assert begun.wait(5)
    return thread, begun


def test_nothing_is_asked_at_first():
    control = Control()
    assert not control.paused
    assert not control.stopping
    control.wait_while_paused()  # returns at once


def test_a_paused_run_waits_until_it_is_resumed():
    control = Control()
    control.pause()
    thread, _ = waiting_thread(control)
    thread.join(0.05)
    assert thread.is_alive()
    control.resume()
    thread.join(5)
    assert not thread.is_alive()
    assert not control.paused


def test_a_paused_run_can_be_stopped():
    control = Control()
    control.pause()
    thread, _ = waiting_thread(control)
    control.stop()
    thread.join(5)
    assert not thread.is_alive()
    assert control.stopping


def test_a_stopping_run_is_not_paused_any_more_whatever_comes_after():
    control = Control()
    control.stop()
    control.pause()
    assert control.stopping
    assert not control.paused
    control.wait_while_paused()  # returns at once
