#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Host expressions beside those of ClusterShell: what they name, and folded.

usage: nodeset.py PROGRAM [SEED]          PROGRAM is what names.c makes
"""

import random
import subprocess
import sys

from ClusterShell.NodeSet import RESOLVER_NOGROUP, NodeSet, NodeSetException

CASES = 6000
# Expressions that ClusterShell does not know: users, ports, IPv6.
OWN_CASES = 1500


def digits(r, width):
    return str(r.randrange(10 ** (width - 1) if width > 1 else 0, 10 ** width))


def span(r, may_step):
    """One item in brackets."""
    kind = r.randrange(5)
    low = r.randrange(0, 130)
    high = low + r.randrange(0, 14)
    if kind == 0:
        return str(low)
    if kind == 1:
        return "%03d" % low
    if kind == 2:
        return "%02d-%02d" % (low % 90, low % 90 + r.randrange(0, 10))
    if kind == 3 and may_step:
        return "%d-%d/%d" % (low, high, r.randrange(1, 5))
    return "%d-%d" % (low, high)


def bracket(r, may_step=True):
    return "[%s]" % ",".join(span(r, may_step) for _ in range(r.randrange(1, 4)))


def name(r):
    """A name with none to three brackets and numbers."""
    text = r.choice(("web", "n", "db-", "a.b", "x_y", "Node"))
    for _ in range(r.choice((0, 1, 1, 1, 2, 2, 3))):
        part = r.randrange(4)
        if part < 2:
            text += bracket(r)
        elif part == 2:
            text += digits(r, r.randrange(1, 4))
        else:
            text += "%02d" % r.randrange(0, 12)
        text += r.choice(("", "-", ".", "-ib", ".example.com", "x"))
        # Numbers beside each other are not what this is about.
        if text[-1] in "]0123456789":
            text += r.choice("-.x")
    return text.rstrip("-.") or "n"


def grid(r):
    """Single names of a grid, which fold in several dimensions."""
    rows, columns = r.randrange(1, 6), r.randrange(1, 14)
    pattern = r.choice(("r%d-n%d", "r%02d-n%02d", "10.0.%d.%d", "c%dx%d.z",
                        "r%d-n%d-p%d"))
    names = []
    for i in range(rows):
        for j in range(columns):
            for k in range(2 if pattern.count("%") == 3 else 1):
                if r.random() < 0.85:
                    names.append(pattern % (i, j, k)[:pattern.count("%")])
    r.shuffle(names)
    return ",".join(names) or "n"


def expression(r):
    if r.random() < 0.3:
        return grid(r)
    first = name(r)
    text = first
    for _ in range(r.randrange(0, 5)):
        # What is there already makes a difference to most operators.
        text += r.choice(",,,!&^") + r.choice((name(r), name(r), first))
    return text


def own_expression(r):
    """What only we know."""
    def address():
        return r.choice(("fe80::%x", "2001:db8::%x", "::%x")) % r.randrange(40)

    def one():
        user = r.choice(("", "", "root@", "u%d@" % r.randrange(3)))
        kind = r.randrange(4)
        if kind == 0:
            host = "[%s]" % address()
        elif kind == 1 and not user:
            return address()
        else:
            host = name(r)
        return user + host + r.choice(("", "", ":22", ":%d" % r.randrange(1, 9)))

    return ",".join(one() for _ in range(r.randrange(1, 12)))


class Ours:
    def __init__(self, program):
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            universal_newlines=True)

    def ask(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        folded = self.process.stdout.readline()
        names = self.process.stdout.readline()
        if not names:
            sys.exit("no answer to: %s" % text)
        return folded.rstrip("\n"), names.rstrip("\n")

    def end(self):
        self.process.stdin.close()
        return self.process.wait()


def theirs(text):
    """The folded form and the names, or None where it is an error there."""
    try:
        nodes = NodeSet(text, resolver=RESOLVER_NOGROUP)
        return str(nodes), sorted(nodes)
    except NodeSetException:
        return None


def compare(ours, text):
    """Whether both know the expression; ends the test where they differ."""
    folded, names = ours.ask(text)
    expected = theirs(text)
    if expected is None:
        if folded != "error":
            sys.exit("only ClusterShell refuses: %s" % text)
        return False
    if folded == "error":
        sys.exit("%s\n refused: %s" % (text, names))
    if sorted(names.split()) != expected[1]:
        sys.exit("%s\n is here: %s\n  there: %s" % (
            text, " ".join(sorted(names.split())), " ".join(expected[1])))
    if folded != expected[0]:
        sys.exit("%s\n folds here: %s\n     there: %s" % (
            text, folded, expected[0]))
    return True


def main(program, seed):
    print("seed %d" % seed)
    r = random.Random(seed)
    ours = Ours(program)
    count = sum(compare(ours, expression(r)) for _ in range(CASES))
    print("%d expressions are the same" % count)
    if count < 5000:
        sys.exit("too few")
    taken = 0
    for _ in range(OWN_CASES):
        text = own_expression(r)
        folded, names = ours.ask(text)
        if folded == "error":
            sys.exit("%s\n refused: %s" % (text, names))
        taken += 1
    print("%d expressions of our own fold and expand" % taken)
    if ours.end() != 0:
        sys.exit("the program failed")


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20261125)
