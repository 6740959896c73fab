"""The errors a user can meet: one root, one clear line each."""

from __future__ import annotations

from collections.abc import Collection, Iterable


class GaitoptError(Exception):
    """Root of every error that gaitopt raises on purpose; its text is one line fit for a user."""


class InputError(GaitoptError, ValueError):
    """Something the user gave cannot be used: a name, a file, a number. Validators of specs may raise it."""


class ProtocolError(GaitoptError):
    """Calls came in the wrong order, such as tell before ask."""


class BodyError(GaitoptError):
    """A body (simulated or real) cannot do what was asked of it."""


class MissedReplyError(BodyError):
    """A device did not answer, or not so that it can be understood; a few in a row are a fault."""


class FallError(BodyError):
    """A real robot fell over; its servos are limp."""


class WorkerError(GaitoptError):
    """Work could not be finished, though workers were replaced."""


def unknown_name(what: str, got: str, known: Iterable[str]) -> InputError:
    """Return the error for a name that is not known, with the nearest names that are."""
    import difflib  # slow to import, and rarely needed

    names = sorted(known)
    near = difflib.get_close_matches(got, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names) or 'none'}"
    return InputError(f"unknown {what} {got!r}; {hint}")


def check_names(what: str, given: Collection[str], known: Collection[str], missing: str) -> None:
    """Check that every known name is given, and no other.

    Raises:
        InputError: a name is unknown, or one is missing: then the text `missing`, with the name in place of {}.
    """
    for name in given:
        if name not in known:
            raise unknown_name(what, name, known)
    for name in known:
        if name not in given:
            raise InputError(missing.replace("{}", name))
