"""The OpenCat driver against emulated firmware, in simulated time."""

from math import radians

import numpy as np
import pytest
from memory_link import MemoryLink
from opencat_plant import StillPlant

from gaitopt.emulators.faults import FaultSpec, FaultyLine
from gaitopt.emulators.opencat.board import BITTLE_SERVOS
from gaitopt.emulators.opencat.firmware import OpenCatFirmware
from gaitopt.errors import BodyError, InputError, MissedReplyError, ProtocolError
from gaitopt.hal.driver import NativeSkills
from gaitopt.hal.opencat import codec
from gaitopt.hal.opencat.dialect import BIBOARD, BIBOARD_2025, DIALECTS, NYBOARD
from gaitopt.hal.opencat.driver import OpenCatDriver
from gaitopt.hal.opencat.link_model import motion_time
from gaitopt.hal.opencat.skill import gait_skill
from gaitopt.hal.servo_map import ServoMap, ServoSlot

LEGS = [8, 12, 9, 13, 11, 15, 10, 14]
"""Left front, right front, left rear, right rear; OpenCat counts the right rear before the left."""


def servo_map():
    return ServoMap([ServoSlot(i, 1, 0.0, -80 if i > 9 else -120, 80) for i in LEGS], 360)


class Rig:
    def __init__(self, dialect=BIBOARD, seed=0, faults=None, boot=True, model=None):
        self.plant = StillPlant()
        self.firmware = OpenCatFirmware(self.plant, np.random.default_rng(seed), dialect, model)
        line = FaultyLine(faults, np.random.default_rng(seed + 1)) if faults else None
        self.link = MemoryLink(self.firmware, line)
        if not boot:
            self.link.sleep(10.0)
            self.link.flush_input()
        self.driver = OpenCatDriver(self.link, servo_map())

    def up(self):
        self.driver.open()
        self.driver.power_on()
        return self

    def stand(self, angle_deg=30):
        """Ease from rest into a pose, ten degrees at a time."""
        goal = np.full(8, radians(angle_deg))
        at = self.driver.measure().angles
        while np.abs(goal - at).max() > radians(0.5):
            step = np.clip(goal - at, -self.driver.reach(0.05), self.driver.reach(0.05))
            at = self.driver.send(at + step)
        return self

    def moves(self, duration=0.5):
        self.plant.history.clear()
        self.link.sleep(duration)
        return len(self.plant.history) > 20


@pytest.fixture(params=list(DIALECTS.values()), ids=list(DIALECTS))
def dialect(request):
    return request.param


def trot(dialect, cycle_time=0.8):
    phase = np.linspace(0, 2 * np.pi, 40, endpoint=False)[:, None] + np.pi * np.array([0, 1, 0, 1] * 2)
    return gait_skill(30 + 10 * np.sin(phase), cycle_time, dialect)


def test_open_waits_for_the_boot_and_identifies_the_board(dialect):
    rig = Rig(dialect)
    info = rig.driver.open()
    assert (info.firmware, info.dialect) == (dialect.version, dialect.name)
    assert info.model.startswith("Bittle")
    assert rig.driver.dialect is dialect
    assert rig.plant.powered == set()


def test_opens_a_board_that_runs_already_in_half_a_second(dialect):
    rig = Rig(dialect, boot=False)
    start = rig.link.now()
    rig.driver.open()
    assert rig.link.now() - start < 0.6


def test_opening_stops_a_gait_that_somebody_left_running():
    rig = Rig(boot=False)
    rig.link.write(codec.upload(trot(BIBOARD).array))
    assert rig.moves(1.0)
    rig.driver.open()
    assert not rig.moves()


def test_after_opening_a_fall_moves_nothing(dialect):
    rig = Rig(dialect)
    rig.driver.open()
    rig.plant.tilt = (radians(120), 0.0, 0.0)
    assert not rig.moves(2.0)


def test_after_limp_a_fall_moves_nothing(dialect):
    rig = Rig(dialect).up().stand()
    rig.driver.limp()
    rig.plant.tilt = (radians(120), 0.0, 0.0)
    rig.driver.health()
    assert not rig.moves(2.0)
    assert rig.plant.powered == set()


def test_another_robot_is_refused():
    with pytest.raises(BodyError, match=r"'Nybble Q' answered, expected a Bittle"):
        Rig(model="Nybble Q").driver.open()


def test_silence_is_an_error_with_a_hint():
    rig = Rig(faults=FaultSpec(drop=1.0))
    with pytest.raises(BodyError, match="no OpenCat robot answers; switch its battery on"):
        rig.driver.open()
    assert rig.link.now() < 12


