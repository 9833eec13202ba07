/* SPDX-License-Identifier: MIT */
#ifndef SERVERS_SFTP_HONEST_H
#define SERVERS_SFTP_HONEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "servers/sftp_packet.h"

/* What a server that does as it is told is free to choose, or says that is
 * not so. Zero is every member's default. */
struct sftp_ways {
	size_t read_most;    /* bytes of a DATA; 0: as asked */
	size_t names_most;   /* names of a NAME; 0: 100 */
	size_t handles_most; /* open at a time; 0: 1000 */
	size_t handle_bytes; /* how long a handle is; 0: 4 */
	bool empty_handle;   /* its length is 0 */
	const char *hidden;  /* an extension that is not there; "*": all */
	bool has_limits;     /* limits counts */
	uint64_t limits[4];  /* what limits@openssh.com says */
	bool bare;           /* a STATUS is a code without a text */
	bool pairs;          /* attributes end in extended pairs */
	bool no_attributes;  /* attributes have nothing in them */
	bool has_size;       /* said_size counts */
	uint64_t said_size;  /* the size of every regular file */
	bool has_end;        /* end counts */
	uint64_t end;        /* where every file ends */
	bool endless;        /* no file ends */
};

/* An SFTP server of the real file system: files that are asked for. */
struct sftp_honest;

/* NULL when memory is refused. ways stays the caller's. */
struct sftp_honest *sftp_honest_new(const struct sftp_ways *ways);

/* Does what a request says and makes the reply. */
void sftp_honest_answer(struct sftp_honest *honest, struct sftp_packet *request,
			struct sftp_packet *reply);

/* Makes a reply of a status. text NULL: what the code says. */
void sftp_honest_status(const struct sftp_honest *honest,
			struct sftp_packet *reply, uint32_t id, uint32_t code,
			const char *text);

/* Makes the packet that begins a session. */
void sftp_honest_version(const struct sftp_honest *honest,
			 struct sftp_packet *reply, uint32_t version);

/* Closes what is open and frees it. NULL is ignored. */
void sftp_honest_free(struct sftp_honest *honest);

#endif
