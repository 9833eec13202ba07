# SPDX-License-Identifier: MIT
"""held.py PROGRAM FLEET_DIR: every host of an embedded fleet at once, held at a
barrier until all of them run; the memory of each at that moment."""

import os
import re
import subprocess
import sys
import tempfile
import time

import logins
import measure


def resident_kb(pid):
    """Resident memory of a process."""
    with open("/proc/%d/status" % pid, encoding="ascii") as lines:
        return int(re.search(r"VmRSS:\s+(\d+)", lines.read()).group(1))


def libssh2_is_1_10(program):
    """Which libssh2 the program runs with."""
    words = subprocess.run([program, "--version"], check=True,
                           stdout=subprocess.PIPE).stdout.decode()
    return "libssh2 1.10" in words


def hold(program, hosts, hosts_file, barrier):
    """Runs a command on all hosts that stands at the barrier; how long until
    all stood there, and the program's memory then."""
    environment = dict(os.environ)
    environment.pop("SSH_AUTH_SOCK", None)
    process = subprocess.Popen(
        [program, "run", "-f", hosts_file, "-F", "none", "--no-agent",
         "--parallel", str(len(hosts)), "--", "echo up; cat " + barrier],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env=environment)
    begun = time.monotonic()
    up = 0
    for line in process.stdout:
        up += line.endswith(b": up\n")
        if up == len(hosts):
            break
    took = time.monotonic() - begun
    held = resident_kb(process.pid) if up == len(hosts) else 0
    # Who waits to read goes on when somebody opens it for writing; who comes
    # to it after that waits for the next time.
    while process.poll() is None:
        try:
            os.close(os.open(barrier, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            pass
        time.sleep(0.05)
    rest = process.stdout.read()
    status = process.returncode
    if up != len(hosts) or status != 0 or rest:
        sys.exit("%d of %d hosts came up, exit status %d" %
                 (up, len(hosts), status))
    return took, held


def main():
    program, fleet_folder = sys.argv[1:3]
    hosts, _, _, _, hosts_file, _ = logins.read_fleet(fleet_folder)
    with tempfile.TemporaryDirectory(prefix="sshoal-bench-") as folder:
        os.chmod(folder, 0o755)
        barrier = os.path.join(folder, "barrier")
        os.mkfifo(barrier)
        took, held = hold(program, hosts, hosts_file, barrier)
    print("%d hosts held at once after %.1f s; %s" %
          (len(hosts), took, measure.machine()))
    verdict = measure.Verdict()
    verdict.goal("memory of each", (held - start_kb(program)) / len(hosts),
                 100 if libssh2_is_1_10(program) else 125, " KB")
    verdict.leave()


def start_kb(program):
    """What the program needs before it has a host: the least it ever has, so
    that the figure above is not flattered."""
    process = subprocess.Popen([program, "--version"],
                               stdout=subprocess.PIPE)
    process.stdout.read()
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return usage.ru_maxrss


if __name__ == "__main__":
    main()
