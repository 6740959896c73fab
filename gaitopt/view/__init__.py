"""What a run looks like: progress, plots, video. Reads a run, never steers it."""
