"""Robots: their specs, kinematics and URDF files."""
