/* SPDX-License-Identifier: MIT */
#include "sftp/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Directories and those above them. */

/* What is needed to make something in a directory. */
#define OWNER_ENTERS 0300u

static int ask_status(struct sshoal_sftp *sftp, const char *path)
{
	struct sftp_answer answer;
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_STATUS, path);
	sshoal__sftp_answer_fini(&answer);
	return rc;
}

static int make_one(struct sshoal_sftp *sftp, const char *path, uint32_t mode)
{
	const sshoal_attributes attributes = {
		.flags = SSHOAL_ATTRIBUTES_MODE,
		.mode = mode,
	};
	sshoal__packet_begin(&sftp->packet, SFTP_MKDIR);
	sshoal__packet_text(&sftp->packet, path);
	sshoal__packet_attributes(&sftp->packet, &attributes);
	return ask_status(sftp, path);
}

static bool is_directory(struct sshoal_sftp *sftp, const char *path)
{
	struct sftp_answer answer;
	sshoal_attributes attributes = { .flags = 0 };
	sshoal_error before = sftp->error;
	sshoal__packet_begin(&sftp->packet, SFTP_STAT);
	sshoal__packet_text(&sftp->packet, path);
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_ATTRS, path);
	if (rc == 0)
		sshoal__packet_read_attributes(&answer.body, &attributes);
	sshoal__sftp_answer_fini(&answer);
	/* Why it could not be made says more. */
	if (!sftp->fate.code)
		sftp->error = before;
	return rc == 0 &&
	       sshoal_attributes_kind(&attributes) == SSHOAL_FILE_DIRECTORY;
}

/* The end of the part of a path before its last name: 0 if there is none. */
static size_t above(const char *path, size_t n)
{
	while (n > 0 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	while (n > 1 && path[n - 1] == '/')
		n--;
	return n == 1 && path[0] == '/' ? 0 : n;
}

/* The end of the path that is one name longer. */
static size_t below(const char *path, size_t n, size_t whole)
{
	while (n < whole && path[n] == '/')
		n++;
	while (n < whole && path[n] != '/')
		n++;
	return n;
}

/* Makes the part of a path up to n: 0, also where it is there. */
static int make_part(struct sshoal_sftp *sftp, char *path, size_t n,
		     uint32_t mode)
{
	char cut = path[n];
	path[n] = '\0';
	int rc = make_one(sftp, path, mode);
	if (rc && rc != SSHOAL_ENOENT && !sftp->fate.code &&
	    is_directory(sftp, path))
		rc = 0;
	path[n] = cut;
	return rc;
}

/* Goes up until something can be made, then down again. */
static int make_all(struct sshoal_sftp *sftp, char *path, uint32_t mode)
{
	size_t whole = strlen(path);
	while (whole > 1 && path[whole - 1] == '/')
		whole--;
	size_t n = whole;
	int rc = make_part(sftp, path, n, mode);
	while (rc == SSHOAL_ENOENT) {
		n = above(path, n);
		if (n == 0)
			return rc;
		rc = make_part(sftp, path, n, mode | OWNER_ENTERS);
	}
	while (rc == 0 && n < whole) {
		n = below(path, n, whole);
		rc = make_part(sftp, path, n,
			       n < whole ? mode | OWNER_ENTERS : mode);
	}
	return rc;
}

int sshoal__tree_make(struct sshoal_sftp *sftp, const char *path, uint32_t mode)
{
	int rc = sshoal__sftp_check_path(path, &sftp->error);
	if (rc)
		return rc;
	char *copy = strdup(path);
	if (!copy)
		return sshoal__error_code(&sftp->error, SSHOAL_ENOMEM);
	rc = make_all(sftp, copy, mode);
	free(copy);
	return rc;
}

int sshoal_sftp_mkdir_all(sshoal_sftp *sftp, const char *path, uint32_t mode)
{
	int rc = sshoal__sftp_enter(sftp);
	if (rc)
		return rc;
	rc = sshoal__tree_make(sftp, path, mode);
	sshoal__sftp_leave(sftp);
	return rc;
}
