"""Optimization of a gait."""
