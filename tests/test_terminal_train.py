"""`resnet-studio train` from the words to the run."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from resnet_studio import terminal_train
from resnet_studio.cli import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, main
from resnet_studio.terminal_train import stopping_on_signals
from resnet_studio.training.runs import RunFolder, default_runs_dir
from tests.bad_input.commands import events, train_words
from tests.training.conftest import tiny_spec, write_pictures


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def spec(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("spec") / "tiny.toml"
    tiny_spec().save(path)
    return path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("pictures") / "two classes", each=8)


@pytest.fixture(scope="module")
def divided(tmp_path_factory) -> Path:
    """Pictures of which some are kept for testing."""
    folder = tmp_path_factory.mktemp("divided")
    write_pictures(folder / "train", each=8)
    write_pictures(folder / "test", each=5)
    return folder


@pytest.fixture
def words(spec, pictures, tmp_path) -> list[str]:
    return train_words(spec, pictures, tmp_path / "run")


@pytest.fixture
def begun(words, tmp_path, capsys) -> Path:
    """The folder of a run of one epoch."""
    assert main(words) == 0
    capsys.readouterr()
    return tmp_path / "run"


def refused(capsys) -> str:
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("resnet-studio: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_a_run_is_repeated_from_its_own_file(begun, tmp_path, capsys):
    again = ["train", "--config", str(begun / "run.toml"), "--run", str(tmp_path / "again")]
    assert main([*again, "--json"]) == 0
    assert RunFolder(tmp_path / "again").config == RunFolder(begun).config


def test_what_is_switched_on_can_be_switched_off(words, tmp_path, capsys):
    more = ["--decay-all", "False", "--nesterov", "False", "--recipe", "folder", "--momentum", "0"]
    assert main([*words, *more]) == 0
    recipe = RunFolder(tmp_path / "run").config.recipe
    assert (recipe.decay_all, recipe.nesterov) == (False, False)


def test_steps_may_decide_the_length(words, tmp_path, capsys):
    assert main([*words, "--steps", "3"]) == 0
    assert events(capsys)[-1]["step"] == 3


@pytest.mark.parametrize(
    ("more", "hint"),
    [
        (["--spec", "resnet18"], "--spec cannot be given"),
        (["--data", "digits", "--split-seed", "0"], "--data, --split-seed cannot be given"),
        (["--run", "elsewhere"], "--run cannot be given"),
        (["--learning-rate", "0.5"], "learning_rate is"),
        (["--batch-size", "4"], "these can be changed: epochs"),
        (["--epochs", "0"], "epochs is 0"),
    ],
)
def test_what_a_run_that_has_begun_cannot_take_is_refused(more, hint, begun, capsys):
    before = (begun / "run.toml").read_bytes()
    assert main(["train", "--resume", str(begun), *more]) == EXIT_FAILED
    assert hint in refused(capsys)
    assert (begun / "run.toml").read_bytes() == before


def test_a_run_with_nothing_left_to_do_says_how_to_train_on(begun, capsys):
    assert main(["train", "--resume", str(begun)]) == 0
    assert "Nothing was left to do. To train on: --epochs" in capsys.readouterr().out


def test_the_value_that_a_run_has_already_may_be_said_again(begun, capsys):
    words = ["train", "--resume", str(begun), "--batch-size", "8", "--epochs", "2", "--json"]
    assert main(words) == 0
    assert events(capsys)[-1]["epoch"] == 2


def test_text_ends_with_the_result_on_stdout_and_all_else_on_stderr(words, tmp_path, capsys):
    assert main([word for word in words if word != "--json"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[-1] == f"Run: {tmp_path / 'run'}"
    assert "Finished after 1 epoch" in captured.out
    assert "held out" in captured.err
    assert "\x1b" not in captured.out + captured.err


def test_event_files_are_written_where_they_are_asked_for(words, tmp_path, capsys):
    assert main([*words, "--tensorboard"]) == 0
    assert list((tmp_path / "run" / "tensorboard").glob("events.out.tfevents.*"))


def test_without_tensorboard_the_run_is_refused_before_it_begins(
    words, tmp_path, capsys, monkeypatch
):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    assert main([*words, "--tensorboard", "True"]) == EXIT_FAILED
    assert "pip install tensorboard" in refused(capsys)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (["--tensorboard"], {"tensorboard": True}),
        (["--nesterov", "--epochs", "3"], {"nesterov": True, "epochs": 3}),
        (["--decay-all", "False", "--sync-batch-norm", "true"], {"decay_all": False}),
    ],
)
def test_a_switch_needs_no_value_and_takes_one(said, meant, monkeypatch):
    asked = []
    monkeypatch.setattr(
        terminal_train, "train_network", lambda given, **_: asked.append(given.changes) or 0
    )
    assert main(["train", *said]) == 0
    assert meant.items() <= asked[0].items()


@pytest.mark.parametrize("said", [["maybe"], ["True", "False"]])
def test_a_switch_that_is_neither_on_nor_off_is_a_mistake_of_use(said, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["train", "--nesterov", *said])
    assert caught.value.code == EXIT_USAGE
    assert "neither True nor False" in capsys.readouterr().err


def test_a_word_where_a_number_belongs_is_a_mistake_of_use(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["train", "--epochs", "many"])
    assert caught.value.code == EXIT_USAGE
    assert "--epochs" in capsys.readouterr().err


def test_the_help_has_a_box_for_each_group_of_flags(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = capsys.readouterr().out
    for group in ("length", "optimiser", "rate", "loss", "hardware", "keeping"):
        assert f"recipe.{group} options" in text
    assert "unset by default" not in text


# The pictures for testing


def test_the_test_comes_once_and_last(spec, divided, tmp_path, capsys):
    words = train_words(spec, divided, tmp_path / "run")
    assert main([*words, "--test"]) == 0
    told = events(capsys)
    assert [line["event"] for line in told[-2:]] == ["RunEnded", "Tested"]
    assert told[-1]["total"] == 10
    assert told[-1]["top1"] == told[-1]["correct"] / 10
    # Later, too, they are looked at on request only.
    for more, part, total in (([], "validation", 4), (["--split", "test"], "test", 10)):
        assert main(["evaluate", "--checkpoint", str(tmp_path / "run"), *more, "--json"]) == 0
        result = json.loads(capsys.readouterr().out)
        assert (result["split"], result["total"]) == (part, total)


def test_the_test_is_told_as_text_too(spec, divided, tmp_path, capsys):
    words = train_words(spec, divided, tmp_path / "run")
    assert main([*(word for word in words if word != "--json"), "--test"]) == 0
    assert "of 10 pictures right" in capsys.readouterr().out


def test_data_without_pictures_for_testing_are_refused_before_the_run(words, tmp_path, capsys):
    assert main([*words, "--test"]) == EXIT_FAILED
    assert "keeps no pictures for testing" in refused(capsys)
    assert not (tmp_path / "run").exists()


# The learning rate


def test_a_rate_is_found_and_no_run_is_left(words, tmp_path, capsys):
    assert main([*words, "--find-rate"]) == 0
    told = events(capsys)
    assert {line["event"] for line in told} == {"Progress", "RatePoint", "RangeFound"}
    assert told[-1]["learning_rate"] > 0
    assert not (tmp_path / "run").exists()
    assert not default_runs_dir().exists()


def test_the_rate_is_told_as_a_flag_to_type(words, capsys):
    assert main([*(word for word in words if word != "--json"), "--find-rate"]) == 0
    captured = capsys.readouterr()
    assert "--learning-rate 0." in captured.out
    assert "step 10 of 100  rate" in captured.err


# Signals


class Asked:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_asks_and_the_second_interrupts(number):
    before, asked = signal.getsignal(number), Asked()
    with stopping_on_signals(asked):
        os.kill(os.getpid(), number)
        assert asked.times == 1
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_under_nohup_a_hangup_stays_ignored():
    before, asked = signal.signal(signal.SIGHUP, signal.SIG_IGN), Asked()
    try:
        with stopping_on_signals(asked):
            os.kill(os.getpid(), signal.SIGHUP)
        assert asked.times == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_stopped_run_is_not_a_failed_one_and_an_interrupted_one_is_told(
    spec, pictures, tmp_path, capsys, monkeypatch
):
    """The signal comes with the third line; a second one with the fifth interrupts."""
    from resnet_studio import terminal_progress

    words = train_words(spec, pictures, tmp_path / "run", epochs=500)
    printed, real = [], terminal_progress.print_line

    def printing(values: dict) -> None:
        real(values)
        printed.append(values["event"])
        if printed.count("StepDone") == 3 and printed[-1] == "StepDone":
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(terminal_progress, "print_line", printing)
    assert main(words) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["outcome"], last["step"]) == ("stopped", 3)

    def interrupting(values: dict) -> None:
        real(values)
        if values["event"] == "StepDone":
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(terminal_progress, "print_line", interrupting)
    assert main(["train", "--resume", str(tmp_path / "run"), "--json"]) == EXIT_INTERRUPTED
    assert capsys.readouterr().err == "resnet-studio: Interrupted.\n"
    assert RunFolder(tmp_path / "run").status().state == "stopped"


# Several processes


@pytest.mark.slow
def test_two_processes_share_a_run_and_its_output_is_that_of_one(words, tmp_path, capfd):
    assert main([*words, "--processes", "2"]) == 0
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [line["event"] for line in lines].count("RunStarted") == 1
    assert lines[-1]["outcome"] == "finished"
    assert RunFolder(tmp_path / "run").status().state == "finished"


@pytest.mark.parametrize(
    ("flag", "number"), [("processes", 0), ("processes", 100_000), ("threads", 1000)]
)
def test_numbers_that_make_no_sense_are_refused_before_anything_is_made(flag, number, home, capsys):
    assert main(["train", "--data", "digits", f"--{flag}", str(number)]) == EXIT_FAILED
    assert f"{flag} is {number:,};" in refused(capsys)
    assert not list(home.rglob("run.toml"))


def test_several_processes_begin_no_run_in_the_folder_of_another(begun, words, capsys):
    assert main([*words, "--processes", "2"]) == EXIT_FAILED
    assert "already holds a run" in refused(capsys)


def test_processes_within_processes_are_refused(words, capsys, monkeypatch):
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    monkeypatch.setenv("RANK", "0")
    assert main([*words, "--processes", "2"]) == EXIT_FAILED
    assert "Leave --processes out" in refused(capsys)
