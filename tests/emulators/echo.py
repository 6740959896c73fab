"""Firmware that repeats what it receives."""


class Echo:
    """Repeats each burst, `late` seconds after it came; prints `boot` at each reset."""

    def __init__(self, late=0.0, boot=b""):
        self.late, self.boot = late, boot
        self.heard = []  # (time, burst)
        self.due = []
        self.resets = 0

    def feed(self, data, now):
        self.heard.append((now, data))
        self.due.append((now + self.late, data))
        return self.tick(now)

    def tick(self, now):
        output = b"".join(data for time, data in self.due if time <= now)
        self.due = [(time, data) for time, data in self.due if time > now]
        return output

    def next_event(self):
        return min((time for time, _ in self.due), default=None)

    def reset(self, now):
        self.due = []
        self.resets += 1
        return self.boot
