/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_PROFILE_H
#define SSHOAL_SSH_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "base/store.h"
#include "inventory/config.h"
#include "ssh/algorithms.h"
#include "ssh/resolve.h"

/* Told what a person should know; level as in sshoal_log_cb. */
typedef void profile_note_fn(void *data, int level, const char *text);

/* What many profiles share: lists that were read once, and what has been told
 * once. It outlives them. */
struct profile_book {
	struct map lists; /* by keyword and setting */
	struct map told;  /* keywords that have no effect */
	struct store store;
	profile_note_fn *note; /* NULL: nobody is told */
	void *data;
};

/*
 * How a session with one host is made, as far as ssh_config alone says it.
 * What it points to is the book's or the config's.
 */
struct profile {
	const char *known_host; /* HostKeyAlias; NULL: the host itself */
	const char *const *known_hosts; /* files; NULL: the usual ones */
	size_t known_hosts_count;
	const char *const *env; /* "NAME=VALUE", then NULL; NULL: none */
	struct algorithms algorithms;
	struct address bind; /* its size is 0 where there is none */
	int family;
	int64_t keepalive_interval_ms; /* 0: none */
	uint32_t keepalive_count;
	uint32_t attempts;
	bool hashes_names; /* in known hosts that are added */
};

/* What holds without an ssh_config. */
#define PROFILE_INIT \
	{ \
		.family = 0, .keepalive_count = 3, .attempts = 1 \
	}

/* 0; SSHOAL_EUNSUPPORTED, where a setting cannot be had, with its place before
 * the text; SSHOAL_ENOMEM. */
int sshoal__profile_make(struct profile *profile, struct profile_book *book,
			 const struct config_values *values,
			 sshoal_error *error);

void sshoal__profile_book_fini(struct profile_book *book);

#endif
