"""Policy gradients, from REINFORCE to PPO, each proven on problems with exact answers; they know nothing of robots."""
