/* SPDX-License-Identifier: MIT */
#include "report/output_groups.h"

#include <openssl/evp.h>
#include <search.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/error.h>
#include <sshoal/fleet.h>

/*
 * Outputs that are the same are found by a digest of all their bytes and kept
 * once. It is a cryptographic one: no host can have its output shown as
 * another's.
 */

/* Whether so many bytes more may be kept. */
static bool take_room(struct output_groups *groups, size_t size_bytes)
{
	if (groups->held_bytes > OUTPUT_GROUPS_BYTES - size_bytes)
		return false;
	groups->held_bytes += size_bytes;
	return true;
}

/* Bytes of the head; returns how many of them it has taken, which are fewer
 * where it is full, or *rc is SSHOAL_ENOMEM. */
static size_t fill_head(struct output_groups *groups,
			struct output_stream *stream, const char *bytes,
			size_t n, int *rc)
{
	if (n > OUTPUT_HEAD_BYTES - stream->head_used)
		n = OUTPUT_HEAD_BYTES - stream->head_used;
	size_t needed = stream->head_used + n;
	if (needed > stream->head_room) {
		size_t room = stream->head_room * 2 > needed ?
				      stream->head_room * 2 :
				      needed;
		if (room > OUTPUT_HEAD_BYTES)
			room = OUTPUT_HEAD_BYTES;
		if (!take_room(groups, room - stream->head_room))
			return 0;
		char *head = realloc(stream->head, room);
		if (!head) {
			*rc = SSHOAL_ENOMEM;
			return 0;
		}
		stream->head = head;
		stream->head_room = room;
	}
	if (n == 0 || !stream->head)
		return 0;
	memcpy(stream->head + stream->head_used, bytes, n);
	stream->head_used += n;
	return n;
}

/* Bytes that come after the head. Where there is no room for a tail they are
 * not kept. */
static int fill_tail(struct output_groups *groups, struct output_stream *stream,
		     const char *bytes, size_t n)
{
	if (!stream->tail) {
		if (!take_room(groups, OUTPUT_TAIL_BYTES))
			return 0;
		stream->tail = malloc(OUTPUT_TAIL_BYTES);
		if (!stream->tail)
			return SSHOAL_ENOMEM;
	}
	if (n > OUTPUT_TAIL_BYTES) {
		bytes += n - OUTPUT_TAIL_BYTES;
		n = OUTPUT_TAIL_BYTES;
	}
	while (n > 0) {
		size_t part = OUTPUT_TAIL_BYTES - stream->tail_next;
		if (part > n)
			part = n;
		memcpy(stream->tail + stream->tail_next, bytes, part);
		stream->tail_next =
			(stream->tail_next + part) % OUTPUT_TAIL_BYTES;
		stream->tail_used += part;
		bytes += part;
		n -= part;
	}
	if (stream->tail_used > OUTPUT_TAIL_BYTES)
		stream->tail_used = OUTPUT_TAIL_BYTES;
	return 0;
}

