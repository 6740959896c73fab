"""Training a policy that adjusts a gait."""
