"""Learning by gradient: one loop, its losses, samplers, devices and checkpoints."""

from tastemaker.training.settings import History, TrainSettings

__all__ = ["History", "TrainSettings"]
