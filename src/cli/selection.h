/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_SELECTION_H
#define SSHOAL_CLI_SELECTION_H

#include <sshoal/error.h>
#include <sshoal/inventory.h>

#include "cli/options.h"

/*
 * Makes the list of targets that -w and -f name.
 * 0, SSHOAL_EINVAL (no hosts are named, or none is left), or what reading the
 * files and the expressions returned.
 */
int sshoal__selection_expand(sshoal_hosts **hosts,
			     const struct selection_options *options,
			     sshoal_error *error);

/* Loads the hosts files that the options name, or else the usual one, if there
 * is any. 0, or what reading them returned. */
int sshoal__selection_load(sshoal_inventory *inventory,
			   const struct selection_options *options,
			   sshoal_error *error);

/*
 * The same, and a list of those of them that another expression names; part is
 * NULL where expression is.
 */
int sshoal__selection_expand_part(sshoal_hosts **hosts, sshoal_hosts **part,
				  const struct selection_options *options,
				  const char *expression, sshoal_error *error);

/* The length of the longest label. */
size_t sshoal__selection_label_width(const sshoal_hosts *hosts);

#endif
