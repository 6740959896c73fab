"""`gaitopt find-port`: find the serial port of a robot or light gate."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from gaitopt.cli import arguments
from gaitopt.cli.output import Answer
from gaitopt.hal.serial.serial_link import find_ports

if TYPE_CHECKING:
    from gaitopt.hal.serial.probe import Found


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("ports", nargs="*", metavar="PORT", help="ports to probe (default: all of this computer)")
    parser.add_argument("--list", action="store_true", help="list the ports without opening any")
    arguments.add_json(parser)


def run(args: argparse.Namespace) -> Answer:
    """Find."""
    known = {port.device: str(port) for port in find_ports()}
    ports = args.ports or list(known)
    if not ports:
        return Answer({"ports": []}, "no serial ports; plug in the robot, or try: gaitopt emulate opencat", exit_code=1)
    if args.list:
        return Answer({"ports": ports}, "\n".join(known.get(port, port) for port in ports))
    from gaitopt.hal.serial.probe import probe  # it needs the drivers

    found = [probe(port) for port in ports]
    lines = [line for one in found for line in _lines(one)]
    works = any(one.body or one.stopwatch for one in found)
    return Answer({"ports": [vars(one) for one in found]}, "\n".join(lines), exit_code=0 if works else 1)


def _lines(found: Found) -> list[str]:
    lines = [f"{found.port:20}{found.detail}"]
    if found.body:
        quoted = f"'{found.body}'" if "?" in found.body else found.body  # or a shell would take it for a pattern
        lines.append(f"{'':20}use it with: --body {quoted}")
    if found.stopwatch:
        lines.append(f"{'':20}use it with: --stopwatch {found.stopwatch}")
    return lines + ([f"{'':20}{found.advice}"] if found.advice else [])
