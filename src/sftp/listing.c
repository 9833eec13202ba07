/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "sftp/calls.h"
#include "sftp/handle.h"

/*
 * A directory, as many names at a time as the server sends in one answer: the
 * next ones are asked for while a caller looks at those that are here.
 */

/* A server that answers with nothing again and again never ends. */
#define EMPTY_MOST 16

#define ANSWER_MOST ((size_t)4 * 1024 * 1024)

struct sshoal_listing {
	struct sshoal_sftp *sftp;
	char *path;
	struct handle handle;
	struct sftp_request request; /* for the next names */
	struct buffer coming;        /* an answer that is not looked at */
	struct buffer here;          /* the answer that names are taken from */
	struct packet_names names;   /* of it */
	sshoal_entry entry;
	struct buffer texts; /* of the entry */
	bool asked;
	bool came;
	bool ended;
	int failed; /* why nothing more comes; 0: nothing did */
	sshoal_error error;
	unsigned int empty; /* answers in a row */
};

static struct sshoal_listing *listing_of(struct sftp_request *request)
{
	return (struct sshoal_listing *)((char *)request -
					 offsetof(struct sshoal_listing,
						  request));
}

static void on_names(struct sftp_request *request,
		     const struct sftp_reply *reply)
{
	struct sshoal_listing *listing = listing_of(request);
	listing->asked = false;
	int rc = sshoal__sftp_judge(reply, SFTP_NAME, listing->path,
				    &listing->error);
	if (rc == SSHOAL_EEMPTY) {
		listing->ended = true;
		return;
	}
	if (rc == 0)
		rc = sshoal__buffer_append(&listing->coming, reply->body.at,
					   reply->body.left);
	listing->failed = rc;
	listing->came = rc == 0;
}

static int ask(struct sshoal_listing *listing)
{
	struct sshoal_sftp *sftp = listing->sftp;
	sshoal__packet_begin(&sftp->packet, SFTP_READDIR);
	sshoal__packet_string(&sftp->packet, listing->handle.bytes,
			      listing->handle.size);
	int rc =
		sshoal__sftp_send(sftp, &sftp->packet, &listing->request, NULL);
	listing->asked = rc == 0;
	return rc ? sshoal__error_code(&sftp->error, rc) : 0;
}

static int damaged(const struct sshoal_listing *listing)
{
	return sshoal__error_set(&listing->sftp->error, SSHOAL_EPROTOCOL,
				 "%s: the server's list of names is damaged",
				 listing->path);
}

/* Takes the answer that has come, and asks for the one behind it. */
static int turn_page(struct sshoal_listing *listing)
{
	struct buffer done = listing->here;
	listing->here = listing->coming;
	listing->coming = done;
	sshoal__buffer_consume(&listing->coming,
			       sshoal__buffer_size(&listing->coming));
	listing->came = false;
	const struct wire body =
		sshoal__wire(sshoal__buffer_data(&listing->here),
			     sshoal__buffer_size(&listing->here));
	if (!sshoal__packet_names(&listing->names, &body))
		return damaged(listing);
	listing->empty = listing->names.left ? 0 : listing->empty + 1;
	if (listing->empty > EMPTY_MOST)
		return sshoal__error_set(&listing->sftp->error,
					 SSHOAL_EPROTOCOL,
					 "%s: the server sends no names and no "
					 "end of them",
					 listing->path);
	return ask(listing);
}

/* Waits until there are names, the end, or a failure. */
static int wait_page(struct sshoal_listing *listing)
{
	struct sshoal_sftp *sftp = listing->sftp;
	while (!listing->came && !listing->ended && !listing->failed) {
		int rc = listing->asked ?
				 sshoal__sftp_turn(sftp, DEADLINE_NONE) :
				 ask(listing);
		if (rc && !sftp->fate.code)
			(void)sshoal__sftp_fail(sftp, rc, &sftp->error);
		if (sftp->fate.code) {
			sftp->error = sftp->fate;
			return sftp->fate.code;
		}
	}
	if (listing->failed)
		sftp->error = listing->error;
	return listing->failed;
}

static bool is_dots(const struct packet_name *name)
{
	return (name->name_size == 1 && name->name[0] == '.') ||
	       (name->name_size == 2 && name->name[0] == '.' &&
		name->name[1] == '.');
}

