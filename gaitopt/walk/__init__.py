"""A walk across a field: its controller, its stopwatch, its score."""
