"""Policies pi(a | s): action distributions, their log-probabilities and score functions."""
