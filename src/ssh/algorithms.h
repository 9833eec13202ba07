/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SSH_ALGORITHMS_H
#define SSHOAL_SSH_ALGORITHMS_H

#include <stdbool.h>
#include <stddef.h>

#include <libssh2.h>

#include <sshoal/error.h>

/* What there are several of, to be agreed on. */
enum algorithm_kind {
	ALGORITHM_KEX,
	ALGORITHM_HOST_KEYS,
	ALGORITHM_CIPHERS,
	ALGORITHM_MACS,
	ALGORITHM_KINDS
};

/* What a session offers, each a list with commas of what libssh2 speaks; NULL:
 * the usual one. */
struct algorithms {
	const char *lists[ALGORITHM_KINDS];
	bool compression;
};

/* Room for any list that is offered. */
#define ALGORITHMS_MAX 1024

/* The usual list, as far as libssh2 speaks it. session: any; it is asked what
 * it speaks. 0, SSHOAL_EPROTOCOL (nothing is left) or SSHOAL_ENOMEM. */
int sshoal__algorithms_usual(char list[ALGORITHMS_MAX],
			     LIBSSH2_SESSION *session,
			     enum algorithm_kind kind);

/*
 * The list that a setting of ssh_config(5) means: names and patterns, after
 * "+" behind the usual ones, after "^" before them, after "-" those to be taken
 * out of them. What libssh2 does not speak is left out, and written to left_out
 * with commas, as far as there is room. 0; SSHOAL_EUNSUPPORTED, when nothing is
 * left; SSHOAL_ENOMEM.
 */
int sshoal__algorithms_read(char list[ALGORITHMS_MAX], enum algorithm_kind kind,
			    const char *setting, char *left_out, size_t size,
			    sshoal_error *error);

/* The keyword of ssh_config that sets them. */
const char *sshoal__algorithms_keyword(enum algorithm_kind kind);

#endif
