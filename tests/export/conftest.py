from __future__ import annotations

import pytest

from tests.export.subjects import spec_of, subject_of


@pytest.fixture(scope="session")
def tiny():
    """A tiny network of the CIFAR kind; nothing in it is changed by an export."""
    return subject_of(spec_of("option_b"))
