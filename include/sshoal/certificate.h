/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CERTIFICATE_H
#define SSHOAL_CERTIFICATE_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>
#include <sshoal/key.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What an OpenSSH certificate is for. */
enum sshoal_certificate_kind {
	SSHOAL_CERTIFICATE_USER = 1,
	SSHOAL_CERTIFICATE_HOST = 2
};

/** A time limit that is none. */
#define SSHOAL_CERTIFICATE_FOREVER UINT64_MAX

/**
 * Makes a key that has an OpenSSH certificate (its PROTOCOL.certkeys) for its
 * public part, as ssh-keygen -s writes it into KEY-cert.pub. The given key
 * stays as it is; the made one shares its private part. The certificate must
 * be for this key and signed by the authority that it names; whether that one
 * is to be trusted, and whether the time has come, is for the other side to
 * say. Public line, blob and fingerprints of the made key stay those of the
 * plain key; the certificate, which it logs in with where a server takes it, has
 * functions of its own below.
 *
 * @param path a leading "~/" is the caller's home; at most 1 MiB
 * @return 0, SSHOAL_EINVAL, SSHOAL_ENOENT, SSHOAL_EACCESS, SSHOAL_EFORMAT (no
 *         certificate, damaged, of another key, a wrong signature), SSHOAL_EIO
 *         or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_key_attach_certificate(sshoal_key **made,
					     const sshoal_key *key,
					     const char *path,
					     sshoal_error *error);

/** The same with the line that the file holds: "type base64 comment". */
SSHOAL_API int sshoal_key_attach_certificate_line(sshoal_key **made,
						  const sshoal_key *key,
						  const char *line,
						  sshoal_error *error);

/** Which kind of certificate a key has, one of enum sshoal_certificate_kind;
 * 0: it has none. */
SSHOAL_API int sshoal_key_certificate_kind(const sshoal_key *key);

/** Its type's name, such as "ssh-ed25519-cert-v01@openssh.com"; NULL without
 * one. Valid as long as the key. */
SSHOAL_API const char *sshoal_key_certificate_type_name(const sshoal_key *key);

/**
 * Makes its line "type base64", without comment and newline.
 * @param line receives a string for free(3)
 * @return 0, SSHOAL_EINVAL, SSHOAL_ENOENT (there is none) or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_key_certificate_line(const sshoal_key *key, char **line);

/** The name that the authority gave it: one line, free of control characters;
 * NULL without a certificate. Valid as long as the key. */
SSHOAL_API const char *sshoal_key_certificate_id(const sshoal_key *key);

/** Its number; 0 without one. */
SSHOAL_API uint64_t sshoal_key_certificate_serial(const sshoal_key *key);

/** From when and before when it is valid, in seconds since 1970; 0 is since
 * ever, SSHOAL_CERTIFICATE_FOREVER for ever. Both are 0 without one. */
SSHOAL_API uint64_t sshoal_key_certificate_valid_after(const sshoal_key *key);
SSHOAL_API uint64_t sshoal_key_certificate_valid_before(const sshoal_key *key);

/** How many users or hosts it names; what none means is up to the other side. */
SSHOAL_API size_t sshoal_key_certificate_principal_count(const sshoal_key *key);

/** One of them: one line, free of control characters; NULL past the last.
 * Valid as long as the key. */
SSHOAL_API const char *sshoal_key_certificate_principal(const sshoal_key *key,
							size_t index);

/** The public key of the authority that signed it; NULL without one. Valid as
 * long as the key; it is not to be freed. */
SSHOAL_API const sshoal_key *
sshoal_key_certificate_authority(const sshoal_key *key);

#ifdef __cplusplus
}
#endif
#endif
