"""The command `gaitopt`: one file a verb, no logic."""
