/* SPDX-License-Identifier: MIT */
#include "sftp/walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* Directories of a tree that comes down: a few are read at a time, and none
 * further while enough of what they hold waits. */

#define LISTING_MOST 8
#define ITEMS_ENOUGH 1000
#define EMPTY_MOST 16
#define PERMISSIONS 0777u
#define ALL_PERMISSIONS 07777u

/* Where links are followed a tree may have no bottom. */
#define DEPTH_MOST 100

void sshoal__get_no_memory(struct get *get)
{
	sshoal_error error;
	(void)sshoal__error_code(&error, SSHOAL_ENOMEM);
	sshoal__transfer_end(&get->transfer, SSHOAL_ENOMEM, &error);
}

bool sshoal__walk_add(struct get *get, struct branch *parent, char *name,
		      char *remote, const sshoal_attributes *attributes)
{
	struct branch *made = calloc(1, sizeof *made);
	if (!made) {
		free(name);
		free(remote);
		sshoal__get_no_memory(get);
		return false;
	}
	made->get = get;
	made->parent = parent;
	made->name = name;
	made->remote = remote;
	made->attributes = *attributes;
	made->depth = parent->depth + 1;
	made->users = 1;
	parent->users++;
	made->following = get->waiting;
	get->waiting = made;
	return true;
}

bool sshoal__walk_is_busy(const struct get *get)
{
	return get->waiting || get->listing;
}

/* Its permissions: those it has already, unless it is ours or they are to be
 * the same. */
static uint32_t mode_of(const struct branch *branch)
{
	const struct get *get = branch->get;
	const sshoal_attributes *there = &branch->attributes;
	struct landing_place place = { .exists = false };
	uint32_t mode = there->flags & SSHOAL_ATTRIBUTES_MODE ? there->mode :
								PERMISSIONS;
	if (get->plan->options->preserve)
		return mode & ALL_PERMISSIONS;
	if (!branch->made &&
	    sshoal__landing_look(branch->parent->landing, branch->name, &place,
				 NULL) == 0 &&
	    place.exists)
		return place.attributes.mode & ALL_PERMISSIONS;
	return mode & PERMISSIONS & ~get->umask;
}

/* What it shall look like, now that nothing is put into it any more. */
static void dress(struct get *get, const struct branch *branch)
{
	const sshoal_transfer_options *options = get->plan->options;
	const sshoal_attributes *there = &branch->attributes;
	bool owns =
		options->has_owner ||
		(options->preserve && (there->flags & SSHOAL_ATTRIBUTES_OWNER));
	if (!branch->landing || !branch->parent ||
	    (!branch->made && !options->preserve && !options->has_owner &&
	     !options->skip_unchanged))
		return;
	const struct landing_finish finish = {
		.mode = mode_of(branch),
		.has_times = (options->preserve || options->skip_unchanged) &&
			     (there->flags & SSHOAL_ATTRIBUTES_TIMES),
		.has_owner = owns,
		.atime_s = there->atime_s,
		.mtime_s = there->mtime_s,
		.uid = options->has_owner ? options->uid : there->uid,
		.gid = options->has_owner ? options->gid : there->gid,
	};
	sshoal_error error = { .code = 0 };
	int rc = sshoal__landing_dress(branch->landing, &finish, &error);
	if (rc)
		sshoal__item_tell(get, branch->parent, branch->name,
				  branch->remote ? branch->remote : "",
				  SSHOAL_FILE_DIRECTORY, rc, error.text);
}

static void free_branch(struct branch *branch)
{
	sshoal__landing_leave(branch->landing);
	free(branch->name);
	free(branch->remote);
	free(branch);
}

void sshoal__walk_release(struct get *get, struct branch *branch)
{
	while (branch && --branch->users == 0) {
		struct branch *parent = branch->parent;
		dress(get, branch);
		if (!parent)
			return;
		free_branch(branch);
		branch = parent;
	}
}

static void fail(struct get *get, const struct branch *branch, int code,
		 const char *text)
{
	sshoal__item_tell(get, branch->parent, branch->name, branch->remote,
			  SSHOAL_FILE_DIRECTORY, code, text);
}

/* Sends sftp->packet for a directory. */
static void ask(struct branch *branch,
		void (*done)(struct step *step, const struct sftp_reply *reply))
{
	struct get *get = branch->get;
	int rc = sshoal__step_send(get->transfer.sftp,
				   sshoal__step_new(branch, done), NULL);
	if (rc == SSHOAL_ENOMEM)
		sshoal__get_no_memory(get);
	branch->pending = rc == 0;
	branch->ended |= rc != 0;
}

/* The path of a name in a directory. */
static char *path_to(const struct branch *branch, const char *name)
{
	char *path = NULL;
	const char *folder = branch->remote;
	const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
	if (asprintf(&path, "%s%s%s", folder, slash, name) < 0)
		return NULL;
	return path;
}

/* Takes one name that the server sent, if it is one. */
static void take(struct branch *branch, const struct packet_name *sent)
{
	struct get *get = branch->get;
	sshoal_error error = { .code = 0 };
	bool dots = (sent->name_size == 1 && sent->name[0] == '.') ||
		    (sent->name_size == 2 && memcmp(sent->name, "..", 2) == 0);
	if (dots)
		return;
	char *name = sshoal__sftp_copy_string(sent->name, sent->name_size);
	int rc =
		sshoal__landing_check_name(sent->name, sent->name_size, &error);
	if (rc) {
		sshoal__item_tell(get, branch, "", branch->remote,
				  SSHOAL_FILE_UNKNOWN, rc, error.text);
		free(name);
		return;
	}
	char *remote = name ? path_to(branch, name) : NULL;
	if (!remote) {
		free(name);
		sshoal__get_no_memory(get);
		return;
	}
	if (sshoal_attributes_kind(&sent->attributes) == SSHOAL_FILE_DIRECTORY)
		(void)sshoal__walk_add(get, branch, name, remote,
				       &sent->attributes);
	else
		(void)sshoal__item_add(get, branch, name, remote,
				       &sent->attributes);
}

