"""The emulated servos against the manual, in simulated time; test_dynamixel_clients.py asks other libraries."""

import itertools

import pytest
from fast_sync import fast_sync_read, fast_sync_replies
from hypothesis import given
from hypothesis import strategies as st
from ideal_plant import IdealPlant

from gaitopt.emulators.dynamixel.bus import DynamixelBus
from gaitopt.hal.dynamixel import codec
from gaitopt.hal.dynamixel.codec import Instruction, PacketReader
from gaitopt.hal.dynamixel.tables import MODELS

READ_ONLY, RANGE, LENGTH, LIMIT, ACCESS = 7, 4, 5, 6, 7


def number(data, signed=False):
    return int.from_bytes(data, "little", signed=signed)


class Host:
    """Queries the bus, and lets time pass until it is silent."""

    def __init__(self, bus):
        self.bus, self.now = bus, 0.0
        self.timed = []
        bus.reset(0.0)

    def ask(self, data):
        start, sent = self.now, self.bus.feed(data, self.now)
        self.timed = [(self.now - start, sent)] if sent else []
        while (event := self.bus.next_event()) is not None and event < start + 0.019:
            self.now = event
            self.timed.append((event - start, self.bus.tick(event)))
        return PacketReader().feed(b"".join(data for _, data in self.timed))

    def wait(self, duration):
        until = self.now + duration
        while (event := self.bus.next_event()) is not None and event <= until:
            self.bus.tick(event)
        self.now = until
        self.bus.tick(until)

    def write(self, id, address, value, size):
        (status,) = self.ask(codec.write(id, address, (value % (1 << 8 * size)).to_bytes(size, "little")))
        return status.error

    def read(self, id, address, length):
        (status,) = self.ask(codec.read(id, address, length))
        return status.parameters if status.error == 0 else status.error


@pytest.fixture
def plant():
    return IdealPlant({1: 2048.0, 2: 1000.0, 3: 3000.0})


@pytest.fixture
def bus(plant):
    return DynamixelBus(plant, {1: "XL430-W250", 2: "XL430-W250", 3: "XL430-W250"})


@pytest.fixture
def host(bus):
    return Host(bus)


def test_ping_returns_model_and_firmware(host):
    (status,) = host.ask(codec.ping(2))
    assert (status.id, status.error, number(status.parameters[:2]), status.parameters[2]) == (2, 0, 1060, 46)


def test_everyone_answers_a_broadcast_ping_in_the_order_of_ids(plant):
    bus = DynamixelBus(plant, {3: "XL430-W250", 1: "XL430-W250", 2: "XL430-W250"})
    assert [status.id for status in Host(bus).ask(codec.ping())] == [1, 2, 3]


@pytest.mark.parametrize("model", MODELS)
def test_every_register_reads_its_factory_value(model):
    plant = IdealPlant({1: 0.0})
    plant.volts = MODELS[model]["max_voltage_limit"].factory / 10
    host = Host(DynamixelBus(plant, {1: model}))
    for register in MODELS[model].registers.values():
        if not register.name.startswith(("present", "moving", "baud")):
            assert register.decode(host.read(1, register.address, register.size)) == register.factory, register.name


def test_measurements_come_in_the_units_of_the_manual(host, plant):
    plant.positions[1], plant.speeds[1], plant.loads[1] = -3.4, -4096 / 60 * 0.229 * 10, 0.25
    data = host.read(1, 126, 10)
    assert number(data[:2], signed=True) == 250  # 0.1 %
    assert number(data[2:6], signed=True) == -10  # 0.229 rpm
    assert number(data[6:], signed=True) == -3
    assert number(host.read(1, 144, 2)) == 111  # 0.1 V
    assert host.read(1, 146, 1) == b"\x1e"


def test_torque_lets_the_goal_count(host, plant):
    assert host.write(1, 116, 2100, 4) == 0
    host.wait(0.1)
    assert plant.positions[1] == 2048
    assert host.write(1, 64, 1, 1) == 0
    host.wait(0.1)
    assert plant.positions[1] == 2100
    assert host.write(1, 64, 0, 1) == 0
    assert plant.targets[1] is None


def test_goal_is_where_the_servo_is_at_power_up(host):
    assert number(host.read(2, 116, 4)) == 1000


@pytest.mark.parametrize(
    ("address", "value", "size", "error"),
    [
        (116, 4096, 4, LIMIT),  # beyond max position limit
        (116, -1, 4, LIMIT),
        (104, 266, 4, LIMIT),  # beyond velocity limit
        (116, 5, 2, LENGTH),  # two of four bytes
        (118, 5, 2, LENGTH),  # the middle of a register
        (9, 255, 1, RANGE),
        (11, 5, 1, RANGE),  # the XL430 has no current-based mode
        (31, 101, 1, RANGE),
        (0, 1, 2, READ_ONLY),
        (132, 1, 4, READ_ONLY),
        (200, 1, 1, ACCESS),  # no such register
        (38, 1, 2, ACCESS),  # the XL430 has no current limit
        (48, 3000, 4, 0),
        (108, 1, 4, 0),
    ],
)
def test_writes_get_the_errors_of_the_manual(host, address, value, size, error):
    assert host.write(1, address, value, size) == error


