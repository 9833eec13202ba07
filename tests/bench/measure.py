# SPDX-License-Identifier: MIT
"""Runs commands and says what they took; used by the benchmarks beside it."""

import os
import platform
import statistics
import subprocess
import sys
import time


class Took:
    """Seconds of one run: on the wall, and of CPU with all its children."""

    def __init__(self, wall, cpu, status, output):
        self.wall = wall
        self.cpu = cpu
        self.status = status
        self.output = output


def run(argv, env=None, stdout=subprocess.PIPE, limit=600):
    """Runs argv to its end; CPU is user and system, children included."""
    begun = time.monotonic()
    process = subprocess.Popen(argv, env=env, stdin=subprocess.DEVNULL,
                               stdout=stdout, stderr=subprocess.STDOUT)
    output = b""
    if process.stdout is not None:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    wall = time.monotonic() - begun
    if wall > limit:
        sys.exit("%s took %.0f s" % (argv[0], wall))
    return Took(wall, usage.ru_utime + usage.ru_stime,
                os.waitstatus_to_exitcode(status), output)


def median(runs, name):
    """The median of one figure of several runs."""
    return statistics.median(getattr(one, name) for one in runs)


def machine():
    """One line on what the figures were taken."""
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return "%d x %s, Linux %s, %s" % (os.cpu_count(), model,
                                      platform.release(),
                                      time.strftime("%Y-%m-%d"))


class Verdict:
    """Collects goals, prints each, and knows whether all were met."""

    def __init__(self):
        self.missed = 0

    def goal(self, what, value, most, unit=""):
        """value must be at most `most`."""
        met = value <= most
        self.missed += not met
        print("%-6s %s: %.3g%s (goal: at most %.3g%s)" %
              ("met" if met else "MISSED", what, value, unit, most, unit))

    def leave(self):
        """Ends the program, with 1 where a goal was missed."""
        sys.exit(1 if self.missed else 0)
