/* SPDX-License-Identifier: MIT */
#include "ssh/line.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

/* Values stand in single quotes, in which nothing but a single quote means
 * anything to a shell. */

static int put(struct buffer *buffer, const char *text)
{
	return sshoal__buffer_append(buffer, text, strlen(text));
}

int sshoal__line_put_quoted(struct buffer *buffer, const char *text)
{
	int rc = put(buffer, "'");
	for (const char *at = text; rc == 0 && *at;) {
		size_t n = strcspn(at, "'");
		rc = sshoal__buffer_append(buffer, at, n);
		at += n;
		if (rc == 0 && *at == '\'') {
			rc = put(buffer, "'\\''");
			at++;
		}
	}
	return rc ? rc : put(buffer, "'");
}

int sshoal__line_check_variable(const char *text, sshoal_error *error)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	size_t n = strspn(text, first);
	if (n > 0)
		n += strspn(text + n, "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
	if (n > 0 && text[n] == '=')
		return 0;
	return sshoal__error_set(error, SSHOAL_EINVAL,
				 "options.env: \"%.100s\" is not NAME=VALUE",
				 text);
}

static int put_variables(struct buffer *buffer, const char *const *env,
			 sshoal_error *error)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && env[i]; i++) {
		rc = sshoal__line_check_variable(env[i], error);
		if (rc)
			return rc;
		size_t n = strcspn(env[i], "=") + 1;
		rc = put(buffer, i == 0 ? "export " : " ");
		if (rc == 0)
			rc = sshoal__buffer_append(buffer, env[i], n);
		if (rc == 0)
			rc = sshoal__line_put_quoted(buffer, env[i] + n);
	}
	return rc || !env[0] ? rc : put(buffer, "; ");
}

/* "./" keeps a shell from looking elsewhere (CDPATH) and from taking "-" for
 * something else; a command begins in its home. */
static int put_folder(struct buffer *buffer, const char *cwd)
{
	if (strcmp(cwd, "~") == 0)
		cwd = "";
	else if (strncmp(cwd, "~/", 2) == 0)
		cwd += 2;
	int rc = put(buffer, "cd ");
	if (rc == 0 && *cwd != '/')
		rc = put(buffer, "./");
	if (rc == 0)
		rc = sshoal__line_put_quoted(buffer, cwd);
	return rc ? rc : put(buffer, " || exit 126; ");
}

int sshoal__line_make(char **line, const char *command, const char *const *env,
		      const char *cwd, sshoal_error *error)
{
	struct buffer buffer = BUFFER_INIT(LINE_MAX_BYTES);
	if (error)
		error->text[0] = '\0';
	int rc = env ? put_variables(&buffer, env, error) : 0;
	if (rc == 0 && cwd)
		rc = put_folder(&buffer, cwd);
	if (rc == 0)
		rc = put(&buffer, command);
	if (rc == 0)
		rc = sshoal__buffer_append(&buffer, "", 1);
	if (rc == 0) {
		*line = (char *)buffer.bytes;
		return 0;
	}
	sshoal__buffer_fini(&buffer);
	if (rc == SSHOAL_ELIMIT)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "the command is longer than %d bytes",
					 LINE_MAX_BYTES);
	if (rc == SSHOAL_EINVAL)
		return rc;
	return sshoal__error_code(error, rc);
}
