"""Experiments: settings, folders, stores and loops. The only package in which optimizers and robots meet."""
