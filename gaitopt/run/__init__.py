"""A run of learning: its settings, its store, its loop. The only room where optimizers meet robots."""
