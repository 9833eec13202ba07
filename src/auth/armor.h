/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_ARMOR_H
#define SSHOAL_AUTH_ARMOR_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/error.h>

#include "base/buffer.h"

/* Text in which "-----BEGIN LABEL-----" and the like are looked for. */
struct armor_text {
	const char *at;
	size_t left;
};

#define ARMOR_LABEL_SIZE 48
#define ARMOR_HEADERS_SIZE 512

/* One block of PEM (RFC 7468, with RFC 1421's headers). */
struct armor {
	char label[ARMOR_LABEL_SIZE];     /* such as "RSA PRIVATE KEY" */
	char headers[ARMOR_HEADERS_SIZE]; /* lines ended by LF; may be "" */
	struct buffer body;               /* decoded; wiped when freed */
};

/* Moves behind the next line "-----BEGIN LABEL-----"; false without one. */
bool sshoal__armor_find(struct armor_text *text, char label[ARMOR_LABEL_SIZE]);

/*
 * Reads the first block whose label ends in "PRIVATE KEY". On success
 * sshoal__armor_fini() frees it. 0, SSHOAL_ENOENT (there is none),
 * SSHOAL_EFORMAT (damaged), SSHOAL_ENOMEM.
 */
int sshoal__armor_read(struct armor *armor, struct armor_text text,
		       sshoal_error *error);

void sshoal__armor_fini(struct armor *armor);

#endif
