"""`resnet-studio runs` from the words to the table."""

from __future__ import annotations

import csv
import json

import pytest

from resnet_studio.cli import EXIT_FAILED, main
from resnet_studio.training.runs import default_runs_dir
from tests.training.conftest import write_pictures
from tests.training.test_comparing import made


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("pictures") / "two classes", each=2)


@pytest.fixture
def runs(home, pictures):
    """Two runs and a broken one in the studio's own folder."""
    folder = default_runs_dir()
    made(folder / "first", pictures)
    made(folder / "second", pictures, accuracies=(0.875,), learning_rate=0.25)
    made(folder / "torn", pictures)
    (folder / "torn" / "run.toml").write_text("[network\n")
    return folder


def told(capsys, *words: object) -> dict:
    assert main(["runs", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_all_runs_are_listed(runs, capsys):
    assert main(["runs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (first,) = [line for line in lines if line.startswith("first")]
    for part in ("finished", "tiny", "two classes", "own", "3/3", "75.00%"):
        assert part in first
    assert any(line.startswith("torn: ") and "run.toml" in line for line in lines)


def test_the_list_as_json_has_the_broken_run_too(runs, capsys):
    listed = {run["name"]: run for run in told(capsys)["runs"]}
    assert listed.keys() == {"first", "second", "torn"}
    assert listed["second"]["best_accuracy"] == 0.875
    assert listed["first"]["problem"] == ""
    assert "cannot be read" in listed["torn"]["problem"]


def test_runs_of_another_folder_are_listed(tmp_path, pictures, capsys):
    made(tmp_path / "elsewhere" / "mine", pictures)
    (tmp_path / "elsewhere" / "no run").mkdir()
    listed = told(capsys, "--dir", tmp_path / "elsewhere")
    assert [run["name"] for run in listed["runs"]] == ["mine"]


def test_two_runs_are_compared_by_name_and_by_folder(runs, capsys):
    assert main(["runs", "first", str(runs / "second")]) == 0
    text = capsys.readouterr().out
    assert "recipe.learning_rate" in text
    assert "recipe.momentum" not in text
    assert "first: best 75.00% after epoch 2; 6.0 s in all" in text
    result = told(capsys, "first", runs / "second")
    assert result["differences"] == [{"field": "recipe.learning_rate", "values": [0.05, 0.25]}]
    assert [run["name"] for run in result["runs"]] == ["first", "second"]
    assert result["epochs"][1]["runs"][0]["validation_accuracy"] == 0.75
    assert result["epochs"][1]["runs"][1] is None


def test_alike_runs_say_so(runs, pictures, capsys):
    made(runs / "again", pictures)
    assert main(["runs", "first", "again"]) == 0
    assert "No setting differs." in capsys.readouterr().out


def test_of_many_epochs_some_are_shown_and_the_last(home, pictures, capsys):
    made(default_runs_dir() / "long", pictures, accuracies=[n / 1000 for n in range(1, 101)])
    assert main(["runs", "long"]) == 0
    lines = capsys.readouterr().out.splitlines()
    epochs = [int(line.split()[0]) for line in lines if line.strip()[:1].isdigit()]
    assert epochs == list(range(5, 101, 5))
    assert "20 of 100 epochs" in lines[-1]


def test_figures_and_list_are_written_as_csv(runs, tmp_path, capsys):
    assert main(["runs", "--csv", str(tmp_path / "list.csv")]) == 0
    assert main(["runs", "first", "second", "--csv", str(tmp_path / "epochs.csv")]) == 0
    assert f"{tmp_path / 'epochs.csv'} was written." in capsys.readouterr().err
    listed = list(csv.DictReader((tmp_path / "list.csv").open()))
    assert {row["name"] for row in listed} == {"first", "second", "torn"}
    epochs = list(csv.DictReader((tmp_path / "epochs.csv").open()))
    assert [row["first: validation_accuracy"] for row in epochs] == ["0.5", "0.75", "0.625"]


def test_no_runs_at_all_say_how_to_make_one(home, capsys):
    assert main(["runs"]) == 0
    text = capsys.readouterr().out
    assert "resnet-studio train" in text
    assert "resnet-studio runs --recorded" in text
    assert told(capsys)["runs"] == []


def test_runs_that_come_with_the_program_are_listed_and_found_by_name(runs, capsys):
    recorded = {run["name"]: run for run in told(capsys, "--recorded")["runs"]}
    assert recorded
    assert {run["problem"] for run in recorded.values()} == {""}
    name = next(iter(recorded))
    compared = told(capsys, name, "first")
    assert compared["runs"][0]["best_accuracy"] == recorded[name]["best_accuracy"]


@pytest.mark.parametrize(
    ("words", "hints"),
    [
        (["nothing"], ("no run nothing", "first")),
        (["--dir", "/nowhere"], ("/nowhere", "--dir")),
        (["first", "--csv", "/proc/x.csv"], ("/proc/x.csv", "another file")),
        (["first", "--csv", "/nowhere/x.csv"], ("no folder /nowhere", "Make it")),
    ],
)
def test_a_mistake_gives_one_line_with_the_remedy(words, hints, runs, capsys):
    assert main(["runs", *words]) == EXIT_FAILED
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert all(hint in captured.err for hint in hints)
