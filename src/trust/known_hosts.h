/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRUST_KNOWN_HOSTS_H
#define SSHOAL_TRUST_KNOWN_HOSTS_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include <sshoal/error.h>

#include "trust/index.h"
#include "trust/line.h"
#include "trust/trust.h"

/* The lines of one or more known-hosts files, by their markers. */
struct known_hosts {
	struct index *lines[LINE_MARKERS];
};

#define KNOWN_HOSTS_TAIL 64

/* How far a file was read, so that only what was added since is read the next
 * time. Zeros: not at all. */
struct known_hosts_mark {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified;
	off_t offset;                /* past the last newline */
	size_t lines;                /* that end before it */
	char tail[KNOWN_HOSTS_TAIL]; /* the bytes before it */
};

/* Who hears of lines that are skipped; warning may be NULL. */
struct known_hosts_report {
	trust_warning_cb *warning;
	void *data;
};

/* 0 or SSHOAL_ENOMEM. */
int sshoal__known_hosts_new(struct known_hosts **hosts);
void sshoal__known_hosts_free(struct known_hosts *hosts);

/*
 * Reads a file to its end, from the mark on if it is a regular one, and moves
 * the mark. The file's name is borrowed by the entries. 0, SSHOAL_EIO or
 * SSHOAL_ENOMEM: then the mark stays where it was, but lines may be there.
 */
int sshoal__known_hosts_read(struct known_hosts *hosts, int fd,
			     const char *file, struct known_hosts_mark *mark,
			     const struct known_hosts_report *report,
			     sshoal_error *error);

/* The same for a path; one that does not exist is empty. Also SSHOAL_EACCESS
 * and SSHOAL_ELOCAL. */
int sshoal__known_hosts_load(struct known_hosts *hosts, const char *file,
			     struct known_hosts_mark *mark,
			     const struct known_hosts_report *report,
			     sshoal_error *error);

/* What became of a file since it was marked. */
enum known_hosts_change {
	KNOWN_HOSTS_SAME,
	KNOWN_HOSTS_GROWN,   /* lines were added */
	KNOWN_HOSTS_REPLACED /* another file, or other contents */
};

/* Of a file that is not regular, nothing is read: it is the same. */
enum known_hosts_change
sshoal__known_hosts_compare(int fd, const struct known_hosts_mark *mark);

/* Moves the mark past so many lines to the end of the file, if that has the
 * size expected; the last line ends in a newline. */
void sshoal__known_hosts_skip(int fd, size_t lines, off_t size,
			      struct known_hosts_mark *mark);

#endif
