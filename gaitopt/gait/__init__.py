"""What a gait is: twelve numbers, the paths of the feet, the joint angles of one cycle."""
