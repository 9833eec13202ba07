/* SPDX-License-Identifier: MIT */
#include "cli/commands.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sshoal/key.h>
#include <sshoal/secret.h>

#include "cli/home.h"
#include "cli/prompt.h"
#include "cli/refusal.h"
#include "cli/signals.h"
#include "report/verdict.h"

/*
 * keygen: makes a key pair. Nothing that is there is replaced, and the private
 * half is on the disk as a whole before the public one is.
 */

struct keygen {
	const struct key_options *options;
	int type; /* enum sshoal_key_type */
	char *path;
	char *public_path;
	char *passphrase; /* NULL: none */
	char comment[400];
	sshoal_key *key;
};

static int refuse_memory(sshoal_error *error)
{
	*error = (sshoal_error){ SSHOAL_ENOMEM, "out of memory" };
	return SSHOAL_ENOMEM;
}

/* Where ssh(1) looks for a key by itself, in a folder that is made. */
static int name_usual(struct keygen *keygen, sshoal_error *error)
{
	static const char *const names[] = {
		[SSHOAL_KEY_RSA] = "id_rsa",
		[SSHOAL_KEY_ECDSA] = "id_ecdsa",
		[SSHOAL_KEY_ED25519] = "id_ed25519",
	};
	char *folder = sshoal__cli_home("/.ssh");
	if (!folder)
		return sshoal__refuse(error, "you have no home folder: write "
					     "--file FILE");
	(void)mkdir(folder, 0700);
	int n = asprintf(&keygen->path, "%s/%s", folder, names[keygen->type]);
	free(folder);
	if (n >= 0)
		return 0;
	keygen->path = NULL;
	return refuse_memory(error);
}

static int refuse_existing(const char *path, sshoal_error *error)
{
	struct stat status;
	if (lstat(path, &status) != 0 && errno == ENOENT)
		return 0;
	return sshoal__refuse(error,
			      "%.300s: is there already and is not replaced; "
			      "name another file with --file",
			      path);
}

static int name_files(struct keygen *keygen, sshoal_error *error)
{
	int rc = 0;
	if (keygen->options->file) {
		keygen->path = strdup(keygen->options->file);
		rc = keygen->path ? 0 : refuse_memory(error);
	} else {
		rc = name_usual(keygen, error);
	}
	if (rc)
		return rc;
	char *public_path = NULL;
	if (asprintf(&public_path, "%s.pub", keygen->path) < 0)
		return refuse_memory(error);
	keygen->public_path = public_path;
	rc = refuse_existing(keygen->path, error);
	return rc ? rc : refuse_existing(keygen->public_path, error);
}

/* "user@host", as ssh-keygen(1) does. */
static void name_owner(struct keygen *keygen)
{
	const struct passwd *user = getpwuid(getuid());
	char host[256] = "localhost";
	if (gethostname(host, sizeof host) == 0)
		host[sizeof host - 1] = '\0';
	(void)snprintf(keygen->comment, sizeof keygen->comment, "%.100s@%s",
		       user ? user->pw_name : "user", host);
}

/* Asked for last: a key that takes long is there by then, and an interrupt
 * before ends the program as any other. */
static int get_passphrase(struct keygen *keygen, const char *file,
			  sshoal_error *error)
{
	if (keygen->options->no_passphrase)
		return 0;
	if (file)
		return sshoal_secret_load_file(&keygen->passphrase, file,
					       error);
	sshoal_cancel *cancel = NULL;
	if (sshoal_cancel_new(&cancel) != 0)
		return refuse_memory(error);
	sshoal__signals_start(cancel, NULL);
	int rc = sshoal__prompt_new_passphrase(&keygen->passphrase, cancel,
					       error);
	sshoal__signals_stop();
	sshoal_cancel_free(cancel);
	return rc;
}

static int save(const struct keygen *keygen, sshoal_error *error)
{
	sshoal_key_save_options options = SSHOAL_KEY_SAVE_OPTIONS_INIT;
	options.passphrase = keygen->passphrase;
	options.comment = keygen->options->comment ? keygen->options->comment :
						     keygen->comment;
	int rc = sshoal_key_save_file(keygen->key, keygen->path, &options,
				      error);
	if (rc)
		return rc;
	rc = sshoal_key_save_public_file(keygen->key, keygen->public_path,
					 &options, error);
	if (rc)
		(void)unlink(keygen->path);
	return rc;
}

/* As "ssh-keygen -l" prints it, so that the two can be compared. */
static int tell(const struct keygen *keygen, struct console *console)
{
	static const char *const words[] = {
		[SSHOAL_KEY_RSA] = "RSA",
		[SSHOAL_KEY_ECDSA] = "ECDSA",
		[SSHOAL_KEY_ED25519] = "ED25519",
	};
	char print[SSHOAL_KEY_FINGERPRINT_SIZE] = "";
	const char *comment = keygen->options->comment ?
				      keygen->options->comment :
				      keygen->comment;
	char *text = NULL;
	(void)sshoal_key_fingerprint(keygen->key, print, sizeof print);
	int n = asprintf(
		&text, "%u %s %s (%s)", (unsigned)sshoal_key_bits(keygen->key),
		print, *comment ? comment : "no comment", words[keygen->type]);
	if (n < 0)
		return SSHOAL_ENOMEM;
	(void)sshoal__console_write_visible(console, SSHOAL_STDOUT, text,
					    (size_t)n);
	free(text);
	(void)sshoal__console_print(console, SSHOAL_STDOUT, "\n");
	(void)sshoal__console_flush(console);
	sshoal__console_say(console, "the key is in %s, its public half in %s",
			    keygen->path, keygen->public_path);
	return 0;
}

static int make(struct keygen *keygen, const char *passphrase_file,
		sshoal_error *error)
{
	const struct key_options *options = keygen->options;
	if (!options->no_passphrase && !passphrase_file &&
	    !sshoal__prompt_is_possible())
		return sshoal__refuse(error,
				      "passphrase prompt: there is no terminal "
				      "to ask on; use --passphrase-file or "
				      "--no-passphrase");
	int rc = name_files(keygen, error);
	if (rc == 0)
		rc = sshoal_key_generate(&keygen->key, keygen->type,
					 options->bits, error);
	if (rc == 0)
		rc = get_passphrase(keygen, passphrase_file, error);
	return rc ? rc : save(keygen, error);
}

int sshoal__cli_keygen(struct console *console, const struct options *options)
{
	struct keygen keygen = {
		.options = &options->keys,
		.type = options->keys.type ? (int)options->keys.type :
					     SSHOAL_KEY_ED25519,
	};
	sshoal_error error = { .code = 0 };
	name_owner(&keygen);
	int rc = make(&keygen, options->login.passphrase_file, &error);
	int status = VERDICT_OK;
	if (rc == SSHOAL_ECANCELLED && sshoal__signals_number())
		status = VERDICT_SIGNAL + sshoal__signals_number();
	else if (rc)
		status = sshoal__cli_fail(console, rc, error.text);
	else if (tell(&keygen, console) != 0)
		status = VERDICT_LOCAL;
	sshoal_key_free(keygen.key);
	sshoal_secret_free(keygen.passphrase);
	free(keygen.public_path);
	free(keygen.path);
	return status;
}
