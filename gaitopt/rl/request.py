"""Experience that an algorithm requests before it learns, and how it is divided among samplers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gaitopt.rl.arrays import State


@dataclass(frozen=True)
class Request:
    """Experience to collect with one policy."""

    policy: State
    """State of the policy that acts."""
    steps: int | None = None
    """Number of steps of all samplers together; episodes continue from request to request. Or:"""
    episodes: int | None = None
    """Number of whole episodes of all samplers together."""
    explore: bool = True
    """Whether actions are sampled from the policy; if not, its most probable ones are taken."""


@dataclass(frozen=True)
class Job:
    """One sampler's part of a request."""

    request: int
    """Index of the request."""
    sampler: int
    """Index of the sampler."""
    amount: int
    """Number of steps or episodes."""


def share_out(requests: Sequence[Request], samplers: int) -> list[Job]:
    """Divide requests into jobs: steps in equal parts, episodes in turn; the result depends on the numbers alone."""
    jobs, turn = [], 0
    for number, request in enumerate(requests):
        amount = request.steps if request.steps is not None else request.episodes or 1
        first = 0 if request.steps is not None else turn
        for offset in range(min(samplers, amount)):
            share = amount // samplers + (offset < amount % samplers)
            jobs.append(Job(number, (first + offset) % samplers, share))
        turn += amount
    return jobs
