/* SPDX-License-Identifier: MIT */
#include "report/roll.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/fleet.h>

/*
 * A record is a number, the length with the stream in its highest bit, and the
 * bytes. Records are whole in memory and in each extent of the file; the last
 * one in memory grows while its stream goes on.
 */

#define HEADER_BYTES sizeof(uint32_t)
#define STREAM_BIT (UINT32_C(1) << 31)

/* Where memory is short a host has this much of it all the same, so that the
 * file is not written to in crumbs. */
#define FLOOR_BYTES ((size_t)16 * 1024)

#define ROOM_FIRST ((size_t)256)
#define WINDOW_BYTES ((size_t)64 * 1024)

/* So much is added at a time. */
#define PIECE_BYTES ((size_t)64 * 1024)

static uint32_t header_at(const char *bytes)
{
	uint32_t header;
	memcpy(&header, bytes, sizeof header);
	return header;
}

static void set_header(char *bytes, uint32_t header)
{
	memcpy(bytes, &header, sizeof header);
}

static void resize(struct roll *roll, struct stash *stash, char *bytes,
		   size_t room)
{
	stash->memory = stash->memory - roll->room + room;
	roll->bytes = bytes;
	roll->room = room;
}

/* Notes a piece of the file, which may go on where the last one ended. */
static int add_extent(struct roll *roll, uint64_t at, uint64_t size)
{
	size_t count = roll->extent_count;
	struct roll_extent *last = count ? &roll->extents[count - 1] : NULL;
	if (last && last->at + last->size == at) {
		last->size += size;
		return 0;
	}
	if ((count & (count - 1)) == 0) {
		struct roll_extent *grown = reallocarray(
			roll->extents, count ? 2 * count : 1, sizeof *grown);
		if (!grown)
			return SSHOAL_ENOMEM;
		roll->extents = grown;
	}
	assert(roll->extents);
	roll->extents[count] = (struct roll_extent){ at, size };
	roll->extent_count++;
	return 0;
}

/* Moves what is in memory to the file. */
static int spill(struct roll *roll, struct stash *stash, sshoal_error *error)
{
	uint64_t at;
	if (roll->used == 0)
		return 0;
	int rc =
		sshoal__stash_write(stash, roll->bytes, roll->used, &at, error);
	if (rc)
		return rc;
	rc = add_extent(roll, at, roll->used);
	if (rc) {
		sshoal__stash_release(stash, at, roll->used);
		return rc;
	}
	roll->used = 0;
	roll->last = 0;
	if (roll->room > FLOOR_BYTES) {
		free(roll->bytes);
		resize(roll, stash, NULL, 0);
	}
	return 0;
}

static size_t room_for(const struct roll *roll, size_t needed)
{
	size_t room = roll->room ? roll->room : ROOM_FIRST;
	while (room < needed)
		room *= 2;
	return room < STASH_HOST_MEMORY ? room : STASH_HOST_MEMORY;
}

static bool fits(const struct roll *roll, const struct stash *stash,
		 size_t needed)
{
	size_t total = stash->memory - roll->room + room_for(roll, needed);
	return needed <= FLOOR_BYTES ||
	       (needed <= STASH_HOST_MEMORY && total <= stash->memory_most);
}

static int make_room(struct roll *roll, struct stash *stash, size_t more,
		     sshoal_error *error)
{
	int rc = 0;
	if (!fits(roll, stash, roll->used + more))
		rc = spill(roll, stash, error);
	if (rc || roll->used + more <= roll->room)
		return rc;
	size_t room = room_for(roll, roll->used + more);
	char *bytes = realloc(roll->bytes, room);
	if (!bytes)
		return SSHOAL_ENOMEM;
	resize(roll, stash, bytes, room);
	return 0;
}

/* Whether the last record is of this stream. */
static bool goes_on(const struct roll *roll, int stream)
{
	if (roll->last == roll->used)
		return false;
	bool is_error = (header_at(roll->bytes + roll->last) & STREAM_BIT) != 0;
	return is_error == (stream == SSHOAL_STDERR);
}

