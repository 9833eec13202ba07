/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_LOOKUP_H
#define SSHOAL_TRUST_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trust/known_hosts.h"

#define QUERY_HOST_MAX 511
#define QUERY_NAME_SIZE (QUERY_HOST_MAX + sizeof "[]:4294967295")

/* What is asked: a host and, for a decision, the key it has. */
struct query {
	const char *host; /* borrowed */
	uint32_t port;
	uint32_t kind; /* the key's */
	const unsigned char *key;
	size_t key_size;
	char name[QUERY_NAME_SIZE]; /* "host" or "[host]:port", lower case */
	char bare
		[QUERY_NAME_SIZE]; /* "host" on another port than 22, else "" */
};

/* What is on file; NULL: nothing. */
struct findings {
	const struct entry *same;  /* the key, for the name */
	const struct entry *other; /* another, of its kind if there is one */
	const struct entry *bare;  /* the key, for the bare name */
	const struct entry *revoked;
	const struct entry *authority; /* a @cert-authority for the name */
};

/* Sets the names; the key is left out. 0 or SSHOAL_EINVAL. */
int sshoal__query_init(struct query *query, const char *host, uint32_t port);

/* Sets the key; false when it is damaged. It is borrowed. */
bool sshoal__query_set_key(struct query *query, const unsigned char *key,
			   size_t key_size);

/* Adds what is on file for a query to what was found elsewhere. 0 or
 * SSHOAL_ENOMEM. */
int sshoal__lookup_key(const struct known_hosts *hosts,
		       const struct query *query, struct findings *findings);

/* The kinds of keys that are on file and not revoked there. */
struct findings_kinds {
	uint32_t named; /* for the name */
	uint32_t bare;  /* for the bare name */
};

int sshoal__lookup_kinds(const struct known_hosts *hosts,
			 const struct query *query,
			 struct findings_kinds *kinds);

#endif
