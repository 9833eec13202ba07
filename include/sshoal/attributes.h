/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_ATTRIBUTES_H
#define SSHOAL_ATTRIBUTES_H

#include <stdint.h>

#include <sshoal/export.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Which members of sshoal_attributes count, as in draft-ietf-secsh-filexfer-02
 * section 5. */
#define SSHOAL_ATTRIBUTES_SIZE 0x1u
#define SSHOAL_ATTRIBUTES_OWNER 0x2u
#define SSHOAL_ATTRIBUTES_MODE 0x4u
#define SSHOAL_ATTRIBUTES_TIMES 0x8u

/** What a server says of a file, or is told to make of it. Members that do not
 * count are zero. */
typedef struct sshoal_attributes {
	uint64_t size_bytes;
	uint32_t flags; /* SSHOAL_ATTRIBUTES_ */
	uint32_t mode;  /* POSIX's st_mode: kind and permissions */
	uint32_t uid;   /* the owner, a number of the server's */
	uint32_t gid;
	int64_t atime_s; /* seconds since 1970; servers know 32 bits */
	int64_t mtime_s;
	uint64_t reserved[4]; /* zero */
} sshoal_attributes;

/** What a mode says a file is. */
enum sshoal_file_kind {
	SSHOAL_FILE_UNKNOWN = 0, /* the server did not say */
	SSHOAL_FILE_REGULAR,
	SSHOAL_FILE_DIRECTORY,
	SSHOAL_FILE_LINK,
	SSHOAL_FILE_OTHER /* a device, pipe or socket */
};

/** One of enum sshoal_file_kind. NULL is unknown. Any thread. */
SSHOAL_API int sshoal_attributes_kind(const sshoal_attributes *attributes);

#ifdef __cplusplus
}
#endif
#endif
