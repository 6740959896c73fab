"""A comparison, watched: its progress, its tables and its picture."""
