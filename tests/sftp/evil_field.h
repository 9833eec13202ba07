/* SPDX-License-Identifier: MIT */
#ifndef SFTP_EVIL_FIELD_H
#define SFTP_EVIL_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "servers/site.h"

#define FILE_BYTES ((size_t)2000003)
#define SMALL_BYTES ((size_t)4000)
#define MANY 150

/* Where what would escape by an absolute name would be. */
#define OUTSIDE "/tmp/sshoal-evil-escaped"

/*
 * A stock sshd whose subsystem is a server that misbehaves as its file
 * "scenario" says. The site's folder holds, for both sides: there (seed 1) and
 * here (seed 2) with the same names; in and out as what transfers go to; and
 * planted, which no transfer may touch.
 */
struct field {
	struct site site;
	const char *root;
};

/* 0 or -1; field_stop() in any case. */
int field_start(struct field *field);
void field_stop(struct field *field);

/* A digest of all that no transfer may touch. */
uint64_t field_digest(const struct field *field);

#endif
