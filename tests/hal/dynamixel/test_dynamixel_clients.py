"""Two libraries written by others drive the emulated servos over a pseudo-terminal: rustypot and the vendor's SDK."""

import threading
from contextlib import closing

import pytest
import rustypot
from dynamixel_sdk import COMM_SUCCESS, GroupBulkRead, GroupSyncRead, GroupSyncWrite, PacketHandler, PortHandler
from ideal_plant import IdealPlant

from gaitopt.emulators.dynamixel.bus import DynamixelBus
from gaitopt.emulators.pty_server import PtyServer, serve

BAUD_RATE = 1_000_000
TIMEOUT = 5.0  # generous: nothing here is judged by the clock


@pytest.fixture
def plant():
    plant = IdealPlant({1: 2048.0, 2: 1024.0, 3: 2048.0})
    plant.volts = 5.0
    return plant


@pytest.fixture
def bus(plant):
    return DynamixelBus(plant, dict.fromkeys((1, 2, 3), "XL330-M288"))


@pytest.fixture
def path(bus):
    stop = threading.Event()
    with closing(PtyServer(bus)) as server:
        thread = threading.Thread(target=serve, args=([server], stop), daemon=True)
        thread.start()
        yield server.port
        stop.set()
        thread.join()


@pytest.fixture
def controller(path):
    controller = rustypot.Xl330PyController(path, BAUD_RATE, TIMEOUT)
    yield controller
    controller.close()


@pytest.fixture
def port(path, monkeypatch):
    port = PortHandler(path)
    assert port.openPort()
    assert port.setBaudRate(BAUD_RATE)
    wait = port.setPacketTimeout
    # The SDK allows 34 ms, which a busy computer may miss.
    monkeypatch.setattr(port, "setPacketTimeout", lambda length: wait(length + TIMEOUT * 1e3 / port.tx_time_per_byte))
    yield port
    port.closePort()


def test_rustypot_reads_and_writes(controller, plant):
    assert all(controller.ping(id) for id in (1, 2, 3))
    assert controller.read_model_number(2) == [1200]
    assert controller.sync_read_raw_present_position([1, 2, 3]) == [2048, 1024, 2048]
    controller.sync_write_raw_torque_enable([1, 2, 3], [1, 1, 1])
    controller.sync_write_raw_goal_position([1, 2, 3], [2100, 1100, 2000])
    assert controller.sync_read_raw_present_position([1, 2, 3]) == [2100, 1100, 2000]
    assert plant.targets == {1: 2100, 2: 1100, 3: 2000}


def test_rustypot_reads_fast(controller):
    controller.set_fast_sync_read(True)
    assert controller.sync_read_raw_present_position([3, 2, 1]) == [2048, 1024, 2048]


def test_rustypot_undoes_our_stuffing_and_reads_our_load(controller, plant):
    # A current of -1 mA and a velocity of 0x..FD: FF FF FD on the line.
    plant.loads[1], plant.speeds[1] = -1 / 1470, 253 * 0.229 / 60 * 4096
    data = controller.sync_read_raw_data([1], 126, 10)[0]
    assert bytes(data) == b"\xff\xff\xfd\x00\x00\x00" + (2048).to_bytes(4, "little")


def test_sdk_pings_with_model_number(port):
    handler = PacketHandler(2.0)
    assert handler.ping(port, 3) == (1200, COMM_SUCCESS, 0)


def test_sdk_reads_and_writes(port, plant):
    handler = PacketHandler(2.0)
    assert handler.read4ByteTxRx(port, 2, 132) == (1024, COMM_SUCCESS, 0)
    assert handler.write4ByteTxRx(port, 2, 116, 5000) == (COMM_SUCCESS, 6)  # out of the position limits
    assert handler.write1ByteTxRx(port, 2, 64, 1) == (COMM_SUCCESS, 0)
    assert handler.write4ByteTxRx(port, 2, 116, 1500) == (COMM_SUCCESS, 0)
    assert plant.targets[2] == 1500
    assert handler.write1ByteTxRx(port, 2, 9, 0) == (COMM_SUCCESS, 7)  # EEPROM, torque on


def test_sdk_synchronizes(port, plant):
    handler = PacketHandler(2.0)
    torque = GroupSyncWrite(port, handler, 64, 1)
    goals = GroupSyncWrite(port, handler, 116, 4)
    positions = GroupSyncRead(port, handler, 132, 4)
    for id in (1, 2, 3):
        torque.addParam(id, [1])
        goals.addParam(id, list((1000 + id).to_bytes(4, "little")))
        positions.addParam(id)
    assert torque.txPacket() == COMM_SUCCESS
    assert goals.txPacket() == COMM_SUCCESS
    for read in (positions.txRxPacket, positions.fastSyncRead):
        assert read() == COMM_SUCCESS
        assert [positions.getData(id, 132, 4) for id in (1, 2, 3)] == [1001, 1002, 1003]


def test_sdk_reads_in_bulk(port):
    bulk = GroupBulkRead(port, PacketHandler(2.0))
    bulk.addParam(1, 132, 4)
    bulk.addParam(2, 146, 1)
    assert bulk.txRxPacket() == COMM_SUCCESS
    assert (bulk.getData(1, 132, 4), bulk.getData(2, 146, 1)) == (2048, 30)


def test_sdk_sees_an_overload_and_reboots(port, bus):
    handler = PacketHandler(2.0)
    bus.servo(1).fail(5)
    assert handler.read1ByteTxRx(port, 1, 70) == (32, COMM_SUCCESS, 0x80)
    assert handler.reboot(port, 1) == (COMM_SUCCESS, 0x80)
