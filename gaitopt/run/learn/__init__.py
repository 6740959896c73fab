"""Learning a gait with an optimizer."""
