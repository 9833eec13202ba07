/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_SOURCE_H
#define SSHOAL_SFTP_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "sftp/manifest.h"

/* How much is read at a time. */
#define SOURCE_BLOCK ((size_t)128 * 1024)

/* How much all blocks together take, those in use and what is noted of each
 * included. */
#define SOURCE_MEMORY ((size_t)32 * 1024 * 1024)

#define SOURCE_DIGEST 32

/*
 * The contents of a manifest's files, read once for all hosts: blocks are kept
 * while somebody uses them and, as long as there is memory, after that, the one
 * that was not asked for longest being forgotten first. When many threads want
 * a block that is not there, one reads it and the others wait for that read. No
 * more than a few dozen files are open at a time. Any thread. Never a mapping:
 * a file that is cut off would end the program.
 *
 * A file is what it was in the manifest as long as device, inode, size, mtime
 * and ctime are the same. The ctime alone may differ where what else differs
 * explains it: permissions, owner or the number of hard links. Any other ctime
 * is a change, for mtime can be set back after writing and ctime cannot.
 */
struct source;

/* The manifest must outlive it. most_bytes: 0 for SOURCE_MEMORY. */
int sshoal__source_new(struct source **source, const struct manifest *manifest,
		       size_t most_bytes);

/* Bytes of a file, to be released once; they do not change. */
struct source_block {
	const unsigned char *bytes;
	size_t size;
};

/*
 * The block of a file that begins at a multiple of SOURCE_BLOCK below its size
 * in the manifest; shorter than SOURCE_BLOCK only at that size. When all memory
 * is in use it is read for this caller alone, in memory of its own.
 * 0; SSHOAL_ECHANGED when the file is not what it was (told from then on for
 * every block of it); SSHOAL_ENOENT, SSHOAL_EACCESS, SSHOAL_EIO, SSHOAL_ELOCAL,
 * SSHOAL_ENOMEM. The text begins with the path.
 */
int sshoal__source_block(struct source *source, size_t entry, uint64_t offset,
			 const struct source_block **block,
			 sshoal_error *error);

void sshoal__source_release(struct source *source,
			    const struct source_block *block);

/* To be asked when all of a file was sent: whether its path still leads to it
 * and it is what it was when the manifest was made. 0 or as above. */
int sshoal__source_check(struct source *source, size_t entry,
			 sshoal_error *error);

/* The SHA-256 of a file, computed once however many ask. 0 or as above. */
int sshoal__source_digest(struct source *source, size_t entry,
			  unsigned char digest[SOURCE_DIGEST],
			  sshoal_error *error);

/* How many bytes were read from files so far, for the tests. */
uint64_t sshoal__source_read_bytes(const struct source *source);

void sshoal__source_free(struct source *source);

#endif
