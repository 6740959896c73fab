"""The codec against the vendor's examples, packets made by the vendor's SDK and by rustypot, and round trips."""

import itertools

import pytest
from dynamixel_sdk import PacketHandler
from fast_sync import fast_sync_read, fast_sync_replies
from hypothesis import given
from hypothesis import strategies as st

from gaitopt.errors import InputError
from gaitopt.hal.dynamixel import codec
from gaitopt.hal.dynamixel.codec import Instruction, Packet, PacketReader


def wire(text):
    return bytes.fromhex(text)


# Made by dynamixel-sdk 4.1.0, some also by rustypot 1.13.1, or printed in the vendor's manual (protocol2.md).
INSTRUCTIONS = {
    "sync write goals": (
        codec.sync_write(116, {1: (2048).to_bytes(4, "little"), 2: (1024).to_bytes(4, "little")}),
        "FF FF FD 00 FE 11 00 83 74 00 04 00 01 00 08 00 00 02 00 04 00 00 98 4C",
    ),
    "manual: sync write goals": (
        codec.sync_write(116, {1: (150).to_bytes(4, "little"), 2: (170).to_bytes(4, "little")}),
        "FF FF FD 00 FE 11 00 83 74 00 04 00 01 96 00 00 00 02 AA 00 00 00 82 87",
    ),
    "sync read positions": (codec.sync_read(132, 4, [1, 2]), "FF FF FD 00 FE 09 00 82 84 00 04 00 01 02 CE FA"),
    "fast sync read": (fast_sync_read([1, 2]), "FF FF FD 00 FE 09 00 8A 84 00 04 00 01 02 4D 72"),
    "sync read 126": (codec.sync_read(126, 10, [1, 2]), "FF FF FD 00 FE 09 00 82 7E 00 0A 00 01 02 38 92"),
    "torque on": (codec.write(1, 64, b"\x01"), "FF FF FD 00 01 06 00 03 40 00 01 DB 66"),
    "sync write torque off": (
        codec.sync_write(64, {1: b"\0", 2: b"\0"}),
        "FF FF FD 00 FE 0B 00 83 40 00 01 00 01 00 02 00 D5 64",
    ),
    "manual: ping": (codec.ping(1), "FF FF FD 00 01 03 00 01 19 4E"),
    "manual: ping all": (codec.ping(), "FF FF FD 00 FE 03 00 01 31 42"),
    "manual: reboot": (codec.instruction(1, Instruction.REBOOT), "FF FF FD 00 01 03 00 08 2F 4E"),
    "bus watchdog": (codec.write(1, 98, b"\x32"), "FF FF FD 00 01 06 00 03 62 00 32 D9 64"),
    "manual: read": (codec.read(1, 132, 4), "FF FF FD 00 01 07 00 02 84 00 04 00 1D 15"),
    "manual: write": (codec.write(1, 116, b"\x00\x02\x00\x00"), "FF FF FD 00 01 09 00 03 74 00 00 02 00 00 CA 89"),
    "manual: action": (codec.instruction(1, Instruction.ACTION), "FF FF FD 00 01 03 00 05 02 CE"),
    "stuffing": (
        codec.sync_write(116, {1: b"\xff\xff\xfd\xff"}),
        "FF FF FD 00 FE 0D 00 83 74 00 04 00 01 FF FF FD FD FF 60 84",
    ),
}
STATUSES = {
    "manual: ping": ("FF FF FD 00 01 07 00 55 00 06 04 26 65 5D", 1, 0, "06 04 26"),
    "ping XL430": ("FF FF FD 00 01 07 00 55 00 24 04 2D F4 DF", 1, 0, "24 04 2D"),
    "ping XL330": ("FF FF FD 00 01 07 00 55 00 B0 04 2D E7 54", 1, 0, "B0 04 2D"),
    "manual: position 166": ("FF FF FD 00 01 08 00 55 00 A6 00 00 00 8C C0", 1, 0, "A6 00 00 00"),
    "manual: position 2079 of 2": ("FF FF FD 00 02 08 00 55 00 1F 08 00 00 BA BE", 2, 0, "1F 08 00 00"),
    "position 2048": ("FF FF FD 00 01 08 00 55 00 00 08 00 00 1C 38", 1, 0, "00 08 00 00"),
    "manual: voltage": ("FF FF FD 00 01 06 00 55 00 77 00 C3 69", 1, 0, "77 00"),
    "written": ("FF FF FD 00 01 04 00 55 00 A1 0C", 1, 0, ""),
    "alert": ("FF FF FD 00 01 04 00 55 80 A2 8F", 1, 0x80, ""),
    "stuffing": ("FF FF FD 00 01 09 00 55 00 FF FF FD FD FF DA 9E", 1, 0, "FF FF FD FF"),
}


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_instructions_are_the_vendors_bytes(name):
    made, expected = INSTRUCTIONS[name]
    assert made == wire(expected)


@pytest.mark.parametrize("name", STATUSES)
def test_statuses_are_written_and_read_as_the_vendors_bytes(name):
    text, id, error, parameters = STATUSES[name]
    assert codec.status(id, error, wire(parameters)) == wire(text)
    assert PacketReader().feed(wire(text)) == [Packet(id, 0x55, wire(parameters), error, wire(text))]


def test_crc_is_that_of_the_vendors_sdk():
    data = bytes(range(256)) * 2
    assert codec.crc16(data) == PacketHandler(2.0).updateCRC(0, list(data), len(data))
    assert codec.crc16(b"123456789") == 0xFEE8  # the published check value of CRC-16/BUYPASS
    assert codec.crc16(data[100:], codec.crc16(data[:100])) == codec.crc16(data)


