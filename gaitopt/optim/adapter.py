"""Adapter of any class with `ask` and `tell`, such as a user's own, to an `Optimizer`.

The class is called as `cls(start, epsilon, rng, **options)`; see `Optimizer` for the first three. It has two methods:
`ask() -> (k, n)` returns points of the unit cube, and `tell(points, scores)` takes the mean score of each; higher is
better. All randomness must come from `rng`: a resumed run repeats the same scores and expects the same points.
Optional attributes:

- `best`: the recommended point, shape (n,); without it, the point with the highest mean score is recommended;
- `batch`: the number of points that the next `ask` returns; without it, `ask` is called before it is known whether the
  budget pays for the points;
- `stop_reasons() -> dict[str, str]`: the reasons to stop, by short name; empty if there are none;
- `repeats`, on the class: the default number of measurements of every point;
- `Options`, on the class: a pydantic model of its options; without it, they are the constructor's other keywords.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, cast, get_type_hints

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict, Field, create_model

from gaitopt.arrays import Array
from gaitopt.errors import GaitoptError, InputError
from gaitopt.optim.arrays import check_all, read_only
from gaitopt.optim.base import Optimizer, OptimizerOptions
from gaitopt.spec import Count

CHECKED = (bool, int, float, str)
"""Annotations of constructor keywords that are checked; values of others are passed on as they are."""
STORABLE = (bool, int, float, str, list, tuple, dict, type(None), type(...))
"""Types of defaults that a file of settings can hold (or none: `...`); keywords with other defaults are not options."""


class AskTell(Optimizer):
    """Wraps an optimizer of another class: checks what it returns, and names the class in every error."""

    def __init__(
        self,
        name: str,
        kind: type[Any],
        start: ArrayLike,
        epsilon: ArrayLike,
        rng: np.random.Generator,
        options: OptimizerOptions,
    ) -> None:
        """Build an optimizer of this kind; `name` stands for it in errors, the rest is as for `Optimizer`.

        Raises:
            InputError: it cannot be built; or see `Optimizer`.
        """
        super().__init__(start, epsilon, rng, options)
        self._name = f"optimizer {name}"
        self._next: Array | None = None  # points (k, n) that have no scores yet
        keywords = {key: getattr(options, key) for key in type(options).model_fields} | (options.model_extra or {})
        if "repeats" not in _keywords(kind):
            del keywords["repeats"]
        with self._blame(kind.__name__):
            self._inner = kind(np.array(self._start), np.array(self._epsilon), rng, **keywords)

    @property
    def batch(self) -> int:
        """Number of points that the next ask returns; 0 once there is a reason to stop."""
        if self._next is not None:
            return len(self._next)
        if self.stop_reasons():
            return 0
        promised = self._own("batch")
        if promised is None:
            return len(self._propose())
        if not isinstance(promised, int | np.integer) or promised < 1:
            raise InputError(f"{self._name}: batch: got {promised!r}, expected a whole number, at least 1")
        return int(promised)

    @property
    def best(self) -> Array:
        """The point that it recommends, else the one with the highest mean score, shape (n,), read-only."""
        best = self._own("best")
        return super().best if best is None else self._checked("best", best, 1)

    def stop_reasons(self) -> dict[str, str]:
        """Return its reasons to stop, by short name."""
        if self._own("stop_reasons") is None:
            return {}
        with self._blame("stop_reasons()"):
            reasons = self._inner.stop_reasons()
        if not isinstance(reasons, Mapping):
            raise InputError(f"{self._name}: stop_reasons(): got {reasons!r}, expected a dict of texts by short name")
        return {str(key): str(reason) for key, reason in reasons.items()}

    def _propose(self) -> Array:
        if self._next is None:
            promised = self._own("batch")
            with self._blame("ask()"):
                points = self._inner.ask()
            self._next = self._checked("ask()", points, 2)
            if promised is not None and promised != len(self._next):
                raise InputError(f"{self._name}: ask(): got {len(self._next)} points, expected its batch of {promised}")
        return self._next

    def _learn(self, points: Array, scores: Array) -> None:
        top = int(np.argmax(scores))
        self._consider(points[top], float(scores[top]))  # best, if it has none of its own
        self._next = None
        with self._blame("tell()"):
            self._inner.tell(np.array(points), np.array(scores))

    def _own(self, attribute: str) -> Any:
        with self._blame(attribute):
            return getattr(self._inner, attribute, None)

    def _checked(self, what: str, points: Any, axes: int) -> Array:
        """Return points of the cube, read-only, shape (k, n) or, with one axis, (n,)."""
        n = len(self._start)
        expected = f"numbers of shape {f'(k, {n})' if axes == 2 else f'({n},)'}"
        try:
            array = read_only(points)
        except (TypeError, ValueError) as error:
            got = f"a {type(points).__name__} that is not an array of numbers"
            raise InputError(f"{self._name}: {what}: got {got}, expected {expected}") from error
        if array.ndim != axes or array.shape[-1] != n or not array.size:
            got = f"shape {array.shape}" if array.ndim else f"{points!r}"
            raise InputError(f"{self._name}: {what}: got {got}, expected {expected}")
        check_all(f"{self._name}: {what}", array, (array >= 0) & (array <= 1), "a number in 0 to 1")
        return array

    @contextmanager
    def _blame(self, what: str) -> Iterator[None]:
        try:
            yield
        except GaitoptError:
            raise
        except Exception as error:  # somebody else's class may raise anything
            words = " ".join(f"{type(error).__name__}: {error}".split())
            raise InputError(f"{self._name}: {what} raised {words}") from error


def foreign_options(name: str, kind: Any) -> type[OptimizerOptions]:
    """Return a spec of the options of a class that is not an `Optimizer`; `repeats` is always one.

    Raises:
        InputError: it is not a class with ask and tell.
    """
    if not isinstance(kind, type) or not all(callable(getattr(kind, method, None)) for method in ("ask", "tell")):
        raise InputError(f"optimizer {name}: got {kind!r}, expected a class with ask() and tell(points, scores)")
    return _spec_of_options(kind)


@functools.cache
def _spec_of_options(kind: type[Any]) -> type[OptimizerOptions]:
    name, model = f"{kind.__name__}Options", getattr(kind, "Options", None)
    has_model = isinstance(model, type) and issubclass(model, BaseModel)
    any_keyword = any(p.kind is p.VAR_KEYWORD for p in _parameters(kind))
    bases: Any = (model, OptimizerOptions) if has_model else _OpenOptions if any_keyword else OptimizerOptions
    spec = cast(Any, create_model(name, __base__=bases, **({} if has_model else _keywords(kind))))
    own, meaning = getattr(kind, "repeats", None), OptimizerOptions.model_fields["repeats"].description
    usual = own if isinstance(own, int) else spec.model_fields["repeats"].default
    repeats = (Count, Field(usual, description=meaning))
    return cast(type[OptimizerOptions], create_model(name, __base__=spec, repeats=repeats))


class _OpenOptions(OptimizerOptions):
    """Options of a constructor that takes any keyword."""

    model_config = ConfigDict(extra="allow")


def _keywords(kind: type[Any]) -> dict[str, Any]:
    """Return types and defaults of the options: what the constructor takes after start, epsilon and rng."""
    try:
        hints = get_type_hints(kind.__init__)
    except Exception:  # names that are imported for a type checker only, for example
        hints = {}
    parameters = _parameters(kind)
    options = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD][3:]
    options += [p for p in parameters if p.kind is p.KEYWORD_ONLY]
    fields: dict[str, Any] = {}
    for option in options:
        default = ... if option.default is option.empty else option.default
        if isinstance(default, STORABLE) and not option.name.startswith("_"):
            hint = hints.get(option.name)
            fields[option.name] = (Annotated[hint, Field(strict=True)] if hint in CHECKED else Any, default)
    return fields


def _parameters(kind: type[Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(kind).parameters.values())
    except (TypeError, ValueError):  # it is not written in Python
        return []
