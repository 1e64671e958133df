"""Own pipelines on their way into a run, and those of an earlier run back into the lab."""

from __future__ import annotations

import pytest

from resnet_studio.architecture.catalog import get
from resnet_studio.data.augment import PRESETS
from resnet_studio.data.sources import DataConfig
from resnet_studio.errors import SpecError
from resnet_studio.gui.augmentation.controls import Controls
from resnet_studio.gui.pipeline_sketch import Sketch
from resnet_studio.gui.training.data_summary import DataSummary
from resnet_studio.gui.training.plan import make_plan
from resnet_studio.training.config import RunConfig
from resnet_studio.training.recipe import Recipe
from tests.gui.training.conftest import WAIT_MS

TUTORIAL = (PRESETS["tutorial_train"], PRESETS["tutorial_val"])
NAMES = tuple("0123456789")
DIGITS = DataSummary(DataConfig(), "digits", NAMES, 1438, 359, (), 8)


@pytest.fixture
def setup(qtbot, bare_panel):
    form = bare_panel.setup
    qtbot.waitUntil(lambda: form.plan is not None, timeout=WAIT_MS)
    return form


def test_the_network_reads_what_the_own_pipelines_end_in_and_the_run_keeps_them():
    plan = make_plan(get("cifar_resnet20").spec, DIGITS, Recipe(), TUTORIAL)
    assert plan.config.network.input_size == 96
    kept = RunConfig.from_toml(plan.config.to_toml())
    assert (kept.train_augment, kept.validation_augment) == TUTORIAL
    assert plan.notes == (
        "It sees the pictures at 96 × 96 pixels, instead of 32 × 32.",
        "Your own augmentation ends in that size.",
    )


def test_a_validation_that_draws_is_refused():
    own = (PRESETS["cifar_train"], PRESETS["cifar_train"])
    with pytest.raises(SpecError, match="leaves something to chance"):
        make_plan(get("cifar_resnet20").spec, DIGITS, Recipe(), own)


def test_the_line_names_the_pipelines_and_leads_back_to_the_usual_ones(setup, studio):
    line = setup.augmentation
    assert line.words.text() == "As usual: digits_train, 32 px"
    assert not line.back.isVisible()
    studio.pipelines.set(TUTORIAL)
    assert line.words.text() == "Your own: tutorial_train, 96 px"
    assert "tutorial_val: Resize to a square → Normalise" in line.words.toolTip()
    assert setup.plan.config.train_augment == TUTORIAL[0]
    line.back.click()
    assert setup.plan.config.train_augment == PRESETS["digits_train"]
    studio.undo_stack.undo()
    assert setup.plan.config.network.input_size == 96


def test_steps_that_do_not_fit_keep_training_from_starting_and_say_why(setup, studio):
    broken = Sketch.of(TUTORIAL[0]).switched(0)
    studio.pipelines.set_sketches((broken, Sketch.of(TUTORIAL[1])), usual=TUTORIAL)
    assert setup.plan is None
    assert "different sizes" in setup.problem
    assert setup.augmentation.problem.text() == setup.problem
    studio.undo_stack.undo()
    assert setup.plan is not None
    assert setup.augmentation.problem.isHidden()


def test_two_sizes_are_made_one_from_here(setup, studio):
    line = setup.augmentation
    studio.pipelines.set((TUTORIAL[0], PRESETS["cifar_val"]))
    assert setup.plan is None
    line.copy.click()
    assert line.copy.isHidden()
    assert setup.plan.config.network.input_size == 96
    assert setup.plan.config.validation_augment.note == "Changed from cifar_val."


def test_the_lab_shows_what_the_run_will_read_with_its_seed(setup, studio, qtbot):
    controls = Controls(studio)
    qtbot.addWidget(controls.head)
    qtbot.addWidget(controls.chance_row)
    studio.set_spec(get("resnet50").spec)  # for which training offers a smaller network
    assert controls.pipeline == setup.plan.config.train_augment
    setup.recipe.set_values({"seed": 77, "mixup": 0.2})
    assert setup.plan.config.recipe.seed == 77
    assert controls.choices.seed == 77
    assert "MixUp 0.2" in controls.head.chain.boxes[-1].text()


def test_the_pipelines_of_a_run_are_taken_with_its_seed(bare_panel, setup, studio, qtbot):
    from resnet_studio.gui.training.curves import RunCurves
    from resnet_studio.gui.training.shown_run import ShownRun
    from resnet_studio.training.runs import RunFolder

    controls = Controls(studio)
    qtbot.addWidget(controls.head)
    qtbot.addWidget(controls.chance_row)
    config = make_plan(get("cifar_resnet20").spec, DIGITS, Recipe(seed=5), TUTORIAL).config
    folder = RunFolder(studio.settings.path.parent / "early")
    folder.prepare(config)
    run = ShownRun(folder, folder.config, folder.status(), RunCurves("early"))
    bare_panel._show_run(run)
    assert studio.commands.run("training.use_pipelines")
    assert studio.pipelines.own == TUTORIAL
    assert (controls.pipeline, controls.choices.seed) == (TUTORIAL[0], 5)
    assert studio.undo_stack.undoText() == "Pipelines of the run early"