@given(st.binary(max_size=60) | st.lists(st.sampled_from([0xFF, 0xFD, 0x00, 0x55]), max_size=60).map(bytes))
def test_no_header_can_occur_in_stuffed_bytes(body):
    stuffed = codec.stuff(body)
    assert codec.unstuff(stuffed) == body
    assert codec.HEADER not in stuffed
    assert stuffed.count(b"\xff\xff\xfd") == stuffed.count(b"\xff\xff\xfd\xfd")


def test_stuffing_counts_in_length_and_crc():
    """Negative control: the packet that dynamixel-sdk 4.1.0 sends, stuffing forgotten, is another one."""
    made = codec.instruction(1, Instruction.WRITE, b"\x74\x00\xff\xff\xfd\xff")
    forgotten = codec.HEADER + b"\x01\x09\x00\x03\x74\x00\xff\xff\xfd\xff"
    assert made[5] == 10  # one byte more than the 9 without stuffing
    assert made != forgotten + codec.crc16(forgotten).to_bytes(2, "little")


hard_bytes = st.binary(max_size=30) | st.lists(st.sampled_from([0xFF, 0xFD, 0x00, 0x01, 0x55]), max_size=30).map(bytes)
packets = st.builds(codec.status, st.integers(0, 252), st.integers(0, 255), hard_bytes) | st.builds(
    codec.instruction, st.integers(0, 252), st.sampled_from([1, 2, 3, 0x82, 0x83]), hard_bytes
)


def chunks(data, cuts):
    edges = [0, *sorted({cut % (len(data) + 1) for cut in cuts}), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


@given(st.lists(packets, max_size=6), hard_bytes, st.lists(st.integers(0, 10**6), max_size=12))
def test_reader_finds_every_packet_after_any_noise_in_any_pieces(sent, noise, cuts):
    # Noise may look like the start of a long packet; zeros after the last packet settle that.
    stream = noise + b"".join(sent) + bytes(codec.LONGEST + 8)
    reader = PacketReader()
    found = [packet.wire for piece in chunks(stream, cuts) for packet in reader.feed(piece)]
    assert found[-len(sent) :] == sent if sent else True


@given(packets, st.integers(0, 10**6), st.integers(1, 255))
def test_a_damaged_packet_is_dropped_and_the_next_one_found(packet, place, flip):
    damaged = bytearray(packet)
    damaged[place % len(packet)] ^= flip
    sound = codec.status(7, 0, b"\x01\x02")
    found = PacketReader().feed(bytes(damaged) + sound + bytes(codec.LONGEST + 8))
    assert packet not in [p.wire for p in found]
    assert found[-1].wire == sound


def test_reader_names_the_id_of_a_packet_with_a_wrong_crc():
    reader = PacketReader()
    assert reader.feed(codec.ping(9)[:-1] + b"\x00") == []
    assert reader.bad == [9]
    assert reader.feed(codec.ping(9)) != []


def test_reader_waits_for_the_rest_of_a_packet():
    reader, packet = PacketReader(), codec.ping(1)
    assert reader.feed(packet[:-1]) == []
    assert [p.id for p in reader.feed(packet[-1:])] == [1]


def test_reader_ignores_a_length_that_no_packet_has():
    reader = PacketReader()
    assert reader.feed(codec.HEADER + b"\x01\xff\xff\x55" + codec.ping(3))[0].id == 3


def test_fast_sync_status_has_one_block_for_each_servo():
    values = [(166).to_bytes(4, "little"), (2079).to_bytes(4, "little"), (1023).to_bytes(4, "little")]
    made = codec.fast_sync_status([3, 7, 4], [0, 0x80, 0], values, expected=3)
    assert made[4:7] == b"\xfe\x19\x00"  # LENGTH 25 for three servos of four bytes in the vendor's example
    (packet,) = PacketReader().feed(made)  # the last CRC holds for the whole
    replies = fast_sync_replies(packet, 4)
    assert [(r.id, r.error, r.parameters) for r in replies.values()] == [
        (3, 0, values[0]),
        (7, 0x80, values[1]),
        (4, 0, values[2]),
    ]
    first = made[:16]
    assert int.from_bytes(first[14:16], "little") == codec.crc16(first[:14])
    assert fast_sync_replies(packet, 3) == {}


def test_fast_sync_status_breaks_off_after_the_last_reply():
    made = codec.fast_sync_status([1], [0], [b"\0\0\0\0"], expected=2)
    assert made[5] == 1 + 2 * 8
    assert len(made) == 8 + 8
    assert PacketReader().feed(made) == []


def test_error_text_names_the_error_and_not_the_alert():
    (locked,) = PacketReader().feed(codec.status(1, 0x87))
    (alert,) = PacketReader().feed(codec.status(1, 0x80))
    assert "locked while the torque is on" in locked.error_text
    assert alert.error_text == ""


@pytest.mark.parametrize("id", [-1, 253, 255])
def test_ids_that_no_servo_can_have_are_refused(id):
    with pytest.raises(InputError, match=f"servo id {id}"):
        codec.ping(id)


def test_unequal_sync_write_and_long_packets_are_refused():
    with pytest.raises(InputError, match="expected the same number"):
        codec.sync_write(116, {1: b"\0", 2: b"\0\0"})
    with pytest.raises(InputError, match="too long"):
        codec.sync_write(116, dict.fromkeys(range(250), bytes(4)))
