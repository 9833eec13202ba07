/* SPDX-License-Identifier: MIT */
#ifndef SFTP_DEPOT_H
#define SFTP_DEPOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/transfer.h>

#include "sftp/files.h"
#include "ssh/client_rig.h"

/*
 * Transfers to and from a server on this machine. A source is always below
 * "from" and goes to "to", whichever of them is the server's side, so that a
 * test is one text for both ways.
 */
struct depot {
	struct site site;
	sshoal_client *client;
	sshoal_sftp *sftp;
	struct path from;
	struct path to;
};

enum way { UP, DOWN };
#define WAYS 2

/* What the callbacks of a transfer were told, and what they answer. */
struct witness {
	sshoal_transfer_options options;
	sshoal_transfer_summary summary;
	sshoal_error error;
	uint64_t files; /* there now */
	uint64_t changed;
	uint64_t failed;
	uint64_t left_out;
	uint64_t sent_bytes;
	uint64_t size_bytes;
	int bad_code; /* of the last that failed */
	char bad_text[512];
	char bad_local[512];
	char left_out_text[512];
	uint64_t calls; /* of progress */
	sshoal_transfer_progress progress;
	bool went_back; /* progress did, or it went too far */
	char went_back_text[160];
	/* Non-zero: what cancels it. */
	uint64_t cancel_at_bytes;
	uint64_t cancel_at_files;
	/* Called once, when so many bytes are done. */
	void (*meddle)(void *data);
	void *meddle_data;
	uint64_t meddle_at_bytes;
};

/* 0 or -1. plan may be NULL. */
int depot_start(struct depot *depot, const struct sshd_plan *plan);
void depot_stop(struct depot *depot);

/* Depot as cmocka's set-up and tear-down of a group, and of one test: both
 * folders are empty. */
int depot_setup(void **state);
int depot_teardown(void **state);
int depot_clear(void **state);

/* A path on either side. */
struct path from_of(const struct depot *depot, const char *name);
struct path to_of(const struct depot *depot, const char *name);

/* One that asks for nothing. */
struct witness witness_new(void);

/* Carries a name of "from" to a name of "to". Looks at what the callbacks were
 * told, and opens the sftp anew where it must be. Returns the code. */
int carry(struct depot *depot, enum way way, const char *from, const char *to,
	  struct witness *witness);

/* Likewise, and it must come to a code. */
void carry_to(struct depot *depot, enum way way, const char *from,
	      const char *to, struct witness *witness, int code);

/* Likewise to 0, with no options. */
void carry_plain(struct depot *depot, enum way way, const char *from,
		 const char *to);

/* Closes the sftp and opens another. */
void depot_reopen(struct depot *depot);

/* The only name in the folder that transfers go to. */
struct path only_name(const struct depot *depot);

#endif
