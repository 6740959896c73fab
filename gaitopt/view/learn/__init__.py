"""A learning run, watched: its progress and its learning curve."""
