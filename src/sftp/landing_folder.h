/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_LANDING_FOLDER_H
#define SSHOAL_SFTP_LANDING_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <sshoal/error.h>

#include "sftp/landing.h"

/* How many of a tree are open besides the first. Whoever walks through a tree
 * uses a directory and the few above it. */
#define LANDING_OPEN_MAX (LANDING_DESCRIPTORS - 1)

/* What all directories of a tree share; it belongs to the first. */
struct landing_tree {
	struct landing_folder *open[LANDING_OPEN_MAX]; /* the last used first */
	char *text; /* has room for the path of a file in any of them */
	size_t text_room;
};

struct landing_folder {
	struct landing_folder *parent; /* a reference; NULL: the first */
	struct landing_folder *below;  /* while it is opened: where to */
	struct landing_tree *tree;
	size_t references;
	dev_t device;
	ino_t inode;
	int fd;           /* -1: closed meanwhile */
	bool is_unsynced; /* made here; not known to be on the disk */
	size_t path_size; /* without a slash at the end */
	size_t name_size;
	char name[]; /* of the first: the path as it was given */
};

/* Its descriptor, which is opened where it is closed; good until another folder
 * of the tree is used. 0 or as sshoal__landing_enter(). */
int sshoal__landing_use(struct landing_folder *folder, int *fd,
			sshoal_error *error);

/* Has the names in it on the disk, and its own where it was made here. 0 or as
 * sshoal__landing_enter(). */
int sshoal__landing_sync(struct landing_folder *folder, sshoal_error *error);

/* Makes room for the paths of all files in a directory whose own has that size.
 * 0 or SSHOAL_ENOMEM. */
int sshoal__landing_reserve(struct landing_tree *tree, size_t path_size);

/* Tells why something of that name in it failed (NULL: the folder itself), with
 * as much of the path as leaves room for the reason. Returns the code. */
int sshoal__landing_tell(const struct landing_folder *folder, const char *name,
			 int code, const char *why, sshoal_error *error);

/* sshoal__landing_tell() of an errno. */
int sshoal__landing_fail(const struct landing_folder *folder, const char *name,
			 int number, sshoal_error *error);

#endif
