"""Weights come back bit for bit, from our own files and from torch's, and only from whole ones."""

from __future__ import annotations

import ast
import json
import struct
from collections import OrderedDict
from pathlib import Path

import pytest
import safetensors.torch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import resnet_studio
from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import CheckpointError
from resnet_studio.models import screening
from resnet_studio.models.checkpoints import (
    FORMAT_VERSION,
    described_state,
    load_into,
    network_from,
    read_weights,
    save_weights,
)
from resnet_studio.models.resnet import build_network
from tests.models.hostile import MARKER, code_in_a_zip, legacy, storage, tensor

CLASSES = ("zero", "один", "二", "three")


def _equal(first, second) -> bool:
    return list(first) == list(second) and all(
        torch.equal(a, b) and a.dtype == b.dtype
        for a, b in zip(first.values(), second.values(), strict=True)
    )


@pytest.fixture
def saved(tiny, tmp_path) -> Path:
    path = tmp_path / "weights.safetensors"
    save_weights(path, tiny, classes=CLASSES, preprocessing={"size": 32}, info={"epoch": 3})
    return path


def _rewrite_header(path: Path, change) -> None:
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    change(header["__metadata__"])
    encoded = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(encoded)) + encoded + raw[8 + length :])


class TestOurOwnFiles:
    def test_everything_comes_back(self, saved, tiny):
        read = read_weights(saved)
        assert {n: t.tolist() for n, t in read.state.items()} == {
            n: t.tolist() for n, t in tiny.state_dict().items()
        }
        assert read.spec == tiny.spec
        assert read.classes == CLASSES
        assert read.preprocessing == {"size": 32}
        assert read.info == {"epoch": 3}
        assert read.path == saved

    def test_only_the_weights_are_needed(self, tiny, tmp_path):
        save_weights(tmp_path / "bare.safetensors", tiny)
        read = read_weights(str(tmp_path / "bare.safetensors"))
        assert (read.classes, read.preprocessing, read.info) == (None, None, {})

    def test_other_programs_read_the_tensors(self, saved, tiny):
        assert set(safetensors.torch.load_file(saved)) == set(tiny.state_dict())

    def test_the_network_comes_back_without_being_told_which(self, saved, tiny):
        before = torch.get_rng_state()
        network = network_from(read_weights(saved))
        assert network.spec == tiny.spec
        assert _equal(network.state_dict(), tiny.state_dict())
        assert torch.equal(torch.get_rng_state(), before)

    def test_a_half_precision_network_is_kept_as_it_is(self, tiny, tmp_path):
        save_weights(tmp_path / "half.safetensors", tiny.half())
        assert read_weights(tmp_path / "half.safetensors").state["fc.bias"].dtype == torch.float16

    def test_a_network_in_channels_last_order_comes_back(self, tiny, tmp_path):
        before = tiny.conv1.weight.detach().clone()
        last = tiny.to(memory_format=torch.channels_last)
        save_weights(tmp_path / "last.safetensors", last)
        load_into(last, read_weights(tmp_path / "last.safetensors"))
        assert last.conv1.weight.is_contiguous(memory_format=torch.channels_last)
        assert torch.equal(last.conv1.weight, before)

    def test_a_failed_save_leaves_the_old_file_and_nothing_else(
        self, saved, tiny, tmp_path, monkeypatch
    ):
        before = saved.read_bytes()

        def fail(*_, **__):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "write_bytes", fail)
        with pytest.raises(CheckpointError, match="No space left") as refused:
            save_weights(saved, tiny)
        assert "space" in refused.value.remedy
        assert saved.read_bytes() == before
        assert list(tmp_path.iterdir()) == [saved]

    def test_a_folder_that_cannot_be_written_is_an_error_in_words(self, tiny, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(CheckpointError, match="cannot be written"):
            save_weights(tmp_path / "file" / "weights.safetensors", tiny)

    def test_class_names_must_be_as_many_as_outputs(self, tiny, tmp_path):
        with pytest.raises(ValueError, match="3 class names for 4 outputs"):
            save_weights(tmp_path / "w.safetensors", tiny, classes=CLASSES[:3])

    @pytest.mark.parametrize("where", [-1, -5000])
    def test_a_changed_tensor_is_noticed(self, saved, where):
        raw = bytearray(saved.read_bytes())
        raw[where] ^= 1
        saved.write_bytes(raw)
        with pytest.raises(CheckpointError, match="SHA-256"):
            read_weights(saved)

    @pytest.mark.parametrize("key", ["classes", "spec", "info", "sha256"])
    def test_a_changed_or_missing_text_is_noticed(self, saved, key):
        _rewrite_header(saved, lambda metadata: metadata.pop(key))
        with pytest.raises(CheckpointError, match="SHA-256"):
            read_weights(saved)

    def test_a_newer_format_asks_for_an_update(self, saved):
        newer = str(int(FORMAT_VERSION) + 1)
        _rewrite_header(saved, lambda metadata: metadata.update(resnet_studio=newer))
        with pytest.raises(CheckpointError, match=f"version '{newer}'") as refused:
            read_weights(saved)
        assert "Update" in refused.value.remedy

    @pytest.mark.parametrize(
        ("key", "text", "words"),
        [
            ("spec", '{"block": "basic", "depths": [1000000000]}', "network it describes"),
            ("spec", "[" * 100_000, "network it describes"),
            ("classes", '["one"]', "does not fit"),
            ("classes", "[1, 2, 3, 4]", "does not fit"),
            ("classes", "[" * 100_000, "description is broken"),
            ("info", "[]", "does not fit"),
            ("preprocessing", "3", "does not fit"),
            ("info", "{", "description is broken"),
        ],
    )
    def test_a_forged_description_with_a_right_hash_is_refused(
        self, saved, key, text, words, monkeypatch
    ):
        monkeypatch.setattr("resnet_studio.models.checkpoints._digest", lambda *_: "forged")
        _rewrite_header(saved, lambda m: m.update({key: text, "sha256": "forged"}))
        with pytest.raises(CheckpointError, match=words):
            read_weights(saved)


class TestForeignFiles:
    @pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
    @pytest.mark.parametrize(
        "wrap",
        [
            lambda state: state,
            lambda state: {"state_dict": state, "epoch": 4},
            lambda state: {"model": state, "best": 0.5},
            lambda state: {"model_state_dict": state},
            lambda state: OrderedDict((f"module.{n}", t) for n, t in state.items()),
            lambda state: {"state_dict": {f"module._orig_mod.{n}": t for n, t in state.items()}},
            lambda state: {
                n: torch.nn.Parameter(t, t.is_floating_point()) for n, t in state.items()
            },
        ],
        ids=[
            "bare",
            "state_dict",
            "model",
            "model_state_dict",
            "parallel",
            "compiled",
            "parameters",
        ],
    )
    def test_torch_files_of_each_layout_load(self, tiny, tmp_path, zipped, wrap):
        path = tmp_path / "weights.pth"
        with torch.no_grad():
            wrapped = wrap(tiny.state_dict())
        torch.save(wrapped, path, _use_new_zipfile_serialization=zipped)
        read = read_weights(path)
        assert _equal(read.state, tiny.state_dict())
        assert not any(tensor.requires_grad for tensor in read.state.values())
        assert read.spec is None
        assert read.classes is None
        assert _equal(network_from(read, tiny.spec).state_dict(), tiny.state_dict())

    def test_torchvision_written_files_load(self, tmp_path):
        import torchvision

        theirs = torchvision.models.resnet18(weights=None)
        torch.save(theirs.state_dict(), tmp_path / "resnet18.pth")
        spec = NetworkSpec(block="basic", depths=(2, 2, 2, 2))
        ours = network_from(read_weights(tmp_path / "resnet18.pth"), spec)
        assert _equal(ours.state_dict(), theirs.state_dict())

    def test_a_file_without_checksums_loads(self, tiny, tmp_path):
        before = torch.serialization.get_crc32_options()
        torch.serialization.set_crc32_options(False)
        try:
            torch.save(tiny.state_dict(), tmp_path / "w.pt")
        finally:
            torch.serialization.set_crc32_options(before)
        assert _equal(read_weights(tmp_path / "w.pt").state, tiny.state_dict())

    def test_a_flipped_bit_in_a_torch_file_is_noticed(self, tiny, tmp_path):
        path = tmp_path / "w.pth"
        torch.save(tiny.state_dict(), path)
        raw = bytearray(path.read_bytes())
        raw[raw.index(tiny.fc.weight.detach().numpy().tobytes()) + 2] ^= 1
        path.write_bytes(raw)
        with pytest.raises(CheckpointError, match="damaged"):
            read_weights(path)

    def test_python_2_files_load(self, tmp_path):
        pair = b"](U\x07fc.bias" + tensor((4,), (1,), stored=4, legacy=True) + b"e"
        body = b"\x80\x02ccollections\nOrderedDict\n](" + pair + b"e\x85R."
        path = legacy(tmp_path / "old.pth", body, content=struct.pack("<4f", 1, 2, 3, 4))
        assert read_weights(path).state["fc.bias"].tolist() == [1, 2, 3, 4]

    def test_a_safetensors_file_of_another_program_loads(self, tiny, tmp_path):
        safetensors.torch.save_file(tiny.state_dict(), tmp_path / "w.safetensors")
        read = read_weights(tmp_path / "w.safetensors")
        assert read.spec is None
        assert _equal(network_from(read, tiny.spec).state_dict(), tiny.state_dict())

    def test_the_content_decides_and_not_the_suffix(self, tiny, saved, tmp_path):
        saved.rename(tmp_path / "weights.pth")
        assert read_weights(tmp_path / "weights.pth").spec == tiny.spec

    def test_half_precision_fills_a_float_network(self, tiny, tmp_path):
        torch.save(
            {n: t.half() if t.is_floating_point() else t for n, t in tiny.state_dict().items()},
            tmp_path / "half.pth",
        )
        network = network_from(read_weights(tmp_path / "half.pth"), tiny.spec)
        assert network.fc.weight.dtype == torch.float32
        assert torch.equal(network.fc.weight, tiny.fc.weight.half().float())

    def test_files_from_before_the_batch_counters_load(self, tiny, tmp_path):
        state = {n: t for n, t in tiny.state_dict().items() if "num_batches" not in n}
        torch.save(state, tmp_path / "old.pth")
        tiny.bn1.num_batches_tracked += 5
        load_into(tiny, read_weights(tmp_path / "old.pth"))
        assert tiny.bn1.num_batches_tracked == 0

    def test_a_file_that_names_no_network_needs_one(self, tiny, tmp_path):
        torch.save(tiny.state_dict(), tmp_path / "w.pth")
        with pytest.raises(CheckpointError, match="does not say which network"):
            network_from(read_weights(tmp_path / "w.pth"))

    def test_what_is_no_tensor_is_left_out_and_named(self, tiny, tmp_path):
        torch.save({**tiny.state_dict(), "epoch": 3, "note": "best"}, tmp_path / "w.pth")
        read = read_weights(tmp_path / "w.pth")
        assert _equal(read.state, tiny.state_dict())
        assert read.ignored == ("epoch", "note")

    def test_complex_numbers_are_refused(self, tmp_path):
        path = tmp_path / "w.safetensors"
        safetensors.torch.save_file({"fc.weight": torch.ones(2, dtype=torch.complex64)}, path)
        with pytest.raises(CheckpointError, match="complex64"):
            read_weights(path)

    def test_storages_of_two_sizes_under_one_key_are_refused(self, tmp_path):
        body = b"\x80\x02](" + storage(4, legacy=True) + storage(2, legacy=True) + b"e."
        with pytest.raises(CheckpointError, match="two sizes"):
            read_weights(legacy(tmp_path / "w.pth", body))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_damage_anywhere_is_refused_or_harmless(tiny, tmp_path, data):
    """Bytes changed, cut off or put in, in each kind of file: nothing else than refusal."""
    path = tmp_path / "damaged"
    kind = data.draw(st.sampled_from(["zip", "legacy", "safetensors"]))
    if kind == "safetensors":
        save_weights(path, tiny, classes=CLASSES)
    else:
        torch.save(tiny.state_dict(), path, _use_new_zipfile_serialization=kind == "zip")
    raw = bytearray(path.read_bytes())
    # The tables are at the ends, the numbers in between.
    end = data.draw(st.sampled_from([600, 6000, len(raw)]))
    at = data.draw(st.integers(0, min(end, len(raw)) - 1)) * data.draw(st.sampled_from([1, -1]))
    change = data.draw(st.sampled_from(["set", "cut", "insert", "remove"]))
    if change == "set":
        raw[at] = data.draw(st.integers(0, 255))
    elif change == "cut":
        del raw[at:]
    elif change == "insert":
        raw[at:at] = data.draw(st.binary(min_size=1, max_size=9))
    else:
        del raw[at : at + data.draw(st.integers(1, 9))]
    path.write_bytes(raw)
    try:
        read = read_weights(path)
    except CheckpointError:
        return
    assert all(isinstance(tensor, torch.Tensor) for tensor in read.state.values())


def test_a_network_is_filled_in_place_and_keeps_its_parameters(tiny, saved):
    other = build_network(tiny.spec, seed=9)
    weight = other.conv1.weight
    load_into(other, read_weights(saved))
    assert other.conv1.weight is weight
    assert weight.requires_grad
    assert _equal(other.state_dict(), tiny.state_dict())


def test_every_torch_load_of_the_package_is_literally_weights_only():
    """Reads the source: no fallback, no list of trusted classes, no memory map."""
    calls = []
    for source in Path(resnet_studio.__file__).parent.rglob("*.py"):
        text = source.read_text(encoding="utf-8")
        assert "add_safe_globals" not in text, source
        assert "safe_globals(" not in text, source
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "torch.load":
                given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                calls.append(given)
                assert given["weights_only"] == "True", source
                assert given.get("mmap", "False") == "False", source
                assert None not in given, source
    assert {"weights_only": "True", "map_location": "'cpu'"} in calls


def test_a_file_that_changes_after_the_checks_still_runs_nothing(tiny, tmp_path, monkeypatch):
    """If the checks themselves were passed, torch's own reader still refuses to run code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(screening, "screen_zip", lambda *_: None)
    with pytest.raises(CheckpointError, match="torch cannot read it"):
        read_weights(code_in_a_zip(tmp_path))
    assert not (tmp_path / MARKER).exists()


def test_weights_can_be_read_by_whoever_may_read_other_files(tmp_path):
    save_weights(
        tmp_path / "w.safetensors",
        build_network(NetworkSpec(block="basic", depths=(1,), stem="cifar"), seed=0),
    )
    (tmp_path / "other").touch()
    assert (tmp_path / "w.safetensors").stat().st_mode == (tmp_path / "other").stat().st_mode


def described(tmp_path, **changes):
    """Writes a state dict with its description; returns the path and the network."""
    spec = NetworkSpec(block="basic", depths=(1, 1), stem="cifar", zero_padding="both", classes=3)
    model = build_network(spec, seed=0)
    state = described_state(
        model, classes=("a", "b", "c"), preprocessing={"steps": []}, info={"weights": "mine"}
    )
    state._metadata["resnet_studio"] |= changes
    torch.save(state, tmp_path / "w.pth")
    return tmp_path / "w.pth", model


def test_a_described_state_dict_tells_all_that_its_shapes_cannot(tmp_path):
    path, model = described(tmp_path)
    weights = read_weights(path)
    assert weights.spec == model.spec
    assert weights.classes == ("a", "b", "c")
    assert weights.preprocessing == {"steps": []}
    assert weights.info == {"weights": "mine"}


def test_a_described_state_dict_is_a_plain_one_for_everybody_else(tmp_path):
    path, model = described(tmp_path)
    loaded = torch.load(path, weights_only=True)
    assert loaded.keys() == model.state_dict().keys()
    other = build_network(model.spec, seed=1)
    other.load_state_dict(loaded, strict=True)
    assert torch.equal(other.fc.weight, model.fc.weight)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"resnet_studio": "99"}, "version '99'"),
        ({"spec": "{}"}, "not valid"),
        ({"spec": "[" * 10_000}, "not valid"),
        ({"classes": '["a"]'}, "does not fit"),
        ({"preprocessing": "7"}, "does not fit"),
        ({"info": "{"}, "broken"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(tmp_path, changes, reason):
    path, _ = described(tmp_path, **changes)
    with pytest.raises(CheckpointError, match=reason):
        read_weights(path)


@pytest.mark.parametrize("beside", [7, "text", {"resnet_studio": 3}, {"resnet_studio": {"a": 1}}])
def test_what_others_keep_beside_a_state_dict_is_no_description(tmp_path, beside):
    state = build_network(NetworkSpec(block="basic", depths=(1,), stem="cifar")).state_dict()
    state._metadata = beside
    torch.save(state, tmp_path / "w.pth")
    assert read_weights(tmp_path / "w.pth").spec is None
