"""Code blocks of the pages, and how they are run with a small budget."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
RUN, SHOWN = ("sh", "python"), ("toml", "text")
"""Languages of blocks that are run, and of blocks that are only shown."""
REASONS = ("Needs sudo", "Needs a cluster", "Needs a real robot", "Takes hours")
"""Titles of blocks that are left out; the reader sees them, too."""
SMALL = {"traversals": 12, "steps": 2048, "seeds": 1, "repeats": 2, "fresh": 2, "seconds": 1}
"""Largest budgets with which blocks are run."""
BUDGET = re.compile(rf"\b({'|'.join(SMALL)})( |=)(\d[\d_]*(?:\.\d+)?)")
MEASURED = re.compile(r"(gaitopt (?:learn|train|compare)\b)(?!.*--fresh)")
MEASURING = re.compile(r"gaitopt\.(?:learn|train|compare|\w+Settings)\((?=\w+=)(?!.*fresh=)")
"""Commands and calls that measure by 20 evaluation walks unless told otherwise."""


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    language: str
    text: str
    line: int
    reason: str | None
    """Why it is not run."""


def blocks_of(text: str) -> list[Block]:
    """Return the blocks of a page.

    Raises:
        ValueError: a block without a language that is known here, or left out without a reason that is.
    """
    found = []
    for token in MarkdownIt().parse(text):
        if token.type not in ("fence", "code_block"):
            continue
        line = token.map[0] + 1
        language, _, rest = token.info.partition(" ")
        title = re.fullmatch(r'title="(.*)"', rest)
        if language not in RUN + SHOWN or (rest and (title is None or title[1] not in REASONS)):
            known = f"a fence of {', '.join(RUN + SHOWN)}, and no title but {', '.join(REASONS)}"
            raise ValueError(f"line {line}: got {token.info or 'no language'!r}; expected {known}")
        if language == "text" and re.search(r"^(gaitopt|python|make|pip) ", token.content, re.MULTILINE):
            raise ValueError(f"line {line}: commands stand in a fence of sh, so that they are run")
        found.append(Block(language, token.content, line, title[1] if title else None))
    return found


def small(block: Block) -> str:
    """Return the text of a block with small budgets; all else stays."""
    text = BUDGET.sub(lambda match: match[1] + match[2] + _least(match[1], match[3]), block.text)
    if block.language == "python":
        return MEASURING.sub(r"\g<0>fresh=2, ", text)
    text = MEASURED.sub(r"\1 --fresh 2", text.replace("\\\n", " "))
    return text.replace("gaitopt train ", "gaitopt train --environments 2 ")


def _least(name: str, number: str) -> str:
    return number if float(number.replace("_", "")) <= SMALL[name] else str(SMALL[name])


class Reader:
    """Somebody who follows a page, block by block, in one folder with a checkout's scripts, robots and scenarios."""

    def __init__(self, folder: Path, robots: dict[str, str]) -> None:
        """Follow a page in an empty folder; `robots` says which addresses stand for which serial ports."""
        self._folder, self._robots = folder, robots
        for name in ("scripts", "robots", "scenarios"):
            (folder / name).symlink_to(ROOT / name)
        commands = folder / "bin"
        commands.mkdir()
        python = shlex.quote(sys.executable)
        self._command(commands / "python", f'exec {python} "$@"')
        self._command(commands / "gaitopt", f'exec {python} -m gaitopt "$@"')
        self._command(commands / "make", f'exec {shutil.which("make")} -C {shlex.quote(str(ROOT))} --dry-run "$@"')
        self._environment = {key: value for key, value in os.environ.items() if key != "MAKEFLAGS"} | {
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(folder),
            "MPLBACKEND": "Agg",
        }

    def run(self, block: Block) -> str:
        """Run a block, and return what went wrong; empty if nothing did.

        A busy machine can be too slow for an emulated robot, which answers in real time: it gets three trials.
        """
        emulated = "emulated(" in block.text or any(port in block.text for port in self._robots)
        for _ in range(3 if emulated else 1):
            trouble = self._run_once(block)
            if not trouble:
                break
        return trouble

    def _run_once(self, block: Block) -> str:
        text = small(block)
        for port, address in self._robots.items():
            text = re.sub(rf"(--body) {port}(?!.*--dry-run)", rf"\1 {address} --yes", text).replace(port, address)
        if block.language == "python":
            script = self._folder / f"line_{block.line}.py"
            script.write_text(text, encoding="utf-8")
            command = ["python", str(script)]
        else:
            command = ["bash", "-e", "-o", "pipefail", "-c", text]
        done = subprocess.run(
            command, cwd=self._folder, env=self._environment, capture_output=True, text=True, timeout=600, check=False
        )
        return "" if done.returncode == 0 else f"{text}\nended with {done.returncode}:\n{done.stdout}{done.stderr}"

    def _command(self, path: Path, line: str) -> None:
        path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        path.chmod(0o755)
