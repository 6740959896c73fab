"""What a robot is: its numbers, its kinematics, its URDF."""
