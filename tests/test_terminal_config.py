"""Which run the flags and files of `train` mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resnet_studio.data.augment import pipelines_for
from resnet_studio.data.mean_picture import packed
from resnet_studio.data.sources import ClassEdits, DataConfig
from resnet_studio.errors import StudioError
from resnet_studio.terminal_config import Asked, configured
from resnet_studio.training.presets import DEFAULT_RECIPES, RECIPES
from resnet_studio.training.runs import RunFolder
from tests.training.conftest import tiny_config, tiny_spec, write_pictures


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("pictures") / "two classes", each=3)


@pytest.fixture
def written(tmp_path, pictures) -> Path:
    """The run.toml of a run, with everything that a run has."""
    folder = RunFolder(tmp_path / "run")
    folder.prepare(tiny_config(pictures, nesterov=True, steps=40, clip_norm=2.0))
    return folder.path / "run.toml"


def text(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


def refusal(asked: Asked) -> StudioError:
    with pytest.raises(StudioError) as caught:
        configured(asked)
    assert caught.value.remedy
    return caught.value


def test_nothing_said_is_resnet_20_on_the_digits():
    config = configured(Asked())
    assert (config.network.name, config.network.classes) == ("cifar_resnet20", 10)
    assert config.data == DataConfig(source="digits")
    assert config.recipe == DEFAULT_RECIPES["digits"].recipe


def test_the_file_of_a_run_repeats_the_run(written, pictures):
    assert configured(Asked(file=written)) == RunFolder(written.parent).config


def test_the_file_of_a_run_with_a_mean_picture_and_many_names_repeats_the_run(tmp_path, pictures):
    config = tiny_config(pictures)
    noise = np.random.default_rng(0).uniform(0, 255, (config.train_augment.output_size,) * 2 + (3,))
    ended = config.train_augment.with_ending(packed(noise, pictures=5))
    edits = ClassEdits(excluded_files=tuple(f"some/{number}.png" for number in range(2000)))
    folder = RunFolder(tmp_path / "run")
    data = config.data.model_copy(update={"edits": edits})
    folder.prepare(config.model_copy(update={"train_augment": ended, "data": data}))
    assert configured(Asked(file=folder.path / "run.toml")) == folder.config
    other = configured(Asked(file=folder.path / "run.toml", data="digits"))
    assert (other.data.source, other.data.edits) == ("digits", ClassEdits())


def test_flags_go_before_the_file_and_change_nothing_else(written, pictures):
    before = RunFolder(written.parent).config
    changes = {"nesterov": False, "clip_norm": None, "epochs": 7}
    config = configured(Asked(file=written, changes=changes, validation_fraction=0.5, split_seed=3))
    assert (config.recipe.nesterov, config.recipe.clip_norm) == (False, None)
    assert (config.recipe.epochs, config.recipe.steps) == (7, None)
    assert config.recipe.learning_rate == before.recipe.learning_rate
    assert (config.data.validation_fraction, config.data.split_seed) == (0.5, 3)
    assert config.data.path == before.data.path
    assert config.network == before.network


def test_another_network_is_fitted_to_the_data_of_the_file(written):
    config = configured(Asked(file=written, spec="cifar_resnet20"))
    assert (config.network.name, config.network.classes) == ("cifar_resnet20", 2)


def test_other_data_take_nothing_from_the_file_s_own(tmp_path, pictures):
    file = text(tmp_path / "run.toml", f'[data]\nsource = "folder"\npath = "{pictures}"\n')
    config = configured(Asked(file=file, data="cifar10"))
    assert (config.data.source, config.data.path) == ("cifar10", None)
    assert config.data.validation_fraction == DataConfig(source="cifar10").validation_fraction


def test_a_file_may_name_network_data_and_recipe(tmp_path):
    file = text(
        tmp_path / "run.toml",
        'network = "cifar_resnet56"\ndata = "digits"\nrecipe = "he2015_cifar"\n',
    )
    config = configured(Asked(file=file))
    assert config.network.name == "cifar_resnet56"
    assert config.recipe == RECIPES["he2015_cifar"].recipe


def test_a_network_whose_fields_are_stated_is_taken_as_it_is(tmp_path):
    spec = tiny_spec(classes=10, input_size=24)
    spec.save(tmp_path / "spec.toml")
    stated = (tmp_path / "spec.toml").read_text()
    config = configured(Asked(file=text(tmp_path / "run.toml", f"[network]\n{stated}")))
    assert config.network == spec
    assert config.train_augment == pipelines_for(24, kind="digits")[0]


def test_the_file_s_augmentation_counts_also_with_another_network(written):
    steps = '[train_augment]\nsteps = [{kind = "resize_exact", size = 16}]\n'
    file = text(written.parent / "mine.toml", steps)
    config = configured(Asked(file=file, spec="cifar_resnet20"))
    assert config.train_augment.output_size == 16
    assert config.validation_augment == pipelines_for(32, kind="digits")[1]


def test_a_recipe_s_file_starts_from_the_defaults(tmp_path):
    file = text(tmp_path / "recipe.toml", "[recipe]\nepochs = 3\nmomentum = 0.5\n")
    recipe = configured(Asked(recipe=str(file), changes={"seed": 9})).recipe
    assert (recipe.epochs, recipe.momentum, recipe.seed) == (3, 0.5, 9)


def test_epochs_that_are_given_go_before_the_steps_of_a_preset():
    recipe = configured(Asked(recipe="he2015_cifar", changes={"epochs": 3})).recipe
    assert (recipe.epochs, recipe.steps) == (3, None)


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("[nonsense]\n", "no table nonsense"),
        ("recipe = 3\n", "recipe is 3"),
        ('train_augment = "cifar_train"\n', "train_augment is 'cifar_train'"),
        ("[recipe]\nepochs = 0\n", "epochs is 0"),
        ("[recipe]\nepoch = 1\n", "no field epoch"),
        ("[network]\nstem_width = 0\n", "stem_width"),
        ('[data]\nsource = "clouds"\n', "source is 'clouds'"),
        ("[validation_augment]\nsteps = []\n", "validation_augment"),
        ("[recipe\n", "TOML"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_name(content, hint, tmp_path):
    file = text(tmp_path / "mine.toml", content)
    message = refusal(Asked(file=file)).message
    assert "mine.toml" in message
    assert hint in message


def test_the_warm_up_of_a_recipe_is_shortened_with_the_run_and_that_is_told(capsys):
    recipe = configured(Asked(recipe="folder", changes={"epochs": 1})).recipe
    assert recipe.warmup_epochs == pytest.approx(2 / 20)
    assert "shortened with it to 0.1 of an epoch; --warmup-epochs" in capsys.readouterr().err
    shortened = Asked(recipe="folder", changes={"epochs": 1, "warmup_epochs": 0.5})
    assert configured(shortened).recipe.warmup_epochs == 0.5


@pytest.mark.parametrize(
    ("changes", "flag"),
    [
        ({"seed": 1, "epochs": 0}, "--epochs"),
        ({"batch_size": 0}, "--batch-size"),
        ({"milestones": (3.0,)}, "--milestones"),
    ],
)
def test_a_wrong_value_is_answered_with_the_flag_to_correct(changes, flag):
    assert flag in refusal(Asked(changes=changes)).remedy


def test_flags_that_were_given_are_named(tmp_path):
    asked = Asked(spec="resnet18", file=tmp_path, split_seed=0)
    assert asked.flags() == ("--spec", "--config", "--split-seed")
