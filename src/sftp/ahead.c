/* SPDX-License-Identifier: MIT */
#include "sftp/ahead.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* A failure of what nobody wanted yet is none: the chunk is forgotten, and who
 * wants it asks and is told. */

#define WINDOW_FIRST ((size_t)32 * 1024)
#define WINDOW_MOST ((size_t)1024 * 1024)

struct chunk {
	struct sftp_request request;
	struct sshoal_sftp *sftp;
	struct chunk *next;
	struct handle handle;
	uint64_t offset; /* of the first byte that was not taken */
	size_t start;    /* how many were taken */
	size_t used;     /* how many came */
	size_t size;     /* how many were asked for */
	bool pending;
	bool ended; /* the file ends with it */
	bool failed;
	bool left; /* nobody waits for it */
	unsigned char bytes[];
};

static struct chunk *chunk_of(struct sftp_request *request)
{
	return (struct chunk *)((char *)request -
				offsetof(struct chunk, request));
}

static unsigned char *give_room(struct sftp_request *request, size_t n)
{
	struct chunk *chunk = chunk_of(request);
	return n <= chunk->size - chunk->used ? chunk->bytes + chunk->used :
						NULL;
}

/* Asks for what a chunk has not. */
static bool ask(struct chunk *chunk)
{
	struct sshoal_sftp *sftp = chunk->sftp;
	size_t n = chunk->size - chunk->used;
	uint64_t offset = chunk->offset - chunk->start + chunk->used;
	sshoal__handle_begin(&chunk->handle, sftp, SFTP_READ);
	sshoal__packet_u64(&sftp->packet, offset);
	sshoal__packet_u32(&sftp->packet, (uint32_t)n);
	chunk->request.in_flight = (uint32_t)n;
	chunk->pending = sshoal__sftp_send(sftp, &sftp->packet, &chunk->request,
					   NULL) == 0;
	return chunk->pending;
}

static void on_read(struct sftp_request *request,
		    const struct sftp_reply *reply)
{
	struct chunk *chunk = chunk_of(request);
	chunk->pending = false;
	if (chunk->left) {
		free(chunk);
		return;
	}
	int rc = sshoal__sftp_judge(reply, SFTP_DATA, "", NULL);
	chunk->ended = rc == SSHOAL_EEMPTY;
	chunk->failed = rc && !chunk->ended;
	if (rc)
		return;
	chunk->used += reply->data_size;
	if (reply->data_size == 0 || (chunk->used < chunk->size && !ask(chunk)))
		chunk->failed = true;
}

static void drop_first(struct ahead *ahead)
{
	struct chunk *chunk = ahead->first;
	ahead->first = chunk->next;
	if (!ahead->first)
		ahead->last = NULL;
	if (chunk->pending)
		chunk->left = true;
	else
		free(chunk);
}

void sshoal__ahead_forget(struct ahead *ahead)
{
	while (ahead->first)
		drop_first(ahead);
	ahead->window = 0;
	ahead->run = 0;
}

/* Whoever reads little is not served much more. */
void sshoal__ahead_begin(struct ahead *ahead, uint64_t offset)
{
	if (ahead->run == 0 || offset != ahead->place) {
		sshoal__ahead_forget(ahead);
		return;
	}
	if (ahead->window == 0)
		ahead->window = WINDOW_FIRST;
	while (ahead->window < WINDOW_MOST && ahead->window < ahead->run)
		ahead->window *= 2;
}

void sshoal__ahead_end(struct ahead *ahead, uint64_t offset, size_t n)
{
	ahead->place = offset;
	ahead->run += n;
}

bool sshoal__ahead_covers(const struct ahead *ahead, uint64_t offset)
{
	return ahead->first && ahead->end >= offset;
}

static struct chunk *new_chunk(struct sshoal_sftp *sftp,
			       const struct handle *handle, uint64_t offset,
			       size_t size)
{
	struct chunk *made = malloc(sizeof *made + size);
	if (!made)
		return NULL;
	*made = (struct chunk){
		.request = { .answered = on_read, .room = give_room },
		.sftp = sftp,
		.handle = *handle,
		.offset = offset,
		.size = size,
	};
	if (ask(made))
		return made;
	free(made);
	return NULL;
}

void sshoal__ahead_feed(struct ahead *ahead, struct sshoal_sftp *sftp,
			const struct handle *handle, uint64_t offset)
{
	/* Few large requests, but not before there is use for them. */
	size_t size = ahead->window / 4;
	if (size < WINDOW_FIRST)
		size = WINDOW_FIRST;
	if (size > sftp->read_size)
		size = sftp->read_size;
	if (!ahead->last || ahead->end < offset)
		ahead->end = offset;
	while (ahead->end - offset + size <= ahead->window &&
	       !(ahead->last && (ahead->last->ended || ahead->last->failed)) &&
	       sshoal__sftp_has_room(sftp)) {
		struct chunk *chunk = new_chunk(sftp, handle, ahead->end, size);
		if (!chunk)
			return;
		if (ahead->last)
			ahead->last->next = chunk;
		else
			ahead->first = chunk;
		ahead->last = chunk;
		ahead->end += size;
	}
}

/* What a chunk has of what is wanted. */
static size_t take(struct chunk *chunk, unsigned char *buffer, size_t size)
{
	size_t n = chunk->used - chunk->start;
	if (n > size)
		n = size;
	memcpy(buffer, chunk->bytes + chunk->start, n);
	chunk->start += n;
	chunk->offset += n;
	return n;
}

size_t sshoal__ahead_take(struct ahead *ahead, uint64_t offset,
			  unsigned char *buffer, size_t size, bool *wait,
			  bool *ended)
{
	size_t done = 0;
	*wait = false;
	*ended = false;
	while (done < size && ahead->first &&
	       ahead->first->offset == offset + done) {
		struct chunk *chunk = ahead->first;
		done += take(chunk, buffer + done, size - done);
		*wait = chunk->pending && done < size;
		*ended = chunk->ended && done < size;
		if (*wait)
			break;
		if (chunk->start == chunk->size)
			drop_first(ahead);
		else if (done < size)
			/* It ends here or has failed. By the time of the next
			 * read the file may be longer. */
			sshoal__ahead_forget(ahead);
	}
	return done;
}
