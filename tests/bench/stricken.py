# SPDX-License-Identifier: MIT
"""stricken.py PROGRAM FLEET_DIR [ROUNDS]: the hosts of an embedded fleet behind
a jump host that is far away, some of them swallowing every SYN; then behind one
that is stopped, and one that is killed, in the middle of the run. Each host has
to get the class that is true, within the limits, and nothing may hang.

STRICKEN_SWALLOW is the number of hosts that swallow, 20 unless set; STRICKEN_MS
the round trip to the jump host, 50; STRICKEN_CONNECT and STRICKEN_RUN the limits of
connecting and of commands in seconds, 10 and 20."""

import collections
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import logins
import measure

HERE = os.path.dirname(os.path.abspath(__file__))
FLEET = os.path.join(HERE, "..", "..", "scripts", "fleet")
SWALLOW = int(os.environ.get("STRICKEN_SWALLOW", "20"))
ROUND_TRIP_MS = int(os.environ.get("STRICKEN_MS", "50"))
RUN_S = int(os.environ.get("STRICKEN_RUN", "20"))
CONNECT_S = int(os.environ.get("STRICKEN_CONNECT", "10"))

# So many of the hosts run at once when the jump host is struck.
STRUCK = 200

# Waits of the harness itself, and what a run may take at most.
PATIENCE_S = 120
END_S = 300


class Swallower:
    """A port of every loopback address at which a SYN is not answered: nobody
    accepts, and the queue of those who wait is full."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("0.0.0.0", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        self.waiting = []
        for _ in range(8):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", self.port))
            self.waiting.append(one)

    def close(self):
        for one in self.waiting + [self.listener]:
            one.close()


class Bastion:
    """A jump host with processes of its own, at stock MaxStartups, and a long
    way to it."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "bastion")
        subprocess.run([FLEET, "start", self.folder, "1"], check=True,
                       env=dict(os.environ,
                                SSHOAL_FLEET_STARTUPS="10:30:100"))
        hosts, self.port, self.key, self.known, _, self.user = \
            logins.read_fleet(self.folder)
        self.host = hosts[0]
        self.way = None

    def lengthen(self):
        """Its port is from now on the near end of the long way."""
        self.way = subprocess.Popen(
            ["/usr/bin/python3", os.path.join(HERE, "delay.py"), self.port,
             str(ROUND_TRIP_MS / 2)], stdout=subprocess.PIPE)
        near = self.way.stdout.readline().decode().strip()
        with open(self.known, "r+", encoding="ascii") as lines:
            text = lines.read()
            lines.write(text.replace(":" + self.port, ":" + near))
        self.port = near

    def processes(self):
        """Its server and all that came from it."""
        found = []
        for name in os.listdir(self.folder):
            if name.startswith("server-") and name.endswith(".pid"):
                with open(os.path.join(self.folder, name),
                          encoding="ascii") as line:
                    found.append(int(line.read()))
        for pid in found:
            try:
                with open("/proc/%d/task/%d/children" % (pid, pid),
                          encoding="ascii") as line:
                    found += [int(child) for child in line.read().split()]
            except OSError:
                pass
        return found

    def signal(self, number):
        for pid in self.processes():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def end(self):
        self.signal(signal.SIGCONT)
        if self.way:
            self.way.kill()
            self.way.wait()
        subprocess.run([FLEET, "stop", self.folder], check=False)


def write_hosts(folder, fleet, bastion, swallower):
    """A hosts file of the fleet behind the jump host. Returns its path."""
    hosts, port, key, known, _, user = fleet
    path = os.path.join(folder, "hosts")
    with open(path, "w", encoding="ascii") as lines:
        lines.write("bastion host=%s port=%s user=%s key=%s known-hosts=%s "
                    "jump=none\n" % (bastion.host, bastion.port, bastion.user,
                                     bastion.key, bastion.known))
        lines.write("[defaults]\nuser=%s\nport=%s\nkey=%s\nknown-hosts=%s\n"
                    "jump=bastion\n[targets]\n" % (user, port, key, known))
        lines.write("\n".join(hosts) + "\n")
        if swallower:
            for i in range(SWALLOW):
                lines.write("swallows%d host=127.0.200.%d port=%d\n" %
                            (i, i + 1, swallower.port))
    return path


