from __future__ import annotations

from dataclasses import replace

from resnet_studio.training import checkpoint
from resnet_studio.training.loop import fit
from tests.training.conftest import tiny_config, write_pictures


def begun(tmp_path):
    pictures = write_pictures(tmp_path / "pictures")
    config = tiny_config(pictures, epochs=1)
    *_, end = fit(config, run_dir=tmp_path / "run")
    assert end.outcome == "finished"
    return pictures, config.model_copy(update={"recipe": config.recipe.replace(epochs=2)})


def test_as_many_pictures_but_others_are_not_gone_on_with(tmp_path):
    pictures, config = begun(tmp_path)
    (pictures / "dark" / "17.png").rename(pictures / "dark" / "000.png")  # moves all behind it
    *_, end = fit(config, run_dir=tmp_path / "run", resume=True)
    assert end.outcome == "failed"
    assert "other names of pictures" in end.message
    assert "Restore the pictures" in end.remedy


def test_a_run_whose_version_noted_no_names_goes_on(tmp_path):
    _, config = begun(tmp_path)
    folder = tmp_path / "run" / "checkpoints"
    state = checkpoint.read_state(folder / checkpoint.LAST)
    noted = {key: value for key, value in state.data.items() if key != "names of pictures"}
    assert noted != state.data
    checkpoint.save_state(folder, replace(state, data=noted))
    *_, end = fit(config, run_dir=tmp_path / "run", resume=True)
    assert (end.outcome, end.epoch) == ("finished", 2)
