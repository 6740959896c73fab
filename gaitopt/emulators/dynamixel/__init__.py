"""ROBOTIS' Dynamixel servos, emulated."""
