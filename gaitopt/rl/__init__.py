"""Policy-gradient methods from REINFORCE to PPO, tested on problems with exact solutions; independent of robots."""
