from __future__ import annotations

import pytest
import torch

from resnet_studio.errors import Cancelled, ExportError
from resnet_studio.export.child import run_python


def run(code, folder, *, seconds=60.0, cancelled=lambda: False):
    """Runs `code`; returns what it printed, and how often it said that it still works."""
    stream = run_python(
        ("-c", code), folder=folder, seconds=seconds, cancelled=cancelled, what="The program"
    )
    ticks = 0
    while True:
        try:
            next(stream)
        except StopIteration as end:
            return end.value, ticks
        ticks += 1


def test_what_it_prints_comes_back_and_it_tells_that_it_works(tmp_path):
    output, ticks = run("import time; time.sleep(0.5); print('façade')", tmp_path)
    assert output == "façade\n"
    assert ticks >= 2


def test_it_computes_with_as_many_threads_in_its_folder(tmp_path):
    code = "import os; print(os.environ['OMP_NUM_THREADS'], os.getcwd())"
    assert run(code, tmp_path)[0].split() == [str(torch.get_num_threads()), str(tmp_path)]


def test_a_failure_is_told_with_its_last_line(tmp_path):
    with pytest.raises(ExportError, match="The program failed: ValueError: too large"):
        run("print('so far'); raise ValueError('too large')", tmp_path)
    with pytest.raises(ExportError, match="it said nothing"):
        run("import os; os._exit(3)", tmp_path)


def test_one_that_does_not_end_is_stopped(tmp_path):
    with pytest.raises(ExportError, match="did not end within 1 s"):
        run("while True: pass", tmp_path, seconds=0.6)


def test_one_that_is_cancelled_is_stopped(tmp_path):
    answers = iter([False, False, True])
    with pytest.raises(Cancelled):
        run("while True: pass", tmp_path, cancelled=lambda: next(answers))


def test_one_that_prints_more_than_a_pipe_holds_ends(tmp_path):
    output, _ = run("print('x' * 1_000_000)", tmp_path)
    assert len(output) == 1_000_001
