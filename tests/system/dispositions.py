"""Signals as they are for a command that is typed, however the tests were started."""
import signal


def reset():
    """For who runs `make check &` in a script, or with nohup: SIGINT and SIGQUIT, or SIGHUP, are ignored then (POSIX.1,
    XCU 2.11), and every program that a test starts inherits that. A caught signal is the default in it (execve(2)), and
    does here what it did before: nothing."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, lambda number, frame: None)
