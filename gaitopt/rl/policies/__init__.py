"""Policies pi(a | s): what to do in a state, with which probability, and the gradient of its logarithm."""
