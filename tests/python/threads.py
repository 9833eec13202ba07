#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same random steps in Python's queue and threading and in the library.

usage: threads.py PROGRAM          PROGRAM is what talk.c makes
"""

import itertools
import queue
import random
import subprocess
import sys
import threading

STEPS = 4000


class ByPriority(queue.PriorityQueue):
    """Equal priorities as they came, which PriorityQueue leaves open."""

    def __init__(self, maxsize):
        super().__init__(maxsize)
        self.sequence = itertools.count()

    def _put(self, item):
        super()._put((item[0], next(self.sequence), item[1]))

    def _get(self):
        return super()._get()[2]


class Things:
    """One queue, semaphore and event, and what each verb does to them."""

    def __init__(self):
        self.event = threading.Event()

    def queue(self, order, capacity):
        kinds = (queue.Queue, queue.LifoQueue, ByPriority)
        self.pairs = order == 2
        self.q = kinds[order](capacity)
        return "ok"

    def put(self, item, priority, timeout_ms):
        try:
            self.q.put((priority, item) if self.pairs else item,
                       timeout_ms != 0, timeout_ms / 1000)
        except queue.Full:
            return "SSHOAL_EFULL"
        except closed:
            return "SSHOAL_ECLOSED"
        return "ok"

    def get(self, timeout_ms):
        try:
            return str(self.q.get(timeout_ms != 0, timeout_ms / 1000))
        except queue.Empty:
            return "SSHOAL_EEMPTY"
        except closed:
            return "SSHOAL_ECLOSED"

    def done(self):
        return in_bound(self.q.task_done)

    def join(self):
        # Python's join() has no time limit; this is what it waits for.
        return "SSHOAL_ETIMEOUT" if self.q.unfinished_tasks else "ok"

    def size(self):
        return "%d %s %s" % (self.q.qsize(),
                             "empty" if self.q.empty() else "-",
                             "full" if self.q.full() else "-")

    def close(self):
        self.q.shutdown()
        return "ok"

    def semaphore(self, permits):
        self.s = threading.BoundedSemaphore(permits)
        return "ok"

    def acquire(self, timeout_ms):
        if timeout_ms:
            taken = self.s.acquire(timeout=timeout_ms / 1000)
        else:
            taken = self.s.acquire(False)
        return "ok" if taken else "SSHOAL_ETIMEOUT"

    def release(self):
        return in_bound(self.s.release)

    def open(self):
        self.event.set()
        return "ok"

    def shut(self):
        self.event.clear()
        return "ok"

    def wait(self, timeout_ms):
        passed = self.event.wait(timeout_ms / 1000)
        return "ok" if passed else "SSHOAL_ETIMEOUT"


def in_bound(call):
    try:
        call()
    except ValueError:
        return "SSHOAL_EINVAL"
    return "ok"


# Queues can be closed since Python 3.13.
closed = getattr(queue, "ShutDown", ())
can_close = bool(closed)


def timeout_ms():
    return random.choice((0, 0, 0, 0, 0, 0, 0, 0, 0, 1))


def make_step(i):
    if i % 200 == 0:
        return ("queue", i // 200 % 3, random.choice((0, 1, 3, 20)))
    if i % 200 == 1:
        return ("semaphore", random.randrange(4))
    if i % 200 > 180 and can_close and random.random() < 0.1:
        return ("close",)
    return random.choice((
        ("put", i, random.randrange(-2, 3), timeout_ms()),
        ("put", i, random.randrange(-2, 3), timeout_ms()),
        ("get", timeout_ms()),
        ("get", timeout_ms()),
        ("done",), ("join",), ("size",),
        ("acquire", timeout_ms()), ("release",),
        ("open",), ("shut",), ("wait", timeout_ms()),
    ))


def main():
    random.seed(4711)
    steps = [make_step(i) for i in range(STEPS)]
    text = "".join(" ".join(map(str, step)) + "\n" for step in steps)
    ours = subprocess.run([sys.argv[1]], input=text, check=True, timeout=250,
                          stdout=subprocess.PIPE, universal_newlines=True)
    things = Things()
    theirs = [getattr(things, step[0])(*step[1:]) for step in steps]
    answers = ours.stdout.splitlines()
    if len(answers) != len(theirs):
        sys.exit("%d steps, %d answers" % (len(theirs), len(answers)))
    for i, (step, their, our) in enumerate(zip(steps, theirs, answers)):
        if their != our:
            sys.exit("step %d: %s: Python says %s, the library %s" %
                     (i, " ".join(map(str, step)), their, our))
    print("%d steps, %d kinds of answers, all the same%s" %
          (STEPS, len(set(theirs) - set(map(str, range(STEPS)))),
           "" if can_close else "; this Python closes no queues"))


main()
