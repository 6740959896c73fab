"""Fast sync reads, which other programs send to the emulated servos, and the status in which all reply together."""

from gaitopt.hal.dynamixel import codec
from gaitopt.hal.dynamixel.codec import BROADCAST, Instruction, Packet


def fast_sync_read(ids):
    """Return the packet that reads the present positions of servos."""
    return codec.instruction(BROADCAST, Instruction.FAST_SYNC_READ, bytes([132, 0, 4, 0, *ids]))


def fast_sync_replies(packet, length):
    """Return the replies of `length` bytes in a status, by id; empty if it is not one.

    `length` fixes the positions of the bytes; the vendor's DynamixelSDK treats this status as not stuffed.
    """
    body, block = packet.wire[8:], length + 4
    if packet.id != BROADCAST or packet.instruction != Instruction.STATUS or len(body) % block:
        return {}
    blocks = [body[i : i + block] for i in range(0, len(body), block)]
    return {b[1]: Packet(b[1], Instruction.STATUS, b[2:-2], b[0], b) for b in blocks}
