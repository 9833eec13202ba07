# SPDX-License-Identifier: MIT
"""reruns.py PROGRAM FLEET_DIR [ROUNDS]: kills a run on all hosts at random
instants, and its reruns, until one of them ends: each host has run to success,
and none that a journal knew to have done so ran again. Of 100 hosts and more it
measures as well what a journal costs; SSHOAL_BENCH_KILLS is how often it
kills."""

import collections
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import measure

KILLS = int(os.environ.get("SSHOAL_BENCH_KILLS", "100"))
MEASURED_HOSTS = 100
LIMIT = 1800

COMMAND = ("set -- $SSH_CONNECTION; echo start $3 >>%s; sleep 0.02; "
           "echo done $3 >>%s")


def read_journal(path):
    """Its events, the number of lines that are not whole where a kill leaves
    them, and that of those elsewhere."""
    events, torn, damaged = [], 0, 0
    if not os.path.exists(path):
        return events, torn, damaged
    with open(path, encoding="utf-8") as opened:
        lines = opened.read().split("\n")
    broken = False
    for line in lines:
        if not line:
            continue
        try:
            event = json.loads(line)
        except ValueError:
            damaged += broken
            broken = True
            continue
        if broken:
            torn += event["event"] == "start"
            damaged += event["event"] != "start"
        broken = False
        events.append(event)
    return events, torn + broken, damaged


class Trial:
    """One journal, from a run's start to the rerun that ends."""

    def __init__(self, program, hosts_file):
        self.program = program
        self.hosts_file = hosts_file
        self.folder = tempfile.mkdtemp(prefix="sshoal-bench-")
        os.chmod(self.folder, 0o755)
        self.journal = os.path.join(self.folder, "journal")
        self.log = os.path.join(self.folder, "log")
        with open(self.log, "w", encoding="ascii"):
            pass
        os.chmod(self.log, 0o666)
        self.kills = 0
        self.steps = 0

    def close(self):
        """Takes its files away."""
        shutil.rmtree(self.folder)

    def argv(self):
        """What is to be started now."""
        if any(e["event"] == "start" for e in read_journal(self.journal)[0]):
            return [self.program, "rerun", "-qq", self.journal]
        command = COMMAND % (self.log, self.log)
        return [self.program, "run", "-f", self.hosts_file, "-F", "none",
                "--no-agent", "-qq", "--journal", self.journal, "--", command]

    def step(self, most):
        """Starts it, and kills it within a time unless that is None. Whether
        it ended by itself."""
        self.steps += 1
        process = subprocess.Popen(self.argv(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE,
                                   start_new_session=True)
        if most is not None:
            time.sleep(random.uniform(0, most))
            if process.poll() is None:
                process.kill()
        _, words = process.communicate(timeout=LIMIT)
        if process.returncode == -9:
            self.kills += 1
            return False
        if process.returncode != 0:
            sys.exit("%s: exit status %d: %s" %
                     (process.args[1], process.returncode, words.decode()))
        return True

    def wrong(self, hosts):
        """What must not be: a number for each kind; and how many hosts ran
        more than once, as they may."""
        events, torn, damaged = read_journal(self.journal)
        names = {}
        begun = collections.Counter()
        succeeded = set()
        again = 0
        for event in events:
            if event["event"] == "start":
                names = dict(enumerate(event["hosts"]))
            elif event["event"] == "begin":
                name = names[event["index"]]
                begun[name] += 1
                again += name in succeeded
            elif event["event"] == "result" and event["status"] == "ok":
                succeeded.add(names[event["index"]])
        with open(self.log, encoding="ascii") as opened:
            log = collections.Counter(opened.read().splitlines())
        starts = {name: log["start " + name] for name in hosts}
        return {
            "hosts without a success":
                sum(name not in succeeded or not log["done " + name]
                    for name in hosts),
            "hosts that ran again after a success in the journal": again,
            "commands whose beginning is in no journal":
                sum(starts[name] > begun[name] for name in hosts),
            "lines that are not whole, elsewhere than at a run's end": damaged,
        }, torn, sum(starts[name] > 1 for name in hosts)


def kill_all(program, hosts_file, hosts, verdict):
    """As often as is wanted."""
    trial = Trial(program, hosts_file)
    begun = time.monotonic()
    trial.step(None)
    most = (time.monotonic() - begun) * 1.1
    trial.close()
    kills = steps = torn = repeated = trials = 0
    wrong = collections.Counter()
    while kills < KILLS:
        trial = Trial(program, hosts_file)
        while not trial.step(most if random.random() < 0.7 and
                             kills + trial.kills < KILLS else None):
            pass
        found, cut, more = trial.wrong(hosts)
        wrong.update(found)
        kills += trial.kills
        steps += trial.steps
        torn += cut
        repeated += more
        trials += 1
        trial.close()
    print("%d hosts: %d kills, %d runs and reruns in %d journals; %d lines cut "
          "off; %d times a host ran more than once since nobody knew that it "
          "had" % (len(hosts), kills, steps, trials, torn, repeated))
    for what, count in wrong.items():
        verdict.goal(what, count, 0)


def measure_cost(program, hosts_file, rounds, verdict):
    """CPU of a run with a journal to that without."""
    folder = tempfile.mkdtemp(prefix="sshoal-bench-")
    runs = {"--no-journal": [], "--journal=" + folder + "/journal": []}
    try:
        for _ in range(rounds):
            for option, took in runs.items():
                took.append(measure.run([program, "run", "-f", hosts_file,
                                         "-F", "none", "--no-agent", "-qq",
                                         option, "--", "true"]))
                if took[-1].status != 0:
                    sys.exit(took[-1].output.decode())
        without, kept = runs.values()
        print("CPU without a journal %.3f s, with one %.3f s; wall %.2f s, "
              "%.2f s; %d bytes of journal a run" %
              (measure.median(without, "cpu"), measure.median(kept, "cpu"),
               measure.median(without, "wall"), measure.median(kept, "wall"),
               os.path.getsize(folder + "/journal") // rounds))
        verdict.goal("CPU with a journal to that without",
                     measure.median(kept, "cpu") /
                     measure.median(without, "cpu"), 1.1)
    finally:
        shutil.rmtree(folder)


def main():
    program, fleet = sys.argv[1:3]
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    hosts_file = os.path.join(fleet, "hosts")
    with open(os.path.join(fleet, "addresses"), encoding="ascii") as lines:
        hosts = lines.read().split()
    verdict = measure.Verdict()
    kill_all(program, hosts_file, hosts, verdict)
    if len(hosts) >= MEASURED_HOSTS:
        measure_cost(program, hosts_file, rounds, verdict)
    verdict.leave()


if __name__ == "__main__":
    main()
