/* SPDX-License-Identifier: MIT */
#include "auth/key_decode.h"

#include <assert.h>
#include <string.h>

#include <openssl/crypto.h>

#include "auth/bcrypt_pbkdf.h"
#include "auth/key.h"
#include "auth/key_kind.h"
#include "auth/key_object.h"
#include "auth/openssh_cipher.h"
#include "base/error.h"

/* OpenSSH's PROTOCOL.key: a public key in the clear beside an encrypted
 * private section, which must belong together. */

/* A damaged count would take for ever; this one takes a minute. */
#define ROUNDS_MAX 10000

/* How much of a name from the file is shown. */
#define SHOWN_MAX 64

struct container {
	const struct openssh_cipher *cipher; /* NULL: not encrypted */
	struct wire kdf_options;
	const unsigned char *public_key;
	size_t public_size;
	unsigned char *section;
	size_t section_size;
	const unsigned char *tag;
};

static int refuse_damaged(const char *what, sshoal_error *error)
{
	return sshoal__error_set(error, SSHOAL_EFORMAT, "damaged: %s", what);
}

/* What stands in the clear tells whether asking for a passphrase and half a
 * second of bcrypt make sense. */
static int check_type(const struct container *container, sshoal_error *error)
{
	struct wire wire =
		sshoal__wire(container->public_key, container->public_size);
	size_t n = 0;
	const unsigned char *name = sshoal__wire_string(&wire, &n);
	if (!name)
		return refuse_damaged("its public part is cut", error);
	if (sshoal__key_kind_named(name, n))
		return 0;
	const char *why =
		n > 3 && memcmp(name, "sk-", 3) == 0 ?
			" (it lives on a security token; an ssh-agent "
			"can use it)" :
			"";
	return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
				 "a key of type %.*s is not supported%s: make "
				 "one with ssh-keygen -t ed25519",
				 n > SHOWN_MAX ? SHOWN_MAX : (int)n,
				 (const char *)name, why);
}

static bool is_text(const unsigned char *bytes, size_t n, const char *text)
{
	return n == strlen(text) && memcmp(bytes, text, n) == 0;
}

static int find_cipher(struct container *container, struct wire *wire,
		       sshoal_error *error)
{
	size_t n = 0;
	const unsigned char *name = sshoal__wire_string(wire, &n);
	size_t kdf_size = 0;
	const unsigned char *kdf = sshoal__wire_string(wire, &kdf_size);
	if (!name || !kdf)
		return refuse_damaged("it is cut", error);
	if (is_text(name, n, "none") && is_text(kdf, kdf_size, "none"))
		return 0;
	container->cipher = sshoal__openssh_cipher(name, n);
	if (container->cipher && is_text(kdf, kdf_size, "bcrypt"))
		return 0;
	return sshoal__error_set(
		error, SSHOAL_EUNSUPPORTED,
		"encrypted with %.*s and %.*s, which is not supported: change "
		"it with ssh-keygen -p -Z aes256-ctr",
		n > SHOWN_MAX ? SHOWN_MAX : (int)n, (const char *)name,
		kdf_size > SHOWN_MAX ? SHOWN_MAX : (int)kdf_size,
		(const char *)kdf);
}

static int parse(struct container *container, const struct buffer *body,
		 sshoal_error *error)
{
	static const char magic[] = "openssh-key-v1"; /* with its NUL */
	unsigned char *start = sshoal__buffer_data(body);
	struct wire wire = sshoal__wire(start, sshoal__buffer_size(body));
	const unsigned char *mark = sshoal__wire_bytes(&wire, sizeof magic);
	if (!mark || memcmp(mark, magic, sizeof magic) != 0)
		return refuse_damaged("not openssh-key-v1 inside", error);
	int rc = find_cipher(container, &wire, error);
	if (rc)
		return rc;
	size_t n = 0;
	const unsigned char *options = sshoal__wire_string(&wire, &n);
	container->kdf_options = sshoal__wire(options, n);
	uint32_t count = sshoal__wire_u32(&wire);
	if (!wire.failed && count != 1)
		return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
					 "it holds %u keys, not one", count);
	container->public_key =
		sshoal__wire_string(&wire, &container->public_size);
	const unsigned char *section =
		sshoal__wire_string(&wire, &container->section_size);
	container->tag = sshoal__wire_bytes(
		&wire, container->cipher ? container->cipher->tag_size : 0);
	if (wire.failed || wire.left > 0)
		return refuse_damaged("it is cut or has too much", error);
	container->section = start + (section - start);
	size_t block = container->cipher ? container->cipher->block_size : 8;
	if (container->section_size == 0 ||
	    container->section_size % block != 0)
		return refuse_damaged("its private part has a wrong size",
				      error);
	return check_type(container, error);
}

