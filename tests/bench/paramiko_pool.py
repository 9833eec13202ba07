# SPDX-License-Identifier: MIT
"""paramiko_pool.py KEY KNOWN_HOSTS PORT USER WIDTH COMMAND HOST...: what a program
with paramiko and a thread pool does."""

import concurrent.futures
import sys

import paramiko


def main():
    key_file, known_hosts, port, user, width, command = sys.argv[1:7]
    key = paramiko.RSAKey.from_private_key_file(key_file)
    keys = paramiko.HostKeys(known_hosts)

    def one(host):
        client = paramiko.SSHClient()
        client.get_host_keys().update(keys)
        client.connect(host, port=int(port), username=user, pkey=key,
                       look_for_keys=False, allow_agent=False)
        _, out, err = client.exec_command(command)
        out.read()
        err.read()
        status = out.channel.recv_exit_status()
        client.close()
        return status

    with concurrent.futures.ThreadPoolExecutor(int(width)) as pool:
        results = list(pool.map(one, sys.argv[7:]))
    print(results.count(0), "ok")
    sys.exit(results.count(0) != len(results))


if __name__ == "__main__":
    main()
