/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_AUTH_PUBLIC_LINE_H
#define SSHOAL_AUTH_PUBLIC_LINE_H

#include <stddef.h>

#include <sshoal/error.h>

/* "type base64 comment", as a .pub file has it, taken apart. */
struct public_line {
	unsigned char *blob; /* begins with the type that the line says */
	size_t blob_size;
	char *comment; /* harmless; may be "" */
};

/* Takes the first line of a text apart. On success
 * sshoal__public_line_fini() frees it. 0, SSHOAL_EFORMAT or SSHOAL_ENOMEM. */
int sshoal__public_line_parse(struct public_line *line, const char *text,
			      size_t n, sshoal_error *error);

/* The same of a file, whose name the texts begin with; also the codes of
 * sshoal__private_file_read(). */
int sshoal__public_line_read(struct public_line *line, const char *path,
			     sshoal_error *error);

void sshoal__public_line_fini(struct public_line *line);

#endif
