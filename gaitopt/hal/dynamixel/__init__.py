"""Dynamixel X servos, Protocol 2.0: codec, control tables, bus, driver."""
