/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_SUDO_H
#define SSHOAL_FLEET_SUDO_H

#include <stdbool.h>
#include <stdint.h>

#include "ssh/channel.h"
#include "ssh/feed.h"

struct attempt;

/* How much of what is said before the command begins is kept back. */
#define SUDO_HELD_BYTES ((size_t)4096)
#define SUDO_MARK_SIZE 48

/* What came of sudo so far. */
enum sudo_fate {
	SUDO_SILENT,  /* it has said nothing */
	SUDO_BEGUN,   /* it runs the command */
	SUDO_LACKING, /* it asks for a password, and there is none */
	SUDO_REFUSED  /* it asks again */
};

/*
 * One command that runs through sudo(8) on one host: it stands between the
 * channel and the outlet and between the channel and the input. Its members
 * point at each other.
 */
struct sudo {
	struct attempt *attempt;
	struct channel_sink to;          /* where the command's output goes */
	struct channel_sink sink;        /* to be used in its place */
	const struct feed_source *input; /* the command's; NULL: none */
	struct feed_source source;       /* to be used in its place */
	const char *password;            /* NULL: none */
	char *become;                    /* words for the login's shell */
	char *secret;                    /* what these read; NULL: nothing */
	char mark[SUDO_MARK_SIZE];       /* the prompt */
	char begin[SUDO_MARK_SIZE];      /* what is said as it begins */
	enum channel_stream stream;      /* where both come */
	enum sudo_fate fate;
	bool answers;  /* the password is to be sent */
	bool answered; /* it was */
	unsigned char room[1024];
	unsigned char held[SUDO_HELD_BYTES + 1024];
	size_t held_size;
	uint64_t dropped_bytes; /* ours, of the stream */
};

/*
 * Makes *line, which is freed, one for sudo; the user, the input and the
 * password (both may be NULL) are borrowed. 0, SSHOAL_EINVAL (too long),
 * SSHOAL_ENOMEM; _fini() is due either way.
 */
int sshoal__sudo_init(struct sudo *sudo, struct attempt *attempt, char **line,
		      const char *user, const char *password);

/* What is given to the command once it runs, and where its output goes. */
void sshoal__sudo_connect(struct sudo *sudo, const struct feed_source *input,
			  const struct channel_sink *to, bool on_terminal);

/* Fills in what is to be said of its end; rc is that of the command. Returns
 * what it is worth. */
int sshoal__sudo_judge(struct sudo *sudo, int rc);

void sshoal__sudo_fini(struct sudo *sudo);

#endif
