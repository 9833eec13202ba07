/* SPDX-License-Identifier: MIT */
#include "cli/login.h"

#include <stdlib.h>

#include <sshoal/secret.h>

#include "cli/prompt.h"

/* From options to the library's structs. Passwords are the general case, so a
 * hosts file beats them; what is typed about user, port and keys beats it. */

/* As often ssh(1) asks. */
#define PROMPTS 3

static int read_secrets(struct login *login,
			const struct login_options *options,
			sshoal_error *error)
{
	int rc = 0;
	if (options->passphrase_file)
		rc = sshoal_secret_load_file(&login->passphrase,
					     options->passphrase_file, error);
	if (rc == 0 && options->sudo_password_file)
		rc = sshoal_secret_load_file(&login->sudo_password,
					     options->sudo_password_file,
					     error);
	if (rc)
		return rc;
	if (options->password_file)
		rc = sshoal_secret_load_file(&login->secret,
					     options->password_file, error);
	return rc;
}

/* -4 and -6 come before what stands after -o. */
static int read_config(struct login *login, const struct login_options *options,
		       sshoal_error *error)
{
	static const char *const families[] = {
		[FAMILY_INET] = "AddressFamily=inet",
		[FAMILY_INET6] = "AddressFamily=inet6",
	};
	const char **words = calloc(options->words.count + 1, sizeof *words);
	if (!words) {
		*error = (sshoal_error){ SSHOAL_ENOMEM, "out of memory" };
		return SSHOAL_ENOMEM;
	}
	size_t count = 0;
	if (options->family != FAMILY_ANY)
		words[count++] = families[options->family];
	for (size_t i = 0; i < options->words.count; i++)
		words[count++] = options->words.items[i];
	int rc = sshoal_config_load_with(&login->config, options->config, words,
					 count, error);
	free(words);
	return rc;
}

int sshoal__login_init(struct login *login, const struct login_options *options,
		       const char *password, sshoal_error *error)
{
	*login = (struct login){
		.defaults = SSHOAL_CLIENT_OPTIONS_INIT,
		.overrides = SSHOAL_CLIENT_OPTIONS_INIT,
	};
	int rc = read_secrets(login, options, error);
	if (rc == 0)
		rc = read_config(login, options, error);
	if (rc) {
		sshoal__login_fini(login);
		return rc;
	}
	login->defaults.password = login->secret ? login->secret : password;
	login->defaults.passphrase = login->passphrase;
	login->defaults.use_agent = !options->no_agent;
	login->defaults.use_default_keys = 1;
	login->defaults.password_prompts = PROMPTS;
	login->overrides.user = options->user;
	login->overrides.port = options->port;
	login->overrides.key_files = options->identities.items;
	login->overrides.key_file_count = options->identities.count;
	login->overrides.jump = options->jump;
	login->overrides.known_hosts_file = options->known_hosts;
	login->overrides.host_key_policy = options->host_key_policy;
	login->overrides.connect_timeout_ms = options->connect_timeout_ms;
	login->overrides.login_timeout_ms = options->login_timeout_ms;
	return 0;
}

int sshoal__login_ask(struct login *login, const struct login_options *options,
		      sshoal_cancel *cancel, sshoal_error *error)
{
	static const struct prompt password = {
		.what = "password prompt",
		.question = "sshoal: password for the hosts: ",
		.instead = "--password-file or $SSHOAL_PASSWORD",
	};
	static const struct prompt passphrase = {
		.what = "passphrase prompt",
		.question = "sshoal: passphrase of the keys: ",
		.instead = "--passphrase-file or an ssh-agent",
	};
	static const struct prompt sudo = {
		.what = "sudo password prompt",
		.question = "sshoal: password for sudo on the hosts: ",
		.instead = "--sudo-password-file",
	};
	int rc = 0;
	if (options->ask_pass)
		rc = sshoal__prompt_ask(&login->secret, cancel, &password,
					error);
	if (rc == 0 && options->ask_passphrase)
		rc = sshoal__prompt_ask(&login->passphrase, cancel, &passphrase,
					error);
	if (rc == 0 && options->ask_sudo_pass)
		rc = sshoal__prompt_ask(&login->sudo_password, cancel, &sudo,
					error);
	if (login->secret)
		login->defaults.password = login->secret;
	login->defaults.passphrase = login->passphrase;
	return rc;
}

void sshoal__login_fini(struct login *login)
{
	sshoal_config_free(login->config);
	sshoal_secret_free(login->sudo_password);
	login->sudo_password = NULL;
	sshoal_secret_free(login->passphrase);
	sshoal_secret_free(login->secret);
	login->config = NULL;
	login->passphrase = NULL;
	login->secret = NULL;
}
