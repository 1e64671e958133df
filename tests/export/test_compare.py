from __future__ import annotations

import pytest
import torch

from resnet_studio.errors import ExportError
from resnet_studio.export.compare import (
    greatest_difference,
    in_words,
    logits_of,
    trial_photograph,
    trial_pictures,
)
from tests.export.subjects import spec_of, subject_of


def difference(theirs, ours, tolerance=1e-4):
    return greatest_difference("it", torch.tensor(theirs), torch.tensor(ours), tolerance=tolerance)


def test_the_difference_is_a_fraction_of_the_greatest_logit_or_of_one():
    assert difference([[100.0, 0.005]], [[100.0, 0.0]]) == pytest.approx(5e-5)
    assert difference([[0.0, 5e-5]], [[0.0, 0.0]]) == pytest.approx(5e-5)
    assert difference([[1.5]], [[1.5]]) == 0.0


@pytest.mark.parametrize(
    ("theirs", "told"),
    [
        ([[1.001, 2.0]], "5.0e-04 of the greatest"),
        ([[1.0, torch.inf]], "infinite"),
        ([[torch.nan, 2.0]], "infinite"),
        ([[1.0, 2.0, 3.0]], "gives"),
    ],
)
def test_more_than_the_tolerance_is_refused(theirs, told):
    with pytest.raises(ExportError, match=told):
        difference(theirs, [[1.0, 2.0]])


def test_a_network_that_overflows_may_be_copied_by_one_that_does():
    assert difference([[torch.inf, torch.nan]], [[torch.nan, torch.inf]]) is None
    with pytest.raises(ExportError, match="infinite"):
        difference([[1.0, 2.0]], [[torch.nan, torch.inf]])


def test_the_finding_is_told_in_words():
    assert in_words(0.0, tolerance=1e-6) == "logits are the same bit for bit"
    assert "overflow" in in_words(None, tolerance=1e-6)
    assert "by 2e-07 of the greatest" in in_words(2e-7, tolerance=1e-6)


@pytest.mark.parametrize("feature", ["option_b", "one_channel"])
def test_trial_pictures_are_what_the_network_reads_and_differ(feature):
    subject = subject_of(spec_of(feature))
    pictures = trial_pictures(subject, 3)
    assert pictures.shape == (3, *subject.input_shape)
    assert torch.equal(pictures, trial_pictures(subject, 3))
    logits = logits_of(subject, pictures)
    assert logits.shape == (3, 5)
    assert not torch.allclose(logits[0], logits[1])


def test_the_trial_photograph_is_wider_than_high_and_neither_flat_nor_noise():
    photograph = trial_photograph()
    assert photograph.shape == (61, 83, 3)
    assert photograph.std() > 30
    assert abs(photograph[1:].astype(int) - photograph[:-1]).mean() < photograph.std()
