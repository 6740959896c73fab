"""What is to be lived through before an algorithm learns, and how it is shared out to environments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gaitopt.rl.arrays import State


@dataclass(frozen=True)
class Request:
    """What an algorithm wants to be lived through before it learns."""

    policy: State
    """The policy's arrays."""
    steps: int | None = None
    """How many steps, of all lanes together; episodes go on from request to request. Or:"""
    episodes: int | None = None
    """How many whole episodes, of all lanes together."""
    explore: bool = True
    """Whether actions are drawn from the policy; else its most probable ones are taken."""


@dataclass(frozen=True)
class Job:
    """One lane's part of a request."""

    request: int
    """Number of the request."""
    lane: int
    """Number of the lane."""
    amount: int
    """How many steps or episodes."""


def share_out(requests: Sequence[Request], lanes: int) -> list[Job]:
    """Return who does what: steps in equal parts, episodes in turn; it depends on nothing but the numbers."""
    jobs, turn = [], 0
    for number, request in enumerate(requests):
        amount = request.steps if request.steps is not None else request.episodes or 1
        first = 0 if request.steps is not None else turn
        for offset in range(min(lanes, amount)):
            jobs.append(Job(number, (first + offset) % lanes, amount // lanes + (offset < amount % lanes)))
        turn += amount
    return jobs
