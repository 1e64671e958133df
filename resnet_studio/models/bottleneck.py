"""The bottleneck block: 1x1 down, 3x3, 1x1 up by `expansion`.

He et al. 2015 (arXiv:1512.03385, figure 5, right), in the orders of He et al. 2016
(arXiv:1603.05027, figure 4). The stride sits on the first 1x1 (the paper) or on the 3x3
(torchvision, "v1.5"). With `groups` the 3x3 is split as in ResNeXt (arXiv:1611.05431), with
`base_width` widened as in Wide ResNet (arXiv:1605.07146).
"""

from __future__ import annotations

from torch import Tensor, nn

from resnet_studio.architecture.spec import ActivationOrder, NetworkSpec, StridePlace
from resnet_studio.models.blocks import Block, Place
from resnet_studio.models.layers import conv1x1, conv3x3

# torch's modules return Any; every return here is a Tensor.
# mypy: disable-error-code="no-any-return"


class ThreeConvolutions(Block):
    """A block of 1x1, 3x3 and 1x1 convolution, in any order of activation."""

    @staticmethod
    def convolutions(spec: NetworkSpec, place: Place) -> tuple[nn.Conv2d, ...]:
        """Returns the 1x1, 3x3 and 1x1 convolution."""
        inner, stride = place.inner, place.stride
        first, second = (stride, 1) if spec.stride_on is StridePlace.CONV1 else (1, stride)
        return (
            conv1x1(place.inputs, inner, stride=first),
            conv3x3(inner, inner, stride=second, groups=spec.groups),
            conv1x1(inner, place.outputs),
        )

    @property
    def last_bn(self) -> nn.BatchNorm2d:
        """`bn3`."""
        return self.bn3


class Bottleneck(ThreeConvolutions):
    """The original order: normalisation after each convolution, ReLU after the addition."""

    def residual(self, x: Tensor) -> Tensor:
        """Returns F(x), up to the third normalisation."""
        out = self.relu1(self.bn1(self.conv1(x)))
        out = self.relu2(self.bn2(self.conv2(out)))
        return self._excite(self.bn3(self.conv3(out)))

    def activate_output(self, x: Tensor) -> Tensor:
        """Applies the third ReLU."""
        return self.relu3(x)


class BottleneckBnAfterAddition(ThreeConvolutions):
    """Figure 4 (b): the third normalisation stands after the addition."""

    def residual(self, x: Tensor) -> Tensor:
        """Returns F(x), up to the third convolution."""
        out = self.relu1(self.bn1(self.conv1(x)))
        out = self.relu2(self.bn2(self.conv2(out)))
        return self._excite(self.conv3(out))

    def activate_output(self, x: Tensor) -> Tensor:
        """Applies the third normalisation and the third ReLU."""
        return self.relu3(self.bn3(x))


class BottleneckReluBeforeAddition(ThreeConvolutions):
    """Figure 4 (c): the third ReLU stands before the addition, so that F is never negative."""

    def residual(self, x: Tensor) -> Tensor:
        """Returns F(x), up to the third ReLU."""
        out = self.relu1(self.bn1(self.conv1(x)))
        out = self.relu2(self.bn2(self.conv2(out)))
        return self.relu3(self._excite(self.bn3(self.conv3(out))))


class BottleneckReluTwice(BottleneckReluBeforeAddition):
    """A tutorial's order: one ReLU before the addition and one after it."""

    def activate_output(self, x: Tensor) -> Tensor:
        """Applies the fourth ReLU."""
        return self.relu4(x)


class BottleneckReluOnlyPreactivation(ThreeConvolutions):
    """Figure 4 (d): ReLU before each convolution, normalisation after it."""

    def activate_input(self, x: Tensor) -> Tensor:
        """Applies the first ReLU."""
        return self.relu1(x)

    def residual(self, x: Tensor) -> Tensor:
        """Returns F, up to the third normalisation."""
        out = self.relu2(self.bn1(self.conv1(x)))
        out = self.relu3(self.bn2(self.conv2(out)))
        return self._excite(self.bn3(self.conv3(out)))


class BottleneckFullPreactivation(ThreeConvolutions):
    """Figure 4 (e): normalisation and ReLU before each convolution."""

    def activate_input(self, x: Tensor) -> Tensor:
        """Applies the first normalisation and ReLU."""
        return self.relu1(self.bn1(x))

    def residual(self, x: Tensor) -> Tensor:
        """Returns F, up to the third convolution."""
        out = self.relu2(self.bn2(self.conv1(x)))
        out = self.relu3(self.bn3(self.conv2(out)))
        return self._excite(self.conv3(out))


BOTTLENECKS: dict[ActivationOrder, type[ThreeConvolutions]] = {
    ActivationOrder.ORIGINAL: Bottleneck,
    ActivationOrder.BN_AFTER_ADDITION: BottleneckBnAfterAddition,
    ActivationOrder.RELU_BEFORE_ADDITION: BottleneckReluBeforeAddition,
    ActivationOrder.RELU_TWICE: BottleneckReluTwice,
    ActivationOrder.RELU_ONLY_PREACTIVATION: BottleneckReluOnlyPreactivation,
    ActivationOrder.FULL_PREACTIVATION: BottleneckFullPreactivation,
}
