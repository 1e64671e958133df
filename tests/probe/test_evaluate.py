"""The accuracy that is told is the one that a person would count by hand."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torchvision.transforms import v2

from resnet_studio.data.augment import (
    CIFAR10,
    IMAGENET,
    AugmentSpec,
    CenterCrop,
    Resize,
    ResizeExact,
)
from resnet_studio.data.dataset import Subset
from resnet_studio.errors import DataError, DeviceError
from resnet_studio.probe import evaluate as module
from resnet_studio.probe.evaluate import Evaluation, EvaluationProgress, evaluate, evaluate_subset
from resnet_studio.probe.network import load_network
from tests.data.folders import make_zip

NAMES = ("ant", "bee", "cat", "dog", "emu", "fox", "gnu")
SIDE = 32


def save_noise(path: Path, number: int, size: tuple[int, int] = (SIDE, SIDE)) -> None:
    """Saves a picture of coloured noise around a colour of its own; the size is width, height."""
    rng = np.random.default_rng(number)
    colour = rng.integers(30, 226, 3)
    noise = rng.integers(-30, 30, (size[1], size[0], 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((colour + noise).astype(np.uint8)).save(path)


@pytest.fixture(scope="module")
def network():
    """A tiny network of seven classes whose answers differ from picture to picture."""
    from resnet_studio.architecture.spec import parse_spec

    spec = parse_spec(
        {"name": "tiny", "block": "basic", "stem": "cifar", "depths": (1, 1), "stem_width": 4}
        | {"widths": (4, 8), "classes": 7, "input_size": SIDE}
    )
    loaded = load_network(spec)
    torch.manual_seed(3)
    nn.init.normal_(loaded.model.fc.weight, std=3.0)
    return loaded


@pytest.fixture
def folder(tmp_path) -> Path:
    """Seven folders of 5 to 11 pictures, 56 in all."""
    for label, name in enumerate(NAMES):
        for number in range(5 + label):
            save_noise(tmp_path / "set" / name / f"{number}.png", 100 * label + number)
    return tmp_path / "set"


def finished(network, data, **options) -> Evaluation:
    return followed(network, data, **options)[1]


def followed(network, data, **options) -> tuple[list[EvaluationProgress], Evaluation]:
    stream, seen = evaluate(network, data, **options), []
    while True:
        try:
            seen.append(next(stream))
        except StopIteration as end:
            return seen, end.value


def refusal(network, data, **options) -> DataError:
    with pytest.raises(DataError) as caught:
        finished(network, data, **options)
    assert caught.value.remedy
    return caught.value


def counted_by_hand(network, folder: Path, names=NAMES) -> dict[str, tuple[int, int, int]]:
    """Returns total, correct and among-five of each folder, with Pillow, numpy and torch alone."""
    mean = np.array([0.4914, 0.4822, 0.4465], np.float32)
    std = np.array([0.2470, 0.2435, 0.2616], np.float32)
    counts = {}
    for cls in sorted(path.name for path in folder.iterdir()):
        total = correct = among = 0
        for path in sorted((folder / cls).iterdir()):
            pixels = np.asarray(Image.open(path).convert("RGB"), np.float32) / 255
            planes = ((pixels - mean) / std).transpose(2, 0, 1)[None]
            with torch.no_grad():
                logits = network.model(torch.from_numpy(planes.copy()))[0]
            best = logits.topk(5).indices.tolist()
            total += 1
            correct += best[0] == names.index(cls)
            among += names.index(cls) in best
        counts[cls] = (total, correct, among)
    return counts


def by_folder(result: Evaluation) -> dict[str, tuple[int, int, int | None]]:
    return {cls.folder: (cls.total, cls.correct, cls.top5_correct) for cls in result.classes}


# What is counted


def test_the_counts_are_those_of_a_computation_by_hand(network, folder):
    result = finished(network, folder)
    by_hand = counted_by_hand(network, folder)
    assert by_folder(result) == by_hand
    assert result.total == sum(total for total, _, _ in by_hand.values()) == 56
    assert result.correct == sum(correct for _, correct, _ in by_hand.values())
    assert result.top5_correct == sum(among for _, _, among in by_hand.values())
    assert 0 < result.correct < result.top5_correct < result.total
    assert result.accuracy == result.correct / 56


@pytest.mark.parametrize("batch_size", [1, 2, 3, 5, 8, 19, 55, 56, 57, 1000])
def test_the_size_of_the_batches_changes_no_number(network, folder, batch_size):
    alone, together = (finished(network, folder, batch_size=size) for size in (batch_size, None))
    assert by_folder(alone) == by_folder(together)
    assert alone.taken_for == together.taken_for


def test_the_answers_of_each_class_add_up(network, folder):
    result = finished(network, folder)
    for cls in result.classes:
        answers = result.taken_for[cls.output]
        assert sum(answers.values()) == cls.total
        assert answers.get(cls.output, 0) == cls.correct
        wrong = {NAMES[answer]: count for answer, count in answers.items() if answer != cls.output}
        assert cls.mistaken == max(wrong.values(), default=0)
        assert wrong.get(cls.mistaken_for, 0) == cls.mistaken
    assert any(cls.mistaken for cls in result.classes)


def test_another_order_of_the_outputs_counts_otherwise(network, folder):
    names = NAMES[::-1]
    result = finished(network, folder, names=names)
    assert by_folder(result) == counted_by_hand(network, folder, names)
    assert [cls.folder for cls in result.classes] == list(names)


def test_an_archive_is_read_like_a_folder(network, folder, tmp_path):
    members = [
        (f"set/{path.relative_to(folder)}", path.read_bytes())
        for path in sorted(folder.rglob("*.png"))
    ]
    assert by_folder(finished(network, make_zip(tmp_path / "set.zip", members))) == by_folder(
        finished(network, folder)
    )


def test_of_five_outputs_there_are_no_five_largest(tiny, folder):
    for name in NAMES[5:]:
        (folder / name).rename(folder.parent / name)
    result = finished(tiny, folder)
    assert result.top5_correct is None
    assert {cls.top5_correct for cls in result.classes} == {None}


def test_one_folder_is_enough_where_the_outputs_have_names(network, folder):
    everything = by_folder(finished(network, folder))
    for name in NAMES[1:]:
        (folder / name).rename(folder.parent / name)
    result = finished(network, folder, names=NAMES)
    assert by_folder(result) == {"ant": everything["ant"]}


def test_the_pictures_of_an_unknown_folder_do_not_count(network, folder):
    before = finished(network, folder, names=NAMES)
    save_noise(folder / "zebra" / "0.png", 1)
    result = finished(network, folder, names=NAMES)
    assert (result.total, result.correct) == (before.total, before.correct)
    assert result.labelling.skipped == ("zebra",)


def test_of_a_divided_set_only_the_validation_pictures_count(network, folder, tmp_path):
    save_noise(tmp_path / "both" / "train" / "ant" / "0.png", 1)
    save_noise(tmp_path / "both" / "train" / "bee" / "0.png", 2)
    for name in NAMES[:2]:
        (folder / name).rename(folder.parent / name)
        target = tmp_path / "both" / "val" / name
        target.parent.mkdir(exist_ok=True)
        (folder.parent / name).rename(target)
    result = finished(network, tmp_path / "both", names=NAMES)
    assert {cls.folder: cls.total for cls in result.classes} == {"ant": 5, "bee": 6}
    assert "its 2 pictures are not counted" in result.problems[-1].reason


# What happens to a picture


def prepared(network, folder: Path, **options) -> torch.Tensor:
    """Returns what enters the network for the only picture of the folder."""
    seen = []
    handle = network.model.register_forward_pre_hook(lambda _module, given: seen.append(given[0]))
    try:
        finished(network, folder, names=NAMES, **options)
    finally:
        handle.remove()
    assert {tuple(images.shape) for images in seen} == {(1, 3, SIDE, SIDE)}
    return seen[0][0]


def by_torchvision(path: Path, shorter: int, side: int, statistics) -> torch.Tensor:
    steps = [v2.Resize(shorter, antialias=True), v2.CenterCrop(side)]
    steps += [v2.ToDtype(torch.float32, scale=True), v2.Normalize(statistics.mean, statistics.std)]
    image = torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1)
    return v2.Compose(steps)(image)


def test_a_picture_of_another_size_is_resized_and_cut_as_in_validation(network, tmp_path):
    path = tmp_path / "set" / "ant" / "0.png"
    save_noise(path, 1, size=(90, 60))
    small = dataclasses.replace(network, preprocessing=module.validation_pipeline(SIDE, CIFAR10))
    seen = prepared(small, tmp_path / "set")
    assert torch.equal(seen, by_torchvision(path, SIDE, SIDE, CIFAR10))


@pytest.mark.parametrize(("size", "shorter"), [(32, 32), (64, 64), (65, 74), (96, 110), (224, 256)])
def test_above_64_pixels_the_border_is_cut_off(size, shorter):
    steps = module.validation_pipeline(size, IMAGENET).steps
    assert steps == (Resize(size=shorter), CenterCrop(size=size), IMAGENET)


def test_a_picture_of_the_right_size_may_be_left_as_it_is(network, tmp_path):
    path = tmp_path / "set" / "ant" / "0.png"
    save_noise(path, 1)
    zoomed = AugmentSpec(steps=(Resize(size=40), CenterCrop(size=SIDE), CIFAR10))
    wanted = dataclasses.replace(network, preprocessing=zoomed)
    resized = prepared(wanted, tmp_path / "set")
    left = prepared(wanted, tmp_path / "set", leave_right_size=True)
    assert torch.equal(resized, by_torchvision(path, 40, SIDE, CIFAR10))
    assert torch.equal(left, by_torchvision(path, SIDE, SIDE, CIFAR10))


def test_a_picture_of_another_size_is_resized_though_the_right_size_is_left(network, tmp_path):
    path = tmp_path / "set" / "ant" / "0.png"
    save_noise(path, 1, size=(SIDE, SIDE + 1))
    zoomed = AugmentSpec(steps=(Resize(size=40), CenterCrop(size=SIDE), CIFAR10))
    wanted = dataclasses.replace(network, preprocessing=zoomed)
    seen = prepared(wanted, tmp_path / "set", leave_right_size=True)
    assert torch.equal(seen, by_torchvision(path, 40, SIDE, CIFAR10))


# Close calls


class Answers(nn.Module):
    """Answers in batches with an error in the last bits, and a picture alone without."""

    def __init__(self, error: float) -> None:
        super().__init__()
        self.error = error
        self.alone = 0

    def forward(self, images):
        value = images.mean(dim=(1, 2, 3))
        logits = torch.stack([value] * 7, dim=1)
        logits[:, 1] += 1e-6
        if len(images) > 1:
            logits[:, 0] += self.error
        else:
            self.alone += 1
        return logits


def test_what_the_last_bits_could_decide_is_decided_by_the_picture_alone(network, folder):
    model = Answers(error=2e-6).eval()
    result = finished(dataclasses.replace(network, model=model), folder, batch_size=8)
    assert model.alone == 56
    assert all(set(answers) == {1} for answers in result.taken_for.values())


def test_what_is_clear_is_not_asked_twice(network, folder):
    asked = []
    handle = network.model.register_forward_hook(lambda *seen: asked.append(len(seen[2])))
    finished(network, folder, batch_size=28)
    handle.remove()
    assert asked == [28, 28]


class Overflowing(nn.Module):
    def forward(self, images):
        return torch.full((len(images), 7), float("nan"))


def test_outputs_that_are_not_finite_count_as_wrong(network, folder):
    result = finished(dataclasses.replace(network, model=Overflowing().eval()), folder)
    assert (result.total, result.correct, result.top5_correct) == (56, 0, 0)
    assert result.overflowed == 56


# What cannot be read


def test_bad_pictures_are_left_out_and_listed(network, folder):
    before = by_folder(finished(network, folder))
    (folder / "ant" / "empty.png").write_bytes(b"")
    whole = (folder / "bee" / "0.png").read_bytes()
    (folder / "bee" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "bee" / "notes.txt").write_text("bees")
    result = finished(network, folder, batch_size=4)
    assert by_folder(result) == before
    assert {(problem.file, problem.reason) for problem in result.unread} == {
        ("ant/empty.png", "it is empty"),
        ("bee/cut.png", "it is cut off; its end is missing"),
    }
    assert [problem.file for problem in result.problems] == ["bee/notes.txt"]


def test_nothing_but_bad_pictures_is_an_error(network, tmp_path):
    for name in NAMES:
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.png").write_bytes(b"")
    error = refusal(network, tmp_path)
    assert "None of the 7 pictures" in error.message
    assert "ant/0.png: it is empty" in error.message


def test_a_flat_folder_is_told_how_to_arrange(network, tmp_path):
    save_noise(tmp_path / "0.png", 1)
    error = refusal(network, tmp_path)
    assert "no class folders" in error.message
    assert "one folder for each class" in error.remedy


def test_a_missing_folder_is_an_error(network, tmp_path):
    assert "No such file" in refusal(network, tmp_path / "gone").message


def test_too_few_folders_without_names_is_an_error_with_both_counts(network, folder):
    (folder / "gnu").rename(folder.parent / "gnu")
    message = refusal(network, folder).message
    assert "7 outputs" in message
    assert "6 folders" in message


def test_a_batch_of_none_is_refused(network, folder):
    assert "batch size is 0" in refusal(network, folder, batch_size=0).message


def test_a_network_of_grey_pictures_is_refused(tiny_spec, folder):
    grey = load_network(tiny_spec.replace(in_channels=1))
    assert "1 channels" in refusal(grey, folder).message


class OutOfMemory(nn.Module):
    def forward(self, images):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")


def test_too_little_memory_asks_for_smaller_batches(network, folder):
    broken = dataclasses.replace(network, model=OutOfMemory().eval())
    with pytest.raises(DeviceError) as caught:
        finished(broken, folder, batch_size=8)
    assert "--batch 4" in caught.value.remedy


# Progress and cancelling


def test_progress_grows_to_the_number_of_pictures(network, folder):
    seen, result = followed(network, folder, batch_size=10)
    evaluating = [step for step in seen if step.phase == "evaluating"]
    assert seen[0].phase == "listing"
    assert [step.done for step in evaluating] == [10, 20, 30, 40, 50, 56]
    assert {step.total for step in evaluating} == {56}
    assert evaluating[-1].correct == result.correct


def test_closing_stops_the_threads(network, folder):
    stream = evaluate(network, folder, batch_size=2)
    while next(stream).phase != "evaluating":
        pass
    assert any(thread.name.startswith("pictures") for thread in threading.enumerate())
    stream.close()
    assert not any(thread.name.startswith("pictures") for thread in threading.enumerate())


def test_only_a_few_batches_are_in_memory_at_once(network, folder, monkeypatch):
    """Decoding waits for the network: three batches are begun before the first answer."""
    opened = []
    real = module.open_file
    monkeypatch.setattr(module, "open_file", lambda *given: opened.append(1) or real(*given))
    stream = evaluate(network, folder, batch_size=2)
    while next(stream).phase != "evaluating":
        pass
    assert len(opened) <= 6
    stream.close()


def test_the_network_is_left_as_it_was(network, folder):
    before = {name: tensor.clone() for name, tensor in network.model.state_dict().items()}
    finished(network, folder)
    assert not network.model.training
    after = network.model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


# The loss


def test_the_loss_is_torch_s_cross_entropy(network, folder):
    losses = []
    for label, name in enumerate(NAMES):
        for path in sorted((folder / name).iterdir()):
            images = by_torchvision(path, SIDE, SIDE, CIFAR10)[None]
            with torch.no_grad():
                logits = network.model(images).double()
            losses.append(nn.functional.cross_entropy(logits, torch.tensor([label])).item())
    assert finished(network, folder).loss == pytest.approx(np.mean(losses), rel=1e-5)


def test_there_is_no_loss_of_outputs_that_are_not_finite(network, folder):
    result = finished(dataclasses.replace(network, model=Overflowing().eval()), folder)
    assert np.isnan(result.loss)


# Ten crops


@pytest.fixture
def large(tmp_path) -> Path:
    """Seven folders of four pictures each, larger than the input, upright and lying."""
    for label, name in enumerate(NAMES):
        for number in range(4):
            size = (44 + 5 * number, 40) if number % 2 else (41, 50 + 3 * label)
            save_noise(tmp_path / "large" / name / f"{number}.png", 9 * label + number, size=size)
    return tmp_path / "large"


@pytest.fixture
def zoomed(network):
    """The network with a pipeline that cuts 32 pixels out of 40."""
    steps = AugmentSpec(steps=(Resize(size=40), CenterCrop(size=SIDE), CIFAR10))
    return dataclasses.replace(network, preprocessing=steps)


def averaged_by_torchvision(network, path: Path) -> torch.Tensor:
    """Returns the mean of the ten softmax outputs, with torchvision's own ten crops."""
    steps = [v2.Resize(40, antialias=True), v2.TenCrop(SIDE)]
    crops = v2.Compose(steps)(torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1))
    last = [v2.ToDtype(torch.float32, scale=True), v2.Normalize(CIFAR10.mean, CIFAR10.std)]
    with torch.no_grad():
        logits = network.model(torch.stack([v2.Compose(last)(crop) for crop in crops]))
    return logits.double().softmax(dim=1).mean(dim=0)


