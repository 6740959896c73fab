"""A training, watched: its progress and its training curve."""
