"""Fixtures for pictures and data sets."""

from __future__ import annotations

import contextlib
import os

import pytest

_NOBODY = 65534


@pytest.fixture
def as_nobody():
    """Gives a context in which permissions count, even where the tests run as root."""
    if not hasattr(os, "geteuid"):
        pytest.skip("this system has no such permissions")

    @contextlib.contextmanager
    def without_rights(folder):
        if os.geteuid() != 0:
            yield
            return
        for parent in (folder, *folder.parents):  # pytest's folders are for their owner only
            if parent.stat().st_mode & 0o055 != 0o055:
                parent.chmod(0o755)
        os.seteuid(_NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)

    return without_rights
