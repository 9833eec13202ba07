/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_OUTPUT_GROUPS_H
#define SSHOAL_REPORT_OUTPUT_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#define OUTPUT_DIGEST_BYTES 32

/* How much of one stream of one host is kept: its beginning and its end. */
#define OUTPUT_HEAD_BYTES ((size_t)48 * 1024)
#define OUTPUT_TAIL_BYTES ((size_t)16 * 1024)

/* How much is kept of all of them. */
#define OUTPUT_GROUPS_BYTES ((size_t)128 * 1024 * 1024)

/* One stream, of which the middle may be missing. */
struct output_stream {
	char *head;
	size_t head_used;
	size_t head_room;
	char *tail; /* a ring of OUTPUT_TAIL_BYTES; NULL: all is in the head */
	size_t tail_used;
	size_t tail_next; /* where its next byte goes */
	uint64_t total;   /* what was written */
	void *digest;     /* EVP_MD_CTX of all of it; NULL: nothing came */
};

/* What one host has written. */
struct output {
	struct output_stream streams[2]; /* standard output, error */
};

/* Hosts that wrote the same and ended alike. */
struct output_group {
	unsigned char digest[OUTPUT_DIGEST_BYTES];
	struct output output;
	size_t host_count;
	size_t number; /* in the order of their first hosts */
};

/* All of a run. */
struct output_groups {
	void *tree; /* of tsearch(3) */
	struct output_group **items;
	size_t count;
	size_t room;
	size_t held_bytes;
};

/* Adds bytes to a stream of a host's output, which is made at the first of
 * them. 0 or SSHOAL_ENOMEM. */
int sshoal__output_add(struct output_groups *groups, struct output **output,
		       int stream, const char *bytes, size_t size_bytes);

/*
 * Puts a host's output, NULL for none, with that of the hosts which wrote the
 * same and of which the ending, any text, is the same. The output is the
 * groups' from then on, or freed. 0 or SSHOAL_ENOMEM.
 */
int sshoal__output_group(struct output_groups *groups, struct output *output,
			 const char *ending, struct output_group **group);

/* How many bytes between head and tail are missing. */
uint64_t sshoal__output_gap(const struct output_stream *stream);

/* Copies the tail, OUTPUT_TAIL_BYTES at most, in order; returns its length. */
size_t sshoal__output_tail(const struct output_stream *stream, char *bytes);

void sshoal__output_free(struct output_groups *groups, struct output *output);
void sshoal__output_groups_fini(struct output_groups *groups);

#endif
