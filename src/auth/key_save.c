/* SPDX-License-Identifier: MIT */
#include <sshoal/key.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "auth/comment.h"
#include "auth/key_encode.h"
#include "auth/key_object.h"
#include "base/error.h"
#include "base/new_file.h"
#include "base/options.h"
#include "base/path.h"

/* The text is complete before anything is made on the disk. */

#define TEXT_MAX ((size_t)512 * 1024)
#define COMMENT_MAX 1023
#define BCRYPT_ROUNDS 24
#define BCRYPT_ROUNDS_MAX 10000
#define PBKDF2_ROUNDS 100000
#define PBKDF2_ROUNDS_MIN 1000
#define PBKDF2_ROUNDS_MAX 100000000

static int refuse(const char *member, const char *why, sshoal_error *error)
{
	return sshoal__error_set(error, SSHOAL_EINVAL, "options.%s: %s", member,
				 why);
}

static int copy_options(sshoal_key_save_options *own,
			const sshoal_key_save_options *given,
			sshoal_error *error)
{
	*own = (sshoal_key_save_options)SSHOAL_KEY_SAVE_OPTIONS_INIT;
	int rc = sshoal__options_copy(own, sizeof *own, sizeof *own, given,
				      error);
	if (rc)
		return rc;
	if (own->overwrite > 1)
		return refuse("overwrite", "it is 0 or 1", error);
	if (own->flags)
		return refuse("flags", "none is known", error);
	if (own->comment &&
	    (strnlen(own->comment, COMMENT_MAX + 1) > COMMENT_MAX ||
	     !sshoal__comment_is_clean(own->comment)))
		return refuse("comment",
			      "it is over 1023 bytes or has control characters",
			      error);
	return 0;
}

static int choose_rounds(uint32_t *rounds, uint32_t format, sshoal_error *error)
{
	uint32_t least = 1;
	uint32_t most = BCRYPT_ROUNDS_MAX;
	if (format == SSHOAL_KEY_FORMAT_PKCS8) {
		least = PBKDF2_ROUNDS_MIN;
		most = PBKDF2_ROUNDS_MAX;
	}
	if (*rounds == 0)
		*rounds = format == SSHOAL_KEY_FORMAT_PKCS8 ? PBKDF2_ROUNDS :
							      BCRYPT_ROUNDS;
	if (*rounds >= least && *rounds <= most)
		return 0;
	return sshoal__error_set(error, SSHOAL_EINVAL,
				 "options.rounds: %u: this format takes %u to "
				 "%u",
				 *rounds, least, most);
}

static int choose(struct key_writing *writing, const sshoal_key *key,
		  const sshoal_key_save_options *options, sshoal_error *error)
{
	if (!key->is_private)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "this is a public key alone: there is "
					 "no private key to save");
	if (options->format > SSHOAL_KEY_FORMAT_PKCS8)
		return refuse("format", "no such format", error);
	const char *passphrase = options->passphrase;
	if (passphrase && !*passphrase)
		return refuse("passphrase",
			      "it is empty: NULL is for a key that is not "
			      "encrypted",
			      error);
	if (passphrase &&
	    strnlen(passphrase, PASSPHRASE_MAX + 1) > PASSPHRASE_MAX)
		return refuse("passphrase", "it is over 1023 bytes", error);
	*writing = (struct key_writing){
		.passphrase = passphrase,
		.comment = options->comment ? options->comment :
					      sshoal_key_comment(key),
		.format = options->format,
		.rounds = options->rounds,
	};
	return choose_rounds(&writing->rounds, options->format, error);
}

static int encode(struct buffer *text, const sshoal_key *key,
		  const struct key_writing *writing, sshoal_error *error)
{
	(void)ERR_set_mark();
	int rc = writing->format == SSHOAL_KEY_FORMAT_OPENSSH ?
			 sshoal__openssh_write(text, key, writing, error) :
			 sshoal__pem_write(text, key, writing, error);
	(void)ERR_pop_to_mark();
	return rc;
}

