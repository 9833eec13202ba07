# SPDX-License-Identifier: MIT
"""startups.py PROGRAM FLEET_DIR [ROUNDS]: `true` on 200 names of one address
whose sshd has its stock MaxStartups, by default options, and beside it by peers
with as many at once. Counts who is lost.

An sshd with MaxStartups 10:30:100 turns away connections by chance once ten
have not logged in, and all once a hundred have not."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

import measure

HERE = os.path.dirname(os.path.abspath(__file__))
FLEET = os.path.join(HERE, "..", "..", "scripts", "fleet")
NAMES = 200
WIDTH = str(NAMES)
LIMIT_S = 300


def start_server(folder, user):
    """An sshd of its own at stock limits. Returns what reaches it."""
    subprocess.run([FLEET, "start", folder, "1"], check=True,
                   env=dict(os.environ, SSHOAL_FLEET_STARTUPS="10:30:100"))
    with open(os.path.join(folder, "port"), encoding="ascii") as line:
        port = line.read().strip()
    os.chmod(folder, 0o755)
    os.chmod(os.path.join(folder, "id_rsa.pub"), 0o644)
    return port, os.path.join(folder, "id_rsa"), user


def count(argv, environment, done):
    """How many names have done it, by the lines that `done` takes."""
    try:
        took = subprocess.run(argv, env=environment, timeout=LIMIT_S,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False)
    except subprocess.TimeoutExpired:
        return 0
    return sum(1 for line in took.stdout.decode().splitlines() if done(line))


def main():
    program, fleet_folder = sys.argv[1:3]
    with open(os.path.join(fleet_folder, "hosts"), encoding="ascii") as lines:
        user = next(line.strip()[5:] for line in lines
                    if line.startswith("user="))
    folder = tempfile.mkdtemp(prefix="sshoal-bench-")
    os.chmod(folder, 0o755)
    server = os.path.join(folder, "server")
    try:
        port, key, user = start_server(server, user)
        names = ["n%03d" % i for i in range(NAMES)]
        config = os.path.join(folder, "config")
        with open(config, "w", encoding="ascii") as lines:
            lines.write("Host n*\n  HostName 127.0.1.1\n  Port %s\n  User %s\n"
                        "  IdentityFile %s\n  IdentitiesOnly yes\n"
                        "  IdentityAgent none\n  BatchMode yes\n"
                        "  HostKeyAlias [127.0.1.1]:%s\n"
                        "  UserKnownHostsFile %s/known_hosts\n"
                        "  StrictHostKeyChecking yes\n"
                        % (port, user, key, port, server))
        plain = os.path.join(folder, "names")
        with open(plain, "w", encoding="ascii") as lines:
            lines.write("\n".join(names) + "\n")
        environment = dict(os.environ, HOME=folder,
                           PDSH_SSH_ARGS_APPEND="-F " + config)
        environment.pop("SSH_AUTH_SOCK", None)

        def is_ok(line):
            event = json.loads(line)
            return event["event"] == "result" and event["status"] == "ok"

        contestants = {
            "sshoal": ([program, "run", "-w", ",".join(names), "-F", config,
                        "--json", "--", "true"], is_ok),
            "pdsh -R ssh": (["pdsh", "-R", "ssh", "-f", WIDTH, "-w",
                             ",".join(names), "echo here"],
                            lambda line: line.endswith(": here")),
            "clush": (["clush", "-f", WIDTH, "-o", "-F " + config, "-w",
                       ",".join(names), "echo here"],
                      lambda line: line.endswith(": here")),
            "parallel-ssh": (["parallel-ssh", "-p", WIDTH, "-h", plain, "-x",
                              "-F " + config, "true"],
                             lambda line: "[SUCCESS]" in line),
        }
        print("%d names of one sshd at MaxStartups 10:30:100; %s" %
              (NAMES, measure.machine()))
        verdict = measure.Verdict()
        for name, (argv, done) in contestants.items():
            lost = NAMES - count(argv, environment, done)
            if name == "sshoal":
                verdict.goal("sshoal, lost", lost, 0)
            else:
                print("       %s, lost: %d" % (name, lost))
    finally:
        subprocess.run([FLEET, "stop", server], check=False)
        shutil.rmtree(folder)
    verdict.leave()


if __name__ == "__main__":
    main()
