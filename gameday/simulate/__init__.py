"""The virtual-time driver over the decisions of `model/`."""
