/* SPDX-License-Identifier: MIT */
#include "sftp/directory.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "sftp/handle.h"

/* Pages are asked for in a row and taken in the same order, whatever order
 * their answers come in. */

#define PAGES 4u

/* Of a directory that may be small. */
#define PAGES_FIRST 2u

/* A server that answers with no names again and again never ends. */
#define EMPTY_MOST 16u

#define PAGE_MOST ((size_t)4 * 1024 * 1024)

/* A page that had to be larger is given back. */
#define PAGE_KEPT ((size_t)64 * 1024)

struct page {
	struct sftp_request request;
	struct directory *directory;
	struct buffer bytes;
	bool asked;
	bool ended; /* the server has no more */
	int failed;
};

struct directory {
	struct sshoal_sftp *sftp;
	char *path;
	struct handle handle;
	struct sftp_request request; /* to open and to close it */
	struct page pages[PAGES];
	unsigned first;            /* the page that names are taken from */
	unsigned count;            /* pages that were asked for */
	struct packet_names names; /* of the first page */
	uint32_t pending;          /* requests without an answer */
	unsigned empty;            /* pages without a name, in a row */
	unsigned most;             /* pages at a time */
	bool taken;                /* names has begun */
	bool turned;               /* there was a page before */
	bool ended;
	bool left;
	int failed;
	sshoal_error error;
};

static void free_directory(struct directory *directory)
{
	for (size_t i = 0; i < PAGES; i++)
		sshoal__buffer_fini(&directory->pages[i].bytes);
	free(directory->path);
	free(directory);
}

/* One answer less is awaited. False: that was the last thing to be done. */
static bool answered(struct directory *directory)
{
	directory->pending--;
	if (!directory->left)
		return true;
	if (directory->pending == 0)
		free_directory(directory);
	return false;
}

static int fail(struct directory *directory, int code)
{
	if (!directory->failed)
		directory->failed = sshoal__error_code(&directory->error, code);
	return code;
}

static enum directory_state damaged(struct directory *directory,
				    const char *what)
{
	directory->failed =
		sshoal__error_set(&directory->error, SSHOAL_EPROTOCOL, "%s: %s",
				  directory->path, what);
	return DIRECTORY_FAILED;
}

static int send_packet(struct directory *directory,
		       struct sftp_request *request)
{
	struct sshoal_sftp *sftp = directory->sftp;
	int rc = sshoal__sftp_send(sftp, &sftp->packet, request, NULL);
	if (rc == 0)
		directory->pending++;
	return rc;
}

static void on_page(struct sftp_request *request,
		    const struct sftp_reply *reply)
{
	struct page *page = (struct page *)((char *)request -
					    offsetof(struct page, request));
	struct directory *directory = page->directory;
	page->asked = false;
	if (!answered(directory))
		return;
	sshoal_error error = { .code = 0 };
	int rc = sshoal__sftp_judge(reply, SFTP_NAME, directory->path, &error);
	page->ended = rc == SSHOAL_EEMPTY;
	directory->ended |= rc != 0;
	if (rc == 0)
		rc = sshoal__error_code(
			&error,
			sshoal__buffer_append(&page->bytes, reply->body.at,
					      reply->body.left));
	if (rc == 0 || page->ended)
		return;
	page->failed = rc;
	if (!directory->error.code)
		directory->error = reply->code ? directory->sftp->fate : error;
}

static void ask_pages(struct directory *directory)
{
	struct sshoal_sftp *sftp = directory->sftp;
	while (!directory->ended && directory->count < directory->most) {
		unsigned last = (directory->first + directory->count) % PAGES;
		struct page *page = &directory->pages[last];
		page->ended = false;
		page->failed = 0;
		sshoal__handle_begin(&directory->handle, sftp, SFTP_READDIR);
		int rc = send_packet(directory, &page->request);
		if (rc) {
			(void)fail(directory, rc);
			return;
		}
		page->asked = true;
		directory->count++;
	}
}

static void on_opened(struct sftp_request *request,
		      const struct sftp_reply *reply)
{
	struct directory *directory =
		(struct directory *)((char *)request -
				     offsetof(struct directory, request));
	sshoal_error *error = &directory->error;
	struct wire body = reply->body;
	size_t n = 0;
	int rc = sshoal__sftp_judge(reply, SFTP_HANDLE, directory->path, error);
	const unsigned char *handle =
		rc ? NULL : sshoal__wire_string(&body, &n);
	if (rc == 0 && (!handle || n == 0 || n > SFTP_HANDLE_MAX)) {
		(void)damaged(directory, "the server's handle is damaged");
	} else if (rc == 0) {
		memcpy(directory->handle.bytes, handle, n);
		directory->handle.size = n;
	} else {
		/* Nothing here has to do with the end of a file. */
		directory->failed = rc == SSHOAL_EEMPTY ? SSHOAL_EREMOTE : rc;
		if (reply->code)
			*error = directory->sftp->fate;
		error->code = directory->failed;
	}
	if (directory->left && directory->handle.size)
		sshoal__directory_leave(directory);
	if (answered(directory) && !directory->failed)
		ask_pages(directory);
}

