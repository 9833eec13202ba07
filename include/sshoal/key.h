/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_KEY_H
#define SSHOAL_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A key, decoded once: a private key with its public part, or a public key
 * alone. It never changes after it was made: any number of threads may use it
 * at a time.
 */
typedef struct sshoal_key sshoal_key;

enum sshoal_key_type {
	SSHOAL_KEY_RSA = 1,
	SSHOAL_KEY_ECDSA = 2,
	SSHOAL_KEY_ED25519 = 3,
	SSHOAL_KEY_OTHER = 4 /* a public key that can be shown and compared,
				not used: of a security token, DSA, ... */
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

/**
 * Loads a public key alone from a public line, "type base64 comment", as a
 * .pub file has it (RFC 4253 6.6, RFC 5656 3.1, RFC 8709); what follows the
 * first line is ignored. The line of a certificate gives the key it is for
 * with the certificate attached (sshoal/certificate.h). The key verifies, has
 * fingerprints and is compared; it can neither sign nor log in.
 * @return 0, SSHOAL_EINVAL, SSHOAL_EFORMAT (not a public line, damaged),
 *         SSHOAL_EUNSUPPORTED (an RSA key that is too small or too large) or
 *         SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_key_load_public(sshoal_key **key, const char *line,
				      sshoal_error *error);

/** The same from the first line of a file of at most 1 MiB.
 * @return also SSHOAL_ENOENT, SSHOAL_EACCESS and SSHOAL_EIO. */
SSHOAL_API int sshoal_key_load_public_file(sshoal_key **key, const char *path,
					   sshoal_error *error);

/** The same from the bytes that SSH sends, with what is to be its comment
 * (NULL: none). */
SSHOAL_API int sshoal_key_load_public_blob(sshoal_key **key, const void *blob,
					   size_t size_bytes,
					   const char *comment,
					   sshoal_error *error);

/**
 * Makes a new private key. A large RSA key takes long: 3072 bits about half a
 * second, 8192 half a minute, 16384 many minutes; nothing ends the call before.
 *
 * @param type SSHOAL_KEY_RSA, SSHOAL_KEY_ECDSA or SSHOAL_KEY_ED25519
 * @param bits RSA: 2048 to 16384, 0 is 3072; ECDSA: 256, 384 or 521, 0 is 256;
 *        Ed25519: 0 or 256
 * @return 0, SSHOAL_EINVAL (type or bits), SSHOAL_EIO (the system has no random
 *         numbers to give) or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_key_generate(sshoal_key **key, int type, uint32_t bits,
				   sshoal_error *error);

/** The kind of a key, one of enum sshoal_key_type; 0 for NULL. */
SSHOAL_API int sshoal_key_type(const sshoal_key *key);

/** SSH's name of its type, such as "ssh-ed25519"; NULL for NULL. Valid as long
 * as the key. */
SSHOAL_API const char *sshoal_key_type_name(const sshoal_key *key);

/** The size of a key in bits: an RSA modulus', a curve's, 256 for Ed25519; 0
 * for SSHOAL_KEY_OTHER. */
SSHOAL_API uint32_t sshoal_key_bits(const sshoal_key *key);

/** Whether there is a private part, so that the key signs and logs in. */
SSHOAL_API bool sshoal_key_is_private(const sshoal_key *key);

/** Whether two keys have the same public part; false if one is NULL. */
SSHOAL_API bool sshoal_key_is_same(const sshoal_key *a, const sshoal_key *b);

/**
 * The comment that came with a key: of OpenSSH's private format, a public line
 * or an agent. One line, free of control characters; "" where none came, NULL
 * for NULL. Valid as long as the key.
 */
SSHOAL_API const char *sshoal_key_comment(const sshoal_key *key);

/**
 * The public key as SSH sends it, which is what an agent or a known-hosts file
 * has as well. Valid as long as the key; NULL for NULL.
 * @param size_bytes receives its size
 */
SSHOAL_API const unsigned char *sshoal_key_public_blob(const sshoal_key *key,
						       size_t *size_bytes);

/** Room for the fingerprints, with their NUL. */
#define SSHOAL_KEY_FINGERPRINT_SIZE 51
#define SSHOAL_KEY_FINGERPRINT_MD5_SIZE 52

/**
 * Writes "SHA256:..." as ssh-keygen -l prints it.
 * @param size_bytes at least SSHOAL_KEY_FINGERPRINT_SIZE, else SSHOAL_EINVAL
 * @return 0 or SSHOAL_EINVAL.
 */
SSHOAL_API int sshoal_key_fingerprint(const sshoal_key *key, char *out,
				      size_t size_bytes);

/**
 * Writes "MD5:aa:bb:..." as ssh-keygen -l -E md5 prints it. It is for
 * comparing with old lists: MD5 is broken, so it proves nothing.
 * @param size_bytes at least SSHOAL_KEY_FINGERPRINT_MD5_SIZE
 * @return 0, SSHOAL_EINVAL or SSHOAL_EUNSUPPORTED (the system forbids MD5).
 */
SSHOAL_API int sshoal_key_fingerprint_md5(const sshoal_key *key, char *out,
					  size_t size_bytes);

/**
 * Makes the public line "type base64", without comment and newline.
 * @param line receives a string for free(3)
 * @return 0, SSHOAL_EINVAL or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_key_public_line(const sshoal_key *key, char **line);

/**
 * Makes the public line with a comment behind it, "type base64 comment", as
 * authorized_keys has it, without newline.
 * @param comment NULL: the key's own; "" is none
 * @param line receives a string for free(3)
 * @return 0, SSHOAL_EINVAL (a control character in the comment) or
 *         SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_key_public_line_with_comment(const sshoal_key *key,
						   const char *comment,
						   char **line);

/** The forms in which a private key is saved. */
enum sshoal_key_format {
	SSHOAL_KEY_FORMAT_OPENSSH = 0, /* OpenSSH's own: every type, with its
					  comment; a passphrase by bcrypt and
					  AES-256-CTR */
	SSHOAL_KEY_FORMAT_PEM = 1,  /* as ssh-keygen -m PEM: PKCS#1 or SEC1; a
					passphrase by MD5 and AES-256-CBC, weak
					against guessing. Not Ed25519 */
	SSHOAL_KEY_FORMAT_PKCS8 = 2 /* as ssh-keygen -m PKCS8: PKCS#8; a
					passphrase by PBKDF2 and AES-256-CBC.
					Not Ed25519, which OpenSSH before 9.6
					cannot read so */
};

/** How a key is saved. Zero is every other member's default. */
typedef struct sshoal_key_save_options {
	size_t size;            /* set by SSHOAL_KEY_SAVE_OPTIONS_INIT */
	const char *passphrase; /* 1 to 1023 bytes; NULL: not encrypted */
	const char *comment;    /* at most 1023 bytes; NULL: the key's own; PEM
				   and PKCS#8 have none */
	uint32_t format;        /* enum sshoal_key_format */
	uint32_t overwrite;     /* 1: replace a file that is there */
	uint32_t rounds;        /* work to check a passphrase: bcrypt's rounds,
				   1 to 10000, 0: 24; for PKCS#8 iterations of
				   PBKDF2, at least 1000, 0: 100000 */
	uint32_t flags;         /* zero */
} sshoal_key_save_options;

#define SSHOAL_KEY_SAVE_OPTIONS_INIT \
	{ \
		sizeof(sshoal_key_save_options), NULL, NULL, 0, 0, 0, 0 \
	}

/**
 * Saves a private key to a file that only its owner may read (mode 0600 from
 * its first byte, whatever the umask is). The file is there as a whole and on
 * the disk, or not at all: it is written beside its place first. What is there
 * already is kept unless options->overwrite is set; then a regular file or a
 * symbolic link (not what it points to) is replaced, nothing else.
 *
 * @param path a leading "~/" is the caller's home
 * @param options NULL: OpenSSH's format without passphrase
 * @return 0, SSHOAL_EINVAL (a public key alone, an option), SSHOAL_EEXIST,
 *         SSHOAL_ENOENT (the folder), SSHOAL_EACCESS, SSHOAL_EIO (the disk is
 *         full), SSHOAL_EUNSUPPORTED (the format is not for this key),
 *         SSHOAL_ELOCAL or SSHOAL_ENOMEM. The text names the file.
 */
SSHOAL_API int sshoal_key_save_file(const sshoal_key *key, const char *path,
				    const sshoal_key_save_options *options,
				    sshoal_error *error);

/**
 * The same into memory: the text that the file would have.
 * @param text receives a string for sshoal_secret_free(), which wipes it
 */
SSHOAL_API int sshoal_key_save_memory(const sshoal_key *key, char **text,
				      const sshoal_key_save_options *options,
				      sshoal_error *error);

/**
 * Saves the public line, with its comment, to a file of mode 0644, as
 * ssh-keygen makes KEY.pub. Of the options comment and overwrite count.
 * @return as sshoal_key_save_file().
 */
SSHOAL_API int
sshoal_key_save_public_file(const sshoal_key *key, const char *path,
			    const sshoal_key_save_options *options,
			    sshoal_error *error);

/**
 * Signs data, as SSH does it (RFC 4253 6.6, RFC 5656 3.1.2, RFC 8332,
 * RFC 8709).
 *
 * @param algorithm "rsa-sha2-512", "rsa-sha2-256", "ssh-rsa" (SHA-1: broken,
 *        for old peers only), "ecdsa-sha2-nistp...", "ssh-ed25519"; NULL: the
 *        best of this key, rsa-sha2-512 for RSA
 * @param signature receives memory for free(3): SSH's signature blob, string
 *        algorithm, string signature
 * @return 0, SSHOAL_EINVAL (NULL; a public key alone), SSHOAL_EUNSUPPORTED (the
 *         algorithm is not of this key, or the system forbids it), SSHOAL_EIO
 *         or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_key_sign(const sshoal_key *key, const char *algorithm,
			       const void *data, size_t size_bytes,
			       unsigned char **signature,
			       size_t *signature_bytes, sshoal_error *error);

/**
 * Checks a signature blob such as sshoal_key_sign() or an agent makes.
 *
 * @param algorithm the one that is demanded; NULL: any of this key except
 *        "ssh-rsa", whose SHA-1 must be asked for by name
 * @return 0 when the key made this signature for this data; SSHOAL_EAUTH when
 *         it did not, SSHOAL_EFORMAT when it is no signature blob,
 *         SSHOAL_EUNSUPPORTED (an algorithm that is not demanded or not of
 *         this key), SSHOAL_EINVAL or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_key_verify(const sshoal_key *key, const char *algorithm,
				 const void *data, size_t size_bytes,
				 const void *signature, size_t signature_bytes,
				 sshoal_error *error);

/** Takes one more reference. @return the key. Any thread. */
SSHOAL_API sshoal_key *sshoal_key_ref(sshoal_key *key);

/** Gives up one reference; the last wipes the key. NULL is ignored. */
SSHOAL_API void sshoal_key_free(sshoal_key *key);

#ifdef __cplusplus
}
#endif
#endif
