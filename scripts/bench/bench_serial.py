"""Timing of command streams and of switching the servos off: drivers and emulated robots on pseudo-terminals.

Dynamixel: 12 servos at 1 Mbps, 50 commands a second. OpenCat: 20 poses a second; each reply is compared with the
firmware's time of motion (1 ms + 8 ms for each 2 degrees and one more). Then a walking process gets SIGTERM: the time
until servos-off is on the wire. Run it on an idle machine. Beside each stream, a bare loop of sleeps of the same period
measures the timing of the machine itself.
"""

import argparse
import json
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import threading
import time
import tty
from concurrent.futures import ProcessPoolExecutor

import numpy as np

import gaitopt
from gaitopt.hal.opencat.link_model import motion_time

POSE = {"dynamixel": b"\x83\x74\x00\x04\x00", "opencat": b"L"}
"""In a pose: a sync write of goal positions; the pose command."""
OFF = {"dynamixel": b"\x83\x40\x00\x01\x00", "opencat": b"d\n"}
"""In servos-off: a sync write of torque enable; the rest command."""


def bare_loop(period: float, seconds: float) -> dict:
    """Sleep to one deadline after another, and do nothing else."""
    begun, late = time.perf_counter(), []
    for deadline in begun + period * np.arange(1, round(seconds / period) + 1):
        time.sleep(max(0.0, deadline - time.perf_counter()))
        late.append(time.perf_counter() - deadline)
    return {
        f"lateness_{name}_s": float(np.quantile(late, q)) for name, q in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))
    }


def stream(kind: str, robot_name: str, seconds: float, loops: ProcessPoolExecutor) -> dict:
    robot = gaitopt.load_robot(robot_name)
    gait = gaitopt.load_gait("hand-tuned", robot).parameters
    field = gaitopt.load_scenario("field")
    with gaitopt.emulated(robot, field) as ports, gaitopt.make_body(robot, ports.body) as body:
        walk = gaitopt.plan_deployment(body, gait, robot, field, slower=None, duration=seconds)
        replies = timed_replies(body) if kind == "opencat" else []
        bare = loops.submit(bare_loop, body.command_period, seconds)
        timing = gaitopt.deploy(body, walk.controller, seconds).timing
    result = {
        "commands": len(timing.lateness),
        "period_s": timing.period,
        "missed_deadlines": timing.missed,
        "lateness_p50_s": timing.quantile(0.5),
        "lateness_p99_s": timing.quantile(0.99),
        "lateness_max_s": timing.quantile(1.0),
        "bare_loop_beside": bare.result(),
    }
    if replies:
        beyond = np.array([took - model for took, model in replies])
        result["reply_beyond_model_p50_s"] = float(np.median(beyond))
        result["reply_beyond_model_p99_s"] = float(np.quantile(beyond, 0.99))
    return result


def timed_replies(body) -> list[tuple[float, float]]:
    """Return a list that fills with (time of a reply, time by the firmware's model), for every pose sent."""
    driver, replies = body._driver, []
    send = driver.send

    def timed(angles):
        before = driver._pose.copy()
        begun = time.perf_counter()
        sent = send(angles)
        took = time.perf_counter() - begun
        replies.append((took, motion_time(float(np.abs(driver._pose - before).max()))))
        return sent

    driver.send = timed
    return replies


def servos_off(kind: str, robot_name: str, after: float = 3.0) -> float:
    """Return the time from SIGTERM to servos-off on the wire [s]; a tap between driver and emulator sees it."""
    robot = gaitopt.load_robot(robot_name)
    with gaitopt.emulated(robot, gaitopt.load_scenario("field")) as ports, Tap(ports.body.partition(":")[2]) as tap:
        deploy = [sys.executable, "-m", "gaitopt", "deploy", "hand-tuned", "--seconds", "30", "--yes"]
        where = ["--robot", robot_name, "--body", f"{kind}:{tap.port}"]
        walk = subprocess.Popen([*deploy, *where], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        tap.wait_for(POSE[kind])
        time.sleep(after)
        killed = time.monotonic()
        walk.send_signal(signal.SIGTERM)
        walk.wait(timeout=30)
        times = [at for at, data in tap.seen if at >= killed and OFF[kind] in data]
    if not times:
        raise SystemExit(f"{kind}: no servos-off was seen after SIGTERM")
    return times[0] - killed


class Tap:
    """A pseudo-terminal before another port that notes when which bytes went to the robot."""

    def __init__(self, port: str) -> None:
        self._robot = os.open(port, os.O_RDWR | os.O_NOCTTY)
        self._host, self._slave = os.openpty()
        for end in (self._slave, self._robot):
            tty.setraw(end)
        self.port, self.seen = os.ttyname(self._slave), []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._pump, daemon=True)

    def wait_for(self, part: bytes) -> None:
        while not any(part in data for _, data in self.seen):
            time.sleep(0.05)

    def _pump(self) -> None:
        while not self._stop.is_set():
            for end in select.select([self._host, self._robot], [], [], 0.05)[0]:
                data = os.read(end, 4096)
                if end == self._host:
                    self.seen.append((time.monotonic(), data))
                os.write(self._robot if end == self._host else self._host, data)

    def __enter__(self) -> "Tap":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for end in (self._host, self._slave, self._robot):
            os.close(end)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="duration of each stream")
    parser.add_argument("--kills", type=int, default=5, help="number of walks that are killed")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    result = {}
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as loops:
        loops.submit(bare_loop, 0.01, 0.1).result()  # its start is over before the first stream's
        for kind, robot in (("dynamixel", "dynamixel-quadruped"), ("opencat", "petoi-bittle")):
            result[kind] = stream(kind, robot, args.seconds, loops)
            result[kind]["servos_off_after_sigterm_s"] = [servos_off(kind, robot) for _ in range(args.kills)]
    print(json.dumps(result) if args.json else json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