static int derive_secret(unsigned char secret[OPENSSH_SECRET_MAX],
			 const struct container *container,
			 const char *passphrase, sshoal_error *error)
{
	struct wire options = container->kdf_options;
	struct bcrypt_input input = {
		.passphrase = passphrase,
		.passphrase_size = strlen(passphrase),
	};
	input.salt = sshoal__wire_string(&options, &input.salt_size);
	input.rounds = sshoal__wire_u32(&options);
	if (options.failed || options.left > 0 || input.salt_size == 0 ||
	    input.salt_size > BCRYPT_SALT_MAX || input.rounds == 0)
		return refuse_damaged("its salt or rounds are wrong", error);
	if (input.rounds > ROUNDS_MAX)
		return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
					 "encrypted with %u rounds of bcrypt, "
					 "at most %d are supported: change it "
					 "with ssh-keygen -p -a 24",
					 input.rounds, ROUNDS_MAX);
	if (input.passphrase_size == 0)
		return sshoal__error_set(error, SSHOAL_EPASSPHRASE,
					 "wrong passphrase: it is empty");
	int rc = sshoal__bcrypt_pbkdf(&input, secret,
				      container->cipher->key_size +
					      container->cipher->iv_size);
	return rc ? sshoal__error_code(error, rc) : 0;
}

static int decrypt(struct container *container, const char *passphrase,
		   sshoal_error *error)
{
	if (!container->cipher)
		return 0;
	if (!passphrase)
		return sshoal__error_set(error, SSHOAL_EPASSPHRASE,
					 "the key is encrypted: its passphrase "
					 "is needed");
	unsigned char secret[OPENSSH_SECRET_MAX];
	int rc = derive_secret(secret, container, passphrase, error);
	if (rc)
		return rc;
	rc = sshoal__openssh_decrypt(container->cipher, secret,
				     container->section,
				     container->section_size, container->tag);
	OPENSSL_cleanse(secret, sizeof secret);
	if (rc == SSHOAL_EPASSPHRASE)
		return sshoal__error_set(error, rc, "wrong passphrase");
	return rc ? sshoal__error_code(error, rc) : 0;
}

/* Behind the comment stand 1, 2, 3, ... up to a full block. */
static bool is_padding(struct wire *wire)
{
	for (unsigned int i = 1; wire->left > 0; i++)
		if (sshoal__wire_byte(wire) != (i & 0xff))
			return false;
	return true;
}

static int read_section(sshoal_key **key, const struct container *container,
			sshoal_error *error)
{
	struct wire wire =
		sshoal__wire(container->section, container->section_size);
	uint32_t check = sshoal__wire_u32(&wire);
	if (check != sshoal__wire_u32(&wire) || wire.failed)
		return container->cipher ?
			       sshoal__error_set(error, SSHOAL_EPASSPHRASE,
						 "wrong passphrase") :
			       refuse_damaged("its private part is not sound",
					      error);
	EVP_PKEY *pkey = NULL;
	int rc = sshoal__openssh_private(&pkey, &wire, error);
	if (rc)
		return rc;
	size_t n = 0;
	const unsigned char *comment = sshoal__wire_string(&wire, &n);
	if (!comment || !is_padding(&wire)) {
		EVP_PKEY_free(pkey);
		return refuse_damaged("its private part does not end well",
				      error);
	}
	sshoal_key *made = NULL;
	rc = sshoal__key_new(&made, pkey, error);
	if (rc)
		return rc;
	rc = sshoal__key_set_comment(made, comment, n);
	if (rc) {
		sshoal_key_free(made);
		return sshoal__error_code(error, rc);
	}
	*key = made;
	return 0;
}

int sshoal__openssh_key(sshoal_key **key, struct armor *armor,
			const char *passphrase, sshoal_error *error)
{
	struct container container = { .cipher = NULL };
	sshoal_key *made = NULL;
	int rc = parse(&container, &armor->body, error);
	if (rc == 0)
		rc = decrypt(&container, passphrase, error);
	if (rc == 0)
		rc = read_section(&made, &container, error);
	if (rc)
		return rc;
	assert(container.public_key);
	size_t size = 0;
	const unsigned char *blob = sshoal__key_blob(made, &size);
	if (size != container.public_size ||
	    memcmp(blob, container.public_key, size) != 0) {
		sshoal_key_free(made);
		return refuse_damaged("its public part is another key's",
				      error);
	}
	*key = made;
	return 0;
}
