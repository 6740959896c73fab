"""Real bodies, and the guard that keeps them safe."""
