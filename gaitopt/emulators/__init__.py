"""Firmware of real robots behind pseudo-terminals, with simulated physics."""
