"""The driver against emulated servos, over a line in memory and in simulated time."""

import math

import numpy as np
import pytest
from ideal_plant import IdealPlant
from memory_link import MemoryLink
from serial_rigs import LossyLink

from gaitopt.emulators.dynamixel.bus import DynamixelBus
from gaitopt.emulators.faults import FaultSpec, FaultyLine
from gaitopt.errors import BodyError, InputError, MissedReplyError, ProtocolError
from gaitopt.hal.driver import DeviceInfo
from gaitopt.hal.dynamixel import codec
from gaitopt.hal.dynamixel.codec import Instruction, PacketReader
from gaitopt.hal.dynamixel.driver import DynamixelDriver
from gaitopt.hal.dynamixel.tables import MODELS
from gaitopt.hal.servo_map import ServoMap, ServoSlot

TICK = 2 * math.pi / 4096
SLOTS = (
    ServoSlot(4, 1, 2048.0, 1000, 3000),
    ServoSlot(2, -1, 2048.0, 1000, 3000),
    ServoSlot(9, 1, 1500.0, 800, 2200),
)
SERVOS = ServoMap(SLOTS, 4096)
PRESENT = {4: 2100.0, 2: 2000.0, 9: 1510.0}


@pytest.fixture
def plant():
    return IdealPlant(PRESENT)


@pytest.fixture
def bus(plant):
    return DynamixelBus(plant, dict.fromkeys(PRESENT, "XL430-W250"))


@pytest.fixture
def link(bus):
    return LossyLink(bus)


@pytest.fixture
def driver(link):
    return DynamixelDriver(link, SERVOS, "XL430-W250", [5.0, 5.0, 6.0])


@pytest.fixture
def powered(driver):
    driver.open()
    driver.power_on()
    return driver


def stored(bus, name):
    return [bus.servo(slot.id).values[name] for slot in SLOTS]


def writes(link):
    """Return the instruction packets that wrote something to a single servo."""
    packets = PacketReader().feed(b"".join(data for _, data in link.sent))
    return [packet for packet in packets if packet.instruction == Instruction.WRITE]


def test_open_identifies_and_sets_up_the_servos(driver, bus):
    assert driver.open() == DeviceInfo("XL430-W250", "46", "Dynamixel Protocol 2.0")
    assert stored(bus, "return_delay_time") == [0, 0, 0]
    assert stored(bus, "min_position_limit") == [1000, 1000, 800]
    assert stored(bus, "max_position_limit") == [3000, 3000, 2200]
    assert "servo 9: max_position_limit 4095 -> 2200" in driver.changed
    assert driver.lowest_voltage == pytest.approx(6.3)
    assert driver.highest_temperature == 67.0


def test_a_battery_may_be_used_up_before_its_servos_say_so(link):
    driver = DynamixelDriver(link, SERVOS, "XL430-W250", [5.0, 5.0, 6.0], lowest_voltage=9.6)
    driver.open()
    assert driver.lowest_voltage == 9.6  # and not 6.3, at which three lithium cells are ruined


def test_permanent_memory_is_written_only_where_it_differs(driver, link):
    driver.open()
    link.sent.clear()
    driver.open()
    assert writes(link) == []
    assert driver.changed == ()


def test_open_sets_up_servos_whose_torque_was_left_on(driver, bus):
    for servo in bus.servos:
        servo.write(11, b"\x01")
        servo.write(64, b"\x01")
    driver.open()
    assert stored(bus, "operating_mode") == [3, 3, 3]


def test_open_moves_nothing(driver, plant):
    driver.open()
    assert plant.positions == PRESENT
    assert set(plant.targets.values()) == {None}


@pytest.mark.parametrize("model", MODELS)
def test_every_model_opens_and_moves(model):
    plant = IdealPlant(PRESENT)
    plant.volts = MODELS[model]["max_voltage_limit"].factory / 10
    driver = DynamixelDriver(MemoryLink(DynamixelBus(plant, dict.fromkeys(PRESENT, model))), SERVOS, model, np.ones(3))
    driver.open()
    driver.power_on()
    sent = driver.send(np.array([0.1, 0.2, 0.3]))
    assert driver.measure().angles == pytest.approx(sent)
    assert driver.health().problems == ()