static int add_to_digest(struct output_stream *stream, const char *bytes,
			 size_t n)
{
	if (!stream->digest) {
		EVP_MD_CTX *digest = EVP_MD_CTX_new();
		if (!digest)
			return SSHOAL_ENOMEM;
		stream->digest = digest;
		if (EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
			return SSHOAL_ENOMEM;
	}
	return EVP_DigestUpdate(stream->digest, bytes, n) == 1 ? 0 :
								 SSHOAL_ENOMEM;
}

int sshoal__output_add(struct output_groups *groups, struct output **output,
		       int stream, const char *bytes, size_t size_bytes)
{
	if (!*output)
		*output = calloc(1, sizeof **output);
	if (!*output)
		return SSHOAL_ENOMEM;
	struct output_stream *to = &(*output)->streams[stream == SSHOAL_STDERR];
	int rc = add_to_digest(to, bytes, size_bytes);
	if (rc)
		return rc;
	size_t taken = 0;
	/* Once something is missing the head has ended. */
	if (to->total == to->head_used)
		taken = fill_head(groups, to, bytes, size_bytes, &rc);
	if (rc == 0 && taken < size_bytes)
		rc = fill_tail(groups, to, bytes + taken, size_bytes - taken);
	to->total += size_bytes;
	return rc;
}

uint64_t sshoal__output_gap(const struct output_stream *stream)
{
	return stream->total - stream->head_used - stream->tail_used;
}

size_t sshoal__output_tail(const struct output_stream *stream, char *bytes)
{
	size_t start =
		stream->tail_used < OUTPUT_TAIL_BYTES ? 0 : stream->tail_next;
	for (size_t i = 0; i < stream->tail_used; i++)
		bytes[i] = stream->tail[(start + i) % OUTPUT_TAIL_BYTES];
	return stream->tail_used;
}

static void free_stream(struct output_groups *groups,
			struct output_stream *stream)
{
	groups->held_bytes -= stream->head_room;
	if (stream->tail)
		groups->held_bytes -= OUTPUT_TAIL_BYTES;
	free(stream->head);
	free(stream->tail);
	EVP_MD_CTX_free(stream->digest);
	*stream = (struct output_stream){ .total = 0 };
}

void sshoal__output_free(struct output_groups *groups, struct output *output)
{
	if (!output)
		return;
	free_stream(groups, &output->streams[0]);
	free_stream(groups, &output->streams[1]);
	free(output);
}

/* The digest of a stream that has ended; zeros for one that was empty, as its
 * length says. */
static int end_stream(EVP_MD_CTX *whole, struct output_stream *stream)
{
	unsigned char digest[EVP_MAX_MD_SIZE] = { 0 };
	unsigned int n = OUTPUT_DIGEST_BYTES;
	if (stream && stream->digest &&
	    EVP_DigestFinal_ex(stream->digest, digest, &n) != 1)
		return SSHOAL_ENOMEM;
	if (stream) {
		EVP_MD_CTX_free(stream->digest);
		stream->digest = NULL;
	}
	uint64_t total = stream ? stream->total : 0;
	if (EVP_DigestUpdate(whole, &total, sizeof total) != 1 ||
	    EVP_DigestUpdate(whole, digest, OUTPUT_DIGEST_BYTES) != 1)
		return SSHOAL_ENOMEM;
	return 0;
}

static int digest_of(unsigned char *digest, struct output *output,
		     const char *ending)
{
	EVP_MD_CTX *whole = EVP_MD_CTX_new();
	int rc = whole && EVP_DigestInit_ex(whole, EVP_sha256(), NULL) == 1 ?
			 0 :
			 SSHOAL_ENOMEM;
	for (int i = 0; i < 2 && rc == 0; i++)
		rc = end_stream(whole, output ? &output->streams[i] : NULL);
	if (rc == 0 && (EVP_DigestUpdate(whole, ending, strlen(ending)) != 1 ||
			EVP_DigestFinal_ex(whole, digest, NULL) != 1))
		rc = SSHOAL_ENOMEM;
	EVP_MD_CTX_free(whole);
	return rc;
}

static int by_digest(const void *a, const void *b)
{
	return memcmp(((const struct output_group *)a)->digest,
		      ((const struct output_group *)b)->digest,
		      OUTPUT_DIGEST_BYTES);
}

static int make_place(struct output_groups *groups)
{
	if (groups->count < groups->room)
		return 0;
	size_t room = groups->room ? 2 * groups->room : 16;
	struct output_group **items =
		reallocarray(groups->items, room, sizeof *items);
	if (!items)
		return SSHOAL_ENOMEM;
	groups->items = items;
	groups->room = room;
	return 0;
}

static int add_group(struct output_groups *groups, const unsigned char *digest,
		     struct output_group **out)
{
	struct output_group *group = calloc(1, sizeof *group);
	if (!group || make_place(groups) != 0) {
		free(group);
		return SSHOAL_ENOMEM;
	}
	memcpy(group->digest, digest, OUTPUT_DIGEST_BYTES);
	group->number = groups->count;
	if (!tsearch(group, &groups->tree, by_digest)) {
		free(group);
		return SSHOAL_ENOMEM;
	}
	groups->items[groups->count++] = group;
	*out = group;
	return 0;
}

static uint64_t missing(const struct output *output)
{
	return sshoal__output_gap(&output->streams[0]) +
	       sshoal__output_gap(&output->streams[1]);
}

int sshoal__output_group(struct output_groups *groups, struct output *output,
			 const char *ending, struct output_group **group)
{
	struct output_group wanted = { .number = 0 };
	int rc = digest_of(wanted.digest, output, ending);
	if (rc == 0) {
		struct output_group **found =
			tfind(&wanted, &groups->tree, by_digest);
		if (found)
			*group = *found;
		else
			rc = add_group(groups, wanted.digest, group);
	}
	/* Of two that are the same the one is kept of which more is there. */
	if (rc == 0 && (*group)->host_count++ == 0 && output) {
		(*group)->output = *output;
		free(output);
		return 0;
	}
	if (rc == 0 && output && missing(output) < missing(&(*group)->output)) {
		struct output kept = *output;
		*output = (*group)->output;
		(*group)->output = kept;
	}
	sshoal__output_free(groups, output);
	return rc;
}

static void leave(void *group)
{
	(void)group;
}

void sshoal__output_groups_fini(struct output_groups *groups)
{
	tdestroy(groups->tree, leave);
	for (size_t i = 0; i < groups->count; i++) {
		free_stream(groups, &groups->items[i]->output.streams[0]);
		free_stream(groups, &groups->items[i]->output.streams[1]);
		free(groups->items[i]);
	}
	free(groups->items);
	*groups = (struct output_groups){ .count = 0 };
}
