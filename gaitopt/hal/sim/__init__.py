"""Simulated bodies."""
