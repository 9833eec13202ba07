/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_MANIFEST_H
#define SSHOAL_SFTP_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include <sshoal/attributes.h>
#include <sshoal/error.h>

#include "base/store.h"

#define MANIFEST_NO_PARENT SIZE_MAX

/* One thing to be uploaded. */
struct manifest_entry {
	const char *name;    /* the last part of its name */
	const char *target;  /* what a link holds; NULL for others */
	size_t parent;       /* its directory's index; MANIFEST_NO_PARENT for
				   a source itself */
	size_t source;       /* which of the sources it belongs to */
	uint64_t size_bytes; /* of a file */
	struct timespec mtime;
	struct timespec ctime;
	int64_t atime_s;
	dev_t device;
	ino_t inode;
	uint32_t mode; /* st_mode */
	uint32_t uid;
	uint32_t gid;
	uint32_t links; /* how many names it has here */
	int fault; /* an errno: why it cannot be sent; 0: it can. Its kind is
			unknown then */
	int kind;  /* enum sshoal_file_kind; _OTHER is here so that it can
			   be told, and is not to be uploaded */
};

struct manifest_options {
	bool recursive;    /* else a directory is an error */
	bool follow_links; /* else links inside of trees are entries of their
			      own. A source that is a link is always followed */
};

/*
 * What is to be uploaded, read once before anything is contacted and read-only
 * afterwards, for any number of threads. Directories come first, those nearer
 * to the source before others, then everything else, names of a directory
 * sorted by bytes; so a parent's index is smaller than its children's.
 */
struct manifest {
	struct manifest_entry *entries;
	size_t count;
	size_t directories; /* the first so many entries */
	uint64_t total_bytes;
	uint64_t files; /* regular ones */
	char **sources; /* as they were given */
	char **bases;   /* their last names: "." and ".." and "/" are
			       resolved first; none is empty */
	size_t source_count;
	bool follow_links;  /* as it was asked for */
	struct store texts; /* all that the above points to */
};

/*
 * Reads names and attributes. Any number of levels, no path length limit: it
 * works with openat(2) and keeps two descriptors open at most.
 * 0, SSHOAL_ENOENT, SSHOAL_EACCESS, SSHOAL_EIO, SSHOAL_ECHANGED (a directory
 * was replaced while it was read), SSHOAL_EINVAL (a directory without
 * recursive; a source that is neither file nor directory, or the root, which
 * has no name; two sources with the same last name, both named; with
 * follow_links a directory that contains itself), SSHOAL_ELOCAL,
 * SSHOAL_ENOMEM. The text begins with the path. A directory inside that cannot
 * be read, a name that is gone when its turn comes and, with follow_links, a
 * link that leads nowhere are errors, too: nothing is left out in silence.
 */
int sshoal__manifest_new(struct manifest **manifest, const char *const *sources,
			 size_t count, const struct manifest_options *options,
			 sshoal_error *error);

/* The path of an entry: the source as it was given and the names below, for
 * free(3); NULL: no memory. */
char *sshoal__manifest_path(const struct manifest *manifest, size_t index);

/* The path below its source: "" for a source itself, else "a/b"; likewise. */
char *sshoal__manifest_below(const struct manifest *manifest, size_t index);

/* "path: why", the path shortened so that there is room for why. entry need not
 * be one of the manifest's own. Returns the code. */
int sshoal__manifest_fail(const struct manifest *manifest,
			  const struct manifest_entry *entry, int code,
			  const char *why, sshoal_error *error);

void sshoal__manifest_free(struct manifest *manifest);

#endif
