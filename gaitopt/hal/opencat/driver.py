"""Driver of Petoi robots with OpenCat firmware, over USB.

Sources: PetoiCamp OpenCatEsp32 src/reaction.h, src/motion.h, src/skill.h; PetoiCamp OpenCat serialMaster/ardSerial.py
(how the vendor's own client opens a port). Facts that shape this driver:

- The firmware confirms a pose when it is reached, so motion is streamed at 20 poses a second, 10 degrees each.
- `j` returns commanded angles, never measured ones.
- The first command after `d` switches on the reflexes, which move the robot by themselves; they are switched off again.
- Servos can be switched off only in the rest pose. They switch on with the first pose, wherever they are then.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Self

import numpy as np

from gaitopt.arrays import Array
from gaitopt.errors import BodyError, InputError, MissedReplyError, ProtocolError
from gaitopt.hal.driver import DeviceInfo, Driver, Health, Measurement
from gaitopt.hal.link import Link
from gaitopt.hal.opencat import codec
from gaitopt.hal.opencat.dialect import BIBOARD, Dialect, recognize
from gaitopt.hal.opencat.exchange import Exchange
from gaitopt.hal.opencat.link_model import STREAM_PERIOD, motion_time, reach_deg
from gaitopt.hal.opencat.sensors import Degrees, Sensors, agreed_joints, read_joints
from gaitopt.hal.opencat.skill import GaitSkill, skill_of
from gaitopt.hal.servo_map import ServoMap
from gaitopt.hal.wiring import servo_map, wiring_of
from gaitopt.robot.spec import RobotSpec

OPEN_TIME = 8.0
"""Longest restart of a board when its port is opened [s]."""
OPEN_QUIET = 0.3
"""Silence after which a board did not restart [s]."""
MARGIN = 0.25
"""Longest time of a reply after the motion [s]."""
REST_TIME = 2.5
"""Longest time to reach the rest pose: one degree in 8 ms [s]."""
UPLOAD_TIME = 3.0
"""Longest time to store a gait and move to its first frame [s]."""
SETTLE = 0.02
"""Time after which both lines of a repeated reply have arrived [s]."""
LIMP_TRIES = 7
REST_POSTURE = "rest"
"""Line in the reply to `d`, unless the robot is at rest already."""
REFLEX_TRIES = 4
CUT_REPEATS = 2
CUT_PAUSE = 0.9
"""Time between two rest commands of `cut`, for the firmware to carry out what a partial command turns into [s]."""
LOWEST_VOLTAGE = 7.0
"""Voltage of two lithium cells that are nearly empty [V]."""


class OpenCatDriver(Driver):
    """One robot on one line.

    Args:
        link: link to the robot.
        servos: map from joint angles to whole degrees of OpenCat's joints 0 to 15.
        model: text that the model line must contain.
        lowest_voltage: lowest voltage of the battery, if higher than OpenCat's own limit [V].

    Raises:
        InputError: a servo that OpenCat does not have, or limits that cannot be streamed.
    """

    usual_baud = 115200
    units_per_turn = 360
    period = STREAM_PERIOD
    feedback = "commanded"
    tilt = True

    def __init__(
        self, link: Link, servos: ServoMap, model: str = "Bittle", lowest_voltage: float | None = None
    ) -> None:
        self.lowest_voltage = max(LOWEST_VOLTAGE, lowest_voltage or 0.0)
        for slot in servos.slots:
            if not 0 <= slot.id < codec.JOINTS:
                raise InputError(f"servo {slot.id}: OpenCat numbers joints 0 to {codec.JOINTS - 1}")
            lowest, highest = np.clip(codec.ANGLE_LIMITS_DEG[slot.id], -codec.LARGEST, codec.LARGEST)
            if slot.lowest < lowest or slot.highest > highest:
                raise InputError(
                    f"servo {slot.id}: {slot.lowest} to {slot.highest} degrees, possible {lowest} to {highest}"
                )
        self._link = link
        self._servos = servos
        self._ids = list(servos.ids)
        self._model = model
        self._sensors = Sensors(link)
        self._exchange = Exchange(link, self._hear)
        self.dialect: Dialect = BIBOARD
        """Dialect of the firmware; known once the robot has answered."""
        self.playing = False
        """Whether the robot plays an uploaded gait by itself."""
        self._pose: Degrees | None = None
        self._uploaded: bytes | None = None
        self._cut_time = -np.inf

    @classmethod
    def for_robot(cls, robot: RobotSpec, link: Link, baud: int) -> Self:
        """Return the driver of a robot on a link."""
        wiring = wiring_of(robot)
        return cls(link, servo_map(robot), wiring.model, wiring.lowest_voltage_v)

    def open(self) -> DeviceInfo:
        """Wait until the board has booted, identify it, and switch its reflexes off; nothing moves."""
        model, version = self._identify()
        if self._model not in model:
            raise BodyError(f"{self._link.name}: {model!r} answered, expected a {self._model}; check port and robot")
        self.dialect = recognize(version)
        self._reflexes_off()
        return DeviceInfo(model, version, self.dialect.name)

    def power_on(self) -> Array:
        """Switch the servos on at the angles commanded last, where `limp` left them.

        A robot that was bent by hand since then springs back; OpenCat cannot detect that.

        Raises:
            BodyError: a commanded angle is outside what a pose can hold.
        """
        self._check_restart()
        self._reflexes_off()
        pose = agreed_joints(self._exchange)
        if np.abs(pose).max() > codec.LARGEST:
            raise BodyError(
                f"{self._link.name}: joint {int(np.abs(pose).argmax())} is beyond {codec.LARGEST} degrees; reset"
            )
        self._pose = pose
        try:
            self._send_pose(pose)
        except MissedReplyError:
            self._send_pose(pose)  # sending the present pose again moves nothing
        return self._servos.to_angles(pose[self._ids])

    def send(self, angles: Array) -> Array:
        """Send one pose, wait until it is reached, and return it in whole degrees.

        Raises:
            ProtocolError: before `power_on`, or while a gait plays.
            MissedReplyError: the robot did not confirm it.
        """
        self._check_restart()
        if self._pose is None or self.playing:
            raise ProtocolError(f"send: call {'stop' if self.playing else 'power_on'} first")
        pose = self._pose.copy()
        pose[self._ids] = self._servos.to_units(angles)
        self._send_pose(pose)
        return self._servos.to_angles(pose[self._ids])

    def reach(self, elapsed: float) -> Array:
        """Return the largest change of a pose that is reached within `elapsed` [s], (joints,) [rad]."""
        return np.full(len(self._ids), np.radians(reach_deg(elapsed)))

    def measure(self) -> Measurement:
        """Return the commanded angles, and a tilt that is at most a second old."""
        pose = read_joints(self._exchange) if self._pose is None or self.playing else self._pose
        tilt = self._sensors.tilt(self._exchange, self.dialect)
        self._check_restart()  # after all queries that may have reported one
        self._pose = pose
        return Measurement(self._servos.to_angles(pose[self._ids]), roll_pitch_yaw=tilt)

    def health(self) -> Health:
        """Return the battery's voltage, at most some seconds old, and the problems reported since."""
        voltage = self._sensors.voltage(self._exchange, self.dialect)
        self._exchange.listen()
        return Health(voltage=voltage, problems=self._sensors.problems())

    def hold(self) -> None:
        """Stop a gait that plays; poses are held anyway."""
        if self.playing:
            self.stop()

    def limp(self) -> None:
        """Send the robot to rest, which ends with the servos off; then keep the reflexes off.

        One `d` proves little: a board that boots prints it by itself, before it processes what was sent meanwhile; and
        two commands that arrive as one switch a single servo off, with the same reply but for the posture's name. So
        the robot must confirm once more, twice if the posture was never named.

        Raises:
            BodyError: it did not confirm.
        """
        sure = 0
        for _ in range(LIMP_TRIES):
            if self._exchange.in_doubt:
                with suppress(MissedReplyError):
                    self._exchange.resync()
            with suppress(MissedReplyError):
                reply = self._exchange.send(codec.REST, "d", REST_TIME)
                sure += 2 if REST_POSTURE in reply else 1
            if sure > 2:
                self._pose, self.playing = None, False
                with suppress(MissedReplyError):
                    self._reflexes_off()
                return
        raise BodyError(f"{self._link.name}: rest not confirmed in {LIMP_TRIES} tries; switch the robot's battery off")

    def cut(self) -> None:
        """Put the rest command on the wire; wait only if it may be lost, to send it again.

        It must be alone in its burst: after half a command, or an empty line, it would be swallowed, and two of them in
        one burst switch a single servo off. So while a command may be half read, two more follow, each after the
        firmware has carried out what it received; and a cut soon after a cut sends only those.
        """
        with suppress(Exception):
            now = self._link.now()
            again, self._cut_time = now - self._cut_time < CUT_PAUSE, now
            half_read = now < self._exchange.half_read_until
            self._exchange.in_doubt = True
            if not again:
                self._link.cut(codec.REST)
            for _ in range(CUT_REPEATS if again or half_read else 0):
                self._link.sleep(CUT_PAUSE)
                self._link.cut(codec.REST)

    def close(self) -> None:
        """Close the line."""
        self._link.close()

    # Gaits that the robot plays by itself.

    def load(self, angles: Array, duration: float) -> float:
        """Load one cycle of joint angles, (n, joints) [rad], of `duration` [s]; return its duration there [s].

        Raises:
            BodyError: the firmware cannot hold such a cycle; says what would fit.
        """
        try:
            skill = skill_of(angles, duration, self._servos, self.dialect)
        except InputError as error:
            raise BodyError(str(error)) from error
        self.upload(skill)
        return skill.cycle_time(self.dialect)

    def upload(self, skill: GaitSkill) -> None:
        """Store a gait and move to its first frame, servos on; skipped if it is stored already, to spare the flash.

        Raises:
            MissedReplyError: the robot did not confirm it.
        """
        self._check_restart()
        if skill.array == self._uploaded:
            return
        self._uploaded = None
        self.playing = True
        self._exchange.ask(codec.upload(skill.array), self.dialect.upload_reply, UPLOAD_TIME)
        self._uploaded = skill.array
        self.stop()

    def start(self) -> None:
        """Play the uploaded gait until `stop`: nothing else ends it, not even the loss of this line.

        Raises:
            ProtocolError: nothing was uploaded.
        """
        if self._uploaded is None:
            raise ProtocolError("start: call upload first")
        self._check_restart()
        self._exchange.ask(codec.HEAD_STILL, "i", REST_TIME)
        self.playing = True
        self._exchange.ask(codec.REPLAY, "k", UPLOAD_TIME)

    def stop(self) -> None:
        """Stop the gait where it is, servos on."""
        self._exchange.query(codec.IDENTIFY, "?")
        self.playing = False
        self._pose = agreed_joints(self._exchange)

    # Parts.

    def _identify(self) -> tuple[str, str]:
        deadline = self._link.now() + OPEN_TIME
        while True:
            self._exchange.wait_for_quiet(OPEN_QUIET)
            while self._sensors.restarted and not self._sensors.ready and self._link.now() < deadline:
                self._exchange.wait_for_quiet(OPEN_QUIET)
            with suppress(MissedReplyError):
                identity = codec.parse_identity(self._exchange.send(codec.IDENTIFY, "?", 1.0))
                if identity is not None:
                    self._sensors.restarted = False
                    return identity
            if self._link.now() >= deadline:
                raise BodyError(
                    f"{self._link.name}: no OpenCat robot answers; switch its battery on, "
                    "close other programs that use the port, check the port's name"
                )

    def _reflexes_off(self) -> None:
        """Keep the robot from moving by itself; on NyBoard by a toggle, until it reports off."""
        if self.dialect.gyro_off.startswith(b"g"):
            self._exchange.query(self.dialect.gyro_off, "g")
            self._link.sleep(SETTLE)
            return
        for _ in range(REFLEX_TRIES):
            with suppress(MissedReplyError):
                self._exchange.ask(self.dialect.gyro_off, "g", MARGIN)
                return
        raise MissedReplyError(f"{self._link.name}: the reflexes stay on")

    def _send_pose(self, pose: Degrees) -> None:
        before = pose if self._pose is None else self._pose
        change = float(np.abs(pose - before).max())
        self._exchange.ask(codec.pose(pose), "L", motion_time(change, step_time=self.dialect.step_time) + MARGIN)
        self._pose = pose

    def _hear(self, line: str) -> None:
        self._sensors.hear(line)
        if self._sensors.restarted:
            self._uploaded, self._pose, self.playing = None, None, False

    def _check_restart(self) -> None:
        if self._sensors.restarted:
            raise BodyError(
                f"{self._link.name}: the board restarted by itself, servos off; check its battery, then restart"
            )