def test_ten_crops_are_averaged_as_by_torchvision(zoomed, large):
    result = finished(zoomed, large, ten_crop=True)
    correct = among = 0
    loss = 0.0
    for path in sorted(large.rglob("*.png")):
        label = NAMES.index(path.parent.name)
        mean = averaged_by_torchvision(zoomed, path)
        best = mean.topk(5).indices.tolist()
        correct, among = correct + (best[0] == label), among + (label in best)
        loss -= mean[label].log().item()
    assert (result.correct, result.top5_correct, result.total) == (correct, among, 28)
    assert result.loss == pytest.approx(loss / 28, rel=1e-6)
    single = finished(zoomed, large)
    assert result.loss != pytest.approx(single.loss, rel=1e-5)


@pytest.mark.parametrize("batch_size", [1, 3, 28])
def test_the_size_of_the_batches_changes_no_number_of_ten_crops(zoomed, large, batch_size):
    alone, together = (
        finished(zoomed, large, ten_crop=True, batch_size=size) for size in (batch_size, 8)
    )
    assert alone.taken_for == together.taken_for
    assert by_folder(alone) == by_folder(together)


def test_a_broken_picture_is_listed_once_for_its_ten_crops(zoomed, large):
    before = finished(zoomed, large, ten_crop=True)
    (large / "ant" / "bad.png").write_bytes(b"")
    (large / "bee" / "bad.png").write_bytes(b"")
    seen, result = followed(zoomed, large, ten_crop=True, batch_size=8)
    assert [problem.file for problem in result.unread] == ["ant/bad.png", "bee/bad.png"]
    assert by_folder(result) == by_folder(before)
    assert (seen[-1].done, seen[-1].total) == (30, 30)


