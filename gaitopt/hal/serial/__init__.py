"""Serial ports and the devices on them."""
