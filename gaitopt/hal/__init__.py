"""Bodies: anything that can be told joint angles, simulated or real."""
