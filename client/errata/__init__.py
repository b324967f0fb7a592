"""Errata for researchers: answers, grading, and pinned releases of living benchmarks."""

__version__ = "0.1.0"