def test_power_on_moves_nothing(dialect):
    rig = Rig(dialect, seed=5)
    rig.driver.open()
    before = list(rig.plant.angles)
    rig.plant.history.clear()
    pose = rig.driver.power_on()
    assert rig.plant.powered == BITTLE_SERVOS
    assert rig.plant.angles == before
    assert np.degrees(pose) == pytest.approx([before[i] for i in LEGS])


def test_joint_order_with_eight_different_angles():
    rig = Rig().up().stand()
    wanted = np.radians([31, 32, 33, 34, 35, 36, 37, 38])
    assert rig.driver.send(wanted) == pytest.approx(wanted)
    assert rig.plant.angles[8:] == [31, 33, 37, 35, 32, 34, 38, 36]


def test_send_returns_whole_degrees_within_limits():
    rig = Rig().up().stand(70)
    sent = rig.driver.send(np.radians([70.4, 70.6, 90.0, 70, 70, 70, 70, 70]))
    assert np.degrees(sent[:4]) == pytest.approx([70, 71, 80, 70])
    assert [rig.plant.angles[i] for i in LEGS[:4]] == [70, 71, 80, 70]


@pytest.mark.parametrize("change", [0, 1, 5, 10, 40])
def test_a_pose_takes_as_long_as_the_model_says(change):
    rig = Rig().up().stand(20)
    start = rig.link.now()
    rig.driver.send(np.full(8, radians(20 + change)))
    assert rig.link.now() - start == pytest.approx(motion_time(change), rel=0.05, abs=0.002)


def test_a_pose_within_reach_is_carried_out_before_the_next_is_due():
    rig = Rig().up().stand(20)
    for elapsed in (0.02, 0.03, 0.05, 0.1, 0.2):
        reach = rig.driver.reach(elapsed)
        start = rig.link.now()
        rig.driver.send(np.full(8, radians(20)) + reach)
        assert rig.link.now() - start < elapsed + 0.003
        rig.driver.send(np.full(8, radians(20)))
    assert np.degrees(rig.driver.reach(0.05)) == pytest.approx(np.full(8, 10))


def test_a_stream_keeps_its_pace():
    rig = Rig().up().stand(30)
    start, latest = rig.link.now(), 0.0
    for i in range(200):
        due = start + i * rig.driver.period
        latest = max(latest, rig.link.now() - due)
        rig.link.sleep(max(0.0, due - rig.link.now()))
        rig.driver.send(np.full(8, radians(30 + 8 * (i % 2))))
        rig.driver.measure()
        rig.driver.health()
    assert latest < 0.003


def test_tilt_has_the_sign_of_the_interface(dialect):
    rig = Rig(dialect).up()
    rig.plant.tilt = (0.1, -0.2, 0.3)
    rig.link.sleep(1.0)
    roll, pitch, yaw = rig.driver.measure().roll_pitch_yaw
    assert (roll, pitch) == pytest.approx((0.1, -0.2), abs=1e-3)
    assert yaw == pytest.approx(0.0 if dialect is NYBOARD else 0.3, abs=1e-3)


def test_tilt_is_asked_at_the_firmware_s_pace_and_kept_in_between():
    rig = Rig().up().stand()
    before = len(rig.link.sent)
    for _ in range(100):
        assert rig.driver.measure().roll_pitch_yaw is not None
        rig.link.sleep(0.02)
    asked = [data for _, data in rig.link.sent[before:] if data == b"gp\n"]
    assert len(asked) == pytest.approx(10, abs=2)
    assert len(rig.link.sent) - before == len(asked)


def test_health_queries_the_voltage_from_time_to_time():
    rig = Rig().up()
    before = len(rig.link.sent)
    for _ in range(100):
        assert rig.driver.health().voltage == 7.53
        rig.link.sleep(0.05)
    assert len(rig.link.sent) - before == 3
    assert Rig(NYBOARD).up().driver.health().voltage is None


def test_health_reports_a_low_battery_while_it_lasts():
    rig = Rig().up()
    rig.plant.volts = 6.6
    rig.link.sleep(3.0)
    assert rig.driver.health().problems == (
        'battery low: the board says "Low power: 6.60V. The robot won\'t move."; charge it',
    )
    rig.link.sleep(8.0)
    assert rig.driver.health().problems != ()
    rig.plant.volts = 7.5
    rig.link.sleep(3.0)
    assert rig.driver.health().problems == ()


