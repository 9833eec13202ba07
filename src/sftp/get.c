/* SPDX-License-Identifier: MIT */
#include "sftp/get.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/umask.h"
#include "sftp/walk.h"

/*
 * What a host has on its way down: first it is found out what there is, then
 * where it goes, then directories are read and files fetched, as many at a time
 * as the server lets be open.
 */

#define PERMISSIONS 0777u

/* The last name of a path, without what is behind it. */
static char *last_name(const char *path)
{
	size_t n = strlen(path);
	while (n > 0 && path[n - 1] == '/')
		n--;
	size_t begin = n;
	while (begin > 0 && path[begin - 1] != '/')
		begin--;
	return strndup(path + begin, n - begin);
}

static bool is_no_name(const char *name)
{
	return !*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* What "." and its like are called there. NULL with a code and text. */
static char *real_name(struct get *get, const char *path, sshoal_error *error)
{
	struct sshoal_sftp *sftp = get->transfer.sftp;
	struct sftp_answer answer;
	struct packet_names names;
	struct packet_name first = { .name_size = 0 };
	char *name = NULL;
	sshoal__packet_begin(&sftp->packet, SFTP_REALPATH);
	sshoal__packet_text(&sftp->packet, path);
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_NAME, path);
	if (rc)
		(void)sshoal__error_set(error, rc, "%s", sftp->error.text);
	else if (sshoal__packet_names(&names, &answer.body) &&
		 sshoal__packet_next_name(&names, &first)) {
		char *real =
			sshoal__sftp_copy_string(first.name, first.name_size);
		name = real ? last_name(real) : NULL;
		free(real);
	}
	sshoal__sftp_answer_fini(&answer);
	if (rc == 0 && (!name || is_no_name(name))) {
		(void)sshoal__error_set(error, SSHOAL_EINVAL,
					"%s: it has no name that could be its "
					"own here",
					path);
		free(name);
		name = NULL;
	}
	return name;
}

/* A directory above a source, which is made here as it is there. */
static struct branch *enter(struct get *get, struct branch *parent,
			    const char *name, size_t n, sshoal_error *error)
{
	struct branch *made = calloc(1, sizeof *made);
	if (made)
		made->name = strndup(name, n);
	if (!made || !made->name) {
		free(made);
		(void)sshoal__error_code(error, SSHOAL_ENOMEM);
		return NULL;
	}
	int rc = sshoal__landing_enter(&made->landing, parent->landing,
				       made->name, &made->made, error);
	if (rc) {
		free(made->name);
		free(made);
		return NULL;
	}
	made->get = get;
	made->parent = parent;
	made->attributes.flags = SSHOAL_ATTRIBUTES_MODE;
	made->attributes.mode = PERMISSIONS;
	made->users = 1;
	parent->users++;
	return made;
}

static int open_root(struct get *get, const char *path, bool make,
		     sshoal_error *error)
{
	if (get->root.landing)
		return 0;
	return sshoal__landing_open(&get->root.landing, path, make, error);
}

/* The directory here that a source goes into; one user more of it is the
 * caller. NULL with a code and text. */
static struct branch *place_of(struct get *get, const char *remote,
			       sshoal_error *error)
{
	struct branch *branch = &get->root;
	branch->users++;
	if (!get->plan->whole_paths)
		return branch;
	size_t n = strlen(remote);
	while (n > 0 && remote[n - 1] == '/')
		n--;
	for (const char *at = remote; branch;) {
		at += strspn(at, "/");
		size_t part = strcspn(at, "/");
		if (at + part >= remote + n)
			return branch;
		if (part == 1 && *at == '.') {
			at += part;
			continue;
		}
		struct branch *next = NULL;
		if (part == 2 && memcmp(at, "..", 2) == 0)
			(void)sshoal__error_set(error, SSHOAL_EINVAL,
						"%s: with whole paths there "
						"must be no \"..\" in it",
						remote);
		else
			next = enter(get, branch, at, part, error);
		sshoal__walk_release(get, branch);
		branch = next;
		at += part;
	}
	return NULL;
}

/* Two sources of one name would be one file here. */
static int note_name(struct get *get, const struct branch *branch,
		     const char *name, char *remote, sshoal_error *error)
{
	if (branch != &get->root)
		return 0;
	if (sshoal__map_get(&get->names, name))
		return sshoal__error_set(
			error, SSHOAL_EINVAL,
			"%s and %s have the same name and "
			"would be one file here",
			(const char *)sshoal__map_get(&get->names, name),
			remote);
	int rc = sshoal__map_put(&get->names, name, remote);
	return rc ? sshoal__error_code(error, rc) : 0;
}