def test_ten_crops_of_pictures_of_the_input_s_size_are_said_to_be_two(network, folder):
    result = finished(network, folder, ten_crop=True)
    assert result.problems[-1].file == "ten crops"
    assert result.total == 56


def test_ten_crops_need_a_pipeline_that_cuts(network, folder):
    square = AugmentSpec(steps=(ResizeExact(size=SIDE), CIFAR10))
    uncut = dataclasses.replace(network, preprocessing=square)
    error = refusal(uncut, folder, ten_crop=True)
    assert "no centre crop" in error.message
    assert "--size" in error.remedy


def test_a_picture_too_small_for_its_crops_is_listed(network, large):
    uncut = AugmentSpec(steps=(CenterCrop(size=SIDE), CIFAR10))
    save_noise(large / "ant" / "small.png", 1, size=(SIDE - 1, SIDE))
    result = finished(dataclasses.replace(network, preprocessing=uncut), large, ten_crop=True)
    (problem,) = result.unread
    assert problem.file == "ant/small.png"
    assert "31 × 32" in problem.reason


def test_the_views_of_a_picture_that_vanished_half_way_do_not_count():
    pictures = np.repeat([4, 5, 6], (10, 7, 10))
    assert module._whole(pictures, 10).tolist() == [True] * 10 + [False] * 7 + [True] * 10


