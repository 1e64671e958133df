from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from PIL import Image
from threadpoolctl import threadpool_limits

from resnet_studio.data.imaging import open_picture
from resnet_studio.probe.classified_table import Row, Truths, as_csv, score
from resnet_studio.probe.classify_many import (
    Crop,
    averaged,
    classify_many,
    find_pictures,
    views_of,
    votes_of,
)
from resnet_studio.probe.predict import Prediction, classify, forward, prepare, usual_threads


@pytest.fixture
def files(tmp_path):
    """Seven pictures of noise of different shapes."""
    rng = np.random.default_rng(3)
    paths = []
    for number, (height, width) in enumerate([(40, 56), (32, 32), (90, 33), (64, 200)] * 2):
        path = tmp_path / f"{number}.png"
        Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(path)
        paths.append(path)
    return paths[:7]


def finished(search):
    while True:
        try:
            next(search)
        except StopIteration as end:
            return end.value


def bits(predictions):
    return [(each.index, each.probability.hex()) for each in predictions]


@pytest.mark.parametrize("threads", [1, 3])
def test_many_pictures_get_the_bits_that_each_gets_alone(tiny, files, threads):
    alone = [bits(classify(tiny, open_picture(path))) for path in files]
    many = list(classify_many(tiny, files, threads=threads))
    assert [bits(result.predictions) for result in many] == alone
    assert [result.place for result in many] == list(range(7))
    assert (many[3].width, many[3].height) == (200, 64)


def test_a_thread_that_was_told_another_number_computes_with_the_usual_one(tiny, picture):
    """The number decides the last bits; a training run beside the window changes it."""
    seen = []
    batch = prepare(tiny, picture).batch
    hook = tiny.model.register_forward_pre_hook(lambda *_: seen.append(torch.get_num_threads()))

    def look():
        seen.append(torch.get_num_threads())
        with threadpool_limits(usual_threads() + 1, user_api="openmp"):
            forward(tiny, batch)
            seen.append(torch.get_num_threads())

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    hook.remove()
    assert seen == [usual_threads(), usual_threads(), usual_threads() + 1]


def test_a_broken_picture_is_a_result_with_its_reason_and_the_others_follow(tiny, files):
    files[2].write_bytes(b"no picture")
    results = list(classify_many(tiny, files, thumbnail=16))
    assert results[2].predictions == ()
    assert "2.png cannot be opened" in str(results[2].error)
    assert all(result.predictions for result in results if result.place != 2)
    assert results[0].thumbnail.shape == (11, 16, 3)


def test_no_thread_is_left_when_it_is_closed_before_its_end(tiny, files):
    stream = classify_many(tiny, files * 20)
    assert next(stream).place == 0
    before = {thread.name for thread in threading.enumerate()}
    assert any(name.startswith("classify") for name in before)
    stream.close()
    assert not any(thread.name.startswith("classify") for thread in threading.enumerate())


def test_ten_crops_are_the_corners_and_the_centre_and_their_mirror_images(tiny, picture):
    views = views_of(tiny, picture, Crop.TEN)
    assert [view.mirrored for view in views] == [False] * 5 + [True] * 5
    np.testing.assert_array_equal(views[4].prepared.rgb, prepare(tiny, picture).rgb)
    assert views[4].prepared.crop_box == pytest.approx(prepare(tiny, picture).crop_box)
    # 56 × 40 is resized to 45 × 32: the mirrored left corner shows the right end of the picture.
    left, right = views[0].prepared, views[1].prepared
    assert left.crop_box[0] == 0
    assert right.crop_box[0] + right.crop_box[2] == pytest.approx(56)
    assert views[5].prepared.crop_box == pytest.approx(right.crop_box)
    np.testing.assert_array_equal(views[5].prepared.rgb, right.rgb[:, ::-1])


def test_a_crop_struck_out_leaves_the_mean_of_the_others(tiny, picture):
    votes = votes_of(tiny, views_of(tiny, picture, Crop.TEN))
    kept = [vote for number, vote in enumerate(votes) if number != 3]
    by_hand = sum(vote.values for vote in kept) / 9
    found = averaged(tiny, kept)
    assert [each.probability for each in found] == pytest.approx(sorted(by_hand, reverse=True))
    assert found[0].index == int(by_hand.argmax())
    assert averaged(tiny, ()) == ()


def test_ten_crops_of_many_are_what_evaluation_averages(tiny, files):
    from resnet_studio.probe.tally import log_probabilities

    (result,) = classify_many(tiny, files[:1], crop=Crop.TEN)
    views = views_of(tiny, open_picture(files[0]), Crop.TEN)
    logits = np.stack([forward(tiny, view.prepared.batch)[0].numpy() for view in views])
    expected = np.exp(log_probabilities(logits[None])[0])
    assert result.predictions[0].probability == pytest.approx(expected.max(), rel=1e-12)


def test_letterbox_shows_the_whole_picture_and_centre_its_largest_square(tiny, picture):
    (whole,) = views_of(tiny, picture, Crop.LETTERBOX)
    left, top, width, height = whole.prepared.crop_box
    assert left <= 0
    assert top <= 0
    assert left + width >= 56
    assert top + height >= 40
    (square,) = views_of(tiny, picture, Crop.CENTRE)
    assert square.prepared.crop_box == (8.0, 0.0, 40.0, 40.0)


def test_folders_are_searched_and_files_count_whatever_they_are_called(tmp_path, files):
    inner = tmp_path / "more" / "cat"
    inner.mkdir(parents=True)
    (inner / "b.jpg").write_bytes(b"")
    (inner / "a.PNG").write_bytes(b"")
    (inner / "notes.txt").write_text("no picture")
    odd = tmp_path / "photo.weird"
    odd.write_bytes(b"")
    found = finished(find_pictures([odd, tmp_path / "more", tmp_path / "missing.png"]))
    assert [path.name for path in found.files] == ["photo.weird", "a.PNG", "b.jpg", "missing.png"]


def test_the_table_says_what_is_right_where_the_folder_names_the_class():
    names = ("cat", "Dog", "eel")
    truths = Truths(names)
    assert [truths[folder] for folder in ("cat", "dog", "bird", "Dog")] == [0, 1, None, 1]
    sure = [Prediction(0, "cat", 0.75), Prediction(1, "Dog", 0.1)]
    rows = [
        Row("a.png", sure, truth=0),
        Row("b.png", sure, truth=1),
        Row("c, d.png", sure),
        Row("e.png", truth=0, error="broken"),
    ]
    found = score(rows)
    assert (found.known, found.right, found.among_five, found.accuracy) == (2, 1, 2, 0.5)
    lines = as_csv(rows, names, top=2).splitlines()
    assert lines[1] == "a.png,cat,yes,cat,0.75,Dog,0.1,"
    assert lines[2].startswith("b.png,Dog,no,")
    assert lines[3].startswith('"c, d.png",,,cat')
    assert lines[4] == "e.png,cat,,,,,,broken"
