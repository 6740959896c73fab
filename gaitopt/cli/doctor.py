"""`gaitopt doctor`: what works on this machine, and how to mend what does not."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer
from gaitopt.run.diagnosis import Finding, checkup


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    arguments.add_runs(parser)
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> Answer:
    """Check the machine."""
    findings = checkup(args.runs)
    needed = all(finding.works for finding in findings if finding.needed)
    data = {"works": needed, "findings": [asdict(finding) for finding in findings]}
    text = "\n".join(_line(finding) for finding in findings)
    return Answer(data, text, exit_code=0 if needed else 2)


def _line(finding: Finding) -> str:
    mark = "ok  " if finding.works else "FAIL" if finding.needed else "no  "
    mend = f"\n       mend: {finding.mend}" if not finding.works else ""
    return f"{mark}  {finding.what}: {finding.detail}{mend}"
