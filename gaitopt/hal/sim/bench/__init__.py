"""Servo bench: one joint of a robot on a stand, driven as in a walk, beside the servo model computed exactly."""
