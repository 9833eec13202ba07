/* SPDX-License-Identifier: MIT */
#ifndef SERVERS_SFTP_EVIL_TABLE_H
#define SERVERS_SFTP_EVIL_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "servers/sftp_honest.h"

/* What becomes of a request, or of its reply. number and text are those of
 * the behaviour. */
enum sftp_act {
	SFTP_ACT_NONE,
	SFTP_ACT_STATUS,   /* not done; the answer is a STATUS of number. A
			      CLOSE is done */
	SFTP_ACT_STALL,    /* nothing is answered from here on */
	SFTP_ACT_DEAF,     /* likewise, and nothing is read */
	SFTP_ACT_FORGET,   /* this one is not answered */
	SFTP_ACT_DIE,      /* number bytes of the answer, then it ends */
	SFTP_ACT_VERSION,  /* the version is number */
	SFTP_ACT_TEXT,     /* text comes before the answer, as it is */
	SFTP_ACT_LENGTH,   /* the packet's length is said to be number */
	SFTP_ACT_TYPE,     /* the answer's type is number */
	SFTP_ACT_ID,       /* the answer is to a request nobody made */
	SFTP_ACT_TWICE,    /* answered twice */
	SFTP_ACT_CUT,      /* number bytes are missing at the end */
	SFTP_ACT_LONGER,   /* a DATA is number bytes longer than asked */
	SFTP_ACT_EMPTY,    /* a DATA of nothing */
	SFTP_ACT_FLIP,     /* one bit of a DATA is another */
	SFTP_ACT_COUNT,    /* a NAME says that it has number names */
	SFTP_ACT_NO_NAMES, /* a NAME of none */
	SFTP_ACT_NAMES     /* a NAME of names */
};

struct sftp_evil_name {
	const char *name;
	size_t size; /* 0: up to the NUL, if not empty */
	uint32_t mode;
	uint32_t repeat; /* the name, so many times more in one */
};

/* An SFTP server that misbehaves. Zero is every member's default. */
struct sftp_evil {
	const char *name;
	struct sftp_ways ways;
	enum sftp_act act;
	int on;                /* enum sftp_type, to which requests */
	const char *extension; /* of SFTP_EXTENDED: to which */
	uint32_t after;        /* so many of them are spared */
	uint32_t times;        /* how many it comes to; 0: all */
	uint64_t number;
	const char *text;
	struct sftp_evil_name names[4]; /* up to one without a mode */
	size_t shuffle;          /* answers are kept until so many are there,
				     or no request comes, and turned round */
	int delay_ms;            /* before each answer */
	const char *stderr_text; /* said on standard error at first */
};

extern const struct sftp_evil sftp_evils[];
extern const size_t sftp_evil_count;

/* The behaviour of a name, NULL for none. */
const struct sftp_evil *sftp_evil_find(const char *name);

#endif
