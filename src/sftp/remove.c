/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "sftp/calls.h"
#include "sftp/directory.h"
#include "sftp/step.h"

/*
 * A tree is removed from its leaves up, many names of many directories at a
 * time. Answers send what follows from them, so nothing is gone through twice:
 * a directory is removed by the last answer about what was in it.
 */

/* Requests under way. */
#define PENDING_MOST 256u

/* Directories that are being read. */
#define READING_MOST 8u

/* Some file systems leave out names where others are removed meanwhile: a
 * directory is read again so often, as long as that is of use. */
#define PASSES_MOST 16u

/* A directory that is to be removed. */
struct node {
	struct removal *removal;
	struct node *parent; /* NULL: what the caller named */
	struct node *next;   /* in the list it is in */
	struct directory *directory;
	size_t users;   /* its reading, and what is in it that is not done */
	size_t removed; /* names of this pass */
	unsigned passes;
	bool failed; /* something in it stays, or itself does */
	bool gone;
	char path[];
};

struct removal {
	struct sshoal_sftp *sftp;
	struct node *waiting; /* the last one met first: what waits is few */
	struct node *reading;
	unsigned reading_count;
	uint32_t pending;
	bool done;
	int failed; /* the first failure */
	sshoal_error error;
};

/* What is asked about one name: the step of each request is this one's. */
struct errand {
	struct node *node;
	char path[];
};

static void fail(struct node *node, int code, const sshoal_error *error)
{
	struct removal *removal = node->removal;
	node->failed = true;
	if (removal->failed)
		return;
	removal->failed = code;
	if (removal->sftp->fate.code)
		removal->error = removal->sftp->fate;
	else if (error)
		removal->error = *error;
	else
		(void)sshoal__error_code(&removal->error, code);
}

/* Asks one thing about a path; done gets owner, which is freed when this
 * fails unless it is the node. */
static bool ask(struct node *node, enum sftp_type type, const char *path,
		struct step *step)
{
	struct removal *removal = node->removal;
	struct sshoal_sftp *sftp = removal->sftp;
	sshoal__packet_begin(&sftp->packet, type);
	sshoal__packet_text(&sftp->packet, path);
	int rc = sshoal__step_send(sftp, step, NULL);
	if (rc)
		fail(node, rc, NULL);
	else
		removal->pending++;
	return rc == 0;
}

static void push(struct node *node)
{
	node->next = node->removal->waiting;
	node->removal->waiting = node;
}

static void on_directory_removed(struct step *step,
				 const struct sftp_reply *reply);

/* One of its users is done. The last one removes it, and so on upwards. */
static void release(struct node *node)
{
	while (node && --node->users == 0) {
		struct node *parent = node->parent;
		node->users = 1;
		if (!node->failed && !node->gone &&
		    ask(node, SFTP_RMDIR, node->path,
			sshoal__step_new(node, on_directory_removed)))
			return;
		if (!parent)
			node->removal->done = true;
		else if (node->failed)
			parent->failed = true;
		else
			parent->removed++;
		free(node);
		node = parent;
	}
}

static void on_directory_removed(struct step *step,
				 const struct sftp_reply *reply)
{
	struct node *node = step->owner;
	sshoal_error error = { .code = 0 };
	node->removal->pending--;
	int rc = sshoal__sftp_judge(reply, SFTP_STATUS, node->path, &error);
	node->gone = rc == 0 || rc == SSHOAL_ENOENT;
	if (!node->gone && !reply->code && node->removed > 0 &&
	    node->passes < PASSES_MOST) {
		push(node);
		return;
	}
	if (!node->gone)
		fail(node, rc, &error);
	release(node);
}

static struct node *new_node(struct removal *removal, struct node *parent,
			     const char *path)
{
	size_t n = strlen(path) + 1;
	struct node *made = malloc(sizeof *made + n);
	if (!made)
		return NULL;
	*made = (struct node){
		.removal = removal,
		.parent = parent,
		.users = 1,
	};
	memcpy(made->path, path, n);
	if (parent)
		parent->users++;
	push(made);
	return made;
}

static void on_removed(struct step *step, const struct sftp_reply *reply)
{
	struct errand *errand = step->owner;
	struct node *node = errand->node;
	sshoal_error error = { .code = 0 };
	node->removal->pending--;
	int rc = sshoal__sftp_judge(reply, SFTP_STATUS, errand->path, &error);
	/* Somebody else may be removing the same. */
	if (rc == 0 || rc == SSHOAL_ENOENT)
		node->removed++;
	else
		fail(node, rc, &error);
	free(errand);
	release(node);
}

static void remove_file(struct errand *errand)
{
	if (ask(errand->node, SFTP_REMOVE, errand->path,
		sshoal__step_new(errand, on_removed)))
		return;
	release(errand->node);
	free(errand);
}

static void on_looked(struct step *step, const struct sftp_reply *reply)
{
	struct errand *errand = step->owner;
	struct node *node = errand->node;
	sshoal_error error = { .code = 0 };
	sshoal_attributes attributes = { .flags = 0 };
	struct wire body = reply->body;
	node->removal->pending--;
	int rc = sshoal__sftp_judge(reply, SFTP_ATTRS, errand->path, &error);
	if (rc == 0) {
		sshoal__packet_read_attributes(&body, &attributes);
		if (body.failed)
			attributes.flags = 0;
		if (sshoal_attributes_kind(&attributes) !=
		    SSHOAL_FILE_DIRECTORY) {
			remove_file(errand);
			return;
		}
		if (!new_node(node->removal, node, errand->path))
			fail(node, SSHOAL_ENOMEM, NULL);
	} else if (rc != SSHOAL_ENOENT) {
		fail(node, rc, &error);
	}
	free(errand);
	release(node);
}