static int add_piece(struct roll *roll, struct stash *stash, int stream,
		     const char *bytes, size_t n, sshoal_error *error)
{
	int rc = make_room(roll, stash, HEADER_BYTES + n, error);
	if (rc)
		return rc;
	if (!goes_on(roll, stream)) {
		roll->last = roll->used;
		set_header(roll->bytes + roll->last,
			   stream == SSHOAL_STDERR ? STREAM_BIT : 0);
		roll->used += HEADER_BYTES;
	}
	char *record = roll->bytes + roll->last;
	set_header(record, header_at(record) + (uint32_t)n);
	memcpy(roll->bytes + roll->used, bytes, n);
	roll->used += n;
	roll->sizes[stream == SSHOAL_STDERR] += n;
	return 0;
}

int sshoal__roll_add(struct roll *roll, struct stash *stash, int stream,
		     const void *bytes, size_t n, sshoal_error *error)
{
	const char *p = bytes;
	int rc = roll->is_cut ? SSHOAL_ELOCAL : 0;
	while (n > 0 && rc == 0) {
		size_t piece = n < PIECE_BYTES ? n : PIECE_BYTES;
		rc = add_piece(roll, stash, stream, p, piece, error);
		p += piece;
		n -= piece;
	}
	roll->is_cut = rc != 0;
	return rc;
}

int sshoal__roll_seal(struct roll *roll, struct stash *stash,
		      sshoal_error *error)
{
	int rc = 0;
	if (stash->memory > stash->memory_most && !stash->has_failed)
		rc = spill(roll, stash, error);
	if (roll->used == 0) {
		free(roll->bytes);
		resize(roll, stash, NULL, 0);
	} else if (roll->used < roll->room) {
		char *bytes = realloc(roll->bytes, roll->used);
		if (bytes)
			resize(roll, stash, bytes, roll->used);
	}
	return rc;
}

void sshoal__roll_drop(struct roll *roll, struct stash *stash)
{
	for (size_t i = 0; i < roll->extent_count; i++)
		sshoal__stash_release(stash, roll->extents[i].at,
				      roll->extents[i].size);
	free(roll->extents);
	free(roll->bytes);
	resize(roll, stash, NULL, 0);
	*roll = (struct roll)ROLL_INIT;
}

/* The record that is being handed on. */
struct record {
	size_t left;
	int stream;
};

/* Hands on what is here of the records. Returns what cb did; *taken tells how
 * much was used: all of it but a piece of a header. */
static int hand_on(struct record *record, const char *bytes, size_t n,
		   size_t *taken, roll_cb *cb, void *data)
{
	size_t at = 0;
	int rc = 0;
	while (rc == 0) {
		if (record->left == 0) {
			if (n - at < HEADER_BYTES)
				break;
			uint32_t header = header_at(bytes + at);
			record->left = header & ~STREAM_BIT;
			record->stream = (header & STREAM_BIT) ? SSHOAL_STDERR :
								 SSHOAL_STDOUT;
			at += HEADER_BYTES;
		}
		size_t piece = n - at < record->left ? n - at : record->left;
		if (piece == 0)
			break;
		rc = cb(record->stream, bytes + at, piece, data);
		record->left -= piece;
		at += piece;
	}
	*taken = at;
	return rc;
}

/* An extent, through a window of WINDOW_BYTES. */
static int read_extent(const struct roll_extent *extent,
		       const struct stash *stash, char *window, roll_cb *cb,
		       void *data, sshoal_error *error)
{
	struct record record = { .left = 0 };
	uint64_t at = extent->at;
	uint64_t end = extent->at + extent->size;
	size_t held = 0;
	while (at < end) {
		size_t n = WINDOW_BYTES - held;
		size_t taken;
		if (n > end - at)
			n = (size_t)(end - at);
		int rc = sshoal__stash_read(stash, at, window + held, n, error);
		if (rc == 0)
			rc = hand_on(&record, window, held + n, &taken, cb,
				     data);
		if (rc)
			return rc;
		at += n;
		held = held + n - taken;
		memmove(window, window + taken, held);
	}
	return 0;
}

int sshoal__roll_read(const struct roll *roll, const struct stash *stash,
		      roll_cb *cb, void *data, sshoal_error *error)
{
	struct record record = { .left = 0 };
	size_t taken;
	int rc = 0;
	if (roll->extent_count > 0) {
		char *window = malloc(WINDOW_BYTES);
		if (!window)
			return SSHOAL_ENOMEM;
		for (size_t i = 0; i < roll->extent_count && rc == 0; i++)
			rc = read_extent(&roll->extents[i], stash, window, cb,
					 data, error);
		free(window);
	}
	if (rc || roll->used == 0)
		return rc;
	return hand_on(&record, roll->bytes, roll->used, &taken, cb, data);
}
