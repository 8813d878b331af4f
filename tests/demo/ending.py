"""The scene under fini: it must end, soon, with the right status and all data."""
import json
import signal
import time

from scene import SIZE, STATUS, Scene

LIMIT = 2  # seconds in which fini has to end the container


class Ends(Scene):
    def evidence(self):
        if self.end is None:
            return self._failed(f"it has not ended after {time.monotonic() - self._asked:.1f} s")
        lines = ["", *self._wrap("How: the report of fini (--report)", style="title")]
        lines += [line for said in self.container.stderr().splitlines() for line in self._wrap(said)]
        for event in self._report():
            text = self._in_words(event)
            if text:
                lines += self._wrap(text, f"{event['ms']:5} ms  ")
        return lines

    def _report(self):
        try:
            return [json.loads(line) for line in self.container.read("report").splitlines()]
        except FileNotFoundError:
            self.failures.append(f"{self.init}, {self.how}: no report")
            return []

    def _in_words(self, event):
        """One event of the report, for somebody who has not read the manual."""
        names = {inner: f"{name}[{inner}]" for name, inner in self._names.values()}
        who = names.get(event.get("pid"), f"[{event.get('pid')}]")
        if event["event"] == "phase":
            return {
                "clients": "1. those who use the drive, while its server lives:",
                "drain": "2. until the server has answered all that was asked:",
                "servers": "3. the server, now that nobody needs it:",
            }.get(event["what"])
        if event["event"] == "signal":
            return f"   {signal.Signals(event['signal']).name} to {who}"
        if event["event"] == "end":
            if event.get("comm") == "main":
                return f"main has exited with status {event['status']}"
            how = f"status {event['status']}" if "status" in event else signal.Signals(event["signal"]).name
            return f"   {who} has ended ({how})"
        if event["event"] == "unmount":
            return f"   unmount: {event['what']}" + (" (its own file)" if event["what"] == "busy" else "")
        if event["event"] == "abort":
            return f"   connection {event['connection']} aborted by {event['what']}"
        if event["event"] == "exit":
            return "4. nobody is left: fini exits"
        return None

    def account(self):
        if self.end is None:
            return []
        expected = STATUS if self.how == "stop" else 128 + signal.SIGKILL
        size, right = self.stored()
        lines = [""]
        if self.end.seconds > LIMIT:
            lines += self._failed(f"took {self.end.seconds:.1f} s")
        if self._exit_status() != expected:
            lines += self._failed(f"exit status {self._exit_status()}, not {expected}")
        if not right:
            lines += self._failed(f"{size} of {SIZE} bytes stored, or wrong ones")
        try:
            self.container.assert_nothing_left()
        except AssertionError as error:
            lines += self._failed(str(error))
        if self.failures:
            return lines
        took = f"gone in {self.end.seconds * 1000:.0f} ms, exit status {expected}"
        stored = f"{size} of {SIZE} bytes stored"
        self.verdict = f"fini, docker {self.how}: {took}; {stored}, checksum right"
        return lines + self._wrap(f"{stored}, checksum right. No process, no mount is left.", style="good")
