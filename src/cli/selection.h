/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_SELECTION_H
#define SSHOAL_CLI_SELECTION_H

#include <sshoal/error.h>
#include <sshoal/inventory.h>

#include "cli/options.h"
#include "report/console.h"

/* The targets, and what the hosts files say. */
struct chosen {
	sshoal_inventory *inventory;
	sshoal_hosts *hosts;
	sshoal_hosts *part; /* what another expression names, or NULL */
};

/*
 * Makes the list of targets that the options name, and that of part, which may
 * be NULL; the console gets warnings. 0, SSHOAL_EINVAL (no hosts are named, or
 * none is left), or what reading the files and the expressions returned; there
 * is nothing to fini then.
 */
int sshoal__chosen_init(struct chosen *chosen, struct console *console,
			const struct selection_options *options,
			const char *part, sshoal_error *error);
void sshoal__chosen_fini(struct chosen *chosen);

/* Loads the hosts files that the options name, or else the usual one, if there
 * is any. 0, or what reading them returned. */
int sshoal__selection_load(sshoal_inventory *inventory,
			   const struct selection_options *options,
			   sshoal_error *error);

/* The length of the longest label. */
size_t sshoal__selection_label_width(const sshoal_hosts *hosts);

#endif