def test_a_refused_write_changes_nothing(host):
    assert host.write(1, 112, 5 + (5000 << 32), 8) == LIMIT  # profile velocity and goal position
    assert number(host.read(1, 112, 4)) == 0


def test_eeprom_is_locked_while_the_torque_is_on_and_survives_a_reset(host, bus):
    host.write(1, 64, 1, 1)
    assert host.write(1, 9, 0, 1) == ACCESS
    host.write(1, 64, 0, 1)
    assert host.write(1, 9, 0, 1) == 0
    host.write(1, 112, 77, 4)
    bus.reset(host.now)
    assert host.read(1, 9, 1) == b"\0"
    assert number(host.read(1, 112, 4)) == 0


def test_reading_a_missing_register_is_an_error(host):
    assert host.read(1, 71, 1) == ACCESS
    assert host.read(1, 1000, 1) == ACCESS


def test_status_return_level_silences_writes_then_reads_but_not_ping(host):
    host.ask(codec.write(1, 68, b"\x01"))
    assert host.ask(codec.write(1, 65, b"\x01")) == []
    assert len(host.ask(codec.read(1, 65, 1))) == 1
    host.ask(codec.write(1, 68, b"\x00"))
    assert host.ask(codec.read(1, 65, 1)) == []
    assert len(host.ask(codec.ping(1))) == 1


def test_broadcast_write_reaches_everyone_and_nobody_answers(host):
    assert host.ask(codec.write(codec.BROADCAST, 65, b"\x01")) == []
    assert [host.read(id, 65, 1) for id in (1, 2, 3)] == [b"\x01"] * 3


def test_statuses_take_the_time_of_their_bytes_and_the_return_delay(host, bus):
    host.ask(codec.ping(1))
    ((time, _),) = host.timed
    assert time == pytest.approx((10 + 14) * 10e-6 + 500e-6)
    host.write(1, 9, 0, 1)
    host.ask(codec.ping(1))
    assert host.timed[0][0] == pytest.approx((10 + 14) * 10e-6)


def test_sync_read_answers_in_the_order_asked(host):
    replies = host.ask(codec.sync_read(132, 4, [3, 1, 2]))
    assert [(reply.id, number(reply.parameters)) for reply in replies] == [(3, 3000), (1, 2048), (2, 1000)]


def test_sync_read_stops_at_the_first_missing_servo(host, bus):
    bus.kill(2)
    assert [reply.id for reply in host.ask(codec.sync_read(132, 4, [1, 2, 3]))] == [1]
    assert host.ask(fast_sync_read([1, 2, 3])) == []


def test_fast_sync_read_is_one_status(host, bus):
    bus.servo(3).fail(5)
    (status,) = host.ask(fast_sync_read([3, 1]))
    replies = fast_sync_replies(status, 4)
    assert [(r.id, r.error, number(r.parameters)) for r in replies.values()] == [(3, 0x80, 3000), (1, 0, 2048)]


def test_sync_write_sets_each(host):
    host.ask(codec.sync_write(116, {1: (10).to_bytes(4, "little"), 3: (20).to_bytes(4, "little")}))
    assert [number(host.read(id, 116, 4)) for id in (1, 2, 3)] == [10, 1000, 20]


def test_register_write_waits_for_action(host):
    (refused,) = host.ask(codec.instruction(1, Instruction.ACTION))
    assert refused.error == 2
    host.ask(codec.instruction(1, Instruction.REGISTER_WRITE, b"\x41\x00\x01"))
    assert (host.read(1, 65, 1), host.read(1, 69, 1)) == (b"\0", b"\x01")
    host.ask(codec.instruction(codec.BROADCAST, Instruction.ACTION))
    assert (host.read(1, 65, 1), host.read(1, 69, 1)) == (b"\x01", b"\0")


def test_unknown_instructions_and_damaged_packets_are_answered_with_their_errors(host):
    (unknown,) = host.ask(codec.instruction(1, 0x33))
    assert unknown.error == 2
    (damaged,) = host.ask(codec.ping(1)[:-1] + b"\0")
    assert damaged.error == 3
    assert host.ask(codec.ping()[:-1] + b"\0") == []


def test_a_packet_may_come_in_pieces_but_not_after_a_long_pause(host, bus):
    packet = codec.ping(1)
    assert host.ask(packet[:4]) == []
    host.wait(0.05)
    assert len(host.ask(packet[4:])) == 1
    host.ask(packet[:4])
    host.wait(0.2)
    assert host.ask(packet[4:]) == []
    assert len(host.ask(packet)) == 1


