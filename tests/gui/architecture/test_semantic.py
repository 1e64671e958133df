"""Semantic zoom without a window: where levels change, and whose word counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resnet_studio.architecture.catalog import get
from resnet_studio.architecture.graph import build_graph
from resnet_studio.gui.architecture.outline import (
    Folds,
    every_block_opened,
    every_stage_folded,
)
from resnet_studio.gui.architecture.semantic import Level, Unfolding, borders, chosen, level_at

GRAPH = build_graph(get("resnet18").spec)
LIMITS = borders(whole=1.0, block=40.0, reading=1.1, text=1.0)


def test_a_level_unfolds_stages_and_then_blocks():
    usual = Unfolding()
    assert usual.folds(GRAPH) == Folds()
    assert usual.at(Level.STAGES).folds(GRAPH) == every_stage_folded(GRAPH)
    assert usual.at(Level.LAYERS).folds(GRAPH) == every_block_opened(GRAPH)


@pytest.mark.parametrize("level", list(Level))
def test_what_a_person_says_holds_on_every_level(level):
    said = Unfolding(level).saying("layer2.0", unfolded=False).saying("layer3.1", unfolded=True)
    folds = said.saying("layer1", unfolded=False).folds(GRAPH)
    assert "layer2.0" not in folds.opened
    assert "layer3.1" in folds.opened
    assert "layer1" in folds.folded
    assert "layer3" not in folds.folded, "its unfolded block must be seen"


def test_folds_chosen_for_the_whole_network_are_said_of_each_part():
    for folds in (every_stage_folded(GRAPH), every_block_opened(GRAPH)):
        for level in Level:
            assert chosen(folds).at(level).folds(GRAPH).opened >= folds.opened
            assert chosen(folds).at(level).folds(GRAPH).folded >= folds.folded


def test_blocks_are_unfolded_where_they_can_hold_words():
    assert LIMITS.to_layers == pytest.approx(2.0)  # 40 pixels have become 80
    assert level_at(Level.BLOCKS, 1.99, LIMITS) is Level.BLOCKS
    assert level_at(Level.BLOCKS, 2.0, LIMITS) is Level.LAYERS
    wide = borders(whole=1.0, block=400.0, reading=1.0, text=1.0)
    assert wide.to_layers == 1.5, "the network that is seen whole is not unfolded"
    thin = borders(whole=1.0, block=0.5, reading=1.0, text=1.0)
    assert thin.to_layers == 6.0


@given(st.floats(0.1, 20), st.sampled_from(list(Level)))
def test_a_level_that_was_just_entered_is_not_left_at_the_same_zoom(zoom, level):
    entered = level_at(level, zoom, LIMITS)
    if {entered, level} == {Level.BLOCKS, Level.STAGES}:
        assert level_at(entered, zoom, LIMITS) in (entered, Level.LAYERS)
        assert LIMITS.to_stages < LIMITS.from_stages
