"""Waiting for what is announced by no event, with a deadline in seconds."""
import select
import time


def until(condition, seconds, what):
    """Looks every few milliseconds. Fails if it has not come true by then."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not {what} after {seconds} s"
        select.select([], [], [], 0.05)
