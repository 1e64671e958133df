from __future__ import annotations

import ast
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from resnet_studio import models
from resnet_studio.architecture.catalog import CATALOG, resolve
from resnet_studio.data.augment import (
    HALVES,
    PRESETS,
    AugmentSpec,
    CenterCrop,
    Resize,
    ResizeExact,
    pipelines_for,
)
from resnet_studio.data.mean_picture import packed
from resnet_studio.export import Subject
from resnet_studio.export.script import prepared
from resnet_studio.export.script_text import script_text
from tests.architecture.strategies import small_specs
from tests.export.subjects import FEATURES, spec_of, subject_of

EXTRAS = {
    "Gate": "shortcut_gate",
    "SqueezeExcitation": "squeeze_excitation",
    "ZeroPad": "option_a",
    "Dropout": "wide",
    "AvgPool2d": "resnet_d",
    "starts_active": "preactivation",
    "bn_last": "preactivation",
    "groups": "resnext",
    "Stochastic": "stochastic_depth",
    "Highway": "highway",
}


def made_by(text):
    """What the script defines, without running its `main`."""
    names = {"__name__": "script", "__file__": "/nowhere/script.py"}
    exec(compile(text, "script.py", "exec"), names)
    return names


def logits_of_both(subject):
    made = made_by(script_text(subject, weights_name="w.pth"))
    copy = made["ResNet"]().eval()
    copy.load_state_dict(subject.model.state_dict(), strict=True)
    side = subject.preprocessing.output_size
    generator = torch.Generator().manual_seed(3)
    pictures = torch.randn(2, subject.spec.in_channels, side, side, generator=generator)
    with torch.inference_mode():
        return subject.model(pictures), copy(pictures)


@pytest.mark.parametrize("feature", FEATURES)
def test_the_script_builds_the_network_with_this_feature_bit_for_bit(feature):
    ours, theirs = logits_of_both(subject_of(spec_of(feature)))
    assert torch.isfinite(ours).all()
    assert torch.equal(theirs, ours)


@given(spec=small_specs(max_width=8, max_size=32))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_script_builds_any_network_bit_for_bit(spec):
    ours, theirs = logits_of_both(subject_of(spec, AugmentSpec(steps=(ResizeExact(size=32),))))
    assert torch.equal(theirs.nan_to_num(7.0), ours.nan_to_num(7.0))


@pytest.mark.parametrize("name", CATALOG)
def test_the_script_of_each_published_network_has_its_tensors(name):
    spec = CATALOG[name].spec
    outline = models.outline_network(spec).eval()
    classes = tuple(map(str, range(spec.classes)))
    subject = Subject(outline, classes, pipelines_for(spec.input_size)[1])
    with torch.device("meta"):
        copy = made_by(script_text(subject, weights_name="w.pth"))["ResNet"]()
    theirs, ours = copy.state_dict(), outline.state_dict()
    assert {key: each.shape for key, each in theirs.items()} == {
        key: each.shape for key, each in ours.items()
    }


@pytest.mark.parametrize(("word", "feature"), EXTRAS.items())
def test_a_word_stands_in_the_script_only_where_the_network_has_the_feature(word, feature):
    plain = script_text(subject_of(spec_of("option_b")), weights_name="w.pth")
    assert word not in plain
    assert word in script_text(subject_of(spec_of(feature)), weights_name="w.pth")


def test_the_script_of_resnet18_shows_its_table_of_stages():
    text = script_text(_untrained("resnet18"), weights_name="resnet18_weights.pth")
    for line in (
        "self.layer1 = make_stage(blocks=2, inputs=64, outputs=64, stride=1)",
        "self.layer4 = make_stage(blocks=2, inputs=256, outputs=512, stride=2)",
        "x = self.layer4(x)  # (N, 512, 7, 7)",
        "arXiv:1512.03385",
        "11,689,512 parameters",
    ):
        assert line in text
    assert "resnet_studio" not in text


@pytest.mark.parametrize("feature", FEATURES)
def test_the_script_is_tidy(feature, tmp_path):
    path = tmp_path / "script.py"
    path.write_text(script_text(subject_of(spec_of(feature)), weights_name="w.pth"))
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--line-length", "100"]
    done = subprocess.run(
        [*command, "--select", "E,F,W,I,B,UP", str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "name",
    ['"""\nimport os\n"""', "back\\slash\\", 'a"b', "'", "\u202e abc", "\udcff", "é 中文", "{x}"],
)
def test_no_name_breaks_out_of_the_script(name):
    subject = subject_of(spec_of("option_b"))
    named = Subject(subject.model, (name, "b", "c", "d", "e"), subject.preprocessing, name)
    text = script_text(named, weights_name=f"{name}_weights.pth")
    text.encode("utf-8")
    assert made_by(text)["CLASSES"] == [name, "b", "c", "d", "e"]
    imported = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import)]
    assert "os" not in {alias.name for node in imported for alias in node.names}


