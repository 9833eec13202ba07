# SPDX-License-Identifier: MIT
"""group.py PROGRAM FLEET_DIR ROUNDS: 1,000 hosts of 1,000 lines in 50 variants,
grouped by us, dshbak -c, clubak -b and clush -b, without SSH: the same groups,
and in a tenth of the time. And the memory that much held output takes."""

import collections
import os
import re
import subprocess
import sys
import tempfile

import measure

HOSTS = 1000
LINES = 1000
VARIANTS = 50
MOST_KB = 300 * 1024


def variant(number):
    """What a host of a variant says."""
    return b"".join(
        b"variant %d line %d of a report that is not very long\n" %
        (number if line % 100 == 0 else 0, line) for line in range(LINES))


def write_data(folder):
    """The data as dshbak takes it, and as a file for each host."""
    texts = [variant(number) for number in range(VARIANTS)]
    lines = os.path.join(folder, "lines")
    with open(lines, "wb") as data:
        for host in range(HOSTS):
            text = texts[host % VARIANTS]
            label = b"node%03d: " % host
            data.write(b"".join(label + line
                                for line in text.splitlines(True)))
            with open(os.path.join(folder, "node%03d" % host), "wb") as file:
                file.write(text)
    return lines


def groups_of(output, header):
    """How often each size of groups occurs."""
    names = [match.group(1) for line in output.decode().splitlines()
             for match in [re.match(header, line)] if match]
    return collections.Counter(
        len(expand(name)) for name in names)


def expand(folded):
    """The hosts of a folded name, by ClusterShell."""
    return subprocess.run(["nodeset", "-e", folded], check=True,
                          stdout=subprocess.PIPE).stdout.split()


def best(argv, rounds):
    """The fastest of several runs, that is the one least disturbed."""
    runs = [measure.run(argv) for _ in range(rounds)]
    if any(run.status != 0 for run in runs):
        sys.exit("%s failed: %s" % (argv, runs[0].output[-500:]))
    return min(runs, key=lambda run: run.wall)


def peak_kb(argv):
    """The resident memory of a run whose output nobody wants."""
    with open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                   stdout=nowhere)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    if status != 0:
        sys.exit("%s failed" % argv)
    return usage.ru_maxrss


def compare(folder, driver, rounds, verdict):
    """Times beside the others', and the same groups."""
    lines = write_data(folder)
    shell = "exec %s <" + lines
    ours = best(["sh", "-c", shell % (driver + " read")], rounds)
    peers = {
        "dshbak -c": (["sh", "-c", shell % "dshbak -c"],
                      r"^(node\S+)$"),
        "clubak -b": (["sh", "-c", shell % "clubak -b"],
                      r"^(node\S+) \(\d+\)$"),
        "clush -b": (["clush", "-b", "-R", "exec", "-f", "64", "-w",
                      "node[000-%d]" % (HOSTS - 1), "cat %s/%%h" % folder],
                     r"^(node\S+) \(\d+\)$"),
    }
    wanted = groups_of(ours.output, r"^== (node\S+) \(\d+\)$")
    if wanted != {HOSTS // VARIANTS: VARIANTS}:
        sys.exit("these are not the groups: %s" % wanted)
    print("ours %.3f s" % ours.wall)
    for name, (argv, header) in peers.items():
        took = best(argv, rounds)
        if groups_of(took.output, header) != wanted:
            sys.exit("%s has other groups" % name)
        print("%s %.3f s" % (name, took.wall))
        verdict.goal("time, of %s's" % name, ours.wall / took.wall, 0.1, "")


def main():
    driver = os.path.join(os.path.dirname(sys.argv[1]), "..", "gather")
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    verdict = measure.Verdict()
    print(measure.machine())
    with tempfile.TemporaryDirectory() as folder:
        compare(folder, driver, rounds, verdict)
    for what, arguments in (
            ("100,000 hosts, 1 KB each, all different",
             ["100000", "1024", "100000", "1000"]),
            ("100 hosts, 100 MB each, all different",
             ["100", str(100 << 20), "100", "64"]),
            ("100 hosts, 100 MB each, all the same",
             ["100", str(100 << 20), "1", "64"])):
        verdict.goal("memory, " + what, peak_kb([driver, "make"] + arguments),
                     MOST_KB, " KB")
    verdict.leave()


if __name__ == "__main__":
    main()
