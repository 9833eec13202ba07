/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "sftp/calls.h"
#include "sftp/step.h"

/*
 * A tree is removed from its leaves up: of a directory first what is no
 * directory, many names at a time, then each directory in it, then itself.
 */

#define PENDING_MOST 64u

/* A directory that is to be removed. Those in it come behind it. */
struct node {
	char *path;
	bool listed;
};

struct removal {
	struct sshoal_sftp *sftp;
	struct node *nodes;
	size_t count;
	size_t room;
	uint32_t pending;
	int failed; /* the first failure */
	sshoal_error error;
};

static void fail(struct removal *removal, int code)
{
	if (!code || removal->failed)
		return;
	removal->failed = code;
	removal->error = removal->sftp->error;
}

static bool push(struct removal *removal, char *path)
{
	if (removal->count == removal->room) {
		size_t room = removal->room ? removal->room * 2 : 16;
		struct node *nodes =
			reallocarray(removal->nodes, room, sizeof *nodes);
		if (!nodes)
			return false;
		removal->nodes = nodes;
		removal->room = room;
	}
	removal->nodes[removal->count++] = (struct node){ .path = path };
	return true;
}

/* The path of a request is what its step owns besides. */
struct removed {
	struct removal *removal;
	char path[];
};

static void on_removed(struct step *step, const struct sftp_reply *reply)
{
	struct removed *removed = step->owner;
	struct removal *removal = removed->removal;
	sshoal_error error = { .code = 0 };
	int rc = sshoal__sftp_judge(reply, SFTP_STATUS, removed->path, &error);
	removal->pending--;
	if (rc && !removal->failed) {
		removal->failed = rc;
		removal->error = error;
	}
	free(removed);
}

static int turn(struct removal *removal)
{
	struct sshoal_sftp *sftp = removal->sftp;
	int rc = sshoal__sftp_turn(sftp, DEADLINE_NONE);
	if (rc && removal->pending)
		(void)sshoal__sftp_fail(sftp, rc, &sftp->error);
	return rc;
}

/* Asks for a file's removal, and waits only where many are asked for. */
static int remove_file(struct removal *removal, const char *path)
{
	struct sshoal_sftp *sftp = removal->sftp;
	size_t n = strlen(path) + 1;
	int rc = sshoal__sftp_enter(sftp);
	if (rc)
		return rc;
	struct removed *removed = malloc(sizeof *removed + n);
	if (removed) {
		removed->removal = removal;
		memcpy(removed->path, path, n);
		sshoal__packet_begin(&sftp->packet, SFTP_REMOVE);
		sshoal__packet_text(&sftp->packet, path);
		rc = sshoal__step_send(
			sftp, sshoal__step_new(removed, on_removed), NULL);
	} else {
		rc = SSHOAL_ENOMEM;
	}
	if (rc) {
		free(removed);
		(void)sshoal__error_code(&sftp->error, rc);
	} else {
		removal->pending++;
	}
	while (rc == 0 && removal->pending >= PENDING_MOST)
		rc = turn(removal);
	sshoal__sftp_leave(sftp);
	return rc;
}

static int wait_all(struct removal *removal)
{
	int rc = sshoal__sftp_enter(removal->sftp);
	if (rc)
		return rc;
	while (rc == 0 && removal->pending)
		rc = turn(removal);
	sshoal__sftp_leave(removal->sftp);
	return rc;
}

/* Takes one name of a directory. */
static int take(struct removal *removal, const char *folder,
		const sshoal_entry *entry)
{
	char *path = NULL;
	if (asprintf(&path, "%s/%s", folder, entry->name) < 0)
		return sshoal__error_code(&removal->sftp->error, SSHOAL_ENOMEM);
	int kind = sshoal_attributes_kind(&entry->attributes);
	sshoal_attributes attributes;
	/* Some servers send no attributes with the names. */
	if (kind == SSHOAL_FILE_UNKNOWN &&
	    sshoal_sftp_lstat(removal->sftp, path, &attributes) == 0)
		kind = sshoal_attributes_kind(&attributes);
	if (kind != SSHOAL_FILE_DIRECTORY) {
		int rc = remove_file(removal, path);
		free(path);
		return rc;
	}
	if (push(removal, path))
		return 0;
	free(path);
	return sshoal__error_code(&removal->sftp->error, SSHOAL_ENOMEM);
}

/* Removes what is no directory and notes what is one. */
static int list(struct removal *removal, const char *folder)
{
	sshoal_listing *listing = NULL;
	int rc = sshoal_sftp_list(&listing, removal->sftp, folder);
	while (rc == 0) {
		const sshoal_entry *entry = NULL;
		rc = sshoal_listing_next(listing, &entry);
		if (rc || !entry)
			break;
		rc = take(removal, folder, entry);
	}
	if (rc)
		fail(removal, rc);
	sshoal_listing_close(listing);
	int waited = wait_all(removal);
	return rc ? rc : waited;
}

static bool is_over(const struct removal *removal)
{
	return removal->sftp->fate.code || !removal->sftp->duplex.client;
}

static void remove_tree(struct removal *removal)
{
	while (removal->count > 0 && !is_over(removal)) {
		size_t last = removal->count - 1;
		if (!removal->nodes[last].listed) {
			removal->nodes[last].listed = true;
			/* The list may move while it grows. */
			fail(removal, list(removal, removal->nodes[last].path));
			continue;
		}
		fail(removal, sshoal_sftp_rmdir(removal->sftp,
						removal->nodes[last].path));
		free(removal->nodes[last].path);
		removal->count--;
	}
	while (removal->count > 0)
		free(removal->nodes[--removal->count].path);
	free(removal->nodes);
}

/* What nobody means to remove with all that is in it. */
static bool is_refused(const char *path)
{
	size_t n = strlen(path);
	while (n > 0 && path[n - 1] == '/')
		n--;
	size_t begin = n;
	while (begin > 0 && path[begin - 1] != '/')
		begin--;
	size_t name = n - begin;
	return n == 0 || (name == 1 && path[begin] == '.') ||
	       (name == 2 && memcmp(path + begin, "..", 2) == 0);
}

int sshoal_sftp_remove_all(sshoal_sftp *sftp, const char *path)
{
	if (!sftp || !path || is_refused(path))
		return SSHOAL_EINVAL;
	sshoal_attributes attributes;
	int rc = sshoal_sftp_lstat(sftp, path, &attributes);
	if (rc)
		return rc;
	if (sshoal_attributes_kind(&attributes) != SSHOAL_FILE_DIRECTORY)
		return sshoal_sftp_remove(sftp, path);
	struct removal removal = { .sftp = sftp };
	char *copy = strdup(path);
	if (!copy || !push(&removal, copy)) {
		free(copy);
		return sshoal__error_code(&sftp->error, SSHOAL_ENOMEM);
	}
	remove_tree(&removal);
	if (removal.failed)
		sftp->error = removal.error;
	return removal.failed;
}
