/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_KEY_LISTS_H
#define SSHOAL_FLEET_KEY_LISTS_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/login_key.h"
#include "base/map.h"
#include "fleet/plan.h"

/* Which keys a target logs in with: objects given with it, then files: the
 * command line's, else its own, else the defaults', else ssh_config's. Or, of
 * certificates, which files. */
struct key_files {
	const struct login_key_plan *plan; /* NULL: they are certificates */
	sshoal_key *const *keys;
	size_t key_count;
	const char *first;
	const char *const *more;
	size_t more_count;
	login_key_skipped_fn *skipped; /* told what is passed over */
	void *data;
	bool are_optional; /* what does not load is passed over, as by ssh */
};

/*
 * Loads a list, unless one of the same files and the same text apart is there
 * already. Lists are kept in a map, by their names. 0, or as
 * sshoal__login_key_load().
 */
int sshoal__key_lists_load(struct map *lists, const struct key_files *files,
			   const char *apart, const struct key_list **list,
			   sshoal_error *error);

/* Frees all that were loaded. */
void sshoal__key_lists_fini(struct map *lists);

#endif
