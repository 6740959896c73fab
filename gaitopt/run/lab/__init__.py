"""Learning small problems by policy gradients."""
