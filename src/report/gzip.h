/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_GZIP_H
#define SSHOAL_REPORT_GZIP_H

#include <stddef.h>

/* So much is packed at a time. */
#define GZIP_PIECE_BYTES ((size_t)64 * 1024)

/*
 * Makes members of gzip files (RFC 1952), one after the other. A file may have
 * any number of them, so that one of these serves any number of files.
 */
struct gzip;

/* 0 or SSHOAL_ENOMEM. */
int sshoal__gzip_new(struct gzip **gzip);

/* Packs at most GZIP_PIECE_BYTES, or none, into one member, which is valid
 * until the next call. Returns its size. */
size_t sshoal__gzip_pack(struct gzip *gzip, const void *bytes,
			 size_t size_bytes, const void **member);

/* NULL is ignored. */
void sshoal__gzip_free(struct gzip *gzip);

#endif
