"""Petoi's OpenCat firmware, emulated."""
