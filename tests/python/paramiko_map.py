#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""paramiko_map.py PAGE: every public method, property and exception of
paramiko's client is an item of its class's section in the page."""
import inspect
import re
import sys

import paramiko
from paramiko import agent, channel, config, file, hostkeys, ssh_exception

CLASSES = [
    paramiko.SSHClient, paramiko.Transport, paramiko.Channel,
    channel.ChannelFile, channel.ChannelStderrFile, channel.ChannelStdinFile,
    file.BufferedFile,
    paramiko.PKey, paramiko.RSAKey, paramiko.ECDSAKey, paramiko.Ed25519Key,
    paramiko.HostKeys, hostkeys.HostKeyEntry,
    paramiko.MissingHostKeyPolicy, paramiko.AutoAddPolicy,
    paramiko.RejectPolicy, paramiko.WarningPolicy,
    paramiko.SSHConfig, config.SSHConfigDict,
    agent.Agent, agent.AgentSSH, agent.AgentKey,
    paramiko.ProxyCommand, paramiko.SFTPClient, paramiko.SFTPFile,
    paramiko.SFTPAttributes,
]


def sections(page):
    """The items of each section, by each word of the section's title."""
    items, words = {}, []
    with open(page, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith((".Ss ", ".Sh ")):
                words = re.findall(r"\w+", line[4:])
            elif line.startswith(".It Li "):
                for word in words:
                    items.setdefault(word, set()).update(
                        re.findall(r"\w+", line[7:]))
    return items


def methods(cls):
    """What a class itself defines for its users."""
    return {name for name, value in vars(cls).items()
            if not name.startswith("_") and
            (callable(getattr(cls, name)) or isinstance(value, property))}


def main():
    items = sections(sys.argv[1])
    wanted = [(cls.__name__, methods(cls)) for cls in CLASSES]
    wanted.append(("Exceptions", {
        name for name, value in vars(ssh_exception).items()
        if inspect.isclass(value) and issubclass(value, Exception) and
        value.__module__ == ssh_exception.__name__}))
    missing = ["%s.%s" % (section, name) for section, names in wanted
               for name in sorted(names - items.get(section, set()))]
    for name in missing:
        print("paramiko %s has %s, which the page does not name" %
              (paramiko.__version__, name))
    sys.exit(bool(missing))


main()
