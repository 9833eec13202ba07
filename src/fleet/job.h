/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_JOB_H
#define SSHOAL_FLEET_JOB_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/fleet.h>

#include "auth/private_file.h"
#include "fleet/roster.h"
#include "fleet/surroundings.h"
#include "sftp/manifest.h"
#include "sftp/source.h"
#include "work/rate.h"

/*
 * What a run does on every host: its own copy of what the caller asked for,
 * and what is made of that once, before anything is contacted.
 */
struct job {
	int kind;      /* enum sshoal_job_kind */
	char *command; /* _COMMAND; _PUT: run where something changed, or NULL */
	char **sources;
	size_t source_count;
	char *destination;
	sshoal_transfer_options transfer; /* whole, without callbacks */
	char *owner;                      /* its owner, where it has a name */
	char *arguments; /* _SCRIPT: words for the shell, each after a blank */
	char *interpreter;          /* _SCRIPT: words for the shell */
	const char *script_name;    /* of the file there */
	struct private_file script; /* scripts may well hold secrets */
	struct manifest *manifest;
	struct source *source;
	struct rate *rate;   /* NULL: as fast as it goes */
	sshoal_key *key;     /* _COPY_ID: a reference, like the next */
	sshoal_key *old_key; /* or NULL */
	struct surroundings surroundings; /* _COMMAND, _SCRIPT */
	bool whole_paths;
	bool allow_missing;
};

/* Takes a caller's job of any release, as far as options go; what is to be read
 * is read by _prepare(). 0, SSHOAL_EINVAL with the member's name, SSHOAL_ENOMEM;
 * _fini() is due either way. */
int sshoal__job_take(struct job *job, const sshoal_job *given,
		     sshoal_error *error);

/*
 * Reads what the job needs from files here. cancel_fd ends a wait for a pipe.
 * 0, SSHOAL_EINVAL (names that clash), SSHOAL_ECANCELLED, or what reading
 * failed with; the text names the file.
 */
int sshoal__job_prepare(struct job *job, const struct roster *roster,
			int cancel_fd, sshoal_error *error);

void sshoal__job_fini(struct job *job);

#endif
