"""Benchmarks: each compares side by side in one run, and asserts nothing."""
