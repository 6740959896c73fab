"""Functions with known maxima, and a loop that runs an optimizer on them."""

import numpy as np

from gaitopt.optim.catalog import make_optimizer


def make(name, start, epsilon=0.05, seed=1, **options):
    """Return an optimizer with the same epsilon in every coordinate."""
    return make_optimizer(name, start, np.full(len(start), epsilon), np.random.default_rng(seed), options)


class Quadratic:
    """J = -(x - top)' A (x - top) / 2; its gradient is -A (x - top)."""

    def __init__(self, eigenvalues, top, seed=3):
        n = len(eigenvalues)
        turned, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))
        self.a = turned @ np.diag(eigenvalues) @ turned.T
        self.top = np.broadcast_to(np.asarray(top, dtype=float), (n,))

    def __call__(self, points):
        away = np.atleast_2d(points) - self.top
        return -np.einsum("ki,ij,kj->k", away, self.a, away) / 2

    def gradient(self, point):
        return -self.a @ (np.asarray(point) - self.top)


def rosenbrock(points):
    """Maximum 0 at 0.75 in every coordinate: Rosenbrock's function on [-2, 2]^n, by 1/1000."""
    x = (np.atleast_2d(points) - 0.5) * 4
    return -np.sum(100 * (x[:, 1:] - x[:, :-1] ** 2) ** 2 + (1 - x[:, :-1]) ** 2, axis=1) / 1000


def bases(log, n):
    """Return the bases (k, n) of the central differences in a log of `drive`."""
    return np.array([(points[0] + points[n]) / 2 for points, _ in log if len(points) == 2 * n])


def drive(optimizer, function, traversals=np.inf, iterations=np.inf, noise=0.0, seed=0):
    """Run an optimizer as the run loop does; return the points and scores of each iteration."""
    rng = np.random.default_rng(seed)
    log = []
    while not optimizer.stop_reasons() and len(log) < iterations:
        traversals -= optimizer.batch * optimizer.repeats
        if traversals < 0:
            break
        points = optimizer.ask()
        draws = noise * rng.standard_normal((len(points), optimizer.repeats))
        scores = (function(points)[:, None] + draws).mean(axis=1)
        optimizer.tell(points, scores)
        log.append((points, scores))
    return log
