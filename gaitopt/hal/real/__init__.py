"""Real bodies, and what keeps them safe."""
