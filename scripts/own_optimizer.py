"""Learn with an optimizer of your own, any class that has ask and tell: `python scripts/own_optimizer.py`."""

import argparse

import numpy as np

import gaitopt


class LocalSearch:
    """Try four points around the best so far. Points are gaits, in the unit cube."""

    def __init__(self, start, epsilon, rng):
        self.best, self.score, self.step, self.rng = start, -np.inf, 2 * epsilon, rng

    def ask(self):
        return np.clip(self.best + self.step * self.rng.normal(size=(4, len(self.best))), 0, 1)

    def tell(self, points, scores):
        if max(scores) > self.score:
            self.best, self.score = points[np.argmax(scores)], max(scores)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traversals", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0, help="random seed")
    args = parser.parse_args()
    outcome = gaitopt.learn(optimizer=LocalSearch, traversals=args.traversals, seed=args.seed)
    print(f"{1e3 * outcome.start.speed_mps:.0f} mm/s before, {1e3 * outcome.learned.speed_mps:.0f} mm/s after")


if __name__ == "__main__":  # walks run in worker processes
    try:
        main()
    except gaitopt.GaitoptError as error:
        raise SystemExit(f"own_optimizer: {error}") from None
