"""The policy-gradient algorithms, one short file each; their difference is what stands in place of Q."""
