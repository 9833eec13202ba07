/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_LANDING_H
#define SSHOAL_SFTP_LANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <sshoal/attributes.h>
#include <sshoal/error.h>

/*
 * Where a download comes down: a directory here out of which no name leads that
 * a server sends. Everything below it is reached one name at a time by
 * openat(2), links are never followed, and a file has its name only once it is
 * whole. One thread at a time for one tree of directories.
 */

/* A directory here, counted by reference: those above it stay open with it. */
struct landing_folder;

/*
 * Opens the directory a caller named, whose path may hold links as the caller
 * likes. make: missing ones are made with 0777 less the umask.
 * 0, SSHOAL_ENOENT, SSHOAL_EACCESS, SSHOAL_EIO (it is no directory, and the
 * rest), SSHOAL_ELOCAL, SSHOAL_ENOMEM. The text begins with the path.
 */
int sshoal__landing_open(struct landing_folder **folder, const char *path,
			 bool make, sshoal_error *error);

/* A name that a server sent: 0, or SSHOAL_EFORMAT for one that is empty, "."
 * or "..", longer than 255 bytes, or holds "/" or NUL. Control characters and
 * bytes that are no UTF-8 are names like others. */
int sshoal__landing_check_name(const unsigned char *name, size_t n,
			       sshoal_error *error);

/* How many descriptors a tree of folders has open at most, files apart. */
#define LANDING_DESCRIPTORS 5

/*
 * The directory of that name below, made with 0700 where it is missing, opened
 * without following links: a link or file in the way is SSHOAL_EEXIST. A folder
 * opens itself when it is used and may be closed in between; it must be the
 * same directory when it is opened again, here and in all calls below
 * (SSHOAL_ECHANGED). *made: whether it was made. The name is checked as above,
 * here and in all calls below.
 */
int sshoal__landing_enter(struct landing_folder **folder,
			  struct landing_folder *parent, const char *name,
			  bool *made, sshoal_error *error);

struct landing_folder *sshoal__landing_ref(struct landing_folder *folder);
void sshoal__landing_leave(struct landing_folder *folder);

/* The path, for texts; borrowed until the next call with a folder or file of
 * the same tree. */
const char *sshoal__landing_path(const struct landing_folder *folder);

/* Likewise of what has that name in it; the name was checked. */
const char *sshoal__landing_path_to(const struct landing_folder *folder,
				    const char *name);

/* What becomes of a file once all is there. */
struct landing_finish {
	uint32_t mode; /* permissions, whatever the umask is; with has_owner the
			  set-ID bits only for the owner that they are meant
			  for */
	bool has_times;
	bool has_owner; /* tried only as root, must succeed then */
	bool sync;      /* on the disk before it has its name */
	int64_t atime_s;
	int64_t mtime_s;
	uint32_t uid;
	uint32_t gid;
};

/* A file that is being written. One that is all zero is not begun. */
struct landing_file {
	struct landing_folder *folder; /* a reference; NULL: not begun */
	char *name;
	char *other; /* the name it has meanwhile; NULL: in place */
	int fd;
	bool keeps; /* what is there stays after a failure: set by resume */
};

/* What a file's place looks like before. */
struct landing_place {
	sshoal_attributes attributes; /* as lstat(2) has them */
	bool exists;
};

/* Looks at what has the name at this moment. 0 or as above. */
int sshoal__landing_look(struct landing_folder *folder, const char *name,
			 struct landing_place *place, sshoal_error *error);

/*
 * Begins a file beside its place, open to its owner only (0600, O_EXCL), under
 * a name that nobody else has. in_place: into the file itself, which may have
 * other names elsewhere, never through a symbolic link, and is cut off; with
 * resume it is what is there already, to be read only. resume: under the one name that an interrupted call with
 * resume left for this file, which is not cut off; *size_bytes tells how much
 * is there, else it is 0; it must be a regular file of this user's with no
 * other name, else it is removed first. Another call that is writing it at this
 * moment is SSHOAL_EEXIST. What is no file or link and has the name is
 * SSHOAL_EEXIST, in_place also a link.
 */
int sshoal__landing_begin(struct landing_file *file,
			  struct landing_folder *folder, const char *name,
			  bool in_place, bool resume, uint64_t *size_bytes,
			  sshoal_error *error);

/* Writes all of it there. 0, SSHOAL_EIO (the disk is full, and the rest; the
 * text begins with the path of the file): then it is to be dropped. With a
 * limit on the size of files the caller ignores SIGXFSZ. */
int sshoal__landing_write(struct landing_file *file, const void *bytes,
			  size_t n, uint64_t offset, sshoal_error *error);

/* Reads what was written: how many bytes, fewer than n only at its end, or a
 * code. */
int64_t sshoal__landing_read(struct landing_file *file, void *bytes, size_t n,
			     uint64_t offset, sshoal_error *error);

/* Cuts it off, gives it its attributes and its name, on the disk if wanted,
 * and closes it. On failure it is gone, or left as keeps says; what had its
 * name has it still, unless only the name could not be brought to the disk.
 * SSHOAL_ECHANGED: somebody took the other name away from it. */
int sshoal__landing_finish(struct landing_file *file, uint64_t size_bytes,
			   const struct landing_finish *finish,
			   sshoal_error *error);

/* Gives one up: it is gone, but for one in place or one that keeps. A file that
 * is not begun is ignored. */
void sshoal__landing_drop(struct landing_file *file);

/* Makes a link that holds target as it came, in one step in the place of a file
 * or link that is there (*same: it holds the same already, nothing was done).
 * SSHOAL_EFORMAT: a target that is empty. */
int sshoal__landing_link(struct landing_folder *folder, const char *name,
			 const char *target, bool *same, sshoal_error *error);

/* Gives a directory its attributes; sync does not count. Those below it come
 * first: what it takes away may be needed to open them again. */
int sshoal__landing_dress(struct landing_folder *folder,
			  const struct landing_finish *finish,
			  sshoal_error *error);

#endif
