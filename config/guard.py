"""Run as a script: ends its own process group when the process that started it is gone.

Standard input is a pipe that only the starter holds open, so its end means: the starter ended,
however it ended, even by `kill -9`.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 3.0

if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    print("ready", flush=True)
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)
