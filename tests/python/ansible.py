#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Hosts files that are inventories of Ansible, read by both.

usage: ansible.py PROGRAM FOLDER          FOLDER has the inventories
"""

import glob
import json
import os
import subprocess
import sys
import tempfile

# What is ours under another name.
KEYS = {
    "ansible_host": "host", "ansible_ssh_host": "host",
    "ansible_port": "port", "ansible_ssh_port": "port",
    "ansible_user": "user", "ansible_ssh_user": "user",
    "ansible_private_key_file": "key", "ansible_ssh_private_key_file": "key",
}
ARGS = ("ansible_ssh_common_args", "ansible_ssh_extra_args")
# What these can set, which Ansible leaves to ssh.
FROM_ARGS = ("key", "connect-timeout", "host-key-policy")


def run(words, env):
    return subprocess.run(words, env=env, check=True, stdout=subprocess.PIPE,
                          universal_newlines=True).stdout


def value_of(setting):
    if isinstance(setting, list):
        return [one["value"] for one in setting][-1]
    return setting["value"]


def ours(program, path, env):
    """The settings of each host, by name."""
    hosts = {}
    # What ssh_config says is not what this is about.
    text = run([program, "hosts", "--json", "-F", "none", "-f", path], env)
    for line in text.splitlines():
        event = json.loads(line)
        if event["event"] == "host":
            hosts[event["host"]] = {
                key: value_of(setting)
                for key, setting in event["settings"].items()
                if key != "host" or setting["from"] != "name"}
    return hosts


def members(inventory, name):
    """All hosts of a group in what ansible-inventory wrote."""
    group = inventory.get(name, {})
    found = set(group.get("hosts", ()))
    for child in group.get("children", ()):
        found |= members(inventory, child)
    return found


def theirs(inventory):
    """The same from what ansible-inventory wrote."""
    hosts = {name: {} for name in members(inventory, "all")}
    for name, variables in inventory["_meta"]["hostvars"].items():
        for key, value in variables.items():
            if key not in ARGS:
                hosts[name][KEYS.get(key, "var." + key)] = str(value)
    return hosts


def compare(what, here, there, inventory):
    if sorted(here) != sorted(there):
        sys.exit("%s\n hosts here: %s\n     there: %s" % (
            what, sorted(here), sorted(there)))
    for name, settings in here.items():
        variables = inventory["_meta"]["hostvars"].get(name, {})
        if any(key in variables for key in ARGS):
            settings = {key: value for key, value in settings.items()
                        if key not in FROM_ARGS}
        if settings != there[name]:
            sys.exit("%s: %s\n here: %s\nthere: %s" % (
                what, name, sorted(settings.items()),
                sorted(there[name].items())))


def compare_groups(program, path, inventory, env):
    for name in inventory:
        if name == "_meta":
            continue
        found = run([program, "hosts", "--allow-empty", "-f", path, "-w",
                     "@" + name], env).split()
        if set(found) != members(inventory, name):
            sys.exit("%s: @%s\n here: %s\nthere: %s" % (
                path, name, sorted(found), sorted(members(inventory, name))))


def main(program, folder):
    paths = sorted(glob.glob(os.path.join(folder, "*.ini")))
    if len(paths) < 10:
        sys.exit("%s: there are too few inventories" % folder)
    with tempfile.TemporaryDirectory() as scratch:
        # Nothing of whoever runs the tests has a say.
        config = os.path.join(scratch, "ansible.cfg")
        with open(config, "w", encoding="utf-8") as file:
            file.write("[defaults]\n")
        env = dict(os.environ, HOME=scratch, ANSIBLE_CONFIG=config,
                   ANSIBLE_LOCAL_TEMP=scratch, ANSIBLE_HOME=scratch,
                   LC_ALL="C.UTF-8")
        for path in paths:
            text = run(["ansible-inventory", "--list", "-i", path], env)
            inventory = json.loads(text)
            there = theirs(inventory)
            compare(path, ours(program, path, env), there, inventory)
            compare_groups(program, path, inventory, env)
            listed = os.path.join(scratch, "listed")
            with open(listed, "w", encoding="utf-8") as file:
                file.write(text)
            compare(path + " as JSON", ours(program, listed, env), there,
                    inventory)
            compare_groups(program, listed, inventory, env)
    print("%d inventories are the same" % len(paths))


main(sys.argv[1], sys.argv[2])
