"""Encoders + fusion + model = one thing that recommends, rates and is saved."""

from tastemaker.pipeline.pipeline import Pipeline, load

__all__ = ["Pipeline", "load"]