class Run:
    """The program under way with --json; its words go to a file."""

    def __init__(self, program, hosts, options, command, folder):
        self.path = os.path.join(folder, "events")
        environment = dict(os.environ)
        environment.pop("SSH_AUTH_SOCK", None)
        self.begun = time.monotonic()
        with open(self.path, "wb") as events:
            self.process = subprocess.Popen(
                [program, "run", "-f", hosts, "-w", "@targets", "-F", "none",
                 "--no-agent", "--json", "--connect-timeout", str(CONNECT_S)]
                + options + ["--", command], env=environment,
                stdin=subprocess.DEVNULL, stdout=events,
                stderr=subprocess.DEVNULL)

    def events(self, kind):
        found = []
        with open(self.path, encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):
                    event = json.loads(line)
                    if event["event"] == kind:
                        found.append(event)
        return found

    def wait_output(self, count):
        """Until so many hosts have said something."""
        end = time.monotonic() + PATIENCE_S
        while len(self.events("output")) < count:
            if time.monotonic() > end or self.process.poll() is not None:
                sys.exit("too few hosts have begun")
            time.sleep(0.05)

    def end(self):
        """Status -> hosts, and the seconds that it took."""
        try:
            self.process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            sys.exit("MISSED: it hangs")
        counts = collections.Counter(event["status"]
                                     for event in self.events("result"))
        return counts, time.monotonic() - self.begun


def tell(what, counts, took):
    print("%s: %s in %.1f s" %
          (what, ", ".join("%d %s" % (count, status)
                           for status, count in sorted(counts.items())),
           took))


def far_and_swallowing(program, fleet, folder, verdict):
    bastion = Bastion(folder)
    swallower = Swallower()
    try:
        bastion.lengthen()
        hosts = write_hosts(folder, fleet, bastion, swallower)
        counts, took = Run(program, hosts, [], "true", folder).end()
    finally:
        swallower.close()
        bastion.end()
    shutil.rmtree(bastion.folder)
    tell("%d ms away, %d swallow" % (ROUND_TRIP_MS, SWALLOW), counts, took)
    verdict.goal("hosts that answer and are not ok",
                 len(fleet[0]) - counts["ok"], 0)
    verdict.goal("hosts that swallow and are not connect-timeout",
                 SWALLOW - counts["connect-timeout"], 0)


def struck(program, fleet, folder, number, verdict):
    """All hosts run when the jump host is struck, with a limit for silence."""
    what = signal.Signals(number).name
    bastion = Bastion(folder)
    try:
        few = (fleet[0][:STRUCK],) + fleet[1:]
        hosts = write_hosts(folder, few, bastion, None)
        count = len(few[0])
        run = Run(program, hosts,
                  ["-P", str(count), "-u", str(RUN_S), "--kill-after", "1"],
                  "echo here; exec sleep 30", folder)
        run.wait_output(count)
        struck_at = time.monotonic()
        bastion.signal(number)
        counts, _ = run.end()
        took = time.monotonic() - struck_at
    finally:
        bastion.end()
    shutil.rmtree(bastion.folder)
    tell("%s of the jump host" % what, counts, took)
    right = counts["lost"]
    if number == signal.SIGSTOP:
        right += counts["timeout"] + counts["idle-timeout"]
    verdict.goal("%s: hosts without their class" % what, count - right, 0)


def main():
    program, fleet_folder = sys.argv[1:3]
    fleet = logins.read_fleet(fleet_folder)
    folder = tempfile.mkdtemp(prefix="sshoal-bench-")
    verdict = measure.Verdict()
    print("%d hosts behind a jump host; %s" %
          (len(fleet[0]), measure.machine()))
    try:
        far_and_swallowing(program, fleet, folder, verdict)
        struck(program, fleet, folder, signal.SIGSTOP, verdict)
        struck(program, fleet, folder, signal.SIGKILL, verdict)
    finally:
        shutil.rmtree(folder)
    verdict.leave()


if __name__ == "__main__":
    main()
