# SPDX-License-Identifier: MIT
"""streams.py PROGRAM FLEET_DIR: 64 MB on standard output and 64 MB on standard
error of one host at once: byte-exact, and in little memory."""

import hashlib
import os
import subprocess
import sys
import tempfile

import logins
import measure

MEGABYTES = 64
MOST_KB = 20 * 1024


def pattern(seed):
    """The digest of what the command below writes."""
    return subprocess.run(
        ["sh", "-c", command(seed) + " | sha256sum"], check=True,
        stdout=subprocess.PIPE).stdout.split()[0].decode()


def command(seed):
    """Bytes of every kind, the same on every machine."""
    return ("openssl enc -aes-128-ctr -pass pass:%s -nosalt -md sha256 "
            "</dev/zero 2>/dev/null | head -c %d" % (seed, MEGABYTES << 20))


def main():
    program, fleet_folder = sys.argv[1:3]
    hosts, _, _, _, hosts_file, _ = logins.read_fleet(fleet_folder)
    environment = dict(os.environ)
    environment.pop("SSH_AUTH_SOCK", None)
    line = "(%s) & (%s) >&2; wait" % (command("a"), command("b"))
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [program, "run", "-f", hosts_file, "-w", hosts[0], "-F", "none",
             "--no-agent", "-N", "-qq", "--raw-output", "--", line],
            stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        digests = []
        for stream in (out, err):
            stream.seek(0)
            digests.append(hashlib.sha256(stream.read()).hexdigest())
    if status != 0 or digests != [pattern("a"), pattern("b")]:
        sys.exit("exit status %d, digests %s" % (status, digests))
    print("%d MB on each stream, byte-exact; %s" %
          (MEGABYTES, measure.machine()))
    verdict = measure.Verdict()
    verdict.goal("resident memory", usage.ru_maxrss, MOST_KB, " KB")
    verdict.goal("CPU", usage.ru_utime + usage.ru_stime, 10, " s")
    verdict.leave()


if __name__ == "__main__":
    main()