def test_health_reports_once_a_fall_that_the_firmware_acted_on():
    rig = Rig().up()
    assert rig.driver.health().problems == ()
    rig.link.write(b"gB\n")  # another program switches the reflexes on
    rig.plant.tilt = (radians(120), 0.0, 0.0)
    rig.link.sleep(0.1)
    rig.plant.tilt = (0.0, 0.0, 0.0)
    assert rig.driver.health().problems == ("EXCEPTION: Fall over",)
    assert rig.driver.health().problems == ()


def test_limp_switches_off_and_confirms(dialect):
    rig = Rig(dialect).up().stand()
    rig.driver.limp()
    assert rig.plant.powered == set()
    with pytest.raises(ProtocolError, match="power_on"):
        rig.driver.send(np.zeros(8))
    rig.driver.power_on()
    rig.stand()
    assert rig.plant.angles[8:] == [30] * 8


def test_limp_works_on_a_bad_line():
    for seed in range(10):
        rig = Rig(seed=seed).up().stand()
        rig.link._wire._faults = FaultyLine(FaultSpec(drop=0.15), np.random.default_rng(seed))
        rig.driver.limp()
        assert rig.plant.powered == set()


def test_limp_that_is_never_confirmed_is_an_error():
    rig = Rig().up()
    rig.link._wire._faults = FaultyLine(FaultSpec(drop=1.0), np.random.default_rng(0))
    with pytest.raises(BodyError, match="switch the robot's battery off"):
        rig.driver.limp()


def test_a_lost_reply_is_missed_and_the_next_pose_gets_through():
    rig = Rig().up().stand(30)
    rig.link._wire._faults = FaultyLine(FaultSpec(drop=1.0), np.random.default_rng(0))
    with pytest.raises(MissedReplyError, match="'L' not confirmed"):
        rig.driver.send(np.full(8, radians(40)))
    rig.link._wire._faults = None
    start = rig.link.now()
    rig.driver.send(np.full(8, radians(35)))
    assert rig.plant.angles[8:] == [35] * 8
    assert rig.link.now() - start > 0.25  # it waited for quiet


def test_lines_that_nobody_asked_for_do_no_harm():
    rig = Rig().up().stand(30)
    for noise in (
        b"FPS:\t80\r\n",
        b"EXCEPTION: Knocked\r\n",
        b"ICM:  0.00  0.00 10.00    0.0    0.0    0.0\t\r\n",
        b"\xff\r\n",
    ):
        rig.firmware._board.sent += noise
        rig.driver.send(np.full(8, radians(31)))
        rig.driver.measure()
    assert any("Knocked" in problem for problem in rig.driver.health().problems)


def test_faulty_lines_never_move_more_than_asked():
    """Drops, delays and duplicates may cost poses, but never make the robot go where it was not sent."""
    for seed in range(5):
        rig = Rig(seed=seed).up().stand(30)
        rig.link._wire._faults = FaultyLine(
            FaultSpec(drop=0.05, duplicate=0.05, delay=0.01), np.random.default_rng(seed)
        )
        rig.plant.history.clear()
        missed = 0
        for i in range(150):
            try:
                rig.driver.send(np.full(8, radians(30 + 5 * (i % 3))))
            except MissedReplyError:
                missed += 1
        assert 0 < missed < 75
        assert all(30 <= target <= 40 for _, servo, target in rig.plant.history if servo in LEGS)


def test_a_board_that_restarts_is_noticed():
    rig = Rig().up().stand(30)
    rig.link._wire._to_host.append((rig.link.now(), rig.firmware.reset(rig.link.now())))
    with pytest.raises(BodyError):
        rig.driver.send(np.full(8, radians(35)))
    rig.link.sleep(8.0)
    with pytest.raises(BodyError, match="restarted by itself"):
        rig.driver.send(np.full(8, radians(35)))
    assert "restarted" in rig.driver.health().problems[0]
    rig.driver.limp()  # the pose that was sent into the boot was carried out after it
    assert rig.plant.powered == set()
    rig.up().stand(30)
    assert rig.plant.angles[8:] == [30] * 8


def test_a_restart_is_noticed_though_its_first_line_is_lost():
    rig = Rig(boot=False).up()
    said = rig.firmware.reset(rig.link.now())
    rig.link._wire._to_host.append((rig.link.now(), said.replace(b"* Start *", b"* S..rt *")))
    rig.link.sleep(10.0)
    with pytest.raises(BodyError, match="restarted by itself"):
        rig.driver.measure()