static int expand(char **full, const char *path, sshoal_error *error)
{
	int rc = sshoal__path_expand(full, path);
	if (rc == SSHOAL_ENOENT)
		return sshoal__error_set(
			error, rc, "%s: your home folder is not known", path);
	return rc ? sshoal__error_code(error, rc) : 0;
}

static int save(const sshoal_key *key, const char *path,
		const struct key_writing *writing, bool may_replace,
		sshoal_error *error)
{
	/* Before the work of a passphrase is done in vain. */
	int rc = sshoal__new_file_check(path, may_replace, error);
	if (rc)
		return rc;
	struct buffer text = BUFFER_INIT(TEXT_MAX);
	text.wipe = true;
	rc = encode(&text, key, writing, error);
	if (rc)
		(void)sshoal__error_prefix(error, "%s", path);
	const struct new_file file = {
		.bytes = sshoal__buffer_data(&text),
		.size = sshoal__buffer_size(&text),
		.mode = 0600,
		.may_replace = may_replace,
	};
	if (rc == 0)
		rc = sshoal__new_file_write(path, &file, error);
	sshoal__buffer_fini(&text);
	return rc;
}

int sshoal_key_save_file(const sshoal_key *key, const char *path,
			 const sshoal_key_save_options *options,
			 sshoal_error *error)
{
	if (!key || !path || !*path)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	sshoal_key_save_options own;
	struct key_writing writing = { .rounds = 0 };
	int rc = copy_options(&own, options, error);
	if (rc == 0)
		rc = choose(&writing, key, &own, error);
	if (rc)
		return rc;
	char *full = NULL;
	rc = expand(&full, path, error);
	if (rc)
		return rc;
	rc = save(key, full, &writing, own.overwrite, error);
	free(full);
	return rc;
}

int sshoal_key_save_memory(const sshoal_key *key, char **text,
			   const sshoal_key_save_options *options,
			   sshoal_error *error)
{
	if (!key || !text)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	sshoal_key_save_options own;
	struct key_writing writing = { .rounds = 0 };
	int rc = copy_options(&own, options, error);
	if (rc == 0)
		rc = choose(&writing, key, &own, error);
	if (rc)
		return rc;
	struct buffer made = BUFFER_INIT(TEXT_MAX);
	made.wipe = true;
	rc = encode(&made, key, &writing, error);
	if (rc == 0 && sshoal__buffer_append(&made, "", 1) != 0)
		rc = sshoal__error_code(error, SSHOAL_ENOMEM);
	if (rc) {
		sshoal__buffer_fini(&made);
		return rc;
	}
	/* Nothing was taken from its start: it can be freed as it is. */
	*text = (char *)sshoal__buffer_data(&made);
	return 0;
}

static int save_line(const char *path, const char *line, bool may_replace,
		     sshoal_error *error)
{
	struct buffer text = BUFFER_INIT(TEXT_MAX);
	int rc = sshoal__buffer_append(&text, line, strlen(line));
	if (rc == 0)
		rc = sshoal__buffer_append(&text, "\n", 1);
	const struct new_file file = {
		.bytes = sshoal__buffer_data(&text),
		.size = sshoal__buffer_size(&text),
		.mode = 0644,
		.may_replace = may_replace,
	};
	rc = rc ? sshoal__error_code(error, rc) :
		  sshoal__new_file_write(path, &file, error);
	sshoal__buffer_fini(&text);
	return rc;
}

int sshoal_key_save_public_file(const sshoal_key *key, const char *path,
				const sshoal_key_save_options *options,
				sshoal_error *error)
{
	if (!key || !path || !*path)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	sshoal_key_save_options own;
	int rc = copy_options(&own, options, error);
	if (rc)
		return rc;
	char *line = NULL;
	rc = sshoal_key_public_line_with_comment(key, own.comment, &line);
	if (rc)
		return sshoal__error_code(error, rc);
	char *full = NULL;
	rc = expand(&full, path, error);
	if (rc == 0)
		rc = save_line(full, line, own.overwrite, error);
	free(full);
	free(line);
	return rc;
}
