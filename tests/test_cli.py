from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from resnet_studio import __version__
from resnet_studio.cli import EXIT_FAILED, EXIT_USAGE, main


def run_cli(*words, env=None, timeout=300):
    """Runs the command in a process of its own, without a display."""
    environment = {key: value for key, value in os.environ.items() if "DISPLAY" not in key}
    environment.pop("QT_QPA_PLATFORM", None)
    return subprocess.run(
        [sys.executable, "-m", "resnet_studio", *words],
        capture_output=True,
        text=True,
        env=environment | (env or {}),
        timeout=timeout,
        check=False,
    )


def test_summary_prints_the_figures_of_resnet_50(capsys):
    assert main(["summary", "resnet50", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["name"] == "resnet50"
    assert told["parameters"] == 25_557_032
    assert told["macs"] == 4_089_184_256
    assert [stage["name"] for stage in told["stages"]] == ["layer1", "layer2", "layer3", "layer4"]
    assert [stage["shape"] for stage in told["stages"]][-1] == [2048, 7, 7]


def test_summary_follows_the_input_size(capsys):
    assert main(["summary", "resnet18", "--input-size", "96", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["stages"][-1]["shape"] == [512, 3, 3]


def test_summary_reads_a_spec_file(tmp_path, capsys):
    from resnet_studio.architecture.catalog import get

    path = tmp_path / "mine.toml"
    get("cifar_resnet20").spec.replace(name="mine").save(path)
    assert main(["summary", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["name"], told["parameters"]) == ("mine", 269_722)


def test_summary_as_text_has_a_line_for_each_part(capsys):
    assert main(["summary", "resnet18"]) == 0
    text = capsys.readouterr().out
    for part in ("stem", "layer1", "layer4", "head", "11,689,512"):
        assert part in text


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["summary", "resnet51"], "resnet50"),
        (["summary", "missing.toml"], "missing.toml"),
        (["summary", "resnet18", "--input-size", "0"], "input_size"),
        (["classify", "nothing.png", "--weights", "nothing.pth"], "nothing.pth"),
        (["train", "--data", "no such folder"], "no such folder"),
        (["train", "--epochs", "0"], "epochs"),
        (["train", "--recipe", "nothing"], "he2015_cifar"),
        (["train", "--validation-fraction", "1.5"], "validation-fraction"),
    ],
)
def test_a_mistake_gives_one_line_with_the_remedy(words, hint, capsys):
    assert main(words) == EXIT_FAILED
    told = capsys.readouterr().err
    assert hint in told
    assert told.count("\n") == 1


def test_an_unknown_word_is_explained(capsys):
    assert main(["tuor"]) == EXIT_USAGE
    assert "tour" in capsys.readouterr().err


def test_version(capsys):
    assert main(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


def test_without_a_display_the_window_is_refused_in_one_line():
    done = run_cli()
    assert done.returncode == EXIT_FAILED
    assert done.stderr.count("\n") == 1
    assert "resnet-studio tour" in done.stderr


def test_help_names_every_subcommand():
    done = run_cli("--help")
    assert done.returncode == 0
    for word in ("summary", "train", "classify", "tour"):
        assert word in done.stdout


def test_train_classify_and_resume_work_together(tmp_path, capsys):
    """A tiny network learns the digits, is resumed, and names a picture."""
    from PIL import Image

    from resnet_studio.architecture.catalog import get
    from resnet_studio.data.sources import DataConfig, load_dataset

    spec = tmp_path / "tiny.json"
    tiny = get("cifar_resnet20").spec.replace(
        name="tiny", depths=(1,), widths=(8,), stem_width=8, input_size=32
    )
    tiny.save(spec)
    run = tmp_path / "run"
    words = ["train", "--spec", str(spec), "--run", str(run), "--device", "cpu"]
    assert (
        main([*words, "--epochs", "1", "--batch-size", "256", "--warmup-epochs", "0", "--json"])
        == 0
    )
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[-1]["event"] == "RunEnded"
    assert lines[-1]["outcome"] == "finished"
    assert any(line["event"] == "EpochDone" for line in lines)

    assert main(["train", "--resume", str(run), "--epochs", "2"]) == 0
    assert "Finished" in capsys.readouterr().out

    validation = load_dataset(DataConfig()).validation
    picture = tmp_path / "digit.png"
    Image.fromarray(validation.picture(0)).save(picture)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    code = main(["classify", str(picture), str(broken), "--weights", str(run), "--json"])
    assert code == EXIT_FAILED  # one of the two could not be opened
    told = json.loads(capsys.readouterr().out)
    assert told["network"] == "tiny"
    assert told["trained"] is True
    assert len(told["images"][0]["top"]) == 5
    assert sum(entry["probability"] for entry in told["images"][0]["top"]) <= 1.0 + 1e-6
    assert "broken.png" in told["images"][1]["error"]


def test_random_weights_are_called_random(tmp_path, capsys):
    from PIL import Image

    picture = tmp_path / "grey.png"
    Image.new("RGB", (40, 40), "grey").save(picture)
    assert main(["classify", str(picture), "--network", "cifar_resnet20"]) == 0
    assert "random" in capsys.readouterr().out


def test_every_field_of_the_recipe_is_a_flag_of_its_type():
    from typing import get_type_hints

    from resnet_studio.recipe_flags import RecipeFlags
    from resnet_studio.training.recipe import Recipe

    groups = get_type_hints(RecipeFlags).values()
    flags = [(name, kind) for group in groups for name, kind in get_type_hints(group).items()]
    # Fraction is a float with bounds, which the recipe checks.
    hints = get_type_hints(Recipe)
    assert dict(flags) == {name: hints[name] for name in Recipe.model_fields}
    assert len(flags) == len(dict(flags))


def test_the_window_s_own_names_of_networks_are_understood(capsys):
    assert main(["summary", "ResNet-50", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "resnet50"


def test_a_run_that_never_began_leaves_no_folder(home, capsys):
    assert main(["train", "--data", "cifar10"]) == EXIT_FAILED
    assert "CIFAR-10" in capsys.readouterr().err
    runs = home / "data" / "runs"
    assert not runs.exists() or not list(runs.iterdir())