def test_nobody_at_this_baud_rate(plant):
    bus = DynamixelBus(plant, dict.fromkeys(PRESENT, "XL430-W250"))
    for servo in bus.servos:
        servo.values["baud_rate"] = 1  # 57600 bit/s
    driver = DynamixelDriver(MemoryLink(bus, name="/dev/ttyUSB0"), SERVOS, "XL430-W250", np.ones(3))
    with pytest.raises(BodyError, match=r"/dev/ttyUSB0 at 1000000 baud: none .* answers.*by default 57600"):
        driver.open()


def test_a_missing_servo_is_named(driver, bus):
    bus.kill(2)
    with pytest.raises(BodyError, match="servos 2 do not answer"):
        driver.open()


def test_another_model_is_named(link):
    driver = DynamixelDriver(link, SERVOS, "XM430-W350", np.ones(3))
    with pytest.raises(BodyError, match="servo 4 is XL430-W250, expected XM430-W350"):
        driver.open()


def test_firmware_without_a_watchdog_is_refused(driver, bus):
    bus.servo(9).values["firmware_version"] = 37
    with pytest.raises(BodyError, match="servo 9 has firmware 37, expected 38"):
        driver.open()


def test_power_on_moves_nothing_though_old_goals_are_elsewhere(driver, bus, plant):
    driver.open()
    for servo in bus.servos:
        servo.write(116, (1900).to_bytes(4, "little"))
    assert driver.power_on() == pytest.approx([52 * TICK, 48 * TICK, 10 * TICK])
    assert plant.positions == PRESENT
    assert plant.targets == PRESENT
    assert stored(bus, "torque_enable") == [1, 1, 1]
    assert stored(bus, "bus_watchdog") == [15, 15, 15]


def test_torque_alone_would_have_moved_it(driver, bus, plant):
    """Negative control of the test above: the emulated servo does go for an old goal."""
    driver.open()
    bus.servo(4).write(116, (1900).to_bytes(4, "little"))
    bus.servo(4).write(64, b"\x01")
    assert plant.positions[4] == 1900


def test_power_on_needs_the_servos_within_their_limits(driver, plant):
    driver.open()
    plant.positions[9] = 2205.0  # a little beyond: it moves to the limit
    driver.power_on()
    assert plant.positions[9] == 2200
    driver.limp()
    plant.positions[9] = 2300.0
    with pytest.raises(BodyError, match=r"servo 9 stands at tick 2300, expected 800 to 2200; turn its joint by hand"):
        driver.power_on()
    assert plant.targets[9] is None


def test_power_on_reports_why_a_servo_stays_off(driver, bus):
    driver.open()
    bus.servo(2).fail(5)
    with pytest.raises(BodyError, match=r"torque of servos 2 did not switch on: servo 2: overload; .*power off and on"):
        driver.power_on()


def test_power_on_notices_goals_that_were_not_taken(driver, link):
    driver.open()
    normal = link.write

    def lose_goals(data):
        normal(b"" if data[7:9] == b"\x83\x74" else data)

    link.write = lose_goals
    bus_goal = (1234).to_bytes(4, "little")
    normal(codec.sync_write(116, {4: bus_goal}))
    with pytest.raises(BodyError, match="servos 4 did not accept their positions as goals"):
        driver.power_on()


def test_send_goes_to_each_joints_servo_in_one_packet(powered, plant, link):
    link.sent.clear()
    sent = powered.send(np.array([0.1, 0.2, 0.3]))
    assert len(link.sent) == 1
    assert plant.targets == {4: 2048 + 65, 2: 2048 - 130, 9: 1500 + 196}
    assert sent == pytest.approx([65 * TICK, 130 * TICK, 196 * TICK])


def test_send_keeps_to_the_limits(powered, plant):
    sent = powered.send(np.array([9.0, 9.0, -9.0]))
    assert plant.targets == {4: 3000, 2: 1000, 9: 800}
    assert sent == pytest.approx([952 * TICK, 1048 * TICK, -700 * TICK])


def test_send_before_power_on_is_refused(driver):
    driver.open()
    with pytest.raises(ProtocolError, match="call power_on first"):
        driver.send(np.zeros(3))


def test_measure_returns_angles_speeds_and_loads(driver, plant):
    driver.open()
    plant.positions.update({4: 2148.0, 2: 2148.0, 9: 1400.0})
    plant.speeds.update({4: 100.0, 2: 100.0, 9: 0.0})
    plant.loads.update({4: 0.5, 2: 0.5, 9: -0.001})  # -0.1 % is FF FF on the line
    measured = driver.measure()
    unit = 0.229 / 60 * 4096  # [ticks/s]
    speed = round(100 / unit) * unit * TICK
    assert measured.angles == pytest.approx([100 * TICK, -100 * TICK, -100 * TICK])
    assert measured.speeds == pytest.approx([speed, -speed, 0.0])
    assert measured.loads == pytest.approx([0.5, -0.5, -0.001])
    assert measured.roll_pitch_yaw is None


