/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_GROUPS_H
#define SSHOAL_REPORT_GROUPS_H

#include <stddef.h>
#include <stdint.h>

#include "report/digest.h"
#include "report/outcome.h"
#include "report/roll.h"

/* Hosts that said the same and ended alike. */
struct group {
	unsigned char key[DIGEST_BYTES];
	/* Of standard output and standard error. */
	unsigned char said[2][DIGEST_BYTES];
	struct roll roll; /* what the first of them has said */
	char *text;       /* how they ended; NULL: well */
	int status;       /* enum sshoal_status */
	int64_t exit_status;
	struct host *members; /* labels are borrowed */
	size_t count;
	size_t first; /* the least index */
};

/* All of them, found by their keys. */
struct groups {
	struct group **items; /* in the order in which they were made */
	size_t count;
	struct group **slots; /* NULL: a free one */
	size_t slot_count;    /* a power of two */
};

/* What a host is found by: digests of both streams, and how it ended. */
struct group_mark {
	unsigned char said[2][DIGEST_BYTES];
	const struct outcome *outcome;
	bool is_apart; /* it is like no other */
};

/* Adds a host to its group, or makes one. The group keeps what the first of its
 * hosts in list order has said; *keeper is the group if that is this host, and
 * the roll has then what is not needed, else NULL. 0, or SSHOAL_ENOMEM: the
 * host is in none. */
int sshoal__groups_add(struct groups *groups, struct group **keeper,
		       const struct group_mark *mark, const EVP_MD *algorithm,
		       struct roll *roll);

/* The largest first, those of one size by their first host in list order, and
 * so the hosts in each. Nothing can be added any more. */
void sshoal__groups_sort(struct groups *groups);

void sshoal__groups_fini(struct groups *groups, struct stash *stash);

#endif
