/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_CONFIG_FILE_H
#define SSHOAL_INVENTORY_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "inventory/config_line.h"

/* An ssh_config, read once; its lines are in the store of its config. */
struct config_file {
	struct config_file *next; /* what is read after it */
	const char *path;
	struct config_line *lines;
};

/* What the reading of all files of a config has in common. */
struct config_reader {
	struct store *store;
	sshoal_error *error;
	const struct config_line *unknown; /* the first keyword not known */
	size_t file_count;
	bool has_ignore; /* some keywords that are not known are allowed */
	bool is_user;    /* the user's file, not the system's */
	bool is_slow;    /* something in them takes time to find out */
};

/*
 * Reads a file and what it includes. With is_checked it must belong to the
 * caller or to root and not be writable by others, as every included one. 0,
 * SSHOAL_ENOENT, SSHOAL_EACCESS, SSHOAL_EFORMAT, SSHOAL_ELIMIT (too large, too
 * deep, too many), SSHOAL_EIO, SSHOAL_ELOCAL or SSHOAL_ENOMEM.
 */
int sshoal__config_file_read(struct config_file **file,
			     struct config_reader *reader, const char *path,
			     bool is_checked);

/* Makes a file of the options of a command line, each a line. As above, and
 * SSHOAL_EFORMAT for a Host, Match or Include. */
int sshoal__config_file_given(struct config_file **file,
			      struct config_reader *reader,
			      const char *const *words, size_t count);

#endif
