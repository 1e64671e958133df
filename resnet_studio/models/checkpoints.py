"""Files of weights: safetensors written and read, PyTorch files read.

Nothing in a file is ever executed. `resnet_studio.models.screening` judges a file before a reader
opens it; torch then reads it with `weights_only=True` and no fallback, from an open file and not
through a memory map, so that a file changing under the program cannot crash it. Weights go into a
network only once `resnet_studio.models.fitting` has nothing against them.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from resnet_studio.architecture.spec import NetworkSpec
from resnet_studio.errors import CheckpointError, SpecError
from resnet_studio.files import write_bytes_atomic
from resnet_studio.models import screening
from resnet_studio.models.containers import find_state, shortened, without_prefixes
from resnet_studio.models.fitting import checked_state
from resnet_studio.models.resnet import ResNet, outline_network
from resnet_studio.models.screening import FileKind, refusal
from resnet_studio.models.weights import WeightsFile

FORMAT_VERSION: Final = "1"
_VERSION, _SPEC, _CLASSES = "resnet_studio", "spec", "classes"
_PREPROCESSING, _INFO, _HASH = "preprocessing", "info", "sha256"
# Where torch keeps the versions of modules: an attribute of the state dict, pickled with it.
_BESIDE: Final = "_metadata"
_DTYPES: Final = {
    *(torch.float64, torch.float32, torch.float16, torch.bfloat16),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
}


def save_weights(
    path: Path | str,
    model: ResNet,
    *,
    classes: Sequence[str] | None = None,
    preprocessing: Mapping[str, Any] | None = None,
    info: Mapping[str, Any] | None = None,
) -> None:
    """Writes the weights as safetensors, atomically, with all that is needed to use them.

    Args:
        path: The file; a file of that name is replaced once the new one is whole.
        model: The network; its spec goes into the file.
        classes: Names of the classes, one for each output.
        preprocessing: What to do to a picture, as plain JSON values.
        info: Anything worth keeping, as plain JSON values.

    Raises:
        CheckpointError: If the file cannot be written; what was there before is untouched.
        ValueError: If the classes are not as many as the outputs.
    """
    path = Path(path)
    if classes is not None and len(classes) != model.spec.classes:
        raise ValueError(f"{len(classes)} class names for {model.spec.classes} outputs")
    state = {name: tensor.cpu().contiguous() for name, tensor in model.state_dict().items()}
    metadata = _description(model.spec, classes, preprocessing, info) | {"format": "pt"}
    metadata[_HASH] = _digest(state, metadata)
    # Not save_file: it has a temporary file of its own, which a kill leaves behind and nobody
    # knows, and its error does not say whether the disk is full.
    content = safetensors.torch.save(state, metadata=metadata)
    try:
        write_bytes_atomic(path, content)
    except OSError as error:
        raise CheckpointError(
            f"{path}: the weights cannot be written ({error}).",
            remedy="Free some space, or choose a folder that you may write to.",
        ) from error


def described_state(
    model: ResNet,
    *,
    classes: Sequence[str] | None = None,
    preprocessing: Mapping[str, Any] | None = None,
    info: Mapping[str, Any] | None = None,
) -> OrderedDict[str, Tensor]:
    """Returns the state dict on the CPU, for `torch.save`, with what is needed to use it.

    It is a plain state dict for everybody else: spec, classes and preprocessing stand among the
    versions of modules that torch keeps beside a state dict, where loading it passes them over.
    """
    state = model.state_dict()
    described = OrderedDict((name, tensor.cpu()) for name, tensor in state.items())
    versions = dict(getattr(state, _BESIDE, {}))
    versions[_VERSION] = _description(model.spec, classes, preprocessing, info)
    setattr(described, _BESIDE, versions)
    return described


def _description(
    spec: NetworkSpec,
    classes: Sequence[str] | None,
    preprocessing: Mapping[str, Any] | None,
    info: Mapping[str, Any] | None,
) -> dict[str, str]:
    texts = {_VERSION: FORMAT_VERSION, _SPEC: spec.to_json()}
    for key, value in ((_CLASSES, classes), (_PREPROCESSING, preprocessing), (_INFO, info or {})):
        if value is not None:
            texts[key] = json.dumps(value, ensure_ascii=False)
    return texts


def read_weights(path: Path | str) -> WeightsFile:
    """Reads a `.safetensors`, `.pth` or `.pt` file; its content decides which it is.

    A state dict among other things is found, as `resnet_studio.models.containers` says, and the
    prefixes that wrappers leave, as "module.", are taken off the names. Which network it is of
    is for `resnet_studio.models.identify`.

    Raises:
        CheckpointError: If the file is missing, broken, foreign or hostile: what and why.
    """
    path = Path(path)
    size = screening.check_outside(path)
    try:
        with path.open("rb") as file:
            kind = screening.kind_of(path, file)
            if kind is FileKind.SAFETENSORS:
                return _read_safetensors(path, file, size)
            return _read_torch(path, file, size=size, kind=kind)
    except OSError as error:
        reason = f"it cannot be read ({error.strerror or error})"
        raise refusal(path, reason, "Check the file's permissions and its disk.") from error
    except MemoryError:
        raise refusal(
            path, f"its {size / 2**20:,.0f} MiB do not fit into memory", "Close other programs."
        ) from None


def load_into(model: ResNet, weights: WeightsFile) -> None:
    """Copies the weights into the network, whatever device and precision it has.

    Raises:
        CheckpointError: If names, shapes, number of classes, kind of network or any value are
            wrong. The network is then exactly as it was.
    """
    _copy(checked_state(model, weights), model)


def network_from(weights: WeightsFile, spec: NetworkSpec | None = None) -> ResNet:
    """Returns a network with the weights of the file, without drawing random ones first.

    Args:
        weights: What `read_weights` returned.
        spec: The network; None takes the one that the file names.

    Raises:
        CheckpointError: If the file names no network and none is given, or they do not fit.
    """
    spec = spec or weights.spec
    if spec is None:
        reason = "it does not say which network it is of"
        raise refusal(weights.path, reason, "Choose the network, then the file.")
    network = outline_network(spec)
    # Before memory is taken: a small file may name a network of a thousand million weights.
    state = checked_state(network, weights)
    network.to_empty(device="cpu")
    _copy(state, network)
    return network


def _copy(state: Mapping[str, Tensor], model: ResNet) -> None:
    with torch.no_grad():
        for name, target in model.state_dict().items():
            target.copy_(state[name])


def _read_torch(path: Path, file: BinaryIO, *, size: int, kind: FileKind) -> WeightsFile:
    if kind is FileKind.TORCH_ZIP:
        screening.screen_zip(path, file, size)
    else:
        screening.screen_legacy(path, file, size)
    file.seek(0)
    try:
        loaded = torch.load(file, weights_only=True, map_location="cpu")
    except (OSError, MemoryError):
        raise
    except Exception as error:
        # torch promises no set of errors for a broken file: RuntimeError, KeyError, EOFError,
        # UnpicklingError, struct.error and more were seen. Whatever it is, the file is refused.
        raise refusal(path, f"torch cannot read it ({_first_line(error)})") from error
    found = find_state(loaded)
    if found is None:
        raise refusal(
            path,
            "there is no state dict in it (a table of tensors by name)",
            'Save the state dict alone, or under the key "state_dict" or "model".',
        )
    if (texts := _texts_beside(loaded)) is not None:
        _check_version(path, texts)
        return _described(path, _plain_state(path, found.state), texts, kind)
    return WeightsFile(
        path,
        _plain_state(path, found.state),
        classes=found.classes,
        format=kind.words,
        ignored=found.ignored,
        notes=found.notes,
    )


def _texts_beside(loaded: Any) -> Mapping[str, str] | None:
    """Returns what `described_state` has put beside a state dict, if it has."""
    beside = getattr(loaded, _BESIDE, None)
    texts = beside.get(_VERSION) if isinstance(beside, Mapping) else None
    if not isinstance(texts, Mapping) or _VERSION not in texts:
        return None
    return texts if all(isinstance(text, str) for text in texts.values()) else None


def _plain_state(path: Path, loaded: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns the tensors by their bare names, after a look at each."""
    for name, tensor in loaded.items():
        if tensor.layout is not torch.strided or tensor.dtype not in _DTYPES:
            kind = f"{tensor.dtype}".removeprefix("torch.")
            reason = f"{shortened(name)} is of the type {kind}, which no network here has"
            raise refusal(path, reason)
    return without_prefixes({name: tensor.detach() for name, tensor in loaded.items()})


