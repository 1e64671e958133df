"""The inert reader understands what torch writes, and stops at what torch never writes."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import Counter, OrderedDict

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_studio.models.claims import ClaimError, ForeignCodeError, read_claims
from tests.models.hostile import integer, one_entry, storage, tensor, text, tuple_of


def _pickle_of(value: object) -> io.BytesIO:
    saved = io.BytesIO()
    torch.save(value, saved)
    with zipfile.ZipFile(saved) as archive:
        return io.BytesIO(archive.read("archive/data.pkl"))


def test_each_storage_is_claimed_once_with_its_bytes():
    shared = torch.zeros(10, dtype=torch.float64)
    claims = read_claims(_pickle_of({"a": shared, "b": shared[2:], "c": torch.ones(3).half()}))
    assert claims.tensors == 3
    assert sorted(claims.storages.values()) == [6, 80]


def test_a_training_checkpoint_is_understood():
    layer = torch.nn.Linear(3, 2)
    optimiser = torch.optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, [3, 5])
    layer(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    checkpoint = {
        "model": layer.state_dict(),
        "parameters": list(layer.parameters()),
        "optimiser": optimiser.state_dict(),
        "schedule": schedule.state_dict(),
        "seen": Counter({1: 2}),
        "best": 0.91,
        "size": torch.Size((3, 2)),
        "device": torch.device("cpu"),
        "type": torch.float32,
        "done": (True, None, 2**40, "é"),
    }
    claims = read_claims(_pickle_of(checkpoint))
    assert claims.tensors == 6


def test_empty_and_single_numbers_are_no_trouble():
    claims = read_claims(_pickle_of({"none": torch.zeros(0, 5), "one": torch.tensor(3)}))
    assert claims.tensors == 2


def test_a_list_of_texts_is_returned():
    assert read_claims(io.BytesIO(pickle.dumps(["0", "1"], protocol=2))).strings == ["0", "1"]
    assert read_claims(io.BytesIO(pickle.dumps(["0", 1], protocol=2))).strings is None


def test_python_2_wrote_ordered_dictionaries_as_lists_of_pairs():
    pair = b"](U\x09fc.weight" + tensor((4,), (1,), stored=4) + b"e"
    body = b"\x80\x02ccollections\nOrderedDict\n](" + pair + b"e\x85R."
    assert read_claims(io.BytesIO(body)).storages == {"0": 16}


@pytest.mark.parametrize(
    ("size", "stride", "offset"),
    [
        ((5,), (1,), 0),
        ((4,), (1,), 1),
        ((2, 2), (3, 1), 0),
        ((2, 3), (0, 1), 0),
        ((), (), 4),
        ((2**40, 2**40), (0, 0), 0),
    ],
)
def test_a_tensor_outside_its_storage_is_refused(size, stride, offset):
    body = one_entry(tensor(size, stride, stored=4, offset=offset))
    with pytest.raises(ClaimError, match="claims"):
        read_claims(io.BytesIO(body))


@pytest.mark.parametrize(
    ("size", "stride", "offset"),
    [
        ((4,), (1,), 0),
        ((2, 2), (2, 1), 0),
        ((2, 2), (1, 2), 0),
        ((3,), (1,), 1),
        ((0, 9), (9, 1), 4),
    ],
)
def test_a_tensor_inside_its_storage_is_accepted(size, stride, offset):
    body = one_entry(tensor(size, stride, stored=4, offset=offset))
    assert read_claims(io.BytesIO(body)).tensors == 1


@pytest.mark.parametrize(
    "body",
    [
        one_entry(tensor((-4,), (1,), stored=4)),
        one_entry(tensor((4,), (-1,), stored=4)),
        one_entry(tensor((1,) * 100, (1,) * 100, stored=4)),
        one_entry(storage(-4)),
        one_entry(storage(4) + storage(5) + b"\x86"),
        one_entry(b"N", key=tuple_of(integer(1))),
        one_entry(b"N", key=integer(2**80)),
        one_entry(storage(4, kind="FloatStorage\n0ctorch\nFloatStorage")),
        b"\x80\x02N}s.",
        b"\x80\x02h\x05.",
        b"\x80\x02(.",
        b"\x80\x02.",
        b"\x80\x02NN.",
        b"\x80\x02t.",
        b"\x80\x02}",
        b"",
        b"I99" + b"9" * 5000 + b"\n.",
    ],
)
def test_broken_and_absurd_pickles_are_refused(body):
    with pytest.raises(ClaimError):
        read_claims(io.BytesIO(body))


@pytest.mark.parametrize(
    "value",
    [print, eval, OrderedDict.fromkeys, {1, 2}, 3j, bytearray(b"x"), range(3), torch.nn.ReLU()],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_anything_that_would_be_called_is_foreign(value):
    with pytest.raises(ForeignCodeError, match="asks for"):
        read_claims(io.BytesIO(pickle.dumps(value, protocol=2)))


_FRAGMENTS = st.sampled_from(
    [
        *(bytes([byte]) for byte in b"](}tseuab.NR)Q\x85\x86\x87\x88\x89"),
        *(b"h\x00", b"q\x00", b"K\x05", b"J\xff\xff\xff\xff", text("storage"), text("0")),
        *(b"ctorch\nFloatStorage\n", b"ccollections\nOrderedDict\n", b"ctorch\nSize\n"),
        *(b"ctorch._utils\n_rebuild_tensor_v2\n", tensor((2,), (1,), stored=2), storage(3)),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_FRAGMENTS, max_size=30))
def test_no_order_of_instructions_gets_past_or_breaks_it(fragments):
    body = io.BytesIO(b"\x80\x02" + b"".join(fragments) + b".")
    try:
        claims = read_claims(body)
    except ClaimError:
        return
    assert all(size >= 0 for size in claims.storages.values())
