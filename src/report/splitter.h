/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_SPLITTER_H
#define SSHOAL_REPORT_SPLITTER_H

#include <stdbool.h>
#include <stddef.h>

/* A line without its newline that is longer than this comes in pieces. */
#define SPLITTER_LINE_BYTES ((size_t)64 * 1024)

/* What a splitter hands on. */
enum splitter_part {
	SPLITTER_LINES, /* whole lines with their newlines */
	SPLITTER_PIECE, /* of a long line, which goes on */
	SPLITTER_LAST,  /* the end of a long line, with its newline, if any */
	SPLITTER_REST   /* the stream's last line, which has no newline */
};

/* Non-zero ends the call that ran it, which returns the same. */
typedef int splitter_cb(int part, const char *bytes, size_t size_bytes,
			void *data);

/*
 * Cuts one stream into lines, however its bytes come in: the parts of a line
 * depend on its bytes alone. Holds an unfinished line, and memory only for as
 * long as there is one.
 */
struct splitter {
	struct splitter_held *held; /* NULL: nothing is held */
	bool whole_characters; /* a piece ends between characters of UTF-8 */
	bool is_long;          /* a piece of the present line went out */
};

/* Takes bytes in and hands parts on. 0, what cb returned, or SSHOAL_ENOMEM. */
int sshoal__splitter_feed(struct splitter *splitter, const char *bytes,
			  size_t size_bytes, splitter_cb *cb, void *data);

/* The stream has ended: hands on what is held. 0 or what cb returned. */
int sshoal__splitter_end(struct splitter *splitter, splitter_cb *cb,
			 void *data);

void sshoal__splitter_fini(struct splitter *splitter);

#endif
