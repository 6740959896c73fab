"""Petoi OpenCat: dialects, codec, skills, driver."""
