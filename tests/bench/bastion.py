# SPDX-License-Identifier: MIT
"""bastion.py PROGRAM FLEET_DIR [ROUNDS]: `true` on every host of an embedded
fleet, 64 at a time, directly and through one of them as a jump host, beside
ssh -J; and the bytes of one host, directly and through it."""

import os
import shutil
import sys
import tempfile

import logins
import measure

WIDTH = "64"
MEGABYTES = 256

# The goals: the most of the other figure that ours may be.
WALL_OF_DIRECT = 1.5
WALL_OF_SSH = 1 / 5
TIME_OF_DIRECT = 2


def write_config(folder, fleet):
    """An ssh_config that logs in to every host; ssh -J reads it, too."""
    _, port, key, known, _, user = fleet
    path = os.path.join(folder, "config")
    with open(path, "w", encoding="ascii") as lines:
        lines.write("Host *\n  Port %s\n  User %s\n  IdentityFile %s\n"
                    "  IdentitiesOnly yes\n  IdentityAgent none\n"
                    "  UserKnownHostsFile %s\n  BatchMode yes\n"
                    "  StrictHostKeyChecking yes\n" % (port, user, key, known))
    return path


def contestants(program, fleet, folder):
    """Name -> argv."""
    hosts, port, _, _, hosts_file, _ = fleet
    config = write_config(folder, fleet)
    names = os.path.join(folder, "names")
    with open(names, "w", encoding="ascii") as lines:
        lines.write("\n".join(hosts) + "\n")
    ours = [program, "run", "-f", hosts_file, "-F", "none", "--no-agent"]
    jump = ["-J", "%s:%s" % (hosts[0], port)]
    bytes_of_one = ["-w", hosts[-1], "-N", "-qq", "--raw-output", "--",
                    "head -c %dM /dev/zero" % MEGABYTES]
    return {
        "direct": ours + ["-P", WIDTH, "-q", "--", "true"],
        "jump": ours + jump + ["-P", WIDTH, "-q", "--", "true"],
        "ssh -J": ["xargs", "-a", names, "-P", WIDTH, "-I", "{}", "ssh", "-F",
                   config, "-J", hosts[0], "{}", "true"],
        "bytes direct": ours + bytes_of_one,
        "bytes jump": ours + jump + bytes_of_one,
    }


def main():
    program, fleet_folder = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    fleet = logins.read_fleet(fleet_folder)
    folder = tempfile.mkdtemp(prefix="sshoal-bench-")
    environment = dict(os.environ)
    environment.pop("SSH_AUTH_SOCK", None)
    try:
        makers = contestants(program, fleet, folder)
        runs = {name: [] for name in makers}
        for _ in range(rounds):
            for name, argv in makers.items():
                with open(os.devnull, "wb") as nothing:
                    took = measure.run(argv, environment, stdout=nothing)
                if took.status != 0:
                    sys.exit("%s ended with %d" % (name, took.status))
                runs[name].append(took)
    finally:
        shutil.rmtree(folder)
    print("%d hosts, %s at a time, and %d MB of one host; %d rounds; %s" %
          (len(fleet[0]), WIDTH, MEGABYTES, rounds, measure.machine()))
    wall = {name: measure.median(took, "wall") for name, took in runs.items()}
    for name, took in runs.items():
        print("%-13s %7.2f s wall, %7.2f s CPU" %
              (name, wall[name], measure.median(took, "cpu")))
    verdict = measure.Verdict()
    verdict.goal("wall of direct", wall["jump"] / wall["direct"],
                 WALL_OF_DIRECT)
    verdict.goal("wall of ssh -J", wall["jump"] / wall["ssh -J"], WALL_OF_SSH)
    verdict.goal("time of direct for the bytes of one host",
                 wall["bytes jump"] / wall["bytes direct"], TIME_OF_DIRECT)
    verdict.leave()


if __name__ == "__main__":
    main()
