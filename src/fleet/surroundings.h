/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_SURROUNDINGS_H
#define SSHOAL_FLEET_SURROUNDINGS_H

#include <sshoal/fleet.h>

#include "fleet/input.h"
#include "ssh/channel.h"

/* What a job's commands run in: its own copy of what the caller asked for. */
struct surroundings {
	char **env; /* "NAME=VALUE", then NULL; NULL: none */
	char *cwd;
	char *term;
	char *stdin_path;
	char *sudo_user;                  /* NULL: not by sudo */
	char *sudo_password;              /* wiped when freed */
	struct channel_terminal terminal; /* its name is NULL: there is none */
	struct input *input;              /* NULL: there is none */
	int stdin_fd;                     /* the caller's; -1: none */
};

#define SURROUNDINGS_INIT \
	{ \
		.stdin_fd = -1 \
	}

/* 0, SSHOAL_EINVAL with the member's name, SSHOAL_ENOMEM; _fini() is due either
 * way. */
int sshoal__surroundings_take(struct surroundings *own, const sshoal_job *given,
			      sshoal_error *error);

/* Opens the input. Codes as sshoal__input_open(). */
int sshoal__surroundings_open(struct surroundings *own, sshoal_error *error);

void sshoal__surroundings_fini(struct surroundings *own);

#endif
