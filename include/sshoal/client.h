/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLIENT_H
#define SSHOAL_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/key.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What happens when a host's key is not in the known hosts. */
enum sshoal_host_key_policy {
	SSHOAL_HOST_KEY_DEFAULT = 0,    /* strict, unless set elsewhere */
	SSHOAL_HOST_KEY_STRICT = 1,     /* refused */
	SSHOAL_HOST_KEY_ACCEPT_NEW = 2, /* written to the first file, accepted;
					   a changed key is refused */
	SSHOAL_HOST_KEY_OFF = 3         /* anything is accepted */
};

/**
 * How to reach one host and log in to it. Every member but host may stay zero.
 * Strings are copied by the call that is given this struct, keys are kept by
 * reference.
 */
typedef struct sshoal_client_options {
	size_t size;             /* set by SSHOAL_CLIENT_OPTIONS_INIT */
	const char *host;        /* name, IPv4 or IPv6 address; required */
	const char *user;        /* NULL: the caller's login name */
	const char *password;    /* NULL: no password login */
	sshoal_key *const *keys; /* offered first, in order */
	size_t key_count;
	const char *key_file; /* one more key; a leading "~/" is expanded */
	const char *const *key_files; /* and more of them */
	size_t key_file_count;
	const char *passphrase;       /* for every key file that needs one */
	const char *known_hosts_file; /* NULL: ~/.ssh/known_hosts and
					 /etc/ssh/ssh_known_hosts */
	int64_t connect_timeout_ms;   /* name to key exchange done;
				       0: 10 s, -1: none */
	int64_t login_timeout_ms;     /* 0: 60 s, -1: none */
	uint32_t port;                /* 0: 22 */
	uint32_t host_key_policy;     /* enum sshoal_host_key_policy */
	uint32_t use_agent; /* 1: offer the keys of $SSH_AUTH_SOCK's agent */
	uint32_t use_default_keys; /* 1: offer ~/.ssh/id_rsa, id_ecdsa and
				      id_ed25519 where they exist */
} sshoal_client_options;

#define SSHOAL_CLIENT_OPTIONS_INIT \
	{ \
		sizeof(sshoal_client_options), NULL, NULL, NULL, NULL, 0, \
			NULL, NULL, 0, NULL, NULL, 0, 0, 0, 0, 0, 0 \
	}

#ifdef __cplusplus
}
#endif
#endif
