"""A walk across a field: who steers, how it is timed, what it is worth."""
