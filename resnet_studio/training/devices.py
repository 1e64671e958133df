"""Where a run computes and in which arithmetic, decided once at its start and then told.

No measuring here: the same machine always gets the same answer, which an exact resume needs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from resnet_studio.errors import DeviceError
from resnet_studio.training.recipe import Recipe
from resnet_studio.training.recipe_choices import DeviceChoice, Precision


@dataclass(frozen=True, slots=True)
class Hardware:
    """What a run computes on.

    Attributes:
        device: The device.
        precision: FP32 or BF16, never AUTO.
        threads: Threads of the processor that the steps are computed with.
    """

    device: torch.device
    precision: Precision
    threads: int

    @property
    def immediate(self) -> bool:
        """True where reading a result does not make the program wait for a queue of work."""
        return self.device.type == "cpu"

    def describe(self) -> dict[str, str | int]:
        """Returns what decides the last bits of a result, for the run's records."""
        return {
            "device": self.device.type,
            "processor": _processor(self.device),
            "precision": self.precision.value,
            "threads": self.threads,
            "torch": str(torch.__version__),
        }


def _processor(device: torch.device) -> str:
    """Returns the kind of processor, as far as other kinds compute other last bits."""
    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return str(torch.backends.cpu.get_cpu_capability()) if device.type == "cpu" else device.type


def choose_hardware(recipe: Recipe, *, threads: int | None = None) -> Hardware:
    """Returns the device, the arithmetic and the threads that the recipe asks for.

    Args:
        recipe: The recipe.
        threads: What a recipe that leaves the threads open gets; torch's own number if None.

    Raises:
        DeviceError: If the device is missing or cannot compute in the precision asked for.
    """
    device = _device(recipe.device)
    threads = recipe.threads or threads or torch.get_num_threads()
    return Hardware(device, _precision(recipe.precision, device), threads)


def _device(choice: DeviceChoice) -> torch.device:
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if choice is DeviceChoice.CUDA and not cuda:
        raise DeviceError(
            "No CUDA device was found.",
            remedy="Choose the device «auto» or «cpu», or mend the NVIDIA driver.",
        )
    if choice is DeviceChoice.MPS and not mps:
        raise DeviceError(
            "Metal (MPS) is not available on this computer.",
            remedy="Choose the device «auto» or «cpu»; Metal needs a Mac with Apple silicon.",
        )
    if choice is DeviceChoice.AUTO:
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    return torch.device(choice.value)


def _precision(choice: Precision, device: torch.device) -> Precision:
    if choice is Precision.AUTO:
        return Precision.BF16 if native_bf16(device) else Precision.FP32
    if choice is Precision.BF16 and device.type == "mps":
        raise DeviceError(
            "Training in bfloat16 is not offered on Metal (MPS).",
            remedy="Choose the precision «auto» or «fp32».",
        )
    return choice


def native_bf16(device: torch.device) -> bool:
    """Tells whether the hardware multiplies bfloat16 faster than float32.

    On the processor that takes AMX or AVX512-BF16. Measured with ResNet-20, 32 pixels, batch 128,
    channels last, two threads: AVX512-BF16 1,780 to 1,830 images/s against 710 to 980 in float32
    (AMD EPYC, torch 2.15, two repeats); AMX about 940 against 625. Without either it is emulated,
    which is slower than float32.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    # Private names, so a torch that lacks one just computes in float32.
    tests = ("_is_amx_tile_supported", "_is_avx512_bf16_supported")
    return any(getattr(torch.cpu, name, bool)() for name in tests)


@contextlib.contextmanager
def computing(hardware: Hardware) -> Iterator[None]:
    """Sets what decides the last bits of a step, within the body only.

    These are settings of the whole program, and other parts of it compute as well; so they are
    set for each step and not for a run.
    """
    threads = torch.get_num_threads()
    try:
        if threads != hardware.threads:
            torch.set_num_threads(hardware.threads)
        with _repeatable(hardware.device):
            yield
    finally:
        if threads != hardware.threads:
            torch.set_num_threads(threads)


def _repeatable(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """Keeps cuDNN to algorithms that give the same bits each time."""
    if device.type != "cuda":
        return contextlib.nullcontext()
    cudnn: contextlib.AbstractContextManager[object] = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=True
    )
    return cudnn


def autocast(hardware: Hardware) -> torch.autocast:
    """Returns the context in which the network's forward pass runs."""
    return torch.autocast(
        hardware.device.type, torch.bfloat16, enabled=hardware.precision is Precision.BF16
    )


def out_of_memory(error: BaseException) -> bool:
    """Tells whether `error` means that the device or the computer has no memory left."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    text = str(error)
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text or "not enough memory" in text
    )


def more_parts(batch_size: int, *, accumulate: int = 1) -> int | None:
    """Returns the `accumulate` that halves what a step needs; None if it is at its limit.

    The limit is parts of two pictures: from a single one batch normalisation learns nothing.
    """
    return 2 * accumulate if 4 * accumulate <= batch_size else None


def memory_error(batch_size: int, *, accumulate: int = 1) -> DeviceError:
    """Returns the error to show when a step did not fit into memory.

    Args:
        batch_size: Pictures of a step.
        accumulate: Parts in which they are computed.
    """
    parts = more_parts(batch_size, accumulate=accumulate)
    remedy = "Use smaller pictures or a smaller network."
    if parts is not None:
        remedy = (
            f"Resume the run with accumulate = {parts}: the same batches, computed in {parts} "
            f"parts, need about half the memory. Or start one with a batch size of "
            f"{batch_size // 2}, or with smaller pictures."
        )
    which = "batches" if accumulate == 1 else "parts of a batch"
    pictures = -(-batch_size // accumulate)
    return DeviceError(
        f"There is too little memory for {which} of {pictures} pictures.", remedy=remedy
    )
