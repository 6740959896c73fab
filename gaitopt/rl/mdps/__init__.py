"""Small problems with exact solutions."""
