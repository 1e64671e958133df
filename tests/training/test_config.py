from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_studio.architecture.catalog import CATALOG, resolve
from resnet_studio.data.sources import DataConfig
from resnet_studio.errors import RunError
from resnet_studio.training.config import RunConfig, default_config
from resnet_studio.training.presets import DEFAULT_RECIPES, RECIPES


@pytest.mark.parametrize("source", ["digits", "cifar10", "folder"])
@pytest.mark.parametrize("network", CATALOG)
def test_every_network_of_the_catalogue_has_a_default_for_every_source(network, source):
    data = DataConfig(source=source, path="somewhere" if source == "folder" else None)
    config = default_config(resolve(network), data, classes=7 if source == "folder" else None)
    assert config.network.classes == (7 if source == "folder" else 10)
    assert config.network.in_channels == 3
    assert config.train_augment.output_size == config.network.input_size
    assert config.validation_augment.output_size == config.network.input_size
    assert config.recipe == DEFAULT_RECIPES[source].recipe
    assert RunConfig.from_toml(config.to_toml()) == config


def test_digits_come_at_the_size_that_suits_the_stem():
    digits = DataConfig(source="digits")
    small = default_config(resolve("cifar_resnet20"), digits)
    assert (small.network.input_size, small.train_augment.name) == (32, "digits_train")
    for name, size in (("resnet50", 64), ("resnet50d", 64), ("tutorial96", 96)):
        assert default_config(resolve(name), digits).network.input_size == size


def test_pictures_of_a_folder_come_at_the_size_of_the_network():
    folder = DataConfig(source="folder", path="somewhere")
    config = default_config(resolve("resnet50"), folder, classes=3)
    assert config.train_augment.output_size == 224


@given(name=st.sampled_from(sorted(RECIPES)), seed=st.integers(0, 2**31 - 1))
def test_toml_holds_every_recipe_exactly(name, seed):
    config = default_config(resolve("cifar_resnet20"), DataConfig(source="digits"))
    changed = config.model_copy(update={"recipe": RECIPES[name].recipe.replace(seed=seed)})
    assert RunConfig.from_toml(changed.to_toml()) == changed


def test_a_relative_path_becomes_absolute_so_that_a_run_is_resumed_from_anywhere(
    tmp_path, monkeypatch, config
):
    monkeypatch.chdir(tmp_path)
    here = RunConfig(**{**dict(config), "data": DataConfig(source="folder", path="Bilder/数字")})
    assert here.data.path == str(tmp_path / "Bilder" / "数字")


@pytest.mark.parametrize(
    ("text", "said"), [("[recipe", "not valid TOML"), ("", "The field network is missing.")]
)
def test_a_text_that_is_no_configuration_is_an_error_with_a_remedy(text, said):
    with pytest.raises(RunError, match=said) as caught:
        RunConfig.from_toml(text)
    assert caught.value.remedy


def test_a_wrong_number_in_a_whole_file_is_named(config):
    text = config.to_toml().replace("epochs = 3\n", "epochs = 0\n", 1)
    with pytest.raises(RunError, match=r"recipe\.epochs is 0"):
        RunConfig.from_toml(text)
    text = config.to_toml().replace('source = "folder"', 'source = "cloud"', 1)
    with pytest.raises(RunError, match=r"data\.source is 'cloud'"):
        RunConfig.from_toml(text)
