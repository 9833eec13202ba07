# SPDX-License-Identifier: MIT
"""kills.py PROGRAM FLEET_DIR [ROUNDS]: kills the client, and then the server's
processes, at random instants while a file is replaced: what is there is always
the whole old or the whole new file, and a rerun with --resume ends right."""

import glob
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import logins
import measure

KILLS = int(os.environ.get("SSHOAL_BENCH_KILLS", "200"))
FILE_BYTES = 24 << 20


def digest(path):
    """The SHA-256 of a file."""
    with open(path, "rb") as opened:
        return hashlib.sha256(opened.read()).hexdigest()


def make(path, seed):
    """A file of pseudo-random bytes."""
    with open(path, "wb") as out:
        out.write(random.Random(seed).randbytes(FILE_BYTES))
    return digest(path)


def below(pid):
    """All processes below one."""
    found = []
    listed = subprocess.run(["pgrep", "-P", str(pid)], check=False,
                            stdout=subprocess.PIPE).stdout.split()
    for child in map(int, listed):
        found += [child] + below(child)
    return found


class Kills:
    """The file, its two contents, and how it is replaced."""

    def __init__(self, program, fleet, folder, way):
        hosts, _, _, _, hosts_file, _ = fleet
        self.way = way
        self.argv = [program, way, "-f", hosts_file, "-w", hosts[0], "-F",
                     "none", "--no-agent", "-qq"]
        self.old = os.path.join(folder, "old")
        self.source = os.path.join(folder, "source")
        self.there = os.path.join(folder, "there")
        os.mkdir(self.there)
        os.chmod(self.there, 0o777)
        self.whole = (make(self.old, 1), make(self.source, 2))
        self.target = os.path.join(self.there, "source")
        if way == "get":
            self.target = os.path.join(self.there, hosts[0], "source")

    def reset(self):
        """The old file is there."""
        os.makedirs(os.path.dirname(self.target), exist_ok=True)
        shutil.copyfile(self.old, self.target)
        os.chmod(self.target, 0o666)

    def start(self, *more):
        """Begins to replace it."""
        return subprocess.Popen(self.argv + list(more) +
                                [self.source, self.there],
                                stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def length(self):
        """How long it takes undisturbed."""
        self.reset()
        begun = time.monotonic()
        if self.start().wait() != 0:
            sys.exit("%s fails undisturbed" % self.way)
        return time.monotonic() - begun

    def once(self, most, server):
        """Kills once. Whether the new file is there, and what went wrong."""
        self.reset()
        process = self.start("--resume")
        time.sleep(random.uniform(0, most))
        if server:
            for pid in below(server):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        else:
            process.kill()
        process.wait()
        after = digest(self.target)
        if after not in self.whole:
            return False, "neither old nor new is there"
        if self.start("--resume").wait() != 0:
            return False, "the rerun fails"
        if digest(self.target) != self.whole[1]:
            return False, "the rerun does not end right"
        return after == self.whole[1], None


def main():
    program, fleet_folder = sys.argv[1:3]
    fleet = logins.read_fleet(fleet_folder)
    with open(glob.glob(os.path.join(fleet_folder, "server-*.pid"))[0],
              encoding="ascii") as lines:
        sshd = int(lines.read())
    verdict = measure.Verdict()
    for way in ("put", "get"):
        folder = tempfile.mkdtemp(prefix="sshoal-bench-")
        os.chmod(folder, 0o755)
        try:
            kills = Kills(program, fleet, folder, way)
            most = kills.length() * 1.1
            for what, pid in (("client", 0), ("server", sshd)):
                new = 0
                wrong = []
                for _ in range(KILLS):
                    was_new, why = kills.once(most, pid)
                    new += was_new
                    if why:
                        wrong.append(why)
                print("%s: %d kills of the %s: %d found the new file, %d the "
                      "old one" % (way, KILLS, what, new,
                                   KILLS - new - len(wrong)))
                for why in sorted(set(wrong)):
                    print("  " + why)
                verdict.goal("%s, %s killed: wrong ends" % (way, what),
                             len(wrong), 0)
            left = [name for _, _, names in os.walk(kills.there)
                    for name in names if name != "source"]
            verdict.goal("%s: files left behind" % way, len(left), 0)
        finally:
            shutil.rmtree(folder)
    verdict.leave()


if __name__ == "__main__":
    main()
