"""Walking on a real robot."""
