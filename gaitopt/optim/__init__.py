"""Optimizers that maximize a noisy function over the unit cube, independent of robots."""