static void on_closed(struct sftp_request *request,
		      const struct sftp_reply *reply)
{
	(void)reply;
	(void)answered(
		(struct directory *)((char *)request -
				     offsetof(struct directory, request)));
}

struct directory *sshoal__directory_new(struct sshoal_sftp *sftp,
					const char *path)
{
	struct directory *made = calloc(1, sizeof *made);
	if (!made)
		return NULL;
	made->sftp = sftp;
	made->path = strdup(path);
	made->most = PAGES_FIRST;
	made->request.answered = on_opened;
	for (size_t i = 0; i < PAGES; i++) {
		made->pages[i].directory = made;
		made->pages[i].request.answered = on_page;
		made->pages[i].bytes = (struct buffer)BUFFER_INIT(PAGE_MOST);
	}
	sshoal__packet_begin(&sftp->packet, SFTP_OPENDIR);
	sshoal__packet_text(&sftp->packet, path);
	if (made->path && send_packet(made, &made->request) == 0)
		return made;
	free_directory(made);
	return NULL;
}

enum directory_state sshoal__directory_opened(const struct directory *directory)
{
	return directory->failed      ? DIRECTORY_FAILED :
	       directory->handle.size ? DIRECTORY_NAME :
					DIRECTORY_WAIT;
}

/* The page is done with: the next one is the first. */
static void drop_page(struct directory *directory)
{
	struct buffer *bytes = &directory->pages[directory->first].bytes;
	sshoal__buffer_consume(bytes, sshoal__buffer_size(bytes));
	if (bytes->capacity > PAGE_KEPT)
		sshoal__buffer_fini(bytes);
	directory->taken = false;
	directory->first = (directory->first + 1) % PAGES;
	directory->count--;
}

/* Looks at the first page. NAME: names can be taken from it. */
static enum directory_state turn_page(struct directory *directory)
{
	ask_pages(directory);
	if (directory->failed)
		return DIRECTORY_FAILED;
	if (directory->count == 0)
		return DIRECTORY_OVER;
	struct page *page = &directory->pages[directory->first];
	if (page->asked)
		return DIRECTORY_WAIT;
	if (page->failed) {
		directory->failed = page->failed;
		return DIRECTORY_FAILED;
	}
	/* Answers may have overtaken the one that says so. */
	if (page->ended) {
		drop_page(directory);
		return DIRECTORY_NAME;
	}
	const struct wire body =
		sshoal__wire(sshoal__buffer_data(&page->bytes),
			     sshoal__buffer_size(&page->bytes));
	if (!sshoal__packet_names(&directory->names, &body))
		return damaged(directory,
			       "the server's list of names is damaged");
	if (++directory->empty > EMPTY_MOST)
		return damaged(directory,
			       "the server sends no names and no end of them");
	directory->most = directory->turned ? PAGES : PAGES_FIRST;
	directory->turned = true;
	directory->taken = true;
	return DIRECTORY_NAME;
}

static bool is_dots(const struct packet_name *name)
{
	return (name->name_size == 1 && name->name[0] == '.') ||
	       (name->name_size == 2 && memcmp(name->name, "..", 2) == 0);
}

/* What is behind a text is read already: there is the place for its NUL. */
static void end_text(struct directory *directory, const unsigned char *text,
		     size_t n)
{
	unsigned char *bytes =
		sshoal__buffer_data(&directory->pages[directory->first].bytes);
	bytes[(text - bytes) + (ptrdiff_t)n] = '\0';
}

/* The next one of the page that is being taken. False: there is none. */
static bool take_name(struct directory *directory, struct packet_name *name)
{
	do {
		if (!sshoal__packet_next_name(&directory->names, name))
			return false;
	} while (is_dots(name));
	directory->empty = 0;
	end_text(directory, name->name, name->name_size);
	end_text(directory, name->long_name, name->long_name_size);
	return true;
}

enum directory_state sshoal__directory_next(struct directory *directory,
					    struct packet_name *name)
{
	enum directory_state state = sshoal__directory_opened(directory);
	while (state == DIRECTORY_NAME) {
		if (directory->taken && take_name(directory, name)) {
			if (name->name_size == 0 ||
			    memchr(name->name, '/', name->name_size))
				return damaged(directory,
					       "the server sends a name that "
					       "is none");
			return DIRECTORY_NAME;
		}
		if (directory->taken && directory->names.wire.failed)
			return damaged(directory,
				       "the server's list of names is damaged");
		if (directory->taken)
			drop_page(directory);
		state = turn_page(directory);
	}
	return state;
}

const sshoal_error *sshoal__directory_error(const struct directory *directory)
{
	return &directory->error;
}

void sshoal__directory_leave(struct directory *directory)
{
	if (!directory)
		return;
	directory->left = true;
	if (directory->handle.size) {
		sshoal__handle_begin(&directory->handle, directory->sftp,
				     SFTP_CLOSE);
		directory->handle.size = 0;
		directory->request.answered = on_closed;
		(void)send_packet(directory, &directory->request);
	}
	if (directory->pending == 0)
		free_directory(directory);
}
