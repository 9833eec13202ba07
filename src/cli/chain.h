/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_CHAIN_H
#define SSHOAL_CLI_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/error.h>
#include <sshoal/result.h>

/* What a host's status can be beside those of the library. */
enum {
	CHAIN_UNFINISHED = SSHOAL_STATUS_COUNT, /* begun, without a result */
	CHAIN_OTHER, /* a word that this version does not know */
	CHAIN_STATUS_COUNT
};

/* A host of a run, and what is known of it after all runs that went on with
 * that. */
struct chain_host {
	char *expression; /* what names it */
	int status;       /* enum sshoal_status and those above: of the last run
			     that has begun it */
	int ran;          /* enum sshoal_ran: the most that any of them knows */
	int ran_last;     /* of the run that is being read */
};

/* A run and those that went on with it. */
struct chain {
	char *origin; /* the first one's name */
	char *time;
	char *job;
	char *directory;
	char **words;
	size_t word_count;
	char **options;
	size_t option_count;
	struct chain_host *hosts; /* of the first run, in its order */
	size_t host_count;
	size_t run_count;
};

/*
 * Reads the runs of a journal that belong to the one whose name begins with
 * run, or, if that is NULL, to the last one.
 * 0, SSHOAL_EINVAL (there is no such run, or it is no run that could be done
 * again), what sshoal_journal_next() returned, or SSHOAL_ENOMEM. The chain is to
 * be freed only after 0.
 */
int sshoal__chain_read(struct chain *chain, const char *path, const char *run,
		       sshoal_error *error);

/* The name of the run that such a chain begins with, for free(3). Likewise. */
int sshoal__chain_origin(char **origin, const char *path, const char *run,
			 sshoal_error *error);

void sshoal__chain_fini(struct chain *chain);

#endif
