#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""type.py SECONDS COMMAND...: runs the command on a terminal of its own and types at it, as standard input says:

    > TEXT    types it; \\t, \\n and such are keys
    < TEXT    waits until that has been shown since the last typing; fails, with all that was shown, when it is not

A line that was typed is shown, too, so wait for something else.
"""
import os
import pty
import select
import signal
import sys
import time


def read_some(terminal, seconds):
    """What was shown within that time; None at the end."""
    if not select.select([terminal], [], [], seconds)[0]:
        return b""
    try:
        return os.read(terminal, 65536) or None
    except OSError:
        return None


def wait_for(terminal, shown, text, deadline):
    while text not in shown:
        more = read_some(terminal, max(0, deadline - time.monotonic()))
        if more is None or time.monotonic() > deadline:
            return shown, False
        shown += more
        if b"\033[c" in more:  # who are you, asks fish: a terminal of the plainest kind
            os.write(terminal, b"\033[?1;0c")
    return shown, True


def main():
    deadline = time.monotonic() + float(sys.argv[1])
    child, terminal = pty.fork()
    if child == 0:
        os.execvp(sys.argv[2], sys.argv[2:])
    shown, good = b"", True
    for line in sys.stdin.read().splitlines():
        text = line[2:].encode().decode("unicode_escape").encode()
        if line.startswith("> "):
            shown = b""
            os.write(terminal, text)
        elif line.startswith("< ") and good:
            shown, good = wait_for(terminal, shown, text, deadline)
            if not good:
                print("not shown: %s\nbut: %s" % (line[2:], shown.decode(errors="replace")))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
