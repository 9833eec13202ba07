/* SPDX-License-Identifier: MIT */
#ifndef SERVERS_KEYPAIR_H
#define SERVERS_KEYPAIR_H

/* How a private key is written. */
enum keypair_form {
	KEYPAIR_OPENSSH, /* "BEGIN OPENSSH PRIVATE KEY" */
	KEYPAIR_PEM,     /* "BEGIN RSA PRIVATE KEY" and its like */
	KEYPAIR_PKCS8    /* "BEGIN PRIVATE KEY", "BEGIN ENCRYPTED ..." */
};

/* A key made by ssh-keygen(1), the oracle for our own code. */
struct keypair_plan {
	const char *type;       /* "rsa", "ecdsa", "ed25519" */
	int bits;               /* 0: the type's own */
	enum keypair_form form; /* Ed25519 has no PEM form */
	const char *passphrase; /* NULL: none */
};

/* Writes path and path.pub. 0 or -1 with a line on standard error. */
int keypair_make(const char *path, const struct keypair_plan *plan);

/* Adds the public key of path to another file, behind a prefix that is as by
 * printf(3): "" for authorized_keys, "[127.0.0.1]:22 " for known_hosts. */
int keypair_publish(const char *path, const char *file, const char *prefix, ...)
	__attribute__((format(printf, 3, 4)));

#endif
