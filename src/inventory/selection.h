/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_SELECTION_H
#define SSHOAL_INVENTORY_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"
#include "base/store.h"
#include "inventory/address.h"
#include "inventory/hosts.h"
#include "inventory/inventory.h"

/* What is done with the hosts that a term names. */
enum selection_operation {
	SELECTION_ADD,
	SELECTION_REMOVE, /* those chosen that it names */
	SELECTION_KEEP,   /* no others of those chosen */
	SELECTION_TOGGLE  /* removes what was chosen, adds what was not */
};

/* What an operation other than adding must know of each target. */
struct pick {
	size_t next; /* the next one of the same name + 1, or 0 */
	size_t term; /* the number of the term that added it */
	bool is_removed;
	bool is_marked; /* the current term names it */
};

/*
 * The targets chosen so far, each once: name, user and port as written. Where
 * targets are removed or kept, they are named by their names, whatever their
 * user and port, unless the term has a user or a port, too.
 */
struct selection {
	struct sshoal_hosts *hosts;
	const struct sshoal_inventory *inventory; /* may be NULL */
	/* Patterns match their names as well; may be NULL. */
	const struct sshoal_hosts *candidates;
	bool is_lenient; /* names in no hosts file are taken anyway */
	enum selection_operation operation;
	size_t *places;     /* by host of the inventory: its target's index
				+ 1, or 0 */
	struct map others;  /* targets that are no host of it, by identity */
	struct store store; /* of the identities */
	size_t term;        /* the number of the current one */
	struct map names;   /* the first target of each name */
	struct pick *picks; /* by target; NULL while targets are only added */
	size_t pick_capacity;
	size_t *marked; /* the picks that are */
	size_t marked_count;
	size_t marked_capacity;
};

/* hosts and inventory are borrowed. 0 or SSHOAL_ENOMEM; fini either way. */
int sshoal__selection_init(struct selection *selection,
			   struct sshoal_hosts *hosts,
			   const struct sshoal_inventory *inventory);
void sshoal__selection_fini(struct selection *selection);

/* Begin and end what one term names. 0 or SSHOAL_ENOMEM. */
int sshoal__selection_begin(struct selection *selection,
			    enum selection_operation operation);
void sshoal__selection_end(struct selection *selection);

/* Takes what was removed out of the list. The selection is over then. */
void sshoal__selection_settle(struct selection *selection);

/*
 * The calls below name hosts. They return 0, SSHOAL_ENOENT (the hosts files
 * have none, where they must), SSHOAL_ELIMIT (more than RANGE_NAMES_MAX
 * targets) or SSHOAL_ENOMEM.
 */

/* Every host of the inventory. */
int sshoal__selection_all(struct selection *selection);

/* The hosts of no group. */
int sshoal__selection_ungrouped(struct selection *selection);

/* The hosts of a group, then those of its children. */
int sshoal__selection_group(struct selection *selection, struct group *group);

/*
 * What an address names: the hosts of the inventory that have its name and, if
 * some do, its user and port; else those of its name, with its user and port;
 * else a host that is in no hosts file.
 */
int sshoal__selection_address(struct selection *selection,
			      const struct address *address);

/* Each name that the address' name, a pattern, matches, likewise. */
int sshoal__selection_pattern(struct selection *selection,
			      const struct address *address);

#endif