# Parts of a data set


@pytest.fixture
def divided(tmp_path) -> Path:
    """Training, validation and test folders of two classes with 3, 2 and 1 pictures each."""
    for side, count in (("train", 3), ("val", 2), ("test", 1)):
        for label, name in enumerate(NAMES[:2]):
            for number in range(count):
                save_noise(tmp_path / "set" / side / name / f"{number}.png", 9 * label + number)
    return tmp_path / "set"


@pytest.mark.parametrize(
    ("part", "total"), [(None, 2), ("test", 2), ("validation", 4), ("all", 12)]
)
def test_a_part_of_a_divided_folder_may_be_chosen(network, divided, part, total):
    assert finished(network, divided, names=NAMES, part=part).total == total


def test_a_part_that_is_not_there_is_refused(network, folder):
    error = refusal(network, folder, part="test")
    assert "no folder of its own for testing" in error.message


def test_a_subset_of_an_open_data_set_is_counted_as_its_folder_is(network, folder):
    from resnet_studio.data.sources import DataConfig, load_dataset

    split = load_dataset(DataConfig(source="folder", path=str(folder)))
    stream = evaluate_subset(network, Subset(split.train.dataset, np.arange(56)), batch_size=16)
    while True:
        try:
            next(stream)
        except StopIteration as end:
            result = end.value
            break
    assert by_folder(result) == by_folder(finished(network, folder))
