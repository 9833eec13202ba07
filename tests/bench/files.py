# SPDX-License-Identifier: MIT
"""files.py PROGRAM FLEET_DIR [ROUNDS]: files up and down beside OpenSSH's sftp
and paramiko in one run: many small ones, a large one, both over a long link,
and one file to many hosts at once."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time

import logins
import measure

SMALL_COUNT = 1000
SMALL_BYTES = 4096
FAR_COUNT = 25  # of sftp, which needs several round trips for each
LARGE_BYTES = 1 << 30
FAR_LARGE_BYTES = 64 << 20
FLEET_BYTES = 512 << 20
FLEET_HOSTS = 50
DELAY_MS = 50

# The goals: the most of a peer's figure that ours may be.
SMALL_OF_SFTP = 1 / 3
FAR_SMALL_OF_SFTP = 1 / 100
LARGE_OF_PARAMIKO = 1 / 4
FLEET_KB = 64 * 1024 + 150 * FLEET_HOSTS
FLEET_CPU = 1.1
FLEET_READS = 1.1


class Bench:
    """The fleet, and how each contestant is called."""

    def __init__(self, program, fleet):
        self.program = program
        (self.hosts, self.port, self.key, self.known, self.hosts_file,
         self.user) = fleet
        self.environment = dict(os.environ)
        self.environment.pop("SSH_AUTH_SOCK", None)

    def ours(self, way, hosts, words, far=None):
        """Options of sshoal for some hosts."""
        argv = [self.program, way, "-f", self.hosts_file, "-F", "none",
                "--no-agent", "-r", "-q"]
        for host in hosts:
            argv += ["-w", host]
        if far:
            argv += ["-p", str(far), "--host-key-policy", "off"]
        return self.run(argv + words)

    def sftp(self, line, far=None):
        """One batch line of OpenSSH's sftp with the cipher that is ours."""
        argv = ["sftp", "-q", "-b", "-", "-P", str(far or self.port), "-i",
                self.key, "-c", "aes128-ctr", "-o", "MACs=hmac-sha2-256",
                "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
                "-o", "UserKnownHostsFile=" +
                ("/dev/null" if far else self.known),
                "-o", "StrictHostKeyChecking=" + ("no" if far else "yes"),
                "%s@%s" % (self.user, self.hosts[0])]
        return self.run(argv, line.encode() + b"\n")

    def paramiko(self, way, source, destination):
        """One file by paramiko."""
        here = os.path.dirname(os.path.abspath(__file__))
        return self.run(["/usr/bin/python3",
                         os.path.join(here, "paramiko_files.py"), way,
                         self.key, self.known, self.port, self.user,
                         self.hosts[0], source, destination])

    def run(self, argv, batch=b""):
        """Runs argv with its standard input, and must succeed."""
        with tempfile.TemporaryFile() as given, \
                tempfile.TemporaryFile() as said:
            given.write(batch)
            given.seek(0)
            begun = time.monotonic()
            process = subprocess.Popen(argv, env=self.environment,
                                       stdin=given, stdout=said,
                                       stderr=subprocess.STDOUT)
            reads = 0
            while True:
                with contextlib.suppress(OSError, ValueError):
                    with open("/proc/%d/io" % process.pid,
                              encoding="ascii") as lines:
                        figures = dict(line.split(": ") for line in lines)
                    reads = max(reads, int(figures["read_bytes"]))
                pid, status, usage = os.wait4(process.pid, os.WNOHANG)
                if pid:
                    break
                time.sleep(0.005)
            process.returncode = status
            took = measure.Took(time.monotonic() - begun,
                                usage.ru_utime + usage.ru_stime,
                                os.waitstatus_to_exitcode(status), b"")
            if took.status != 0:
                said.seek(0)
                sys.exit("%s ended with %d:\n%s" %
                         (argv[0], took.status,
                          said.read().decode(errors="replace")[-2000:]))
        took.reads = reads
        took.peak_kb = usage.ru_maxrss
        return took


