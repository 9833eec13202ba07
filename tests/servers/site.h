/* SPDX-License-Identifier: MIT */
#ifndef SERVERS_SITE_H
#define SERVERS_SITE_H

#include <sshoal/client.h>

#include "servers/keypair.h"
#include "servers/scratch.h"
#include "servers/sshd.h"

/* What most tests need: one sshd, a key that may log in, and known hosts. */
struct site {
	struct scratch *scratch;
	struct sshd sshd;
	char user[64];
	char key[SCRATCH_PATH_MAX];         /* Ed25519, may log in */
	char host_key[SCRATCH_PATH_MAX];    /* Ed25519, in known_hosts */
	char known_hosts[SCRATCH_PATH_MAX]; /* for all of 127.0.0.0/8 */
	char authorized_keys[SCRATCH_PATH_MAX];
};

/* Starts one. plan may be NULL; its host_keys and authorized_keys are the
 * site's where they are NULL. 0 or -1 with a line on standard error. */
int site_start(struct site *site, const struct sshd_plan *plan);
void site_stop(struct site *site);

/* A limit that nothing reaches which goes well, however busy the machine. */
#define SITE_LIMIT_MS 120000

/* The options that log in to the site at an address of 127.0.0.0/8. */
sshoal_client_options site_options(const struct site *site, const char *host);

/* Site as cmocka's group set-up and tear-down; *state is a struct site. */
int site_setup(void **state);
int site_teardown(void **state);

#endif
