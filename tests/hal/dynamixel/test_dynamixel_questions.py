"""What the driver's questions make of odd answers, from a line that is scripted byte by byte."""

import pytest

from gaitopt.errors import BodyError, MissedReplyError
from gaitopt.hal.dynamixel import codec
from gaitopt.hal.dynamixel.bus import ServoBus
from gaitopt.hal.dynamixel.tables import MODELS
from gaitopt.hal.link import Link

MODEL = MODELS["XL430-W250"]
POSITION, GOAL = MODEL["present_position"], MODEL["goal_position"]
AT_166 = codec.status(1, 0, (166).to_bytes(4, "little"))


class ScriptedLink(Link):
    """Answers each write with the next of its answers, once; nothing after the last."""

    name = "scripted"

    def __init__(self, *answers):
        self.answers, self.arrived, self.time, self.written = list(answers), b"", 0.0, []

    def write(self, data):
        self.written.append(data)
        self.arrived += self.answers.pop(0) if self.answers else b""

    def read(self, timeout):
        data, self.arrived = self.arrived[:1], self.arrived[1:]  # byte by byte
        if not data:
            self.time += timeout
        return data

    def flush_input(self):
        self.arrived = b""

    def now(self):
        return self.time

    def sleep(self, duration):
        self.time += duration

    def cut(self, data):
        raise AssertionError

    def close(self):
        raise AssertionError


def test_an_echo_of_the_question_is_not_an_answer():
    question = codec.read(1, POSITION.address, POSITION.size)
    assert ServoBus(ScriptedLink(question + AT_166), 1_000_000).read(1, POSITION) == 166


def test_another_servos_answer_is_not_taken():
    link = ScriptedLink(codec.status(2, 0, bytes(4)), AT_166)
    assert ServoBus(link, 1_000_000).read(1, POSITION) == 166
    assert len(link.written) == 2


def test_a_status_that_is_too_short_is_asked_for_again():
    # As DynamixelSDK#665 saw: a status of one zero byte in a sync read.
    link = ScriptedLink(codec.status(1, 0, b"\0"), AT_166)
    assert ServoBus(link, 1_000_000).sync_read_values([1], POSITION) == [166]


def test_half_a_packet_does_not_swallow_the_next_answer():
    start_of_a_long_one = codec.HEADER + b"\x01\x00\x03\x55"
    link = ScriptedLink(start_of_a_long_one, AT_166)
    assert ServoBus(link, 1_000_000).read(1, POSITION) == 166


def test_a_servo_that_got_a_damaged_question_is_asked_again():
    link = ScriptedLink(codec.status(1, codec.ErrorNumber.CRC), AT_166)
    assert ServoBus(link, 1_000_000).read(1, POSITION) == 166


def test_an_old_answer_is_not_taken_for_a_new_one():
    link = ScriptedLink(AT_166)
    link.arrived = codec.status(1, 0, (999).to_bytes(4, "little"))
    assert ServoBus(link, 1_000_000).read(1, POSITION) == 166


@pytest.mark.parametrize("ask", [lambda bus: bus.read(1, POSITION), lambda bus: bus.sync_read([1], POSITION)])
def test_a_refusal_is_not_asked_again_and_never_taken_for_data(ask):
    link = ScriptedLink(codec.status(1, codec.ErrorNumber.ACCESS))
    with pytest.raises(BodyError, match="servo 1 refused present_position: the register is read-only, unknown"):
        ask(ServoBus(link, 1_000_000))
    assert len(link.written) == 1


def test_a_refused_ping_identifies_nothing():
    assert ServoBus(ScriptedLink(codec.status(1, codec.ErrorNumber.ACCESS)), 1_000_000).ping(1) is None


def test_a_refused_write_names_the_value():
    link = ScriptedLink(codec.status(1, codec.ErrorNumber.DATA_LIMIT))
    with pytest.raises(BodyError, match="servo 1 refused goal_position = 5000: the value is out of the limits"):
        ServoBus(link, 1_000_000).write(1, GOAL, 5000)


def test_an_alert_is_no_refusal():
    link = ScriptedLink(codec.status(1, codec.ALERT, bytes(4)))
    assert ServoBus(link, 1_000_000).read(1, POSITION) == 0


def test_silence_takes_two_questions_and_a_bounded_time():
    link = ScriptedLink()
    with pytest.raises(MissedReplyError, match=r"servo 1 did not answer \(present_position\); check its cable"):
        ServoBus(link, 1_000_000).read(1, POSITION)
    assert len(link.written) == 2
    assert 0.04 < link.time < 0.06


def test_the_line_is_known_with_its_speed():
    assert ServoBus(ScriptedLink(), 57_600).name == "scripted at 57600 baud"
