/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_DIRECTORY_H
#define SSHOAL_SFTP_DIRECTORY_H

#include <stdbool.h>

#include <sshoal/error.h>

#include "sftp/packet.h"
#include "sftp/pipeline.h"

/*
 * A directory that is being read without waiting: a few answers are asked for
 * ahead of the one that names are taken from. The sftp's thread.
 */
struct directory;

enum directory_state {
	DIRECTORY_NAME, /* there was one */
	DIRECTORY_WAIT, /* what comes next is under way */
	DIRECTORY_OVER, /* there are no more */
	DIRECTORY_FAILED
};

/* Asks for it to be opened. The answer is not waited for. NULL: no memory, or
 * the session is over. */
struct directory *sshoal__directory_new(struct sshoal_sftp *sftp,
					const char *path);

/* Whether it was opened. WAIT, FAILED or NAME. */
enum directory_state
sshoal__directory_opened(const struct directory *directory);

/*
 * The next name that is here, in the server's order, never "." and "..", never
 * empty and never with "/" in it. It has a NUL after it, as its long name has,
 * and is valid until the next call.
 */
enum directory_state sshoal__directory_next(struct directory *directory,
					    struct packet_name *name);

/* Why it failed. */
const sshoal_error *sshoal__directory_error(const struct directory *directory);

/* Closes it at any time. What is still under way is not waited for: it frees
 * itself when that was answered. NULL is ignored. */
void sshoal__directory_leave(struct directory *directory);

#endif
