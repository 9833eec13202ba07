# SPDX-License-Identifier: MIT
"""logins.py PROGRAM FLEET_DIR [ROUNDS]: `true` on every host of an embedded
fleet with an RSA key, 32 at a time, beside the peers in one run."""

import os
import shutil
import sys
import tempfile

import measure

WIDTH = "32"

# The goals: the most of a peer's figure that ours may be.
CPU_OF_SSH = 1 / 20
CPU_OF_PARAMIKO = 0.6


def read_fleet(folder):
    """The hosts, port, key and known hosts of an embedded fleet."""
    def path(name):
        return os.path.join(folder, name)

    with open(path("port"), encoding="ascii") as lines:
        port = lines.read().strip()
    with open(path("addresses"), encoding="ascii") as lines:
        hosts = lines.read().split()
    with open(path("hosts"), encoding="ascii") as lines:
        user = next(line.strip()[5:] for line in lines
                    if line.startswith("user="))
    return (hosts, port, path("id_rsa"), path("known_hosts"), path("hosts"),
            user)


def contestants(program, fleet, folder):
    """Name -> (argv, environment)."""
    hosts, port, key, known, hosts_file, user = fleet
    ssh = ["-oBatchMode=yes", "-oPort=" + port, "-oIdentityFile=" + key,
           "-oIdentitiesOnly=yes", "-oUserKnownHostsFile=" + known,
           "-oStrictHostKeyChecking=yes", "-oIdentityAgent=none"]
    plain = os.path.join(folder, "plain")
    with open(plain, "w", encoding="ascii") as lines:
        lines.write("\n".join(hosts) + "\n")
    environment = dict(os.environ, PDSH_SSH_ARGS_APPEND=" ".join(ssh),
                       HOME=folder)
    environment.pop("SSH_AUTH_SOCK", None)
    here = os.path.dirname(os.path.abspath(__file__))
    made = {
        "sshoal": [program, "run", "-f", hosts_file, "-F", "none",
                   "--no-agent", "-P", WIDTH, "--", "true"],
        "pdsh -R ssh": ["pdsh", "-R", "ssh", "-S", "-f", WIDTH, "-w",
                        ",".join(hosts), "true"],
        "clush": ["clush", "-S", "-f", WIDTH, "-o", " ".join(ssh), "-w",
                  ",".join(hosts), "true"],
        "parallel-ssh": ["parallel-ssh", "-p", WIDTH, "-h", plain]
                        + [word for option in ssh
                           for word in ("-O", option[2:])] + ["true"],
        "paramiko pool": ["/usr/bin/python3",
                          os.path.join(here, "paramiko_pool.py"), key, known,
                          port, user, WIDTH, "true"] + hosts,
    }
    return {name: (argv, environment) for name, argv in made.items()}


def main():
    program, fleet_folder = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    fleet = read_fleet(fleet_folder)
    folder = tempfile.mkdtemp(prefix="sshoal-bench-")
    try:
        makers = contestants(program, fleet, folder)
        runs = {name: [] for name in makers}
        for _ in range(rounds):
            for name, (argv, environment) in makers.items():
                took = measure.run(argv, environment)
                if took.status != 0:
                    sys.exit("%s ended with %d:\n%s" %
                             (name, took.status,
                              took.output.decode(errors="replace")[-2000:]))
                runs[name].append(took)
    finally:
        shutil.rmtree(folder)
    print("%d hosts, RSA key, `true`, %s at a time, medians of %d; %s" %
          (len(fleet[0]), WIDTH, rounds, measure.machine()))
    print("%-14s %10s %10s" % ("", "CPU s", "wall s"))
    for name, took in runs.items():
        print("%-14s %10.2f %10.2f" % (name, measure.median(took, "cpu"),
                                       measure.median(took, "wall")))
    verdict = measure.Verdict()
    cpu = measure.median(runs["sshoal"], "cpu")
    wall = measure.median(runs["sshoal"], "wall")
    for name, took in runs.items():
        if name == "sshoal":
            continue
        share = CPU_OF_PARAMIKO if name == "paramiko pool" else CPU_OF_SSH
        verdict.goal("CPU of " + name, cpu / measure.median(took, "cpu"),
                     share)
        verdict.goal("wall of " + name, wall / measure.median(took, "wall"),
                     1)
    verdict.leave()


if __name__ == "__main__":
    main()
