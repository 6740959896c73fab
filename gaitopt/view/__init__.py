"""What an experiment looks like: progress, tables, pictures, video. Reads experiments, never steers them."""
