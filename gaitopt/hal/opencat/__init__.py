"""Petoi OpenCat: codec, skills, driver."""
