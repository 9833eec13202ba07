# SPDX-License-Identifier: MIT
"""paramiko_files.py put|get KEY KNOWN PORT USER HOST SOURCE DESTINATION: one
file by paramiko's SFTPClient."""

import sys

import paramiko


def main():
    way, key, known, port, user, host, source, destination = sys.argv[1:9]
    client = paramiko.SSHClient()
    client.load_host_keys(known)
    client.connect(host, int(port), user, key_filename=key,
                   allow_agent=False, look_for_keys=False)
    sftp = client.open_sftp()
    if way == "put":
        sftp.put(source, destination)
    else:
        sftp.get(source, destination)
    client.close()


if __name__ == "__main__":
    main()
