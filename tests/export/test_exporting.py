"""Every format through `export`, and all that may go wrong on the way."""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import signal
from contextlib import closing, contextmanager

import pytest
import torch

from resnet_studio.architecture.class_names import numbered_names
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import Cancelled, ExportError
from resnet_studio.export import (
    Exported,
    ExportProgress,
    Format,
    Subject,
    export,
    files_of,
    script,
    weights,
)
from resnet_studio.export.onnx_file import PACKAGES
from resnet_studio.models import identify, read_weights
from tests.export.subjects import spec_of, subject_of

QUICK = (Format.SAFETENSORS, Format.PTH, Format.TOML, Format.JSON)


def run(path, subject, **options):
    """Exports and returns the last event."""
    *progress, last = export(path, subject, **options)
    assert progress
    assert all(isinstance(event, ExportProgress) for event in progress)
    assert isinstance(last, Exported)
    assert [event.step for event in progress] == sorted(event.step for event in progress)
    assert progress[-1].step == progress[-1].steps
    return last


@contextmanager
def full_disk(size):
    """Within the body a write past `size` bytes of a file fails, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


@pytest.mark.parametrize("kind", Format)
def test_each_format_is_written_compared_and_leaves_nothing_else(kind, tiny, tmp_path):
    path = tmp_path / "new" / f"tiny{kind.suffix}"
    (tmp_path / "new").mkdir()
    last = run(path, tiny)
    assert last.format is kind
    assert last.files == files_of(path)
    assert last.checked.endswith(".")
    assert set(path.parent.iterdir()) == set(last.files)
    assert (last.difference is None) == (kind not in (Format.ONNX, Format.SCRIPT))
    assert last.difference is None or last.difference < 1e-5


@pytest.mark.parametrize("kind", QUICK)
def test_files_are_readable_as_any_new_file_is(kind, tiny, tmp_path):
    usual = tmp_path / "usual"
    usual.touch()
    path = tmp_path / f"tiny{kind.suffix}"
    run(path, tiny)
    assert path.stat().st_mode == usual.stat().st_mode


@pytest.mark.parametrize("kind", QUICK)
def test_an_earlier_file_is_replaced(kind, tiny, tmp_path):
    path = tmp_path / f"tiny{kind.suffix}"
    path.write_text("earlier")
    run(path, tiny)
    assert path.read_bytes() != b"earlier"


def test_the_spec_comes_back(tiny, tmp_path):
    for name in ("spec.toml", "spec.json"):
        run(tmp_path / name, tiny)
        assert NetworkSpec.load(tmp_path / name) == tiny.spec


def test_a_wrong_suffix_is_refused_before_anything_is_made(tiny, tmp_path):
    with pytest.raises(ExportError, match="ends in none of"):
        next(export(tmp_path / "new" / "network.pb", tiny))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", [*QUICK, Format.SCRIPT])
def test_a_full_disk_is_told_and_the_earlier_file_is_kept(kind, tiny, tmp_path):
    path = tmp_path / f"tiny{kind.suffix}"
    path.write_text("earlier")
    with full_disk(100), pytest.raises(ExportError, match="cannot be written") as caught:
        run(path, tiny)
    assert str(path) in caught.value.message
    assert ".studio" not in caught.value.message
    assert caught.value.remedy
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("room", [300, 5000, 15_000])
def test_a_disk_that_fills_anywhere_in_the_weights_is_told(room, tiny, tmp_path):
    for name in ("a.pth", "b.safetensors"):
        with full_disk(room), pytest.raises(ExportError, match="cannot be written"):
            run(tmp_path / name, tiny)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_told(tiny, tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(ExportError, match="Permission denied"):
            run(tmp_path / "a.pth", tiny)
    finally:
        tmp_path.chmod(0o700)


def test_a_name_that_is_too_long_is_told(tiny, tmp_path):
    with pytest.raises(ExportError, match="too long") as caught:
        run(tmp_path / f"{'a' * 300}.pth", tiny)
    assert "shorter" in caught.value.remedy


@pytest.mark.parametrize("kind", QUICK)
def test_a_file_in_the_place_of_the_folder_is_told(kind, tiny, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ExportError, match="cannot be written"):
        run(tmp_path / "file" / f"a{kind.suffix}", tiny)
    assert (tmp_path / "file").read_text() == "no folder"


@pytest.mark.parametrize("kind", [*QUICK, Format.SCRIPT])
def test_a_folder_of_that_name_is_kept(kind, tiny, tmp_path):
    path = tmp_path / f"a{kind.suffix}"
    path.mkdir()
    with pytest.raises(ExportError, match="directory"):
        run(path, tiny)
    assert path.is_dir()
    assert list(tmp_path.iterdir()) == [path]


def test_a_script_whose_weights_have_no_place_is_not_written_either(tiny, tmp_path):
    (tmp_path / "a_weights.pth").mkdir()
    (tmp_path / "a.py").write_text("earlier")
    with pytest.raises(ExportError, match="directory"):
        run(tmp_path / "a.py", tiny)
    assert (tmp_path / "a.py").read_text() == "earlier"


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
def test_weights_that_come_back_changed_are_refused(name, tiny, tmp_path, monkeypatch):
    read = weights.read_weights

    def changed(path):
        again = read(path)
        again.state["layer2.0.conv1.weight"][0, 0, 0, 0] += 1e-7
        return again

    monkeypatch.setattr(weights, "read_weights", changed)
    with pytest.raises(ExportError, match=r"layer2\.0\.conv1\.weight"):
        run(tmp_path / name, tiny)
    assert not list(tmp_path.iterdir())


def test_weights_that_are_no_numbers_come_back_all_the_same(tmp_path):
    subject = subject_of(spec_of("option_b"))
    with torch.no_grad():
        subject.model.fc.bias[0] = torch.nan
    weights.same_tensors(tmp_path, subject.model.state_dict(), subject.model.state_dict())
    run(tmp_path / "a.pth", subject)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("* (1 / 255)", "* (1 / 256)", "prepare"),
        ("return F.relu(out + ", "return F.relu(out - ", "does not compute"),
        ("stride=2, padding=1", "stride=3, padding=1", "does not compute"),
        ("class ResNet(nn.Module)", "class Other(nn.Module)", "failed: NameError"),
        ("make_stage(blocks=2", "make_stage(blocks=1", "failed: "),
    ],
)
def test_a_script_that_is_wrong_is_not_given_its_name(old, new, told, tmp_path, monkeypatch):
    subject = subject_of(spec_of("imagenet_stem").replace(input_size=32))
    write = script.script_text

    def mistaken(*arguments, **options):
        text = write(*arguments, **options)
        assert old in text
        return text.replace(old, new)

    monkeypatch.setattr(script, "script_text", mistaken)
    with pytest.raises(ExportError, match=told):
        run(tmp_path / "a.py", subject)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("missing", PACKAGES)
def test_missing_packages_are_named_with_the_command_that_installs_them(
    missing, tiny, tmp_path, monkeypatch
):
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == missing else find(name)
    )
    with pytest.raises(ExportError, match=f"not installed: {missing}") as caught:
        run(tmp_path / "a.onnx", tiny)
    assert "python -m pip install onnx onnxscript onnxruntime" in caught.value.remedy
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", Format)
def test_what_is_cancelled_at_once_leaves_the_earlier_file(kind, tiny, tmp_path):
    path = tmp_path / f"a{kind.suffix}"
    path.write_text("earlier")
    with pytest.raises(Cancelled):
        list(export(path, tiny, cancelled=lambda: True))
    assert path.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["a.onnx", "a.py"])
def test_a_process_that_works_is_stopped_when_it_is_cancelled(name, tiny, tmp_path):
    asked = []

    def cancelled():
        asked.append(None)
        return len(asked) > 5

    with pytest.raises(Cancelled):
        list(export(tmp_path / name, tiny, cancelled=cancelled))
    assert len(asked) == 6
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.onnx", "a.py", "a.pth"])
def test_an_export_that_is_closed_half_way_leaves_nothing(name, tiny, tmp_path):
    with closing(export(tmp_path / name, tiny)) as stream:
        next(stream)
    assert not list(tmp_path.iterdir())


def test_a_pipeline_with_chance_is_refused_for_a_script(tmp_path):
    from resnet_studio.data.augment import PRESETS

    subject = subject_of(spec_of("option_b"), PRESETS["cifar_train"])
    with pytest.raises(ExportError, match="drawn at random"):
        run(tmp_path / "a.py", subject)


@pytest.mark.parametrize("name", ["a.py", pytest.param("a.onnx", marks=pytest.mark.slow)])
def test_a_network_that_overflows_is_exported_and_said_not_to_be_compared(name, tmp_path):
    subject = subject_of(spec_of("option_b"))
    with torch.no_grad():
        for stage in (subject.model.layer1, subject.model.layer2):
            stage[0].bn2.weight.fill_(1e30)
    last = run(tmp_path / name, subject)
    assert last.difference is None
    assert "overflow" in last.checked


@pytest.mark.parametrize("name", ["a.py", "a.pth"])
def test_who_looks_into_the_network_meanwhile_sees_nothing_of_the_export(name, tmp_path):
    subject = subject_of(spec_of("option_b"))
    seen = []
    subject.model.layer1.register_forward_hook(lambda *_: seen.append(1))
    run(tmp_path / name, subject)
    assert not seen


def test_the_module_of_its_own_shares_the_weights(tiny):
    apart = tiny.apart()
    assert apart.model is not tiny.model
    assert not apart.model.training
    for mine, theirs in zip(apart.model.parameters(), tiny.model.parameters(), strict=True):
        assert mine.data_ptr() == theirs.data_ptr()
        assert not mine.requires_grad


def test_a_network_in_training_mode_is_no_subject(tiny):
    from resnet_studio import models

    network = models.build_network(tiny.spec, seed=0)
    with pytest.raises(ValueError, match="evaluation mode"):
        Subject(network, tiny.classes, tiny.preprocessing)
    with pytest.raises(ValueError, match="2 class names for 5 outputs"):
        Subject(network.eval(), ("a", "b"), tiny.preprocessing)


def test_the_safetensors_file_opens_as_the_same_network(tiny, tmp_path):
    from resnet_studio import models

    path, named = tmp_path / "a.safetensors", dataclasses.replace(tiny, classes=tuple("abcde"))
    run(path, named)
    again = models.read_weights(path)
    assert again.spec == tiny.spec
    assert again.classes == named.classes
    assert again.preprocessing == tiny.preprocessing.to_dict()
    assert json.dumps(again.info)


def test_the_pth_file_loads_into_torchvisions_network(tmp_path):
    import torchvision

    from resnet_studio import models
    from resnet_studio.architecture.catalog import resolve
    from resnet_studio.data.augment import pipelines_for
    from resnet_studio.probe.network import class_names

    spec = resolve("resnet18")
    network = models.build_network(spec, seed=1).eval().requires_grad_(False)
    subject = Subject(network, class_names(1000), pipelines_for(224)[1])
    run(tmp_path / "a.pth", subject)
    theirs = torchvision.models.resnet18().eval()
    theirs.load_state_dict(torch.load(tmp_path / "a.pth", weights_only=True), strict=True)
    pictures = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        assert torch.equal(theirs(pictures), network(pictures))


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_what_shapes_cannot_tell_comes_back_with_the_weights(tmp_path, name):
    spec = NetworkSpec(
        block="basic", depths=(1, 1), stem="cifar", zero_padding="both", order="relu_twice"
    )
    subject = subject_of(spec)
    run(tmp_path / name, subject)
    found = identify(read_weights(tmp_path / name))
    assert found.spec == spec
    assert found.preprocessing == subject.preprocessing.to_dict()
    assert "zero_padding" not in {assumption.field for assumption in found.assumed}


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_names_that_nobody_has_given_are_not_kept_with_the_weights(tmp_path, name):
    given = subject_of(spec_of("option_b"))
    named = dataclasses.replace(given, classes=tuple("abcde"))
    for subject, kept in (
        (named, tuple("abcde")),
        (dataclasses.replace(named, classes_assumed=True), None),
        (dataclasses.replace(given, classes=numbered_names(5)), None),
    ):
        run(tmp_path / name, subject)
        assert read_weights(tmp_path / name).classes == kept