# The cut: it comes from a signal handler, at any moment.


class Interrupted(BaseException):
    pass


def interrupt(rig, part, act):
    """Have `act` called after `part` bytes of the next command, or with all of it on the wire."""
    write = rig.link.write

    def half(data):
        rig.link.write = write
        write(data[:part])
        act()
        raise Interrupted

    rig.link.write = half


FAR = np.radians([60, -60] * 4)


@pytest.mark.parametrize("wait", [0.0, 0.003, 0.02, 0.035, 0.1])
def test_cut_while_a_pose_is_carried_out(dialect, wait):
    rig = Rig(dialect).up().stand(30)
    interrupt(rig, 18, lambda: (rig.link.sleep(wait), rig.driver.cut()))
    with pytest.raises(Interrupted):
        rig.driver.send(FAR)
    rig.link.sleep(2.0)
    assert rig.plant.powered == set()


@pytest.mark.parametrize("part", [1, 2, 9, 12, 17])
def test_cut_while_a_pose_is_half_sent(dialect, part):
    rig = Rig(dialect).up().stand(30)
    interrupt(rig, part, rig.driver.cut)
    with pytest.raises(Interrupted):
        rig.driver.send(FAR)
    rig.link.sleep(2.0)
    assert rig.plant.powered == set()


@pytest.mark.parametrize("part", [1, 2, 9, 12, 17])
def test_a_single_rest_command_is_not_enough(part):  # negative control
    rig = Rig().up().stand(30)
    interrupt(rig, part, lambda: rig.link.cut(codec.REST))
    with pytest.raises(Interrupted):
        rig.driver.send(FAR)
    rig.link.sleep(5.0)
    assert rig.plant.powered == BITTLE_SERVOS


@pytest.mark.parametrize("part", [1, 5, 6, 20, 200, 300, 1000])
def test_cut_while_an_upload_is_half_sent(dialect, part):
    rig = Rig(dialect).up().stand(30)
    interrupt(rig, part, rig.driver.cut)
    with pytest.raises(Interrupted):
        rig.driver.upload(trot(dialect))
    rig.link.sleep(2.0)
    assert rig.plant.powered == set()
    assert not rig.moves()


def test_the_worst_upload_to_cut():
    """After its second byte the gait's angle ratio is an old byte: the firmware may be deaf for half a minute."""
    rig = Rig().up().stand(30)
    interrupt(rig, 2, rig.driver.cut)
    with pytest.raises(Interrupted):
        rig.driver.upload(trot(BIBOARD))
    rig.link.sleep(60.0)
    rig.driver.limp()
    assert rig.plant.powered == set()


@pytest.mark.parametrize("wait", [0.0, 0.002, 0.05, 0.4])
def test_cut_twice_while_the_robot_is_busy(dialect, wait):
    rig = Rig(dialect).up().stand(30)

    start = rig.link.now()

    def twice():
        rig.link.sleep(0.04)
        rig.driver.cut()
        rig.link.sleep(wait)
        rig.driver.cut()

    interrupt(rig, 18, twice)
    with pytest.raises(Interrupted):
        rig.driver.send(FAR)
    rig.link.sleep(2.0)
    assert rig.plant.powered == set()
    limp = [time for time, servo, target in rig.plant.history if servo == 8 and target is None and time > start]
    assert limp[0] - start < 0.8  # by the first command: the second does not spoil it


def test_two_rest_commands_while_the_robot_is_busy_leave_it_powered():  # negative control
    rig = Rig().up().stand(30)
    interrupt(rig, 18, lambda: (rig.link.sleep(0.04), rig.link.cut(codec.REST), rig.link.cut(codec.REST)))
    with pytest.raises(Interrupted):
        rig.driver.send(FAR)
    rig.link.sleep(5.0)
    assert rig.plant.powered == BITTLE_SERVOS - {0}


def test_cut_when_nothing_is_under_way_takes_no_time(dialect):
    rig = Rig(dialect).up().stand(30)
    start = rig.link.now()
    rig.driver.cut()
    assert rig.link.now() == start
    rig.link.sleep(1.0)
    assert rig.plant.powered == set()


def test_cut_while_a_gait_plays(dialect):
    rig = Rig(dialect).up().stand(30)
    rig.driver.upload(trot(dialect))
    rig.driver.start()
    assert rig.moves()
    rig.driver.cut()
    rig.link.sleep(1.0)
    assert rig.plant.powered == set()