def test_current_becomes_a_part_of_the_stall_torque():
    plant = IdealPlant(PRESENT)
    plant.volts = 5.0
    bus = DynamixelBus(plant, dict.fromkeys(PRESENT, "XL330-M288"))
    driver = DynamixelDriver(MemoryLink(bus), SERVOS, "XL330-M288", np.ones(3))
    driver.open()
    plant.loads[4] = 0.25  # of 1470 mA
    assert driver.measure().loads[0] == pytest.approx(0.25, abs=1 / 1470)


def test_one_lost_question_is_asked_again(powered, link):
    link.lose_next(1)
    assert powered.measure().angles is not None
    link.lose_next(2)
    with pytest.raises(MissedReplyError, match="servo 4 did not answer"):
        powered.measure()
    assert powered.measure().angles is not None


def test_a_servo_that_dies_is_named_first(powered, bus):
    bus.kill(2)
    with pytest.raises(MissedReplyError, match=r"servo 2 did not answer \(nor did 9 after it\)"):
        powered.measure()


def test_every_question_ends_within_a_bounded_time(powered, bus, link):
    for id in PRESENT:
        bus.kill(id)
    start = link.now()
    with pytest.raises(MissedReplyError):
        powered.measure()
    assert link.now() - start < 0.1


def test_health_is_the_worst_voltage_and_every_temperature(powered, plant):
    plant.volts, plant.degrees[2] = 10.84, 41.0
    health = powered.health()
    assert health.voltage == pytest.approx(10.8)
    assert health.temperatures.tolist() == [30.0, 41.0, 30.0]
    assert health.problems == ()


def test_health_names_hardware_errors(powered, bus):
    bus.servo(9).fail(5)
    bus.servo(9).fail(2)
    (problem,) = powered.health().problems
    assert problem.startswith("servo 9: overheating, overload; ")
    assert "power off and on" in problem


def test_health_notices_a_servo_that_lost_its_power(powered, bus, link):
    bus.servo(2).reboot(link.now())
    link.sleep(0.25)
    assert powered.health().problems == ("servos 2 restarted and are limp; check battery and cables",)


def test_a_stream_keeps_the_watchdog_quiet(powered, link):
    for _ in range(100):
        powered.send(np.zeros(3))
        link.sleep(powered.period)
    assert powered.health().problems == ()


def test_silence_trips_the_watchdog_and_power_on_clears_it(powered, link, bus, plant):
    powered.send(np.array([0.1, 0.1, 0.1]))
    before = dict(plant.positions)
    link.sleep(0.5)
    assert stored(bus, "bus_watchdog") == [255] * 3
    assert plant.targets == before  # it holds
    (problem,) = powered.health().problems
    assert "received nothing for 0.3 s" in problem
    with pytest.raises(BodyError, match="received nothing"):
        powered.send(np.zeros(3))
    powered.limp()
    powered.power_on()
    powered.send(np.zeros(3))
    assert powered.measure().angles == pytest.approx(np.zeros(3), abs=1e-9)


def test_hold_stops_where_it_is_and_may_be_followed_by_send(powered, link, plant):
    plant.most_speed = 500.0
    powered.send(np.array([0.5, 0.5, 0.5]))
    link.sleep(0.1)
    powered.hold()
    link.sleep(0.8)
    assert plant.positions[4] == pytest.approx(2150, abs=3)
    assert powered.health().problems == ()
    powered.send(np.zeros(3))
    link.sleep(0.25)
    assert powered.measure().angles == pytest.approx(np.zeros(3), abs=1e-9)
    link.sleep(0.5)
    assert powered.health().problems != ()  # the watchdog is back


def test_hold_before_power_on_does_nothing(driver, link):
    driver.open()
    link.sent.clear()
    driver.hold()
    assert link.sent == []


def test_limp_switches_everything_off_despite_lost_packets(powered, link, plant):
    link.lose_next(4)
    powered.limp()
    assert set(plant.targets.values()) == {None}
    with pytest.raises(ProtocolError):
        powered.send(np.zeros(3))


