"""Bodies: anything that takes joint angles, simulated or real."""
