/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_KNOWN_HOSTS_H
#define SSHOAL_KNOWN_HOSTS_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The keys of hosts in known-hosts files (sshd(8), SSH_KNOWN_HOSTS FILE
 * FORMAT), to be looked at and changed. One thread at a time. A key is a blob
 * as SSH sends it (RFC 4253 section 6.6), as sshoal_client_host_key() gives it.
 * A host is what would be typed after ssh, a port of 0 is 22; on another port
 * than 22 the name on file is "[host]:port".
 */
typedef struct sshoal_known_hosts sshoal_known_hosts;

/** A line of a file that gives hosts a key. */
typedef struct sshoal_known_host {
	const char *names;  /* as on file: "a,b", patterns, or "|1|salt|hash" */
	const char *type;   /* of the key, such as "ssh-ed25519" */
	const char *marker; /* "", "@revoked" or "@cert-authority" */
	const char *file;
	const unsigned char *key;
	size_t key_size;
	size_t line;             /* its number; 0: not saved yet */
	const void *reserved[4]; /* NULL */
} sshoal_known_host;

/**
 * Reads a file; one that does not exist is empty, a line that is no good is
 * passed over.
 * @param path a leading "~/" is the caller's home. NULL reads
 *        ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts; "" reads nothing.
 * @return 0, SSHOAL_EACCESS, SSHOAL_EIO (also a file over 256 MiB),
 *         SSHOAL_ELOCAL, SSHOAL_ENOMEM or SSHOAL_EINVAL. The text names the
 *         file.
 */
SSHOAL_API int sshoal_known_hosts_load(sshoal_known_hosts **hosts,
				       const char *path, sshoal_error *error);

/**
 * Reads one more file. New keys go to the first one.
 * @return as sshoal_known_hosts_load(); the hosts are unchanged on failure.
 */
SSHOAL_API int sshoal_known_hosts_add_file(sshoal_known_hosts *hosts,
					   const char *path,
					   sshoal_error *error);

/**
 * Tells whether a key is a host's, as ssh(1) and this library's clients decide
 * it.
 * @return 0 (it is known), SSHOAL_EHOSTKEY_UNKNOWN (no key of the host is, or
 *         this one is damaged), SSHOAL_EHOSTKEY_CHANGED (another is),
 *         SSHOAL_EHOSTKEY_REVOKED, SSHOAL_EINVAL or SSHOAL_ENOMEM. The text
 *         names host, fingerprints and the line in question.
 */
SSHOAL_API int sshoal_known_hosts_check(sshoal_known_hosts *hosts,
					const char *host, uint32_t port,
					const void *key, size_t key_size,
					sshoal_error *error);

/**
 * Gives a host a key, beside those it has; sshoal_known_hosts_save() writes it.
 * A key that the very name has already is left as it is.
 * @return 0, SSHOAL_EHOSTKEY_REVOKED, SSHOAL_EINVAL (also a damaged key, and a
 *         name that cannot stand in a file) or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_known_hosts_add(sshoal_known_hosts *hosts,
				      const char *host, uint32_t port,
				      const void *key, size_t key_size,
				      sshoal_error *error);

/** The same with a name that cannot be read from the file (HashKnownHosts). */
SSHOAL_API int sshoal_known_hosts_add_hashed(sshoal_known_hosts *hosts,
					     const char *host, uint32_t port,
					     const void *key, size_t key_size,
					     sshoal_error *error);

/**
 * Takes a host's keys away: its name from each line in all files that lists it,
 * and the line where no name is left. Lines with a marker stay, and so do
 * patterns that are not written exactly as host.
 * @param type of the keys, such as "ssh-rsa"; NULL: all
 * @return 0, SSHOAL_ENOENT (there were none), SSHOAL_EINVAL or SSHOAL_ENOMEM:
 *         nothing is changed then.
 */
SSHOAL_API int sshoal_known_hosts_remove(sshoal_known_hosts *hosts,
					 const char *host, uint32_t port,
					 const char *type, sshoal_error *error);

/**
 * Writes what was added and removed. Each file is locked (flock(2)) and read
 * again, so that what other processes have added stays, and so does every other
 * line, byte for byte; lines are appended where only some were added, else a
 * new file with the same mode takes the old one's place at once. Entries of the
 * files are counted anew afterwards. Waits 10 seconds at most for a lock.
 *
 * @param path NULL: every file with changes. One of the files: that one alone.
 *        Any other: all lines of all files are written there, in place of what
 *        it held, and the changes are kept for the files.
 * @return 0, SSHOAL_EACCESS, SSHOAL_EIO, SSHOAL_ELOCAL, SSHOAL_ENOMEM, or
 *         SSHOAL_EINVAL (there is no file to add to). The text names the file;
 *         it is as it was, but for keys that were appended before.
 */
SSHOAL_API int sshoal_known_hosts_save(sshoal_known_hosts *hosts,
				       const char *path, sshoal_error *error);

/** How many entries there are; 0 for NULL. */
SSHOAL_API size_t sshoal_known_hosts_count(const sshoal_known_hosts *hosts);

/**
 * One of the entries, in the order of files and lines, added ones last. What it
 * points to is valid until the next call of _add, _remove, _save or _free.
 * @return 0, SSHOAL_ENOENT (past the last) or SSHOAL_EINVAL.
 */
SSHOAL_API int sshoal_known_hosts_entry(const sshoal_known_hosts *hosts,
					size_t index, sshoal_known_host *entry);

/**
 * Finds the next entry for a host, by name, pattern or hash.
 * @param index where to begin; receives where it was found
 * @return 0, SSHOAL_ENOENT (no more), SSHOAL_EINVAL or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_known_hosts_find(const sshoal_known_hosts *hosts,
				       const char *host, uint32_t port,
				       size_t *index);

/**
 * Writes "SHA256:..." of a key as ssh-keygen -l prints it. Any thread.
 * @param size_bytes at least 51
 * @return 0, SSHOAL_EINVAL or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_known_hosts_fingerprint(const void *key, size_t key_size,
					      char *out, size_t size_bytes);

/** Frees the hosts; what was not saved is lost. NULL is ignored. */
SSHOAL_API void sshoal_known_hosts_free(sshoal_known_hosts *hosts);

#ifdef __cplusplus
}
#endif
#endif
