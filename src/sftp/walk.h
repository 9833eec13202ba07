/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_WALK_H
#define SSHOAL_SFTP_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "sftp/download.h"
#include "sftp/get.h"
#include "sftp/handle.h"
#include "sftp/landing.h"
#include "sftp/transfer.h"

/* A directory on its way down. It stays until all that is in it is done with,
 * and gets its looks then. */
struct branch {
	struct get *get;
	struct branch *following;       /* in the list it is in */
	struct branch *parent;          /* NULL: what the caller named here */
	struct landing_folder *landing; /* NULL: not begun */
	char *name;
	char *remote;
	sshoal_attributes attributes;
	size_t users; /* its own listing, what is in it that is not done */
	size_t depth;
	struct handle handle;
	bool pending; /* a request is under way */
	bool opened;
	bool made;          /* here, by us */
	bool ended;         /* the server has no more names */
	unsigned int empty; /* answers without a name, in a row */
};

/* Something with a name that is to come down. */
struct item {
	struct item *following;
	struct branch *branch;
	char *name;
	char *remote;
	sshoal_attributes attributes;
	bool follows; /* a link is followed, and what it is was asked for */
	bool looked;  /* that was done */
};

/* One call that brings files down. */
struct get {
	struct transfer transfer;
	const struct get_plan *plan;
	struct branch root;     /* the destination */
	struct branch *waiting; /* directories that were not begun, the last
				      one met first */
	struct branch *listing; /* those whose names are coming */
	size_t listing_count;
	struct item *first; /* that wait, in order */
	struct item **last;
	size_t item_count;
	struct download *downloads;
	struct map names; /* of sources, in the destination */
	uint32_t pending; /* requests for items that are no files */
	uint32_t umask;
};

/* walk.c: directories. */

/* Notes a directory that is to be read; name and remote become its own. False:
 * no memory. */
bool sshoal__walk_add(struct get *get, struct branch *parent, char *name,
		      char *remote, const sshoal_attributes *attributes);

/* Goes on reading directories, as far as not too much waits. */
void sshoal__walk_feed(struct get *get);

/* Something in a directory is done with. */
void sshoal__walk_release(struct get *get, struct branch *branch);

/* Whether directories wait or are being read. */
bool sshoal__walk_is_busy(const struct get *get);

/* Forgets those that were not begun. */
void sshoal__walk_drop(struct get *get);

/* walk_item.c: what is in them. */

/* Notes something; name and remote become its own. */
bool sshoal__item_add(struct get *get, struct branch *branch, char *name,
		      char *remote, const sshoal_attributes *attributes);

/* Begins what waits, as far as there is place, and goes on with what is under
 * way. */
void sshoal__item_feed(struct get *get);

void sshoal__item_drop(struct get *get);

/* Tells of something that did not come: a code, or left out with 0. */
void sshoal__item_tell(struct get *get, const struct branch *branch,
		       const char *name, const char *remote, int kind, int code,
		       const char *text);

/* Ends all of it for want of memory. */
void sshoal__get_no_memory(struct get *get);

/* find.c: what a source names there. Calls found for each, in order, with paths
 * that become its own; waits for answers. 0, or a code with a text. */
int sshoal__find(struct get *get, const char *source,
		 int (*found)(struct get *get, char *remote,
			      const sshoal_attributes *attributes,
			      sshoal_error *error),
		 sshoal_error *error);

#endif