/* Puts a source that is there into the list of what is to be fetched. */
static int add(struct get *get, struct branch *branch, char *name, char *remote,
	       const sshoal_attributes *attributes, sshoal_error *error)
{
	bool is_directory =
		sshoal_attributes_kind(attributes) == SSHOAL_FILE_DIRECTORY;
	int rc = note_name(get, branch, name, remote, error);
	if (rc == 0 && is_directory && !get->plan->options->recursive) {
		char text[512];
		(void)snprintf(text, sizeof text,
			       "%.400s: it is a directory, which takes a "
			       "recursive transfer (-r)",
			       remote);
		sshoal__item_tell(get, branch, name, remote,
				  SSHOAL_FILE_DIRECTORY, SSHOAL_EINVAL, text);
	} else if (rc == 0) {
		bool added = is_directory ?
				     sshoal__walk_add(get, branch, name, remote,
						      attributes) :
				     sshoal__item_add(get, branch, name, remote,
						      attributes);
		return added ? 0 : sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	free(name);
	free(remote);
	return rc;
}

/* Where a single source may have a new name: the directory and that name. */
static int split_destination(const struct get_plan *plan, char **folder,
			     char **name, sshoal_error *error)
{
	const char *path = plan->destination;
	struct stat status;
	size_t n = strlen(path);
	bool into = (n > 0 && path[n - 1] == '/') ||
		    (stat(path, &status) == 0 && S_ISDIR(status.st_mode));
	if (!plan->may_rename || into) {
		*folder = strdup(path);
	} else {
		const char *slash = strrchr(path, '/');
		*name = strdup(slash ? slash + 1 : path);
		*folder = !slash        ? strdup(".") :
			  slash == path ? strdup("/") :
					  strndup(path, (size_t)(slash - path));
		if (!*name)
			return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	return *folder ? 0 : sshoal__error_code(error, SSHOAL_ENOMEM);
}

static int take(struct get *get, char *remote, char *name,
		const sshoal_attributes *attributes, sshoal_error *error)
{
	if (!name)
		name = last_name(remote);
	if (name && is_no_name(name)) {
		free(name);
		name = real_name(get, remote, error);
		if (!name)
			return error->code;
	}
	if (!name)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	struct branch *branch = place_of(get, remote, error);
	if (!branch) {
		free(name);
		return error->code;
	}
	char *copy = strdup(remote);
	int rc = SSHOAL_ENOMEM;
	if (copy)
		rc = add(get, branch, name, copy, attributes, error);
	else
		free(name);
	sshoal__walk_release(get, branch);
	return rc;
}

/* A source was found: the first one has the destination made. */
static int on_found(struct get *get, char *remote,
		    const sshoal_attributes *attributes, sshoal_error *error)
{
	const struct get_plan *plan = get->plan;
	char *folder = NULL;
	char *name = NULL;
	sshoal_error own = { .code = 0 };
	int rc = split_destination(plan, &folder, &name, &own);
	if (rc == 0)
		rc = open_root(get, folder,
			       !plan->may_rename || plan->options->make_parents,
			       &own);
	free(folder);
	if (rc)
		free(name);
	else
		rc = take(get, remote, name, attributes, &own);
	free(remote);
	if (rc && error)
		*error = own;
	return rc;
}

static const char *without_home(const char *source)
{
	if (strcmp(source, "~") == 0 || strcmp(source, "~/") == 0)
		return ".";
	return strncmp(source, "~/", 2) == 0 ? source + 2 : source;
}

/* A source that is not there is one file that failed. */
static int find_all(struct get *get, sshoal_error *error)
{
	const struct get_plan *plan = get->plan;
	for (size_t i = 0; i < plan->source_count; i++) {
		const char *source = without_home(plan->sources[i]);
		int rc = sshoal__sftp_check_path(source, error);
		if (rc == 0)
			rc = sshoal__find(get, source, on_found, error);
		if (rc != SSHOAL_ENOENT && rc != SSHOAL_EACCESS) {
			if (rc)
				return rc;
			continue;
		}
		sshoal__item_tell(get, NULL, "", source, SSHOAL_FILE_UNKNOWN,
				  rc, error->text);
	}
	return 0;
}

static void move_all(struct get *get)
{
	for (;;) {
		sshoal__walk_feed(get);
		sshoal__item_feed(get);
		if (get->transfer.end.code) {
			sshoal__item_drop(get);
			sshoal__walk_drop(get);
		}
		if (!sshoal__walk_is_busy(get) && !get->first &&
		    !get->downloads && !get->pending)
			return;
		sshoal__transfer_turn(&get->transfer);
	}
}

int sshoal__get(struct sshoal_sftp *sftp, const struct get_plan *plan,
		sshoal_error *error)
{
	struct get get = {
		.plan = plan,
		.names = MAP_INIT,
		.umask = sshoal__umask(),
	};
	sshoal_error own = { .code = 0 };
	get.root.get = &get;
	get.root.users = 1;
	get.last = &get.first;
	sshoal__transfer_init(&get.transfer, sftp, plan->options, plan->rate);
	int rc = find_all(&get, &own);
	sshoal__map_fini(&get.names);
	if (rc && !get.transfer.end.code)
		sshoal__transfer_end(&get.transfer, rc, &own);
	move_all(&get);
	rc = sshoal__transfer_outcome(&get.transfer, error);
	sshoal__landing_leave(get.root.landing);
	sshoal__transfer_fini(&get.transfer);
	return rc;
}