/* Takes one name of a directory. That something is a directory is asked again:
 * a server may say so of what a link leads to, and that is to stay. */
static void take(struct node *node, const struct packet_name *name)
{
	size_t n = strlen(node->path);
	struct errand *errand =
		malloc(sizeof *errand + n + 1 + name->name_size + 1);
	if (!errand) {
		fail(node, SSHOAL_ENOMEM, NULL);
		return;
	}
	errand->node = node;
	memcpy(errand->path, node->path, n);
	errand->path[n] = '/';
	memcpy(errand->path + n + 1, name->name, name->name_size + 1);
	node->users++;
	int kind = sshoal_attributes_kind(&name->attributes);
	if (kind != SSHOAL_FILE_DIRECTORY && kind != SSHOAL_FILE_UNKNOWN) {
		remove_file(errand);
	} else if (!ask(node, SFTP_LSTAT, errand->path,
			sshoal__step_new(errand, on_looked))) {
		free(errand);
		release(node);
	}
}

static bool has_place(const struct removal *removal)
{
	return removal->pending < PENDING_MOST &&
	       sshoal__sftp_has_room(removal->sftp);
}

/* Takes the names that are here. False: there are no more. */
static bool drain(struct node *node)
{
	struct packet_name name;
	enum directory_state state = DIRECTORY_NAME;
	while (state == DIRECTORY_NAME && has_place(node->removal)) {
		state = sshoal__directory_next(node->directory, &name);
		if (state == DIRECTORY_NAME)
			take(node, &name);
	}
	if (state == DIRECTORY_NAME || state == DIRECTORY_WAIT)
		return true;
	const sshoal_error *error = sshoal__directory_error(node->directory);
	if (state == DIRECTORY_FAILED && error->code == SSHOAL_ENOENT)
		node->gone = true;
	else if (state == DIRECTORY_FAILED)
		fail(node, error->code, error);
	return false;
}

/* Begins with one that waits. */
static void begin(struct removal *removal)
{
	struct node *node = removal->waiting;
	removal->waiting = node->next;
	node->removed = 0;
	node->passes++;
	node->directory = sshoal__directory_new(removal->sftp, node->path);
	if (!node->directory) {
		fail(node, SSHOAL_ENOMEM, NULL);
		release(node);
		return;
	}
	node->next = removal->reading;
	removal->reading = node;
	removal->reading_count++;
}

/* Goes on as far as it can without an answer. */
static void feed(struct removal *removal)
{
	struct node **link = &removal->reading;
	while (*link) {
		struct node *node = *link;
		if (drain(node)) {
			link = &node->next;
			continue;
		}
		*link = node->next;
		removal->reading_count--;
		sshoal__directory_leave(node->directory);
		release(node);
	}
	uint32_t handles = removal->sftp->handles;
	while (removal->waiting && removal->reading_count < READING_MOST &&
	       (removal->reading_count == 0 ||
		removal->reading_count < handles))
		begin(removal);
}

/* Nothing more is asked, and every request was answered. */
static void drop(struct removal *removal)
{
	struct node *node = removal->reading;
	while (node) {
		struct node *next = node->next;
		fail(node, removal->sftp->fate.code, NULL);
		sshoal__directory_leave(node->directory);
		release(node);
		node = next;
	}
	while (removal->waiting) {
		node = removal->waiting;
		removal->waiting = node->next;
		fail(node, removal->sftp->fate.code, NULL);
		release(node);
	}
}

static int remove_tree(struct sshoal_sftp *sftp, const char *path)
{
	struct removal removal = { .sftp = sftp };
	if (!new_node(&removal, NULL, path))
		return sshoal__error_code(&sftp->error, SSHOAL_ENOMEM);
	while (!removal.done && !sftp->fate.code) {
		feed(&removal);
		int rc = removal.done ? 0 :
					sshoal__sftp_turn(sftp, DEADLINE_NONE);
		/* What is under way needs what is here. */
		if (rc && !removal.done)
			(void)sshoal__sftp_fail(sftp, rc, &sftp->error);
	}
	drop(&removal);
	if (removal.failed)
		sftp->error = removal.error;
	return removal.failed;
}

/* Where the path ends without the "/" behind it, which would follow a link. 0:
 * nobody means to remove this with all that is in it. */
static size_t end_of(const char *path)
{
	size_t n = strlen(path);
	while (n > 0 && path[n - 1] == '/')
		n--;
	size_t start = n;
	while (start > 0 && path[start - 1] != '/')
		start--;
	size_t name = n - start;
	if ((name == 1 && path[start] == '.') ||
	    (name == 2 && memcmp(path + start, "..", 2) == 0))
		return 0;
	return n;
}

static int remove_all(struct sshoal_sftp *sftp, const char *path)
{
	sshoal_attributes attributes;
	int rc = sshoal_sftp_lstat(sftp, path, &attributes);
	if (rc)
		return rc;
	if (sshoal_attributes_kind(&attributes) != SSHOAL_FILE_DIRECTORY)
		return sshoal_sftp_remove(sftp, path);
	rc = sshoal__sftp_enter(sftp);
	if (rc)
		return rc;
	rc = remove_tree(sftp, path);
	sshoal__sftp_leave(sftp);
	return rc;
}

int sshoal_sftp_remove_all(sshoal_sftp *sftp, const char *path)
{
	size_t n = sftp && path ? end_of(path) : 0;
	if (n == 0)
		return SSHOAL_EINVAL;
	char *copy = strndup(path, n);
	if (!copy)
		return sshoal__error_code(&sftp->error, SSHOAL_ENOMEM);
	int rc = remove_all(sftp, copy);
	free(copy);
	return rc;
}
