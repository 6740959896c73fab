"""The command `gaitopt`, also as `python -m gaitopt`: what can be interrupted while the rest is still imported."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; see `gaitopt.cli.main.main`."""
    try:
        from gaitopt.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        print("gaitopt: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
