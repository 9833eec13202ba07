/* SPDX-License-Identifier: MIT */
#ifndef SERVERS_SFTP_PACKET_H
#define SERVERS_SFTP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The messages of SFTP version 3 (draft-ietf-secsh-filexfer-02). */
enum sftp_type {
	SFTP_INIT = 1,
	SFTP_VERSION,
	SFTP_OPEN,
	SFTP_CLOSE,
	SFTP_READ,
	SFTP_WRITE,
	SFTP_LSTAT,
	SFTP_FSTAT,
	SFTP_SETSTAT,
	SFTP_FSETSTAT,
	SFTP_OPENDIR,
	SFTP_READDIR,
	SFTP_REMOVE,
	SFTP_MKDIR,
	SFTP_RMDIR,
	SFTP_REALPATH,
	SFTP_STAT,
	SFTP_RENAME,
	SFTP_READLINK,
	SFTP_SYMLINK,
	SFTP_STATUS = 101,
	SFTP_HANDLE,
	SFTP_DATA,
	SFTP_NAME,
	SFTP_ATTRS,
	SFTP_EXTENDED = 200,
	SFTP_EXTENDED_REPLY
};

/* What a STATUS says. */
enum sftp_code {
	SFTP_OK,
	SFTP_EOF,
	SFTP_NO_SUCH_FILE,
	SFTP_PERMISSION_DENIED,
	SFTP_FAILURE,
	SFTP_BAD_MESSAGE,
	SFTP_NO_CONNECTION,
	SFTP_CONNECTION_LOST,
	SFTP_UNSUPPORTED
};

/* One packet without its length. A server of ours that has no memory, or is
 * asked for what is not in a packet, ends. */
struct sftp_packet {
	unsigned char *bytes;
	size_t size;
	size_t room;
	size_t place; /* of what is taken next */
};

/* Begins a packet anew. */
void sftp_packet_begin(struct sftp_packet *packet, int type, uint32_t id);
void sftp_packet_free(struct sftp_packet *packet);

/* Room for so many more bytes, which are its own from then on. */
unsigned char *sftp_packet_grow(struct sftp_packet *packet, size_t size);
void sftp_put_u32(struct sftp_packet *packet, uint32_t value);
void sftp_put_u64(struct sftp_packet *packet, uint64_t value);
void sftp_put_string(struct sftp_packet *packet, const void *bytes,
		     size_t size);
void sftp_put_text(struct sftp_packet *packet, const char *text);
/* Overwrites a number that was put. */
void sftp_set_u32(struct sftp_packet *packet, size_t place, uint32_t value);

uint32_t sftp_take_u32(struct sftp_packet *packet);
uint64_t sftp_take_u64(struct sftp_packet *packet);
const unsigned char *sftp_take_string(struct sftp_packet *packet, size_t *size);
/* A copy for free(3). */
char *sftp_take_text(struct sftp_packet *packet);

/* Reads the next packet; false at the end. */
bool sftp_packet_receive(struct sftp_packet *packet, int fd);

#endif