@given(cuts=st.lists(st.integers(0, 200), max_size=8))
def test_the_pieces_in_which_packets_come_change_nothing(cuts):
    stream = codec.ping(1) + codec.read(2, 132, 4) + codec.write(1, 65, b"\x01") + codec.sync_read(132, 4, [2, 1])
    edges = [0, *sorted(cut % len(stream) for cut in cuts), len(stream)]
    bus = DynamixelBus(IdealPlant({1: 2048.0, 2: 1000.0}), {1: "XL430-W250", 2: "XL430-W250"})
    bus.reset(0.0)
    sent = b"".join(bus.feed(stream[a:b], 0.0) for a, b in itertools.pairwise(edges)) + bus.tick(1.0)
    replies = [(reply.id, reply.parameters.hex()) for reply in PacketReader().feed(sent)]
    assert replies == [(1, "24042e"), (2, "e8030000"), (1, ""), (2, "e8030000"), (1, "00080000")]


def test_bus_watchdog_stops_the_servo_where_it_is(host, plant):
    plant.most_speed = 1000.0
    host.write(1, 64, 1, 1)
    host.write(1, 98, 10, 1)
    host.write(1, 116, 4000, 4)
    start = host.now
    host.wait(0.19)
    assert plant.targets[1] == 4000
    host.wait(0.05)
    stopped = plant.positions[1]
    assert stopped == pytest.approx(2048 + 200, abs=2)
    host.wait(1.0)
    assert plant.positions[1] == pytest.approx(stopped, abs=1)
    assert plant.targets[1] is not None  # it holds, it does not go limp
    assert host.now > start
    assert host.read(1, 98, 1) == b"\xff"
    assert host.write(1, 116, 2100, 4) == RANGE
    assert host.write(1, 98, 10, 1) == RANGE
    assert host.write(1, 98, 0, 1) == 0
    assert host.write(1, 116, 2100, 4) == 0


def test_any_instruction_on_the_bus_feeds_the_watchdog(host):
    host.write(1, 64, 1, 1)
    host.write(1, 98, 5, 1)
    for _ in range(10):
        host.wait(0.08)
        host.ask(codec.ping(3))
    assert host.read(1, 98, 1) == b"\x05"


def test_bus_watchdog_does_not_count_while_the_torque_is_off(host):
    host.write(1, 98, 1, 1)
    host.wait(1.0)
    assert host.read(1, 98, 1) == b"\x01"


def test_overload_sets_the_alert_bit_and_only_a_reboot_helps(host, bus, plant):
    host.write(1, 64, 1, 1)
    bus.servo(1).fail(5)
    assert plant.targets[1] is None
    (status,) = host.ask(codec.read(1, 70, 1))
    assert (status.error, status.parameters) == (0x80, b"\x20")
    assert host.write(1, 64, 1, 1) == 0x81
    (status,) = host.ask(codec.instruction(1, Instruction.REBOOT))
    assert status.error == 0x80
    assert host.ask(codec.ping(1)) == []  # it boots
    host.wait(0.5)
    assert host.read(1, 70, 1) == b"\0"
    assert host.write(1, 64, 1, 1) == 0


def test_an_error_that_is_not_in_the_shutdown_register_leaves_the_torque_on(host, bus, plant):
    host.write(1, 64, 1, 1)
    bus.servo(1).fail(0)  # input voltage; 52 has overload, shock and overheating
    assert plant.targets[1] is not None


def test_low_voltage_and_heat_are_hardware_errors(host, plant):
    plant.volts = 5.5
    assert host.ask(codec.read(1, 70, 1))[0].parameters == b"\x01"
    plant.volts, plant.degrees[2] = 11.1, 80.0
    assert host.ask(codec.read(2, 70, 1))[0].parameters == b"\x05"


def test_a_dead_servo_is_limp_and_silent(host, bus, plant):
    host.write(2, 64, 1, 1)
    bus.kill(2)
    assert plant.targets[2] is None
    assert host.ask(codec.ping(2)) == []


def test_nobody_answers_at_another_baud_rate(plant):
    host = Host(DynamixelBus(plant, {1: "XL430-W250"}))
    assert host.write(1, 8, 1, 1) == 0  # 57600 bit/s
    assert host.ask(codec.ping()) == []


def test_homing_offset_shifts_position_and_goal(host, plant):
    assert host.write(1, 20, -48, 4) == 0
    assert number(host.read(1, 132, 4)) == 2000
    host.write(1, 116, 2010, 4)
    host.write(1, 64, 1, 1)
    assert plant.targets[1] == 2058


def test_a_new_id_counts_at_once(host, plant):
    host.write(1, 7, 9, 1)
    assert host.ask(codec.ping(1)) == []
    assert host.write(9, 64, 1, 1) == 0
    assert plant.targets[1] is not None
