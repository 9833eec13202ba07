/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_PACKET_H
#define SSHOAL_SFTP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/attributes.h>

#include "base/buffer.h"
#include "base/wire.h"

/* The packets of SFTP version 3 (draft-ietf-secsh-filexfer-02 section 3). */
enum sftp_type {
	SFTP_INIT = 1,
	SFTP_VERSION = 2,
	SFTP_OPEN = 3,
	SFTP_CLOSE = 4,
	SFTP_READ = 5,
	SFTP_WRITE = 6,
	SFTP_LSTAT = 7,
	SFTP_FSTAT = 8,
	SFTP_SETSTAT = 9,
	SFTP_FSETSTAT = 10,
	SFTP_OPENDIR = 11,
	SFTP_READDIR = 12,
	SFTP_REMOVE = 13,
	SFTP_MKDIR = 14,
	SFTP_RMDIR = 15,
	SFTP_REALPATH = 16,
	SFTP_STAT = 17,
	SFTP_RENAME = 18,
	SFTP_READLINK = 19,
	SFTP_SYMLINK = 20,
	SFTP_STATUS = 101,
	SFTP_HANDLE = 102,
	SFTP_DATA = 103,
	SFTP_NAME = 104,
	SFTP_ATTRS = 105,
	SFTP_EXTENDED = 200,
	SFTP_EXTENDED_REPLY = 201,
};

/* What a STATUS says (section 7). */
enum sftp_status {
	SFTP_OK = 0,
	SFTP_EOF = 1,
	SFTP_NO_SUCH_FILE = 2,
	SFTP_PERMISSION_DENIED = 3,
	SFTP_FAILURE = 4,
	SFTP_BAD_MESSAGE = 5,
	SFTP_NO_CONNECTION = 6,
	SFTP_CONNECTION_LOST = 7,
	SFTP_OP_UNSUPPORTED = 8,
};

/* A path, handle or name on the wire has at most so many bytes. */
#define SFTP_PATH_MAX ((size_t)16 * 1024)
#define SFTP_HANDLE_MAX ((size_t)256)

/* One that is being written: begin, fields in order, then it is sent. What
 * goes wrong is kept until then. */
struct packet {
	struct buffer bytes;
	int failed; /* 0, SSHOAL_ENOMEM or SSHOAL_ELIMIT */
};

#define PACKET_INIT \
	{ \
		.bytes = BUFFER_INIT(128 * 1024) \
	}

/* Where the id of a request is, behind its length and type. */
#define PACKET_ID_AT ((size_t)5)

/* Starts anew: room for the length, the type, and room for the id. */
void sshoal__packet_begin(struct packet *packet, enum sftp_type type);

/* The same for SFTP_EXTENDED and an extension's name. */
void sshoal__packet_begin_extended(struct packet *packet, const char *name);

void sshoal__packet_u32(struct packet *packet, uint32_t value);
void sshoal__packet_u64(struct packet *packet, uint64_t value);
void sshoal__packet_string(struct packet *packet, const void *bytes, size_t n);
void sshoal__packet_text(struct packet *packet, const char *text);

/* What attributes->flags names; NULL: nothing. The kind of a file is no part of
 * what is sent of its mode. */
void sshoal__packet_attributes(struct packet *packet,
			       const sshoal_attributes *attributes);

/* Writes id and length; more: bytes that will follow it on their own. */
void sshoal__packet_finish(struct packet *packet, uint32_t id, size_t more);

void sshoal__packet_fini(struct packet *packet);

/* The other way. */
uint64_t sshoal__packet_read_u64(struct wire *wire);

/* Attributes as they come; pairs of an extension are skipped. wire->failed
 * tells whether they were whole. */
void sshoal__packet_read_attributes(struct wire *wire,
				    sshoal_attributes *attributes);

/* The names of a SFTP_NAME, one after the other. */
struct packet_names {
	struct wire wire;
	uint32_t left;
};

struct packet_name {
	const unsigned char *name; /* inside the reply */
	size_t name_size;          /* up to a NUL */
	const unsigned char *long_name;
	size_t long_name_size;
	sshoal_attributes attributes;
};

/* body: what follows the id. False: there cannot be as many as it says. */
bool sshoal__packet_names(struct packet_names *names, const struct wire *body);

/* The next one: false at the end, or when it is damaged: names->wire.failed. */
bool sshoal__packet_next_name(struct packet_names *names,
			      struct packet_name *name);

#endif