def fresh(folder, name, keep=False):
    """An empty directory that the fleet's account can write to, in place of
    the last one, unless that is kept: ext4 looks at each inode that was freed
    lately before it makes a file, which would be what many small files cost."""
    path = os.path.join(folder, name)
    if keep:
        path += "-%d" % len(os.listdir(folder))
    else:
        shutil.rmtree(path, ignore_errors=True)
    os.mkdir(path)
    os.chmod(path, 0o777)
    return path


def make_small(folder, name, count):
    """Small files in a directory."""
    path = fresh(folder, name)
    for number in range(count):
        with open(os.path.join(path, "file%d" % number), "wb") as out:
            out.write(os.urandom(SMALL_BYTES))
    return path


def make_large(path, size):
    """A file of bytes that cannot be compressed."""
    with open(path, "wb") as out:
        left = size
        while left:
            part = os.urandom(min(left, 1 << 20))
            out.write(part)
            left -= len(part)
    return path


def same(one, other):
    """Ends everything where what arrived is not what was sent."""
    if subprocess.run(["diff", "-r", one, other], check=False).returncode:
        sys.exit("%s and %s differ" % (one, other))


def report(what, rows):
    """A table of medians; returns them by contestant."""
    print("%-30s %10s %10s" % (what, "CPU s", "wall s"))
    for name, took in rows.items():
        print("  %-28s %10.2f %10.2f" % (name, measure.median(took, "cpu"),
                                         measure.median(took, "wall")))
    return {name: (measure.median(took, "cpu"), measure.median(took, "wall"))
            for name, took in rows.items()}


def small(bench, folder, rounds, verdict):
    """Many small files here."""
    source = make_small(folder, "small", SMALL_COUNT)
    for way in ("put", "get"):
        rows = {"sshoal": [], "sftp": []}
        for _ in range(rounds):
            there = fresh(folder, "there", True)
            rows["sshoal"].append(
                bench.ours(way, bench.hosts[:1], [source, there]))
            arrived = there if way == "put" else \
                os.path.join(there, bench.hosts[0])
            same(source, os.path.join(arrived, "small"))
            there = fresh(folder, "there", True)
            rows["sftp"].append(
                bench.sftp("%s -r %s %s" % (way, source, there)))
        took = report("%s %d x %d bytes" % (way, SMALL_COUNT, SMALL_BYTES),
                      rows)
        verdict.goal("%s small, wall of sftp" % way,
                     took["sshoal"][1] / took["sftp"][1], SMALL_OF_SFTP)


