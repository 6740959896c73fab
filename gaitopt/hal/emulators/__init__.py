"""Firmware of robots, emulated: what a driver cannot tell from the robot."""