def test_a_thousand_classes_keep_their_order():
    subject = _untrained("resnet18")
    made = made_by(script_text(subject, weights_name="w.pth"))
    assert made["CLASSES"] == list(subject.classes)


# --- pictures -------------------------------------------------------------------------------------

PIPELINES = {
    "imagenet": PRESETS["imagenet_val"],
    "cifar": PRESETS["cifar_val"],
    "tutorial": PRESETS["tutorial_val"],
    "unnormalised": AugmentSpec(steps=(Resize(size=20), CenterCrop(size=24))),
    "crop_alone": AugmentSpec(steps=(CenterCrop(size=33), HALVES)),
    "mean_picture": PRESETS["cifar_val"].with_ending(
        packed(np.random.default_rng(0).uniform(0, 255, (32, 32, 3)), pictures=9, std=(0.2,) * 3)
    ),
    "twice": AugmentSpec(steps=(ResizeExact(size=50), Resize(size=31), CenterCrop(size=16))),
}


def _noise(mode, size=(57, 40)):
    width, height = size
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}[mode]
    values = np.random.default_rng(1).integers(0, 256, (height, width, channels), dtype=np.uint8)
    return Image.fromarray(values[..., 0] if channels == 1 else values, mode=mode)


def _files(folder):
    """Pictures as people have them: turned, transparent, grey, printed, small and elongated."""
    turned = Image.Exif()
    turned[0x0112] = 6
    _noise("RGB").save(folder / "plain.png")
    _noise("RGB").save(folder / "turned.jpg", exif=turned)
    _noise("RGBA").save(folder / "transparent.png")
    _noise("LA").save(folder / "grey_transparent.png")
    _noise("L").save(folder / "grey.jpg")
    _noise("CMYK").save(folder / "printed.jpg")
    _noise("RGB").convert("P").save(folder / "palette.gif")
    _noise("RGB").quantize(8).save(folder / "clear_palette.png", transparency=3)
    _noise("RGB", (3, 2)).save(folder / "small.png")
    _noise("RGB", (300, 7)).save(folder / "wide.png")
    _noise("RGB", (7, 300)).save(folder / "high.webp", lossless=True)
    _noise("RGB", (32, 32)).save(folder / "square.bmp")
    return sorted(folder.iterdir())


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_script_reads_pictures_as_the_program_does_bit_for_bit(pipeline, tmp_path):
    subject = subject_of(spec_of("option_b"), PIPELINES[pipeline])
    read = made_by(script_text(subject, weights_name="w.pth"))["read_picture"]
    for file in _files(tmp_path):
        assert torch.equal(read(str(file)), prepared(subject, file)), file.name


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_script_reads_a_picture_of_any_size_bit_for_bit(data, tmp_path_factory):
    height, width, resized, cropped = (data.draw(st.integers(1, 60)) for _ in range(4))
    pipeline = AugmentSpec(steps=(Resize(size=resized), CenterCrop(size=cropped), HALVES))
    subject = subject_of(spec_of("option_b"), pipeline)
    file = tmp_path_factory.getbasetemp() / "any size.png"
    _noise("RGB", (width, height)).save(file)
    read = made_by(script_text(subject, weights_name="w.pth"))["read_picture"]
    assert torch.equal(read(str(file)), prepared(subject, file))


@pytest.mark.parametrize("content", [None, b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_a_picture_that_cannot_be_read_ends_the_script_with_one_sentence(content, tmp_path):
    path = tmp_path / "picture.png"
    if content is not None:
        path.write_bytes(content)
    read = made_by(script_text(subject_of(spec_of("option_b")), weights_name="w.pth"))
    with pytest.raises(SystemExit) as caught:
        read["read_picture"](str(path))
    assert caught.value.code == f"{path} is missing, or is no picture that Pillow can read."


def test_a_network_that_reads_no_colours_gets_random_numbers():
    subject = subject_of(spec_of("one_channel"))
    made = made_by(script_text(subject, weights_name="w.pth"))
    assert made["random_picture"]().shape == (1, 1, 16, 16)
    assert "PIL" not in script_text(subject, weights_name="w.pth")


def _untrained(name):
    from resnet_studio.probe.network import class_names

    spec = resolve(name)
    network = models.build_network(spec, seed=0).eval().requires_grad_(False)
    return Subject(network, class_names(spec.classes), pipelines_for(spec.input_size)[1])
