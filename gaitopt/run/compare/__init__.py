"""Comparing methods by equal budgets and several seeds."""
