/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_SOURCE_FILES_H
#define SSHOAL_SFTP_SOURCE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#include "sftp/manifest.h"

/*
 * The files of a manifest as they are on the disk, a few of them open at a
 * time, and what is known of their changes. Any thread.
 *
 * What goes wrong with one is told as a fault, which many threads can be given:
 * 0, an errno, or a negative code of ours.
 */
struct source_files;

/* 0 or SSHOAL_ENOMEM. */
int sshoal__source_files_new(struct source_files **files,
			     const struct manifest *manifest);

/* Reads so many bytes that must be there. Waits while all the files that may be
 * open are being read from. */
int sshoal__source_files_read(struct source_files *files, size_t entry,
			      uint64_t offset, unsigned char *bytes,
			      size_t size);

/* Looks whether the path of a file leads to what it led to. */
int sshoal__source_files_check(struct source_files *files, size_t entry);

/* Whether a change was found before. */
bool sshoal__source_files_is_changed(const struct source_files *files,
				     size_t entry);

/* Tells a fault. Returns its code. */
int sshoal__source_files_tell(const struct source_files *files, size_t entry,
			      int fault, sshoal_error *error);

uint64_t sshoal__source_files_read_bytes(const struct source_files *files);

void sshoal__source_files_free(struct source_files *files);

#endif
