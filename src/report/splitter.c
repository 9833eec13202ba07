/* SPDX-License-Identifier: MIT */
#include "report/splitter.h"

#include <stdlib.h>
#include <string.h>

#include <sshoal/error.h>

#include "report/utf8.h"

/*
 * Lines that are whole in what came are handed on from there; only what is
 * unfinished is copied. A line is known to be long once it has one byte more
 * than fits, so that every part of it can be told from a line.
 */

#define HELD_BYTES_MAX (SPLITTER_LINE_BYTES + 1)
#define HELD_BYTES_FIRST 240

struct splitter_held {
	size_t used; /* never 0 between calls */
	size_t room;
	char bytes[];
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Room for more bytes; at most HELD_BYTES_MAX in all are ever asked for. */
static int make_room(struct splitter *splitter, size_t more)
{
	struct splitter_held *held = splitter->held;
	size_t needed = (held ? held->used : 0) + more;
	if (held && held->room >= needed)
		return 0;
	size_t room = held ? held->room : HELD_BYTES_FIRST;
	while (room < needed)
		room *= 2;
	room = smaller(room, HELD_BYTES_MAX);
	struct splitter_held *grown = realloc(held, sizeof *held + room);
	if (!grown)
		return SSHOAL_ENOMEM;
	grown->used = held ? grown->used : 0;
	grown->room = room;
	splitter->held = grown;
	return 0;
}

static int hold(struct splitter *splitter, const char *bytes, size_t n)
{
	int rc = make_room(splitter, n);
	if (rc)
		return rc;
	memcpy(splitter->held->bytes + splitter->held->used, bytes, n);
	splitter->held->used += n;
	return 0;
}

static size_t piece_length(const struct splitter *splitter, const char *bytes)
{
	if (!splitter->whole_characters)
		return SPLITTER_LINE_BYTES;
	return sshoal__utf8_cut(bytes, SPLITTER_LINE_BYTES);
}

/* The length of the lines that are whole in what came and go out together; 0
 * when not even the first one is. */
static size_t whole_lines(const char *bytes, size_t n)
{
	size_t length = 0;
	while (length < n) {
		const char *line = bytes + length;
		const char *end =
			memchr(line, '\n', smaller(n - length, HELD_BYTES_MAX));
		if (!end)
			break;
		size_t next = (size_t)(end - bytes) + 1;
		if (next > SPLITTER_LINE_BYTES && length > 0)
			break;
		length = next;
	}
	return length;
}

/* Takes from what came while nothing is held; how much tells *taken. */
static int take_direct(struct splitter *splitter, const char *bytes, size_t n,
		       size_t *taken, splitter_cb *cb, void *data)
{
	if (splitter->is_long) {
		const char *end =
			memchr(bytes, '\n', smaller(n, HELD_BYTES_MAX));
		if (end) {
			splitter->is_long = false;
			*taken = (size_t)(end - bytes) + 1;
			return cb(SPLITTER_LAST, bytes, *taken, data);
		}
	} else {
		*taken = whole_lines(bytes, n);
		if (*taken > 0)
			return cb(SPLITTER_LINES, bytes, *taken, data);
	}
	if (n > SPLITTER_LINE_BYTES) {
		splitter->is_long = true;
		*taken = piece_length(splitter, bytes);
		return cb(SPLITTER_PIECE, bytes, *taken, data);
	}
	*taken = n;
	return hold(splitter, bytes, n);
}

/* Hands on what is held, which is given up. */
static int release(struct splitter *splitter, int part, splitter_cb *cb,
		   void *data)
{
	struct splitter_held *held = splitter->held;
	splitter->held = NULL;
	splitter->is_long = false;
	int rc = cb(part, held->bytes, held->used, data);
	free(held);
	return rc;
}

/* Completes what is held from what came; how much of it tells *taken. */
static int take_held(struct splitter *splitter, const char *bytes, size_t n,
		     size_t *taken, splitter_cb *cb, void *data)
{
	n = smaller(n, HELD_BYTES_MAX - splitter->held->used);
	const char *end = memchr(bytes, '\n', n);
	if (end)
		n = (size_t)(end - bytes) + 1;
	*taken = n;
	int rc = hold(splitter, bytes, n);
	if (rc)
		return rc;
	if (end)
		return release(splitter,
			       splitter->is_long ? SPLITTER_LAST :
						   SPLITTER_LINES,
			       cb, data);
	struct splitter_held *held = splitter->held;
	if (held->used < HELD_BYTES_MAX)
		return 0;
	size_t piece = piece_length(splitter, held->bytes);
	splitter->is_long = true;
	rc = cb(SPLITTER_PIECE, held->bytes, piece, data);
	held->used -= piece;
	memmove(held->bytes, held->bytes + piece, held->used);
	return rc;
}

int sshoal__splitter_feed(struct splitter *splitter, const char *bytes,
			  size_t size_bytes, splitter_cb *cb, void *data)
{
	int rc = 0;
	while (size_bytes > 0 && rc == 0) {
		size_t taken = 0;
		if (splitter->held)
			rc = take_held(splitter, bytes, size_bytes, &taken, cb,
				       data);
		else
			rc = take_direct(splitter, bytes, size_bytes, &taken,
					 cb, data);
		bytes += taken;
		size_bytes -= taken;
	}
	return rc;
}

int sshoal__splitter_end(struct splitter *splitter, splitter_cb *cb, void *data)
{
	if (!splitter->held) {
		splitter->is_long = false;
		return 0;
	}
	return release(splitter,
		       splitter->is_long ? SPLITTER_LAST : SPLITTER_REST, cb,
		       data);
}

void sshoal__splitter_fini(struct splitter *splitter)
{
	free(splitter->held);
	splitter->held = NULL;
}
