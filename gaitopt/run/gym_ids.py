"""The ids under which Gymnasium makes our environments; registered as soon as somebody imports Gymnasium.

Gymnasium 1 has no entry points for packages: environments are registered when their package is imported. gaitopt does
not import Gymnasium for that, which would cost every worker a fifth of a second, but waits for it.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

REGISTRY = "gymnasium.envs.registration"
"""The module that keeps the ids."""
ENVIRONMENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "gaitopt/Traversal-v0": ("gaitopt.run.gym_envs:TraversalEnv", {}),
    "gaitopt/TraversalDiscrete-v0": ("gaitopt.run.gym_envs:TraversalEnv", {"actions": "discrete"}),
    "gaitopt/PuckWorld-v0": ("gaitopt.run.gym_envs:PuckWorldEnv", {}),
}
"""What makes each environment, and how."""


def register_when_imported() -> None:
    """Register the ids now if Gymnasium is loaded, else when it will be."""
    if REGISTRY in sys.modules:
        _register(sys.modules[REGISTRY])
    elif not any(isinstance(finder, _Waiting) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Waiting())


def _register(registry: ModuleType) -> None:
    for name, (entry_point, settings) in ENVIRONMENTS.items():
        if name not in registry.registry:
            registry.register(id=name, entry_point=entry_point, kwargs=settings)


class _Waiting(MetaPathFinder):
    """Lets the module of Gymnasium's ids be found as always, and registers ours once it is loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != REGISTRY:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_register(module: ModuleType) -> None:
                load(module)
                _register(module)

            spec.loader.exec_module = load_and_register  # type: ignore[method-assign]
        return spec
