"""Gaits: the twelve parameters, foot loci, and the joint angles of one cycle."""
