from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from resnet_studio import models
from resnet_studio.architecture.spec import NetworkSpec, parse_spec
from resnet_studio.data.augment import PRESETS
from resnet_studio.errors import ExportError
from resnet_studio.export import export, onnx_convert, onnx_file
from resnet_studio.export.compare import logits_of, trial_pictures
from resnet_studio.export.onnx_file import TOLERANCE, described, described_preprocessing
from tests.export.subjects import BASE, BOTTLENECK, spec_of, subject_of

# Every feature of a spec is in one of these.
NETWORKS = {
    "resnet_d": {
        **BOTTLENECK,
        "stem": "deep",
        "shortcut": "B",
        "projection": "avgpool",
        "se_reduction": 2,
        "groups": 2,
        "stride_on": "1x1",
        "input_size": 30,
    },
    "preactivation": {
        "order": "full_preactivation",
        "shortcut": "A",
        "zero_padding": "both",
        "widths": (4, 9),
        "dropout": 0.3,
        "shortcut_type": "exclusive_gate",
        "gate_bias": -1.0,
    },
    "relu_only": {
        "order": "relu_only_preactivation",
        "shortcut": "A",
        "shortcut_type": "conv1x1",
        "stem": "imagenet",
        "input_size": 32,
    },
    "tutorial": {
        "order": "relu_twice",
        "shortcut": "B",
        "projection": "bias",
        "stem": "tutorial",
        "input_size": 32,
        "shortcut_type": "dropout",
    },
    "scaling": {
        "order": "bn_after_addition",
        "shortcut": "A",
        "shortcut_type": "scaling",
        "residual_scale": 0.75,
        "stochastic_depth": 0.4,
    },
    "highway": {"shortcut_type": "highway", "shortcut": "C", "order": "relu_before_addition"},
    "shortcut_gate": {"shortcut_type": "shortcut_gate", "in_channels": 1},
    "plain": {"shortcut": "none"},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_onnxruntime_computes_what_the_network_does(name, tmp_path):
    import onnxruntime

    subject = subject_of(parse_spec({**BASE, **NETWORKS[name]}))
    weights, texts, target = (tmp_path / each for each in ("w", "t", "a.onnx"))
    models.save_weights(weights, subject.model)
    texts.write_text(json.dumps(described(subject)))
    side = subject.preprocessing.output_size
    onnx_convert.main([str(weights), str(texts), str(target), str(side)])
    session = onnxruntime.InferenceSession(target, providers=["CPUExecutionProvider"])
    for count in (1, 2, 5):
        pictures = trial_pictures(subject, count)
        (logits,) = session.run(["logits"], {"pictures": pictures.numpy()})
        ours = logits_of(subject, pictures)
        scale = max(1.0, float(ours.abs().max()))
        torch.testing.assert_close(torch.from_numpy(logits), ours, rtol=0.0, atol=scale * TOLERANCE)


def test_the_file_says_how_to_use_it(tiny, tmp_path):
    import onnx
    import onnxruntime

    path = tmp_path / "a.onnx"
    list(export(path, tiny))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    texts = session.get_modelmeta().custom_metadata_map
    assert NetworkSpec.from_json(texts["spec"]) == tiny.spec
    assert json.loads(texts["classes"]) == list(tiny.classes)
    assert json.loads(texts["preprocessing"]) == described_preprocessing(tiny)
    assert texts["description"] == "weights of a test"
    (pictures,) = session.get_inputs()
    assert (pictures.name, pictures.shape) == ("pictures", ["batch", 3, 16, 16])
    assert session.run(None, {"pictures": np.zeros((7, 3, 16, 16), np.float32)})[0].shape == (7, 5)
    assert onnx.load(path).producer_name == "resnet-studio"
    assert [each.name for each in tmp_path.iterdir()] == ["a.onnx"]


def test_the_preprocessing_is_described_for_any_language():
    subject = subject_of(spec_of("option_b"), PRESETS["imagenet_val"])
    described = described_preprocessing(subject)
    assert described["steps"] == [
        {"kind": "resize", "size": 256},
        {"kind": "center_crop", "size": 224},
    ]
    assert described["mean"] == [0.485, 0.456, 0.406]
    assert described["std"] == [0.229, 0.224, 0.225]
    assert described["range"] == [0.0, 1.0]
    assert described["channel_order"] == "RGB"
    assert described["size"] == [224, 224]
    assert "bilinear" in described["interpolation"]
    assert json.loads(json.dumps(described)) == described


def test_a_file_that_computes_something_else_is_not_given_its_name(tmp_path, monkeypatch):
    subject = subject_of(spec_of("option_b"))
    save = onnx_file.save_weights

    def saved_wrong(path, model):
        other = models.build_network(model.spec, seed=0).eval().requires_grad_(False)
        other.load_state_dict(model.state_dict())
        other.conv1.weight.mul_(1.01)
        save(path, other)

    monkeypatch.setattr(onnx_file, "save_weights", saved_wrong)
    (tmp_path / "a.onnx").write_text("earlier")
    with pytest.raises(ExportError, match="does not compute"):
        list(export(tmp_path / "a.onnx", subject))
    assert (tmp_path / "a.onnx").read_text() == "earlier"


def test_a_network_that_cannot_be_converted_is_told(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_file, "_CHILD", "raise RuntimeError('no such operator')")
    with pytest.raises(ExportError, match="conversion to ONNX failed: RuntimeError: no such"):
        list(export(tmp_path / "a.onnx", tiny))
    assert not list(tmp_path.iterdir())


def test_a_file_that_onnxruntime_does_not_take_is_told(tiny, tmp_path, monkeypatch):
    code = "open(sys.argv[3], 'w').write('no model')"
    monkeypatch.setattr(onnx_file, "_CHILD", code)
    with pytest.raises(ExportError, match=r"a\.onnx: onnxruntime does not accept it"):
        list(export(tmp_path / "a.onnx", tiny))


def test_more_than_two_gibibytes_are_refused_before_anything_is_done(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_file, "_MAX_BYTES", 1000)
    with pytest.raises(ExportError, match="2 GiB at most") as caught:
        list(export(tmp_path / "a.onnx", tiny))
    assert ".safetensors" in caught.value.remedy
