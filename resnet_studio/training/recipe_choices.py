"""What a recipe chooses among: optimiser, schedule, warm-up, arithmetic, where the pictures lie.

Values are those of `run.toml` and of the command line. No torch here.
"""

from __future__ import annotations

from enum import StrEnum


class Optimiser(StrEnum):
    """How gradients become steps.

    SGD is stochastic gradient descent with momentum, ADAMW Adam with decoupled weight decay
    (Loshchilov & Hutter 2017, arXiv:1711.05101).
    """

    SGD = "sgd"
    ADAMW = "adamw"


class Schedule(StrEnum):
    """The course of the learning rate after the warm-up.

    STEP lowers it at the milestones (torch's MultiStepLR), PERIODIC every so many epochs (StepLR),
    COSINE along half a cosine to `final_rate` (Loshchilov & Hutter 2016, arXiv:1608.03983),
    ONE_CYCLE up and down again (Smith & Topin 2017, arXiv:1708.07120), PLATEAU when the
    validation loss stops falling.
    """

    CONSTANT = "constant"
    STEP = "step"
    PERIODIC = "periodic"
    COSINE = "cosine"
    ONE_CYCLE = "one_cycle"
    PLATEAU = "plateau"


class Warmup(StrEnum):
    """How the first epochs are trained more gently.

    CONSTANT holds a small rate, then jumps (He et al. 2015, arXiv:1512.03385, section 4.2).
    GRADUAL rises in a straight line, step by step (Goyal et al. 2017, arXiv:1706.02677).
    """

    CONSTANT = "constant"
    GRADUAL = "gradual"


class ClassWeights(StrEnum):
    """How much the pictures of a class count in the loss.

    BALANCED weighs each class by the inverse of its number of training pictures, so that every
    class counts alike; the mean weight of a training picture is 1.
    """

    NONE = "none"
    BALANCED = "balanced"


class Sampler(StrEnum):
    """Which pictures an epoch visits.

    SHUFFLE visits each once. BALANCED visits all classes alike, the pictures of rare classes
    several times and some of common ones not at all; an epoch keeps its number of steps.
    """

    SHUFFLE = "shuffle"
    BALANCED = "balanced"


class DeviceChoice(StrEnum):
    """Where to train; AUTO takes CUDA, else MPS, else the processor."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class Precision(StrEnum):
    """Arithmetic of convolutions and the linear layer; weights are always kept in float32.

    AUTO takes bfloat16 where the hardware multiplies it natively, float32 elsewhere.
    """

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"


class Compile(StrEnum):
    """Whether the network is compiled by torch.compile before it is trained.

    AUTO measures both at the start where compiling can pay (CUDA) and takes the faster; on the
    processor it never paid (performance notes), so AUTO does not compile there.
    """

    AUTO = "auto"
    OFF = "off"
    ON = "on"


class DataPath(StrEnum):
    """Where the training pictures come from in each epoch.

    MEMORY decodes them once and keeps them as bytes on the device; STREAM decodes them anew in
    each epoch; AUTO chooses by their size. The pixels are the same bits.
    """

    AUTO = "auto"
    MEMORY = "memory"
    STREAM = "stream"