def test_limp_names_the_servo_that_does_not_confirm(powered, bus, plant):
    bus.kill(2)
    with pytest.raises(BodyError, match=r"servos 2 did not confirm .* cut the robot's power"):
        powered.limp()
    assert set(plant.targets.values()) == {None}


def test_cut_needs_no_state_and_gets_past_a_packet_that_was_under_way(powered, link, plant):
    link.sent.clear()
    link.write(codec.sync_write(116, {4: bytes(4), 2: bytes(4)})[:20])
    powered.cut()
    off = codec.sync_write(64, {4: b"\0", 2: b"\0", 9: b"\0"})
    assert [data for _, data in link.sent[1:]] == [off, off]
    assert set(plant.targets.values()) == {None}


def test_cut_after_the_line_is_lost_does_not_raise(powered, link):
    link.unplug()
    powered.cut()
    with pytest.raises(BodyError, match="lost"):
        powered.limp()


def test_stuffed_statuses_are_understood(powered, plant):
    plant.loads.update({4: -0.001})
    plant.speeds.update({4: 253 * 0.229 / 60 * 4096})
    assert powered.measure().speeds[0] == pytest.approx(253 * 0.229 / 60 * 2 * math.pi)


@pytest.mark.parametrize("seed", range(5))
def test_a_line_that_loses_bytes_does_not_keep_it_from_powering_on(driver, plant, bus, seed):
    driver.open()
    line = FaultyLine(FaultSpec(drop=0.04, garble=0.04), np.random.default_rng(seed))
    driver = DynamixelDriver(MemoryLink(bus, line), SERVOS, "XL430-W250", np.ones(3))
    assert driver.power_on() == pytest.approx([52 * TICK, 48 * TICK, 10 * TICK])
    assert plant.targets == PRESENT
    assert stored(bus, "torque_enable") == [1, 1, 1]
    driver.limp()
    assert stored(bus, "torque_enable") == [0, 0, 0]


def test_health_guards_again_when_the_watchdogs_packet_was_lost(powered, bus, link):
    powered.hold()
    normal = link.write
    link.write = lambda data: normal(b"" if data[7:9] == b"\x83\x62" else data)
    powered.send(np.zeros(3))
    link.write = normal
    assert stored(bus, "bus_watchdog") == [0, 0, 0]
    assert powered.health().problems == ()
    assert stored(bus, "bus_watchdog") == [15, 15, 15]


def test_garbled_replies_are_missed_and_never_used(driver, plant, bus):
    line = FaultyLine(FaultSpec(drop=0.1, garble=0.2), np.random.default_rng(5))
    driver = DynamixelDriver(MemoryLink(bus, line), SERVOS, "XL430-W250", np.ones(3))
    truth = [52 * TICK, 48 * TICK, 10 * TICK]
    missed = 0
    for _ in range(200):
        try:
            assert driver.measure().angles == pytest.approx(truth)
        except MissedReplyError:
            missed += 1
    assert 10 < missed < 190


def test_reach_is_the_rated_speed(driver):
    assert driver.reach(0.02).tolist() == pytest.approx([0.1, 0.1, 0.12])


def test_period_fits_the_speed_of_the_line(link):
    servos = ServoMap([ServoSlot(id, 1, 2048.0, 0, 4095) for id in range(1, 13)], 4096)
    assert DynamixelDriver(link, servos, "XL430-W250", np.ones(12)).period == 0.02
    slow = DynamixelDriver(link, servos, "XL430-W250", np.ones(12), baud_rate=57_600).period
    assert slow == pytest.approx(1.25 * (74 + 26 + 12 * 21) * 10 / 57_600)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"model": "XL999"}, "unknown Dynamixel model 'XL999'"),
        ({"rated_speeds": [1.0]}, r"shape \(1,\)"),
        ({"baud_rate": 12345}, "baud rate 12345"),
        ({"servos": ServoMap([ServoSlot(1, 1, 2048.0, -5, 100)], 4096)}, "limits -5 to 100 ticks"),
    ],
)
def test_invalid_arguments_are_refused(link, change, text):
    arguments = {"servos": ServoMap(SLOTS[:1], 4096), "model": "XL430-W250", "rated_speeds": [1.0]}
    if change == {"rated_speeds": [1.0]}:
        arguments["servos"] = SERVOS
    with pytest.raises(InputError, match=text):
        DynamixelDriver(link, **(arguments | change))


def test_close_is_harmless_when_repeated(powered):
    powered.close()
    powered.close()
    powered.cut()
