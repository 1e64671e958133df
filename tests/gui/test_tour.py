from __future__ import annotations

import pytest

from resnet_studio.errors import StudioError
from resnet_studio.gui.tour import run_tour


@pytest.mark.slow
def test_the_tour_walks_through_the_main_job_and_reports_it(qapp, tmp_path):
    lines = []
    out = tmp_path / "tour"
    assert run_tour(out, epochs=1, say=lines.append) == 0
    pictures = sorted(path.name for path in out.glob("*.png"))
    assert {
        "architecture.png",
        "architecture-basic.png",
        "compare.png",
        "features.png",
        "augmentation.png",
        "training.png",
        "degradation.png",
        "features-trained.png",
        "inside-layer.png",
        "inside-blocks.png",
        "inside-why.png",
        "inside-filters.png",
        "inside-surgery.png",
        "classification.png",
    } <= set(pictures)
    page = (out / "index.html").read_text()
    assert all(f'src="{name}"' in page for name in pictures)
    assert "25,557,032 parameters" in page
    assert "best validation accuracy" in page


def test_a_folder_that_cannot_be_made_is_named(qapp, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(StudioError, match="file"):
        run_tour(blocked / "tour")
