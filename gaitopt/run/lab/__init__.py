"""Small problems for policy-gradient algorithms."""
