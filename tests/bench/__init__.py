"""Measurements: `make bench` runs them and writes docs/benchmarks.md.

Machines are noisy, so every figure is a ratio against a peer or a physical limit of the same run.
"""
