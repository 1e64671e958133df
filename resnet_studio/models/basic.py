"""The basic block: two 3x3 convolutions, of which the first has the stride.

He et al. 2015 (arXiv:1512.03385, figure 5, left), in the orders of He et al. 2016
(arXiv:1603.05027, figure 4).
"""

from __future__ import annotations

from torch import Tensor, nn

from resnet_studio.architecture.spec import ActivationOrder, NetworkSpec
from resnet_studio.models.blocks import Block, Place
from resnet_studio.models.layers import conv3x3

# torch's modules return Any; every return here is a Tensor.
# mypy: disable-error-code="no-any-return"


class TwoConvolutions(Block):
    """A block of two 3x3 convolutions, in any order of activation."""

    @staticmethod
    def convolutions(spec: NetworkSpec, place: Place) -> tuple[nn.Conv2d, ...]:
        """Returns the two 3x3 convolutions."""
        return (
            conv3x3(place.inputs, place.inner, stride=place.stride),
            conv3x3(place.inner, place.outputs),
        )

    @property
    def last_bn(self) -> nn.BatchNorm2d:
        """`bn2`."""
        return self.bn2


class BasicBlock(TwoConvolutions):
    """The original order: normalisation after each convolution, ReLU after the addition."""

    def residual(self, x: Tensor) -> Tensor:
        """Returns F(x), up to the second normalisation."""
        out = self._drop(self.relu1(self.bn1(self.conv1(x))))
        return self._excite(self.bn2(self.conv2(out)))

    def activate_output(self, x: Tensor) -> Tensor:
        """Applies the second ReLU."""
        return self.relu2(x)


class BasicBnAfterAddition(TwoConvolutions):
    """Figure 4 (b): the second normalisation stands after the addition."""

    def residual(self, x: Tensor) -> Tensor:
        """Returns F(x), up to the second convolution."""
        out = self._drop(self.relu1(self.bn1(self.conv1(x))))
        return self._excite(self.conv2(out))

    def activate_output(self, x: Tensor) -> Tensor:
        """Applies the second normalisation and the second ReLU."""
        return self.relu2(self.bn2(x))


class BasicReluBeforeAddition(TwoConvolutions):
    """Figure 4 (c): the second ReLU stands before the addition, so that F is never negative."""

    def residual(self, x: Tensor) -> Tensor:
        """Returns F(x), up to the second ReLU."""
        out = self._drop(self.relu1(self.bn1(self.conv1(x))))
        return self.relu2(self._excite(self.bn2(self.conv2(out))))


class BasicReluTwice(BasicReluBeforeAddition):
    """A tutorial's order: one ReLU before the addition and one after it."""

    def activate_output(self, x: Tensor) -> Tensor:
        """Applies the third ReLU."""
        return self.relu3(x)


class BasicReluOnlyPreactivation(TwoConvolutions):
    """Figure 4 (d): ReLU before each convolution, normalisation after it."""

    def activate_input(self, x: Tensor) -> Tensor:
        """Applies the first ReLU."""
        return self.relu1(x)

    def residual(self, x: Tensor) -> Tensor:
        """Returns F, up to the second normalisation."""
        out = self._drop(self.relu2(self.bn1(self.conv1(x))))
        return self._excite(self.bn2(self.conv2(out)))


class BasicFullPreactivation(TwoConvolutions):
    """Figure 4 (e): normalisation and ReLU before each convolution."""

    def activate_input(self, x: Tensor) -> Tensor:
        """Applies the first normalisation and ReLU."""
        return self.relu1(self.bn1(x))

    def residual(self, x: Tensor) -> Tensor:
        """Returns F, up to the second convolution."""
        out = self._drop(self.relu2(self.bn2(self.conv1(x))))
        return self._excite(self.conv2(out))


BASIC_BLOCKS: dict[ActivationOrder, type[TwoConvolutions]] = {
    ActivationOrder.ORIGINAL: BasicBlock,
    ActivationOrder.BN_AFTER_ADDITION: BasicBnAfterAddition,
    ActivationOrder.RELU_BEFORE_ADDITION: BasicReluBeforeAddition,
    ActivationOrder.RELU_TWICE: BasicReluTwice,
    ActivationOrder.RELU_ONLY_PREACTIVATION: BasicReluOnlyPreactivation,
    ActivationOrder.FULL_PREACTIVATION: BasicFullPreactivation,
}
