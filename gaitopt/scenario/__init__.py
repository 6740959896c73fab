"""Where a robot walks."""
