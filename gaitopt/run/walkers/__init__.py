"""What walks: gaits, policies and controllers of a user's own."""
