# SPDX-License-Identifier: MIT
"""commands.py PROGRAM FLEET_DIR [ROUNDS]: `true` again and again on one open
connection, beside paramiko's exec_command (processor time) and OpenSSH's shared
connection (round trips, counted through a proxy that delays)."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import measure
from logins import read_fleet

COUNT = 300
DELAY_MS = 50
FAR_COUNT = 10

# The goals.
CPU_OF_PARAMIKO = 1 / 3
ROUND_TRIPS_OF_SSH = 1


def ours(program, fleet, port, count):
    """Seconds of one command: (processor, wall)."""
    bench = os.path.join(os.path.dirname(program), "..", "commands")
    _, _, key, known, _, user = fleet
    said = subprocess.run([bench, str(port), user, key, known, str(count)],
                          check=True, stdout=subprocess.PIPE)
    return tuple(float(word) for word in said.stdout.split())


def paramikos(fleet):
    """The same for paramiko, in a process of its own."""
    hosts, port, key, known, _, user = fleet
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        import paramiko
        client = paramiko.SSHClient()
        client.load_host_keys(known)
        client.connect(hosts[0], port=int(port), username=user,
                       key_filename=key, look_for_keys=False,
                       allow_agent=False)
        before = resource.getrusage(resource.RUSAGE_SELF)
        for _ in range(COUNT):
            _, out, err = client.exec_command("true")
            out.read()
            err.read()
            if out.channel.recv_exit_status() != 0:
                os._exit(1)
        after = resource.getrusage(resource.RUSAGE_SELF)
        cpu = (after.ru_utime + after.ru_stime
               - before.ru_utime - before.ru_stime)
        os.write(writer, b"%.9f" % (cpu / COUNT))
        os._exit(0)
    os.close(writer)
    said = os.read(reader, 100)
    os.close(reader)
    if os.waitpid(child, 0)[1] != 0:
        sys.exit("paramiko failed")
    return float(said)


def openssh_far(fleet, port, folder):
    """Seconds on the wall of one command on a shared connection."""
    _, _, key, known, _, user = fleet
    options = ["-F", "none", "-oBatchMode=yes", "-oIdentityFile=" + key,
               "-oIdentitiesOnly=yes", "-oIdentityAgent=none",
               "-oUserKnownHostsFile=" + known,
               "-oStrictHostKeyChecking=no",
               "-oLogLevel=ERROR", "-oControlPath=" + folder + "/control"]
    there = ["-p", str(port), user + "@127.0.1.1"]
    subprocess.run(["ssh", "-fN", "-oControlMaster=yes"] + options + there,
                   check=True)
    try:
        took = []
        for _ in range(FAR_COUNT):
            begun = time.monotonic()
            subprocess.run(["ssh"] + options + there + ["true"], check=True)
            took.append(time.monotonic() - begun)
    finally:
        subprocess.run(["ssh", "-O", "exit"] + options + there, check=False,
                       stderr=subprocess.DEVNULL)
    return statistics.median(took)


def main():
    program, fleet_folder = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    fleet = read_fleet(fleet_folder)
    port = fleet[1]
    our_cpu = statistics.median(ours(program, fleet, port, COUNT)[0]
                                for _ in range(rounds))
    their_cpu = statistics.median(paramikos(fleet) for _ in range(rounds))
    here = os.path.dirname(os.path.abspath(__file__))
    with subprocess.Popen(["/usr/bin/python3", os.path.join(here, "delay.py"),
                           port, str(DELAY_MS)],
                          stdout=subprocess.PIPE) as proxy:
        try:
            far = int(proxy.stdout.readline())
            our_wall = ours(program, fleet, far, FAR_COUNT)[1]
            with tempfile.TemporaryDirectory() as folder:
                their_wall = openssh_far(fleet, far, folder)
        finally:
            proxy.terminate()
    trip = 2 * DELAY_MS / 1000
    print("`true` on one connection, medians of %d; %s" %
          (rounds, measure.machine()))
    print("processor time of one: sshoal %.0f us, paramiko %.0f us" %
          (our_cpu * 1e6, their_cpu * 1e6))
    print("round trips of one: sshoal %.2f, OpenSSH's shared connection %.2f" %
          (our_wall / trip, their_wall / trip))
    verdict = measure.Verdict()
    verdict.goal("CPU of paramiko", our_cpu / their_cpu, CPU_OF_PARAMIKO)
    verdict.goal("whole round trips of OpenSSH",
                 int(our_wall / trip) / int(their_wall / trip),
                 ROUND_TRIPS_OF_SSH)
    verdict.leave()


if __name__ == "__main__":
    main()
