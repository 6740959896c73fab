"""Optimizers that maximize a noisy function over the unit cube; they know nothing of robots."""
