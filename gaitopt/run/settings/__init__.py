"""Settings of experiments, and the files that hold them."""
