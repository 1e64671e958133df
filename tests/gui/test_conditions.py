from __future__ import annotations

import pytest

from resnet_studio.gui.command_table import TABLE
from resnet_studio.gui.conditions import IN_THE_WAY, UNMET, sentence

NEEDS = sorted({need for command in TABLE for need in command.needs})


@pytest.mark.parametrize("need", NEEDS)
def test_every_need_of_a_command_has_a_sentence(need):
    assert sentence(need).endswith(".")


def test_no_sentence_is_left_over():
    assert {need.removeprefix("!") for need in NEEDS} == set(UNMET) | set(IN_THE_WAY)