def far_small(bench, folder, far, verdict):
    """The same over a long link; sftp has fewer, and its time is told for as
    many."""
    source = make_small(folder, "small", SMALL_COUNT)
    few = make_small(folder, "few", FAR_COUNT)
    for way in ("put", "get"):
        ours = bench.ours(way, bench.hosts[:1],
                          [source, fresh(folder, "there", True)], far).wall
        theirs = bench.sftp("%s -r %s %s" %
                            (way, few, fresh(folder, "there", True)), far).wall
        theirs *= SMALL_COUNT / FAR_COUNT
        print("%s %d x %d bytes over %d ms: sshoal %.2f s; sftp %.0f s (%d "
              "files, times %d)" %
              (way, SMALL_COUNT, SMALL_BYTES, 2 * DELAY_MS, ours, theirs,
               FAR_COUNT, SMALL_COUNT // FAR_COUNT))
        verdict.goal("%s small far, wall of sftp" % way, ours / theirs,
                     FAR_SMALL_OF_SFTP)


def large(bench, folder, rounds, verdict):
    """One large file here."""
    source = make_large(os.path.join(folder, "large"), LARGE_BYTES)
    for way in ("put", "get"):
        rows = {"sshoal": [], "sftp": [], "paramiko": []}
        for number in range(rounds):
            there = fresh(folder, "there")
            rows["sshoal"].append(
                bench.ours(way, bench.hosts[:1], [source, there]))
            arrived = there if way == "put" else \
                os.path.join(there, bench.hosts[0])
            same(source, os.path.join(arrived, "large"))
            there = fresh(folder, "there")
            rows["sftp"].append(bench.sftp("%s %s %s/large" %
                                           (way, source, there)))
            if number == 0:
                there = fresh(folder, "there")
                rows["paramiko"].append(
                    bench.paramiko(way, source, there + "/large"))
        took = report("%s 1 GiB" % way, rows)
        for index, figure in enumerate(("CPU", "wall")):
            verdict.goal("%s large, %s of sftp" % (way, figure),
                         took["sshoal"][index] / took["sftp"][index], 1)
        verdict.goal("%s large, wall of paramiko" % way,
                     took["sshoal"][1] / took["paramiko"][1],
                     LARGE_OF_PARAMIKO)


def far_large(bench, folder, far, verdict):
    """A large file over a long link."""
    source = make_large(os.path.join(folder, "far"), FAR_LARGE_BYTES)
    for way in ("put", "get"):
        ours = bench.ours(way, bench.hosts[:1],
                          [source, fresh(folder, "there")], far).wall
        theirs = bench.sftp("%s %s %s/far" %
                            (way, source, fresh(folder, "there")), far).wall
        print("%s %d MiB over %d ms: sshoal %.2f s, sftp %.2f s" %
              (way, FAR_LARGE_BYTES >> 20, 2 * DELAY_MS, ours, theirs))
        verdict.goal("%s large far, wall of sftp" % way, ours / theirs, 1)


def forget(path):
    """Has the next reader of a file fetch it from the disk."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def fleet(bench, folder, verdict):
    """One file to many hosts, which forget it: what it costs here."""
    source = make_large(os.path.join(folder, "fleet"), FLEET_BYTES)
    forget(source)
    words = ["--no-atomic", source, "/dev/null"]
    one = bench.ours("put", bench.hosts[:1], words)
    forget(source)
    many = bench.ours("put", bench.hosts[:FLEET_HOSTS],
                      ["-P", str(FLEET_HOSTS)] + words)
    print("put %d MiB to 1 host: CPU %.2f s; to %d: CPU %.1f s, wall %.1f s, "
          "%d KB resident, %d MiB read from the disk" %
          (FLEET_BYTES >> 20, one.cpu, FLEET_HOSTS, many.cpu, many.wall,
           many.peak_kb, many.reads >> 20))
    verdict.goal("fleet, resident memory", many.peak_kb, FLEET_KB, " KB")
    verdict.goal("fleet, CPU a byte of one host's",
                 many.cpu / FLEET_HOSTS / one.cpu, FLEET_CPU)
    verdict.goal("fleet, disk reads of the file's bytes",
                 many.reads / FLEET_BYTES,
                 FLEET_READS)


def over_a_long_link(bench, folder, verdict):
    """Many small files and a large one through a proxy that delays."""
    here = os.path.dirname(os.path.abspath(__file__))
    with subprocess.Popen(["/usr/bin/python3", os.path.join(here, "delay.py"),
                           bench.port, str(DELAY_MS)],
                          stdout=subprocess.PIPE) as proxy:
        try:
            far = int(proxy.stdout.readline())
            far_small(bench, folder, far, verdict)
            far_large(bench, folder, far, verdict)
        finally:
            proxy.terminate()


def main():
    program, fleet_folder = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    bench = Bench(program, logins.read_fleet(fleet_folder))
    verdict = measure.Verdict()
    # In memory where that can be: a file system's own work is not meant. What
    # one file to many hosts reads from the disk is.
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    folder = tempfile.mkdtemp(prefix="sshoal-bench-", dir=memory)
    disk = tempfile.mkdtemp(prefix="sshoal-bench-")
    for path in (folder, disk):
        os.chmod(path, 0o755)
    print("files, medians of %d; %s" % (rounds, measure.machine()))
    parts = os.environ.get("SSHOAL_BENCH_FILES", "small large far fleet")
    try:
        if "small" in parts:
            small(bench, folder, rounds, verdict)
        if "large" in parts:
            large(bench, folder, rounds, verdict)
        if "far" in parts:
            over_a_long_link(bench, folder, verdict)
        if "fleet" in parts:
            fleet(bench, disk, verdict)
    finally:
        shutil.rmtree(folder)
        shutil.rmtree(disk)
    verdict.leave()


if __name__ == "__main__":
    main()
