"""A lab experiment, watched: its progress, its picture and its drawing in plain characters."""
