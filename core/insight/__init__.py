"""Why a network answers as it does: looked up in its own numbers, without TensorFlow."""

from core.insight.network import Network

__all__ = ["Network"]
