"""Small problems whose exact answers are known."""
