/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_CONFIG_LINE_H
#define SSHOAL_INVENTORY_CONFIG_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/error.h>

#include "base/store.h"
#include "inventory/config_keyword.h"
#include "inventory/place.h"

/* A line of an ssh_config, taken apart and checked. What it points to is in
 * the store of its config. */
struct config_line {
	struct config_line *next; /* of the same file */
	struct place place;
	const struct config_keyword *keyword; /* NULL: OpenSSH has none such */
	const char *name;    /* the keyword as written, in lower case */
	const char **values; /* none for one that says it sets nothing */
	size_t count;
	struct config_condition *conditions; /* of a Match */
	struct config_file *files;           /* of an Include */
	bool is_given;                       /* by a command line */
};

/*
 * Takes a line without its newline apart, which is overwritten, and checks its
 * values. Returns 1; 0 for a blank line or a comment; SSHOAL_EFORMAT or
 * SSHOAL_ENOMEM.
 */
int sshoal__config_line_parse(struct config_line *line, char *text,
			      struct store *store, sshoal_error *error);

/* SSHOAL_EFORMAT with the place of a line. */
int sshoal__config_line_wrong(const struct config_line *line,
			      sshoal_error *error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
