"""The form at the left of the window: every choice of the network."""

from resnet_studio.gui.network_form.form import NetworkForm

__all__ = ["NetworkForm"]
