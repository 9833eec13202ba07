/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_HOSTS_H
#define SSHOAL_REPORT_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/config.h>
#include <sshoal/inventory.h>

#include "report/console.h"

/* What options set for all hosts; NULL and 0: nothing. */
struct hosts_overrides {
	const char *user;             /* -l */
	const char *jump;             /* -J */
	const char *const *key_files; /* -i */
	size_t key_file_count;
	sshoal_config *config; /* ssh_config and -o */
	uint32_t port;         /* -p */
	bool has_user;         /* -o does */
	bool has_port;
};

/*
 * Prints each target with every setting and where it is from as an event, one
 * JSON object a line. inventory is what the list was made from.
 * 0, SSHOAL_EIO (told already), SSHOAL_ELOCAL or SSHOAL_ENOMEM.
 */
int sshoal__hosts_show(struct console *console, const sshoal_hosts *hosts,
		       const sshoal_inventory *inventory,
		       const struct hosts_overrides *overrides,
		       sshoal_error *error);

#endif
