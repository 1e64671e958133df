"""A run whose pipelines subtract a mean picture: from measuring it to classifying with it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from resnet_studio.data.augment import AugmentSpec, CenterCrop, Normalise, Resize
from resnet_studio.data.endings import normalise
from resnet_studio.data.imaging import open_picture
from resnet_studio.data.mean_picture import LARGEST_SIDE, packed
from resnet_studio.data.per_pixel_mean import measure_mean
from resnet_studio.data.sources import ClassEdits, open_dataset
from resnet_studio.errors import RunError, SpecError
from resnet_studio.export import Subject
from resnet_studio.export.compare import trial_pictures
from resnet_studio.export.onnx_file import described_preprocessing
from resnet_studio.probe.classify_many import Crop, views_of
from resnet_studio.probe.evaluate import evaluate
from resnet_studio.probe.examinee import Answers, open_examinee
from resnet_studio.probe.framing import Framing, FramingKind, border_colour
from resnet_studio.probe.network import WeightsChoice, load_network
from resnet_studio.probe.predict import classify, prepare
from resnet_studio.training.comparing import compare
from resnet_studio.training.runs import RunFolder, listing_of
from tests.training.conftest import tiny_config, write_pictures
from tests.training.running import ended, run


def measured(config):
    (*_, split) = open_dataset(config.data)
    return result_of(measure_mean(split.train, config.train_augment, std=(0.5,) * 3))


def result_of(generator):
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def config(pictures):
    config = tiny_config(pictures, epochs=2)
    ending = measured(config)
    return config.model_copy(
        update={
            "train_augment": config.train_augment.with_ending(ending),
            "validation_augment": config.validation_augment.with_ending(ending),
        }
    )


@pytest.fixture(scope="module")
def finished(config, tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "one"
    assert ended(run(config, path)).outcome == "finished"
    return RunFolder(path)


@pytest.fixture(scope="module")
def network(finished, config):
    (weights,) = finished.checkpoints.glob("best*.safetensors")
    return load_network(config.network, WeightsChoice("file", str(weights)))


def test_the_mean_picture_stays_in_the_run_and_in_its_weights(finished, network, config):
    assert finished.config == config
    assert network.preprocessing == config.validation_augment
    assert network.preprocessing.ending.pictures == 28


def test_the_network_classifies_what_training_would_have_fed(network, pictures):
    picture = open_picture(pictures / "light" / "03.png")
    prepared = prepare(network, picture)
    ending = network.preprocessing.ending
    expected = (picture.rgb / 255 - ending.mean) / 0.5
    assert np.abs(prepared.batch[0].permute(1, 2, 0).numpy() - expected).max() < 1e-6
    assert np.array_equal(prepared.rgb, picture.rgb)
    letterboxed = prepare(network, picture, Framing(FramingKind.LETTERBOX))
    assert letterboxed.batch.shape == prepared.batch.shape
    levels = [round(255 * mean) for mean in ending.channel_means]
    assert list(border_colour(network.preprocessing)) == levels


@pytest.mark.parametrize("crop", [Crop.PIPELINE, Crop.TEN, Crop.CENTRE])
def test_every_crop_is_read_with_the_mean_picture(network, pictures, crop):
    picture = open_picture(pictures / "dark" / "00.png")
    views = views_of(network, picture, crop)
    assert len(views) == (10 if crop is Crop.TEN else 1)
    for view in views:
        again = normalise(
            network.preprocessing, torch.from_numpy(view.prepared.rgb.copy()).permute(2, 0, 1)
        )
        assert torch.equal(view.prepared.batch[0], again)


def test_an_evaluation_counts_what_classifying_counts(network, pictures):
    right = 0
    for name in ("dark", "light"):
        for file in (pictures / name).iterdir():
            right += network.classes[classify(network, open_picture(file))[0].index] == name
    assert result_of(evaluate(network, pictures)).correct == right
    assert result_of(evaluate(network, pictures, ten_crop=True)).total == 36


def test_a_size_for_which_there_is_no_mean_picture_is_refused_in_words(finished):
    (weights,) = finished.checkpoints.glob("best*.safetensors")
    with pytest.raises(SpecError) as caught:
        open_examinee(weights, Answers(size=16))
    assert "a mean picture of 8 × 8 pixels" in caught.value.message
    assert "pictures of 16 × 16" in caught.value.message
    own = open_examinee(weights)
    assert own.found.assumed == ()
    assert own.network.preprocessing == finished.config.validation_augment
    right_size = open_examinee(weights, Answers(size=8)).network.preprocessing
    assert right_size.ending == own.network.preprocessing.ending
    told = open_examinee(weights, Answers(mean=(0.1, 0.2, 0.3))).network.preprocessing
    assert told.ending == Normalise(mean=(0.1, 0.2, 0.3), std=(0.5,) * 3)
    wider = open_examinee(weights, Answers(std=(2.0, 2.0, 2.0))).network.preprocessing.ending
    assert np.array_equal(wider.mean, own.network.preprocessing.ending.mean)
    assert wider.std == (2, 2, 2)


def test_an_onnx_file_tells_the_mean_picture_in_full(network):
    subject = Subject(network.model, network.classes, network.preprocessing)
    told = described_preprocessing(subject)
    ending = network.preprocessing.ending
    assert np.array_equal(np.array(told["mean"], dtype=np.float32), ending.mean)
    assert told["std"] == [0.5, 0.5, 0.5]
    assert [step["kind"] for step in told["steps"]] == ["resize", "center_crop"]
    assert trial_pictures(subject, 2).shape == (2, 3, 8, 8)


def test_a_comparison_of_runs_does_not_print_mean_pictures(finished, config, tmp_path):
    other = config.validation_augment.with_ending(packed(np.zeros((8, 8, 3)), pictures=1))
    again = RunFolder(tmp_path / "two")
    again.prepare(config.model_copy(update={"validation_augment": other}))
    found = compare([listing_of(finished), listing_of(again)]).differences
    (picture,) = [each for each in found if each.field.endswith(".picture")]
    assert all(len(str(value)) < 40 for value in picture.values)
    assert picture.values[0] != picture.values[1]


def test_a_comparison_of_runs_counts_many_left_out_pictures(finished, config, tmp_path):
    files = tuple(f"cats/{number}.png" for number in range(3000))
    edits = ClassEdits(excluded_files=files)
    again = RunFolder(tmp_path / "two")
    again.prepare(
        config.model_copy(update={"data": config.data.model_copy(update={"edits": edits})})
    )
    found = compare([listing_of(finished), listing_of(again)]).differences
    (names,) = [each for each in found if each.field.endswith(".excluded_files")]
    assert names.values[1].startswith("3,000 names, ")
    assert len(names.values[1]) < 40


def test_the_largest_mean_pictures_fit_into_a_file_of_a_run(config, tmp_path):
    noise = np.random.default_rng(0).uniform(0, 255, (LARGEST_SIDE, LARGEST_SIDE, 3))
    steps = (Resize(size=LARGEST_SIDE), CenterCrop(size=LARGEST_SIDE))
    large = AugmentSpec(steps=steps).with_ending(packed(noise, pictures=1))
    folder = RunFolder(tmp_path / "large")
    sized = config.model_copy(update={"train_augment": large, "validation_augment": large})
    folder.prepare(sized)
    assert folder.config == sized


@pytest.mark.parametrize(
    "line", ['"' + "A" * 9000 + '",', "a." * 2000 + "a = 1", '"A", ' + "x" * 8200]
)
def test_other_long_lines_are_refused_as_before(config, tmp_path, line):
    folder = RunFolder(tmp_path / "long")
    folder.prepare(config)
    path = folder.path / "run.toml"
    path.write_text("\n".join([path.read_text(), *[line] * 20]))
    with pytest.raises(RunError, match="far too long"):
        _ = folder.config
