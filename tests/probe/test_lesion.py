from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_studio.data.dataset import ArrayDataset, Subset
from resnet_studio.data.sources import DataConfig
from resnet_studio.errors import Cancelled, DataError
from resnet_studio.models import build_network
from resnet_studio.probe import validation
from resnet_studio.probe.evaluate import evaluate_subset
from resnet_studio.probe.labels import Folders
from resnet_studio.probe.lesion import Lesion, Side, batch_that_fits, each_in_turn
from resnet_studio.probe.network import load_network
from resnet_studio.probe.stepwise import logits_after, walk
from resnet_studio.probe.surgery import NO_SURGERY, operate
from resnet_studio.probe.validation import judge, open_pictures, validation_set

CLASSES = tuple("abcde")


def _all(generator):
    """Runs a generator to its end; returns what it yielded and what it returned."""
    steps = []
    while True:
        try:
            steps.append(next(generator))
        except StopIteration as end:
            return steps, end.value


@pytest.fixture
def pictures():
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (60, 32, 32, 3), dtype=np.uint8)
    labels = np.arange(60, dtype=np.int64) % 5
    dataset = ArrayDataset("noise", CLASSES, images, labels)
    return validation.Pictures(
        Subset(dataset, np.arange(60)), Folders("noise", CLASSES, CLASSES), "all"
    )


@pytest.fixture(params=["original", "full_preactivation"])
def network(request, tiny_spec):
    """A network with two blocks a stage, of another answer for nearly every picture."""
    spec = tiny_spec.replace(depths=(2, 2), order=request.param)
    loaded = load_network(spec)
    loaded.model.load_state_dict(build_network(spec, seed=4).state_dict())
    return loaded


def test_each_lesion_is_the_accuracy_of_the_network_operated_on(network, pictures):
    sample = validation_set(network, pictures, most=60)
    _, intact = _all(judge(network, sample))
    for side in Side:
        _, study = _all(each_in_turn(network, sample, side=side, batch_size=16))
        assert [each.block for each in study.lesions] == list(network.model.blocks)
        assert (study.correct, study.total) == (intact.correct, 60)
        for lesion in study.lesions:
            operation = side.operation
            operated = operate(
                network,
                NO_SURGERY.changed(
                    lesion.block, branch=operation.branch, shortcut=operation.shortcut
                ),
            )
            _, judged = _all(judge(operated, sample, batch_size=60))
            assert lesion.correct == judged.correct
            assert lesion.changed == judged.changed_from(intact)
        assert len({lesion.changed for lesion in study.lesions}) > 1


def test_results_come_one_by_one_and_grow_with_every_batch(network, pictures):
    sample = validation_set(network, pictures, most=60)
    steps, study = _all(each_in_turn(network, sample, batch_size=20))
    names = list(network.model.blocks)
    assert [step.block for step in steps] == names * 3
    assert [step.seen for step in steps[:: len(names)]] == [20, 40, 60]
    assert tuple(steps[-len(names) :]) == study.lesions


def test_a_study_of_an_operated_network_is_one_of_the_intact_network(network, pictures):
    sample = validation_set(network, pictures, most=30)
    operated = operate(network, NO_SURGERY.changed("layer1.0", branch=0.0))
    _, study = _all(each_in_turn(operated, sample))
    _, expected = _all(each_in_turn(network, sample))
    assert study.lesions == expected.lesions


def test_a_study_ends_where_it_is_told_to(network, pictures):
    sample = validation_set(network, pictures, most=30)
    calls = []

    def check():
        calls.append(None)
        if len(calls) > 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        _all(each_in_turn(network, sample, check=check))
    assert len(calls) == 6


def test_points_and_their_error_are_those_of_paired_answers():
    lesion = Lesion("layer1.0", seen=100, intact=80, lost=30, gained=10, changed=45)
    assert (lesion.correct, lesion.accuracy) == (60, 0.6)
    assert lesion.points_lost == pytest.approx(20)
    # Each picture counts +1, -1 or 0; their deviation over the root of their number.
    values = np.array([1] * 30 + [-1] * 10 + [0] * 60)
    assert lesion.points_error == pytest.approx(100 * values.std() / 10)


def test_batches_are_small_enough_for_what_is_kept(tiny_spec):
    deep = tiny_spec.replace(depths=(60, 60), widths=(64, 128), stem_width=64)
    assert batch_that_fits(tiny_spec) == 100
    assert 1 <= batch_that_fits(deep) < 20


@pytest.mark.parametrize("blocks", [(), ("layer1.0",), ("layer2.1",), ("layer1.1", "layer2.0")])
def test_going_on_from_the_first_change_gives_the_bits_of_a_whole_pass(network, blocks):
    images = torch.randn(3, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    surgery = NO_SURGERY
    for block in blocks:
        surgery = surgery.changed(block, branch=0.0, shortcut=0.7)
    operated = operate(network, surgery)
    for most_bytes, kept in ((None, len(network.model.blocks)), (1, 1)):
        taken = walk(network, images, most_bytes=most_bytes)
        assert len(taken.inputs) == kept
        with torch.inference_mode():
            assert torch.equal(taken.logits, network.model(images))
            assert torch.equal(logits_after(operated, taken), operated.model(images))


def test_a_judgement_is_that_of_the_evaluation(network, pictures):
    sample = validation_set(network, pictures, most=60)
    _, judged = _all(judge(network, sample, batch_size=7))
    _, evaluated = _all(evaluate_subset(network, pictures.subset))
    assert (judged.correct, judged.total) == (evaluated.correct, 60)
    assert judged.accuracy == evaluated.accuracy


def test_a_sample_takes_from_every_class_alike_and_is_always_the_same(network, pictures):
    first, again = (validation_set(network, pictures, most=12) for _ in range(2))
    assert first.subset.indices.tolist() == again.subset.indices.tolist()
    assert sorted(first.subset.counts.tolist()) == [2, 2, 2, 3, 3]
    assert (len(first), first.available) == (12, 60)


def test_pictures_of_other_classes_are_refused_with_the_names_of_both(tiny_spec, pictures):
    network = load_network(tiny_spec.replace(classes=10))
    with pytest.raises(DataError, match=r"10 outputs .* noise has 5 folders"):
        validation_set(network, pictures, most=10)


def test_a_folder_is_opened_with_what_it_keeps_for_testing(network, tmp_path):
    for part, count in (("train", 3), ("test", 2)):
        for name in CLASSES:
            folder = tmp_path / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                Image.new("RGB", (40, 32), (number * 60, 9, 9)).save(folder / f"{number}.png")
    _, opened = _all(open_pictures(tmp_path))
    assert (opened.part, len(opened.subset)) == ("test", 10)
    (tmp_path / "test" / "a" / "0.png").write_bytes(b"broken")
    _, judged = _all(judge(network, validation_set(network, opened, most=10)))
    assert (judged.total, len(judged.unread)) == (9, 1)


def test_of_a_data_set_the_held_out_part_is_taken(tmp_path):
    for name in CLASSES:
        (tmp_path / name).mkdir()
        for number in range(5):
            Image.new("RGB", (32, 32), (number * 40, 9, 9)).save(tmp_path / name / f"{number}.png")
    config = DataConfig(source="folder", path=str(tmp_path), validation_fraction=0.4)
    _, opened = _all(open_pictures(config))
    assert (opened.part, opened.folders.used) == ("validation", CLASSES)
    assert opened.subset.counts.tolist() == [2] * 5