static void take_all(struct branch *branch, const struct wire *body)
{
	struct packet_names names;
	struct packet_name name;
	bool good = sshoal__packet_names(&names, body);
	branch->empty = good && names.left ? 0 : branch->empty + 1;
	while (good && !branch->get->transfer.end.code &&
	       sshoal__packet_next_name(&names, &name))
		take(branch, &name);
	if (good && !names.wire.failed && branch->empty <= EMPTY_MOST)
		return;
	branch->ended = true;
	char text[512];
	(void)snprintf(text, sizeof text,
		       "%.400s: the server's list of names is damaged or has "
		       "no end",
		       branch->remote);
	fail(branch->get, branch, SSHOAL_EPROTOCOL, text);
}

static void on_names(struct step *step, const struct sftp_reply *reply)
{
	struct branch *branch = step->owner;
	sshoal_error error = { .code = 0 };
	branch->pending = false;
	int rc = sshoal__sftp_judge(reply, SFTP_NAME, branch->remote, &error);
	if (rc == 0) {
		take_all(branch, &reply->body);
		return;
	}
	branch->ended = true;
	if (rc != SSHOAL_EEMPTY && !reply->code)
		fail(branch->get, branch, rc, error.text);
}

static void on_opened(struct step *step, const struct sftp_reply *reply)
{
	struct branch *branch = step->owner;
	sshoal_error error = { .code = 0 };
	branch->pending = false;
	int rc = sshoal__sftp_judge(reply, SFTP_HANDLE, branch->remote, &error);
	struct wire body = reply->body;
	size_t n = 0;
	const unsigned char *handle =
		rc ? NULL : sshoal__wire_string(&body, &n);
	if (rc == 0 && (!handle || n == 0 || n > sizeof branch->handle.bytes))
		rc = sshoal__error_set(&error, SSHOAL_EPROTOCOL,
				       "%s: the server's handle is damaged",
				       branch->remote);
	if (rc == 0 && handle) {
		memcpy(branch->handle.bytes, handle, n);
		branch->handle.size = n;
		return;
	}
	branch->ended = true;
	if (!reply->code)
		fail(branch->get, branch, rc, error.text);
}

static void on_closed(struct step *step, const struct sftp_reply *reply)
{
	struct branch *branch = step->owner;
	(void)reply;
	branch->pending = false;
}

/* Goes into it here, then opens it there. */
static void begin(struct branch *branch)
{
	struct get *get = branch->get;
	struct packet *packet = &get->transfer.sftp->packet;
	sshoal_error error = { .code = 0 };
	branch->opened = true;
	int rc = 0;
	if (branch->depth > DEPTH_MOST && get->plan->options->follow_links) {
		rc = sshoal__error_set(&error, SSHOAL_ELIMIT,
				       "%.400s: more than %d directories deep, "
				       "where links are followed",
				       branch->remote, DEPTH_MOST);
	}
	if (rc == 0 && !branch->parent->landing)
		rc = sshoal__error_set(&error, SSHOAL_ETRANSFER,
				       "%s: its directory could not be made",
				       branch->remote);
	if (rc == 0)
		rc = sshoal__landing_enter(&branch->landing,
					   branch->parent->landing,
					   branch->name, &branch->made, &error);
	if (rc) {
		branch->ended = true;
		fail(get, branch, rc, error.text);
		return;
	}
	sshoal__packet_begin(packet, SFTP_OPENDIR);
	sshoal__packet_text(packet, branch->remote);
	ask(branch, on_opened);
}

/* The next step of one whose names are coming. True: it is over. */
static bool go_on(struct branch *branch)
{
	struct get *get = branch->get;
	struct sshoal_sftp *sftp = get->transfer.sftp;
	if (branch->pending)
		return false;
	if (!branch->opened && !get->transfer.end.code)
		begin(branch);
	else if (branch->handle.size &&
		 (branch->ended || get->transfer.end.code)) {
		sshoal__handle_begin(&branch->handle, sftp, SFTP_CLOSE);
		branch->handle.size = 0;
		ask(branch, on_closed);
	} else if (branch->handle.size && get->item_count < ITEMS_ENOUGH &&
		   sshoal__sftp_has_room(sftp)) {
		sshoal__handle_begin(&branch->handle, sftp, SFTP_READDIR);
		ask(branch, on_names);
	}
	return !branch->pending && branch->handle.size == 0 &&
	       (branch->ended || get->transfer.end.code);
}

void sshoal__walk_feed(struct get *get)
{
	struct branch **link = &get->listing;
	while (*link) {
		struct branch *branch = *link;
		if (!go_on(branch)) {
			link = &branch->following;
			continue;
		}
		*link = branch->following;
		get->listing_count--;
		sshoal__walk_release(get, branch);
	}
	while (get->waiting && get->listing_count < LISTING_MOST &&
	       get->item_count < ITEMS_ENOUGH && !get->transfer.end.code) {
		struct branch *branch = get->waiting;
		get->waiting = branch->following;
		branch->following = get->listing;
		get->listing = branch;
		get->listing_count++;
		(void)go_on(branch);
	}
}

void sshoal__walk_drop(struct get *get)
{
	while (get->waiting) {
		struct branch *branch = get->waiting;
		get->waiting = branch->following;
		sshoal__walk_release(get, branch);
	}
}
