"""Serial ports, and the devices found on them."""