def _read_safetensors(path: Path, file: BinaryIO, size: int) -> WeightsFile:
    names, metadata = _header(path, file, size)
    file.seek(0)
    try:
        # From bytes: the library's own way of opening a path is a memory map.
        loaded = safetensors.torch.load(file.read())
    except safetensors.SafetensorError as error:
        raise refusal(path, f"it is cut short or damaged ({_first_line(error)})") from error
    except (KeyError, ValueError, RuntimeError, TypeError) as error:
        raise refusal(path, "it holds a type of number that no network here has") from error
    if not loaded:
        raise refusal(path, "there are no tensors in it")
    loaded = {name: loaded[name] for name in names}  # the library gives them in any order
    if _VERSION not in metadata:
        return WeightsFile(path, _plain_state(path, loaded), format=FileKind.SAFETENSORS.words)
    _check_own(path, loaded, metadata)
    return _described(path, _plain_state(path, loaded), metadata, FileKind.SAFETENSORS)


def _header(path: Path, file: BinaryIO, size: int) -> tuple[list[str], dict[str, str]]:
    """Returns names and texts in a safetensors header, which the library gives only for a path."""
    file.seek(0)
    (length,) = struct.unpack("<Q", file.read(8))
    if length > size - 8:
        raise refusal(
            path, f"its header claims {length:,} bytes and the file has {size:,}; it is cut short"
        )
    if length > screening.MAX_HEADER_BYTES:
        raise refusal(path, "its list of tensors is larger than that of any network here")
    try:
        header = json.loads(file.read(length))
    except (ValueError, RecursionError):
        raise refusal(path, "its header is no JSON") from None
    metadata = header.get("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise refusal(path, "its header is broken")
    if len(header) > screening.MAX_RECORDS:
        raise refusal(path, f"it has {len(header):,} tensors, more than any network here")
    return [name for name in header if name != "__metadata__"], metadata


def _check_version(path: Path, metadata: Mapping[str, str]) -> None:
    if metadata[_VERSION] != FORMAT_VERSION:
        raise refusal(
            path,
            f"it is in version {metadata[_VERSION][:20]!r} of this program's format; this one "
            f"reads version {FORMAT_VERSION}",
            "Update ResNet Studio.",
        )


def _check_own(path: Path, state: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    _check_version(path, metadata)
    kept = {key: value for key, value in metadata.items() if key != _HASH}
    if metadata.get(_HASH) != _digest(state, kept):
        raise refusal(
            path,
            "it has changed since it was written (its SHA-256 is another)",
            "Copy it again from where it was made, or use an earlier checkpoint of the run.",
        )


def _described(
    path: Path, state: dict[str, Tensor], metadata: Mapping[str, str], kind: FileKind
) -> WeightsFile:
    """Reads the texts beside the tensors; anyone can write them, and a hash that fits."""
    try:
        spec = NetworkSpec.from_json(metadata[_SPEC])
        classes = json.loads(metadata.get(_CLASSES, "null"))
        preprocessing = json.loads(metadata.get(_PREPROCESSING, "null"))
        info = json.loads(metadata.get(_INFO, "{}"))
    except SpecError as error:
        raise refusal(path, f"the network it describes is not valid: {error.message}") from error
    except (KeyError, ValueError, RecursionError):
        raise refusal(path, "its description is broken") from None
    right = (
        isinstance(info, dict)
        and (preprocessing is None or isinstance(preprocessing, dict))
        and (classes is None or _names(classes, spec.classes))
    )
    if not right:
        raise refusal(path, "its description does not fit its network")
    named = None if classes is None else tuple(classes)
    return WeightsFile(path, state, spec, named, preprocessing, info, format=kind.words)


def _names(classes: Any, count: int) -> bool:
    return (
        isinstance(classes, list)
        and len(classes) == count
        and all(isinstance(name, str) for name in classes)
    )


def _digest(state: Mapping[str, Tensor], metadata: Mapping[str, str]) -> str:
    """Returns the SHA-256 of names, types, shapes and bytes of all tensors, and of the texts."""
    digest = hashlib.sha256()
    digest.update(json.dumps(sorted(metadata.items())).encode())
    for name in sorted(state):
        tensor = state[name]
        digest.update(json.dumps([name, str(tensor.dtype), list(tensor.shape)]).encode())
        if tensor.numel():
            digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    line = (str(error).splitlines() or [type(error).__name__])[0].strip().rstrip(".")
    return line if len(line) <= 120 else line[:119] + "…"
