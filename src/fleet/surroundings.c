/* SPDX-License-Identifier: MIT */
#include "fleet/surroundings.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ssh/line.h"

/* Looked at before any host is contacted, like the rest of a job. */

static int take_text(char **own, const char *given, const char *member,
		     sshoal_error *error)
{
	if (!given)
		return 0;
	if (!*given)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "job.%s: it is empty", member);
	*own = strdup(given);
	return *own ? 0 : sshoal__error_code(error, SSHOAL_ENOMEM);
}

static int take_env(struct surroundings *own, const char *const *given,
		    sshoal_error *error)
{
	size_t count = 0;
	while (given && given[count])
		count++;
	if (count == 0)
		return 0;
	own->env = calloc(count + 1, sizeof *own->env);
	if (!own->env)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	for (size_t i = 0; i < count; i++) {
		int rc = sshoal__line_check_variable(given[i], error);
		if (rc)
			return rc;
		own->env[i] = strdup(given[i]);
		if (!own->env[i])
			return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	return 0;
}

static int take_terminal(struct surroundings *own, const sshoal_job *given,
			 sshoal_error *error)
{
	const char *term = given->term ? given->term : getenv("TERM");
	if (!given->pty)
		return 0;
	if (given->columns > UINT16_MAX || given->rows > UINT16_MAX)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "job.columns or rows: more than "
					 "65535");
	int rc = take_text(&own->term, term && *term ? term : "vt100", "term",
			   error);
	own->terminal = (struct channel_terminal){
		.name = own->term,
		.columns = given->columns ? given->columns : 80,
		.rows = given->rows ? given->rows : 24,
	};
	return rc;
}

static int take_input(struct surroundings *own, const sshoal_job *given,
		      sshoal_error *error)
{
	if (given->stdin_path && given->stdin_fd)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "job.stdin_path and stdin_fd: one of "
					 "them");
	if (given->stdin_fd && *given->stdin_fd < 0)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "job.stdin_fd: no descriptor");
	if (given->stdin_fd)
		own->stdin_fd = *given->stdin_fd;
	return take_text(&own->stdin_path, given->stdin_path, "stdin_path",
			 error);
}

int sshoal__surroundings_take(struct surroundings *own, const sshoal_job *given,
			      sshoal_error *error)
{
	int rc = take_env(own, given->env, error);
	if (rc == 0)
		rc = take_text(&own->cwd, given->cwd, "cwd", error);
	if (rc == 0)
		rc = take_terminal(own, given, error);
	if (rc == 0)
		rc = take_text(&own->sudo_user, given->sudo_user, "sudo_user",
			       error);
	if (rc == 0 && given->sudo_user)
		rc = take_text(&own->sudo_password, given->sudo_password,
			       "sudo_password", error);
	return rc ? rc : take_input(own, given, error);
}

int sshoal__surroundings_open(struct surroundings *own, sshoal_error *error)
{
	if (!own->stdin_path && own->stdin_fd < 0)
		return 0;
	return sshoal__input_open(&own->input, own->stdin_path, own->stdin_fd,
				  error);
}

void sshoal__surroundings_fini(struct surroundings *own)
{
	sshoal__input_free(own->input);
	for (size_t i = 0; own->env && own->env[i]; i++)
		free(own->env[i]);
	free(own->env);
	if (own->sudo_password)
		OPENSSL_cleanse(own->sudo_password, strlen(own->sudo_password));
	free(own->sudo_password);
	free(own->sudo_user);
	free(own->stdin_path);
	free(own->term);
	free(own->cwd);
}