def test_limp_after_a_cut(dialect):
    rig = Rig(dialect).up().stand(30)
    rig.driver.cut()
    rig.driver.limp()
    assert rig.plant.powered == set()
    rig.up().stand(30)


def test_cut_never_raises():
    rig = Rig().up()
    rig.link.unplug()
    rig.driver.cut()
    rig.driver.close()
    rig.driver.close()
    rig.driver.cut()


# The robot's own player.


def test_upload_start_stop(dialect):
    rig = Rig(dialect).up().stand(30)
    skill = trot(dialect)
    rig.driver.upload(skill)
    assert not rig.moves()
    assert skill.ratio == 1
    near_first = np.abs(np.array(rig.plant.angles[8:]) - skill.stored[0]).max()
    assert near_first <= 5
    rig.driver.start()
    rig.plant.history.clear()
    rig.link.sleep(2 * skill.cycle_time(dialect))
    heard = [target for _, servo, target in rig.plant.history if servo == 8]
    assert set(heard) == set(skill.stored[:, 0])
    assert {target for _, servo, target in rig.plant.history if servo == 0} == {0}
    rig.driver.stop()
    assert not rig.moves()
    assert rig.plant.powered == BITTLE_SERVOS
    assert np.degrees(rig.driver.measure().angles) == pytest.approx([rig.plant.angles[i] for i in LEGS])
    rig.driver.send(np.full(8, radians(30)))


def test_a_playing_gait_survives_measuring(dialect):
    rig = Rig(dialect).up().stand(30)
    rig.driver.upload(trot(dialect))
    rig.driver.start()
    for _ in range(20):
        state = rig.driver.measure()
        rig.driver.health()
        assert state.angles.shape == (8,)
        assert state.roll_pitch_yaw is not None
        rig.link.sleep(0.05)
    assert rig.moves()
    with pytest.raises(ProtocolError, match="stop"):
        rig.driver.send(np.zeros(8))
    rig.driver.hold()
    assert not rig.moves()


def test_load_takes_joint_angles(dialect):
    rig = Rig(dialect).up().stand(30)
    assert isinstance(rig.driver, NativeSkills)
    phase = np.linspace(0, 2 * np.pi, 40, endpoint=False)[:, None] + np.arange(8)
    angles = np.radians(30 + 10 * np.sin(phase))
    lasts = rig.driver.load(angles, 0.83)
    assert lasts == pytest.approx(0.83, abs=0.51 / dialect.frame_rate)
    rig.driver.start()
    rig.plant.history.clear()
    rig.link.sleep(2 * lasts)
    for column, servo in enumerate(LEGS):
        heard = np.array([target for _, i, target in rig.plant.history if i == servo])
        wanted = np.degrees(angles[:, column])
        assert (heard.min(), heard.max()) == pytest.approx((wanted.min(), wanted.max()), abs=0.7)
    with pytest.raises(BodyError, match="the longest cycle is"):
        rig.driver.load(angles, 3.0)


def test_the_same_gait_is_stored_once():
    rig = Rig().up().stand(30)
    for _ in range(3):
        rig.driver.upload(trot(BIBOARD))
        rig.driver.start()
        rig.driver.stop()
    rig.driver.upload(trot(BIBOARD, 0.7))
    assert len([1 for _, data in rig.link.sent if data.startswith(b"K")]) == 2


def test_start_needs_an_upload():
    with pytest.raises(ProtocolError, match="upload"):
        Rig().up().driver.start()


def test_limp_ends_a_gait():
    rig = Rig().up().stand(30)
    rig.driver.upload(trot(BIBOARD))
    rig.driver.start()
    rig.driver.limp()
    assert rig.plant.powered == set()
    assert not rig.moves()


def test_slots_that_cannot_be_are_refused():
    link = Rig().link
    with pytest.raises(InputError, match="joints 0 to 15"):
        OpenCatDriver(link, ServoMap([ServoSlot(16, 1, 0.0, -50, 50)], 360))
    with pytest.raises(InputError, match="-125 to 80"):
        OpenCatDriver(link, ServoMap([ServoSlot(8, 1, 0.0, -50, 90)], 360))


def test_the_two_years_of_biboard_differ_in_yaw_only_by_sign():
    yaws = []
    for dialect in (BIBOARD, BIBOARD_2025):
        rig = Rig(dialect).up()
        rig.plant.tilt = (0.0, 0.0, 0.5)
        rig.link.sleep(1.0)
        yaws.append(rig.driver.measure().roll_pitch_yaw[2])
    assert yaws == pytest.approx([0.5, 0.5], abs=1e-3)
