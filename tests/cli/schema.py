#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks events against sshoal_journal(5), read by a parser that is not ours:
each member of each event is in the manual, has a type that it says, and none
that it says is missing.

usage: schema.py MANUAL FILE...
"""
import json
import re
import sys

TYPES = {
    "number": lambda v: isinstance(v, (int, float)) and v is not True
    and v is not False,
    "text": lambda v: isinstance(v, str),
    "true or false": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "object": lambda v: isinstance(v, dict),
    "list of texts": lambda v: isinstance(v, list)
    and all(isinstance(i, str) for i in v),
    "list of objects": lambda v: isinstance(v, list)
    and all(isinstance(i, dict) for i in v),
}


def read_manual(path):
    """What each section lists: {section: {member: (types, where)}}."""
    sections = {}
    members = None
    for line in open(path, encoding="utf-8"):
        if line.startswith((".Ss ", ".Sh ")):
            members = sections.setdefault(line[4:].strip(), {})
        found = re.match(r"\.It Cm (\w+) Pq (.*)", line)
        if found:
            said, *where = found.group(2).split(", ")
            types = [said] if said in TYPES else said.split(" or ")
            assert all(t in TYPES for t in types), line
            members[found.group(1)] = (types, where)
    return sections


def members_of(sections, event, is_journal, words):
    """The members that an event may have, and those that it must have."""
    name = event["event"]
    may = dict(sections["Every event"])
    if name in ("begin", "output", "file", "result") or "host" in event:
        may.update(sections["Every event of a host"])
    may.update(sections["The event " + name])
    if name == "summary":
        may.update({word: (["number"], []) for word in words})
    if not is_journal:
        may = {k: v for k, v in may.items() if "journal" not in v[1]}
    must = {k for k, v in may.items() if "optional" not in v[1]}
    return may, must


def check(sections, event, is_journal, words):
    may, must = members_of(sections, event, is_journal, words)
    assert set(event) <= set(may), set(event) - set(may)
    assert must <= set(event), must - set(event)
    for member, value in event.items():
        types = may[member][0]
        assert any(TYPES[t](value) for t in types), (member, value, types)


def read_status_words(path):
    """The words of STATUS in sshoal(1), beside the manual."""
    text = open(path, encoding="utf-8").read()
    text = text[text.index("\n.Sh STATUS") : text.index("\n.Sh EVENTS")]
    return set(re.findall(r"^\.It Cm (\S+)$", text, re.M)) | {"check-failed"}


def main():
    manual, *files = sys.argv[1:]
    sections = read_manual(manual)
    words = read_status_words(manual.replace("sshoal_journal.5", "sshoal.1"))
    seen = set()
    for path in files:
        events = [json.loads(l) for l in open(path, encoding="utf-8")]
        for event in events:
            is_journal = "hosts" in events[0]
            try:
                check(sections, event, is_journal, words)
            except (AssertionError, KeyError) as error:
                sys.exit(f"{path}: {event}: {error!r}")
            seen.add(event["event"])
            if event["event"] == "result":
                assert event["status"] in words, event
                assert set(event["ms"]) == {
                    "queue", "dns", "connect", "kex", "auth", "run", "total",
                }, event
    print(*sorted(seen))


main()
