/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_KEY_H
#define SSHOAL_KEY_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A private key, decoded once. It never changes after loading: any number of
 * threads may use it at a time.
 */
typedef struct sshoal_key sshoal_key;

enum sshoal_key_type {
	SSHOAL_KEY_RSA = 1,
	SSHOAL_KEY_ECDSA = 2,
	SSHOAL_KEY_ED25519 = 3
};

/**
 * Loads a private key: PEM (PKCS#1, SEC1), PKCS#8 or OpenSSH's own format,
 * each plain or with a passphrase; RSA 1024 to 16384 bits, ECDSA P-256, P-384
 * and P-521, Ed25519. The file must be regular, at most 1 MiB, and not be
 * readable by group or others when the caller owns it, as ssh(1) demands.
 *
 * @param path a leading "~/" is the caller's home
 * @param passphrase NULL when there is none; it is not kept
 * @return 0, SSHOAL_ENOENT, SSHOAL_EACCESS (others can read the file),
 *         SSHOAL_EPASSPHRASE (needed and not given, or wrong),
 *         SSHOAL_EFORMAT (not a key, a public key, damaged),
 *         SSHOAL_EUNSUPPORTED (a type, curve, size or cipher we do not have),
 *         SSHOAL_EIO or SSHOAL_ENOMEM. The text names the file.
 */
SSHOAL_API int sshoal_key_load_file(sshoal_key **key, const char *path,
				    const char *passphrase,
				    sshoal_error *error);

/** The same from memory, which is not kept. */
SSHOAL_API int sshoal_key_load_memory(sshoal_key **key, const void *data,
				      size_t size_bytes, const char *passphrase,
				      sshoal_error *error);

/** The kind of a key, one of enum sshoal_key_type; 0 for NULL. */
SSHOAL_API int sshoal_key_type(const sshoal_key *key);

/** The size of a key in bits: an RSA modulus', a curve's, 256 for Ed25519. */
SSHOAL_API uint32_t sshoal_key_bits(const sshoal_key *key);

/**
 * Writes "SHA256:..." as ssh-keygen -l prints it.
 * @param size_bytes at least 51, else SSHOAL_EINVAL
 * @return 0 or SSHOAL_EINVAL.
 */
SSHOAL_API int sshoal_key_fingerprint(const sshoal_key *key, char *out,
				      size_t size_bytes);

/**
 * Makes the public line "type base64", without comment and newline.
 * @param line receives a string for free(3)
 * @return 0 or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_key_public_line(const sshoal_key *key, char **line);

/** Takes one more reference. @return the key. Any thread. */
SSHOAL_API sshoal_key *sshoal_key_ref(sshoal_key *key);

/** Gives up one reference; the last wipes the key. NULL is ignored. */
SSHOAL_API void sshoal_key_free(sshoal_key *key);

#ifdef __cplusplus
}
#endif
#endif
