/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_TRUST_H
#define SSHOAL_TRUST_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/client.h>
#include <sshoal/error.h>

/*
 * The keys of known hosts: files read once into an index that never changes,
 * and an overlay, under a mutex, of what this process has learned since.
 * Any thread.
 */
struct trust;

/* Called for each line that was skipped: "FILE:LINE: why". */
typedef void trust_warning_cb(const char *text, void *data);

/*
 * Reads known-hosts files (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). A file that
 * does not exist is empty; one that cannot be read is SSHOAL_EACCESS,
 * SSHOAL_EIO (also one over 256 MiB) or SSHOAL_ELOCAL. New keys go to the first
 * file. warning may be NULL; it is called inside this call only. A leading "~/"
 * is the caller's home.
 */
int sshoal__trust_load(struct trust **trust, const char *const *files,
		       size_t count, trust_warning_cb *warning, void *data,
		       sshoal_error *error);

/* The files that are read where none is named: the user's, the system's. */
const char *const *sshoal__trust_usual_files(size_t *count);

/* The same for one file; NULL: for the usual ones. */
int sshoal__trust_load_usual(struct trust **trust, const char *file,
			     trust_warning_cb *warning, void *data,
			     sshoal_error *error);

void sshoal__trust_free(struct trust *trust);

/* Which descriptor ends a wait for another process's lock on the first file
 * (SSHOAL_ECANCELLED from a check); before other threads use it. */
void sshoal__trust_set_cancel(struct trust *trust, int cancel_fd);

/* Hides the names of hosts that are added by hashing them, as HashKnownHosts
 * of ssh_config does; before other threads use it. */
void sshoal__trust_set_hashing(struct trust *trust);

/* Kinds of host keys, for the key exchange. */
#define TRUST_ED25519 (1u << 0)
#define TRUST_ECDSA_256 (1u << 1)
#define TRUST_ECDSA_384 (1u << 2)
#define TRUST_ECDSA_521 (1u << 3)
#define TRUST_RSA (1u << 4)
#define TRUST_OTHER (1u << 5) /* a kind we do not speak */

/* Beside kinds: they are on file under the bare host only, while the server is
 * on another port than 22. It may be another server: offer them first, and the
 * others after them. */
#define TRUST_BARE (1u << 6)

/*
 * Which kinds of keys are on file for a host (revoked ones not counted), so
 * that only those are offered in the key exchange; 0 where it is unknown.
 * host is what would be typed after ssh; port 0 is 22. Looked up as
 * [host]:port unless the port is 22, and, as OpenSSH does for a server on
 * another port, under the bare host too: see TRUST_BARE.
 */
uint32_t sshoal__trust_kinds(struct trust *trust, const char *host,
			     uint32_t port);

/*
 * Decides on the key a server proved to have. key is the blob of the key
 * exchange. policy is one of enum sshoal_host_key_policy.
 *
 * Returns 0 when the key is known, or accepted by the policy; *added tells
 * that accept-new has just written it to the first file (under flock, in one
 * write). The policy off accepts unknown and changed keys and writes nothing.
 * SSHOAL_EHOSTKEY_UNKNOWN, SSHOAL_EHOSTKEY_CHANGED, SSHOAL_EHOSTKEY_REVOKED
 * (refused under every policy); SSHOAL_EACCESS, SSHOAL_EIO, SSHOAL_ELOCAL (the
 * file cannot be written: the key is not accepted), SSHOAL_ENOMEM,
 * SSHOAL_EINVAL (no host name, or one that cannot stand in the file). The text
 * names host, port, fingerprints and, for a changed or revoked key, FILE:LINE.
 */
int sshoal__trust_check(struct trust *trust, const char *host, uint32_t port,
			const unsigned char *key, size_t key_size,
			uint32_t policy, bool *added, sshoal_error *error);

/* "SHA256:..." of a blob as ssh-keygen -l prints it; 51 bytes. 0 or
 * SSHOAL_EIO. */
#define TRUST_FINGERPRINT_SIZE 51
int sshoal__trust_fingerprint(char out[TRUST_FINGERPRINT_SIZE],
			      const unsigned char *key, size_t key_size);

/* The type's name at the start of a blob, such as "ssh-ed25519"; false when
 * the blob does not begin with one or it is not printable ASCII. */
bool sshoal__trust_key_type(char *out, size_t out_size,
			    const unsigned char *key, size_t key_size);

#endif
