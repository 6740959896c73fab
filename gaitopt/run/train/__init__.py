"""Training of a policy that adjusts a gait."""
