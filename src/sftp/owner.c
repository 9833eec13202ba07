/* SPDX-License-Identifier: MIT */
#include "sftp/owner.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/command.h>

#include "base/error.h"
#include "ssh/line.h"

/* The longest name of a user or group that is asked for. */
#define NAME_MOST 255
/* The longest record of a user database that is taken. */
#define RECORD_MOST ((size_t)1 << 20)
#define LINE_MOST ((size_t)4096)

/* Both parts of "USER:GROUP"; without a group it is "". */
struct names {
	char user[NAME_MOST + 1];
	char group[NAME_MOST + 1];
};

/* What a shell, a terminal or an option of a program could mistake for more
 * than a name is none. */
static bool is_name(const char *text, size_t n)
{
	if (n == 0 || n > NAME_MOST || text[0] == '-')
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c <= ' ' || c == 0x7f || strchr("'\"`:/*?[", c))
			return false;
	}
	return true;
}

static int split(struct names *names, const char *text, sshoal_error *error)
{
	size_t n = strcspn(text, ":");
	const char *group = text[n] ? text + n + 1 : NULL;
	if (!is_name(text, n) || (group && !is_name(group, strlen(group))))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "owner \"%.60s\": write USER or "
					 "USER:GROUP, names or numbers",
					 text);
	memcpy(names->user, text, n);
	names->user[n] = 0;
	(void)snprintf(names->group, sizeof names->group, "%s",
		       group ? group : "");
	return 0;
}

/* The digits that text begins with, the next character being in ends. */
static bool read_id(const char *text, const char *ends, uint32_t *id)
{
	size_t n = strspn(text, "0123456789");
	if (n == 0 || n > 10 || !strchr(ends, text[n]))
		return false;
	unsigned long long value = strtoull(text, NULL, 10);
	if (value >= UINT32_MAX)
		return false;
	*id = (uint32_t)value;
	return true;
}

/* Settles it. */
static void found(sshoal_transfer_options *options, uint32_t uid, uint32_t gid)
{
	options->owner = NULL;
	options->has_owner = 1;
	options->uid = uid;
	options->gid = gid;
}

int sshoal__owner_take(sshoal_transfer_options *options, sshoal_error *error)
{
	struct names names = { .user = "" };
	uint32_t uid = 0;
	uint32_t gid = UINT32_MAX;
	if (!options->owner)
		return 0;
	int rc = split(&names, options->owner, error);
	if (rc == 0 && read_id(names.user, "", &uid) &&
	    (!names.group[0] || read_id(names.group, "", &gid)))
		found(options, uid, gid);
	return rc;
}

static int none(const char *what, const char *name, int code, const char *where,
		sshoal_error *error)
{
	return sshoal__error_set(error, code, "owner: %s knows no %s \"%.60s\"",
				 where, what, name);
}

/* Of getpwnam_r() or getgrnam_r(), with as much room as it takes. */
static int look_up(const char *name, bool is_group, uint32_t *id)
{
	for (size_t size = 1024; size <= RECORD_MOST; size *= 2) {
		struct passwd user;
		struct passwd *user_found = NULL;
		struct group group;
		struct group *group_found = NULL;
		char *record = malloc(size);
		if (!record)
			return SSHOAL_ENOMEM;
		int rc = is_group ? getgrnam_r(name, &group, record, size,
					       &group_found) :
				    getpwnam_r(name, &user, record, size,
					       &user_found);
		if (group_found)
			*id = group.gr_gid;
		if (user_found)
			*id = user.pw_uid;
		free(record);
		if (group_found || user_found)
			return 0;
		if (rc != ERANGE)
			break;
	}
	return SSHOAL_ENOENT;
}

static int find_here(const char *name, bool is_group, uint32_t *id,
		     sshoal_error *error)
{
	if (!name[0] || read_id(name, "", id))
		return 0;
	int rc = look_up(name, is_group, id);
	if (rc == SSHOAL_ENOENT)
		return none(is_group ? "group" : "user", name, SSHOAL_EINVAL,
			    "this machine", error);
	return rc ? sshoal__error_code(error, rc) : 0;
}

/* A command's exit status and what it said, or the code of what failed. */
static int ask(struct sshoal_sftp *sftp, const char *command, const char *name,
	       sshoal_output *output, sshoal_error *error)
{
	struct buffer line = BUFFER_INIT(LINE_MOST);
	sshoal_error own = { .code = 0 };
	int rc = sshoal__buffer_append(&line, command, strlen(command));
	if (rc == 0)
		rc = sshoal__line_put_quoted(&line, name);
	if (rc == 0)
		rc = sshoal__buffer_append(&line, "", 1);
	if (rc) {
		sshoal__buffer_fini(&line);
		return sshoal__error_code(error, rc);
	}
	/* The command is a call of its own on the client. */
	sshoal__sftp_leave(sftp);
	rc = sshoal_client_run(sftp->duplex.client,
			       (const char *)sshoal__buffer_data(&line), NULL,
			       output, &own);
	sshoal__buffer_fini(&line);
	int entered = sshoal__sftp_enter(sftp);
	if (rc == 0 && !entered)
		return 0;
	sshoal_output_fini(output);
	if (entered)
		return sshoal__error_set(error, entered, "%s",
					 sftp->error.text);
	return sshoal__error_set(error, SSHOAL_EUNSUPPORTED,
				 "owner: names take a command on the host, "
				 "numbers do not: %s",
				 own.text);
}

/* getent(1) gives "name:password:gid:members". */
static const char *third_field(const char *record)
{
	const char *p = strchr(record, ':');
	p = p ? strchr(p + 1, ':') : NULL;
	return p ? p + 1 : "";
}

static int find_there(struct sshoal_sftp *sftp, const char *name, bool is_group,
		      uint32_t *id, sshoal_error *error)
{
	sshoal_output output = { .stdout_data = NULL };
	if (!name[0] || read_id(name, "", id))
		return 0;
	int rc = ask(sftp, is_group ? "getent group " : "id -u ", name, &output,
		     error);
	if (rc)
		return rc;
	const char *said = output.stdout_data ? output.stdout_data : "";
	bool is_known = output.exit_status == 0 &&
			read_id(is_group ? third_field(said) : said,
				is_group ? ":" : "\n", id);
	sshoal_output_fini(&output);
	if (is_known)
		return 0;
	return none(is_group ? "group" : "user", name, SSHOAL_EREMOTE,
		    "the host", error);
}

int sshoal__owner_here(sshoal_transfer_options *options, sshoal_error *error)
{
	struct names names = { .user = "" };
	uint32_t uid = 0;
	uint32_t gid = UINT32_MAX;
	if (!options->owner)
		return 0;
	int rc = split(&names, options->owner, error);
	if (rc == 0)
		rc = find_here(names.user, false, &uid, error);
	if (rc == 0)
		rc = find_here(names.group, true, &gid, error);
	if (rc == 0)
		found(options, uid, gid);
	return rc;
}

int sshoal__owner_there(struct sshoal_sftp *sftp,
			sshoal_transfer_options *options, sshoal_error *error)
{
	struct names names = { .user = "" };
	uint32_t uid = 0;
	uint32_t gid = UINT32_MAX;
	if (!options->owner)
		return 0;
	int rc = split(&names, options->owner, error);
	if (rc == 0)
		rc = find_there(sftp, names.user, false, &uid, error);
	if (rc == 0)
		rc = find_there(sftp, names.group, true, &gid, error);
	if (rc == 0)
		found(options, uid, gid);
	return rc;
}