/* A name as the caller gets it, with a NUL behind it. */
static int set_entry(struct sshoal_listing *listing,
		     const struct packet_name *name)
{
	struct buffer *texts = &listing->texts;
	if (name->name_size == 0 || memchr(name->name, '/', name->name_size))
		return damaged(listing);
	sshoal__buffer_consume(texts, sshoal__buffer_size(texts));
	int rc = sshoal__buffer_append(texts, name->name, name->name_size);
	if (rc == 0)
		rc = sshoal__buffer_append(texts, "", 1);
	if (rc == 0)
		rc = sshoal__buffer_append(texts, name->long_name,
					   name->long_name_size);
	if (rc == 0)
		rc = sshoal__buffer_append(texts, "", 1);
	if (rc)
		return sshoal__error_code(&listing->sftp->error, rc);
	const char *at = (const char *)sshoal__buffer_data(texts);
	listing->entry = (sshoal_entry){
		.name = at,
		.long_name = at + name->name_size + 1,
		.attributes = name->attributes,
	};
	return 0;
}

static int next(struct sshoal_listing *listing, const sshoal_entry **entry)
{
	struct packet_name name;
	for (;;) {
		while (sshoal__packet_next_name(&listing->names, &name)) {
			if (is_dots(&name))
				continue;
			int rc = set_entry(listing, &name);
			if (rc == 0)
				*entry = &listing->entry;
			return rc;
		}
		if (listing->names.wire.failed)
			return damaged(listing);
		int rc = wait_page(listing);
		if (rc == 0 && !listing->came) {
			*entry = NULL;
			return 0;
		}
		if (rc == 0)
			rc = turn_page(listing);
		if (rc)
			return rc;
	}
}

int sshoal_listing_next(sshoal_listing *listing, const sshoal_entry **entry)
{
	if (!listing || !entry)
		return SSHOAL_EINVAL;
	int rc = sshoal__sftp_enter(listing->sftp);
	if (rc)
		return rc;
	rc = next(listing, entry);
	sshoal__sftp_leave(listing->sftp);
	return rc;
}

static struct sshoal_listing *new_listing(struct sshoal_sftp *sftp,
					  const char *path)
{
	struct sshoal_listing *made = calloc(1, sizeof *made);
	if (made)
		made->path = strdup(path);
	if (!made || !made->path) {
		free(made);
		return NULL;
	}
	made->sftp = sftp;
	made->request.answered = on_names;
	made->coming = (struct buffer)BUFFER_INIT(ANSWER_MOST);
	made->here = (struct buffer)BUFFER_INIT(ANSWER_MOST);
	made->texts = (struct buffer)BUFFER_INIT(2 * ANSWER_MOST);
	return made;
}

static void free_listing(struct sshoal_listing *listing)
{
	sshoal__buffer_fini(&listing->coming);
	sshoal__buffer_fini(&listing->here);
	sshoal__buffer_fini(&listing->texts);
	free(listing->path);
	free(listing);
}

int sshoal_sftp_list(sshoal_listing **listing, sshoal_sftp *sftp,
		     const char *path)
{
	if (!listing)
		return SSHOAL_EINVAL;
	int rc = sshoal__call_enter(sftp, path);
	if (rc)
		return rc;
	struct sshoal_listing *made = new_listing(sftp, path);
	if (made) {
		sshoal__packet_begin(&sftp->packet, SFTP_OPENDIR);
		sshoal__packet_text(&sftp->packet, path);
		rc = sshoal__handle_open(&made->handle, sftp, path);
	} else {
		rc = sshoal__error_code(&sftp->error, SSHOAL_ENOMEM);
	}
	if (rc == 0)
		rc = ask(made);
	if (rc && made)
		free_listing(made);
	if (rc == 0)
		*listing = made;
	sshoal__sftp_leave(sftp);
	return rc;
}

void sshoal_listing_close(sshoal_listing *listing)
{
	if (!listing)
		return;
	struct sshoal_sftp *sftp = listing->sftp;
	if (sshoal__sftp_enter(sftp) == 0) {
		while (listing->asked) {
			int rc = sshoal__sftp_turn(sftp, DEADLINE_NONE);
			if (rc && listing->asked)
				(void)sshoal__sftp_fail(sftp, rc, &sftp->error);
		}
		(void)sshoal__handle_close(&listing->handle, sftp,
					   listing->path);
		sshoal__sftp_leave(sftp);
	}
	free_listing(listing);
}
