"""Comparison of methods with equal budgets and several seeds."""
