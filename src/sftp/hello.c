/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "sftp/pipeline.h"

/* What a server offers: its version, its extensions, and how much it takes at
 * a time. What it does not say is taken to be the least that all servers can.
 */

#define VERSION 3

/* What limits say is held to between these. */
#define SIZE_LEAST 512
#define HANDLES_USUAL 64
#define HANDLES_MOST 512

/* In a request or answer, what is there besides contents. */
#define AROUND_BYTES 1024

#define OFFERS_MOST ((size_t)64 * 1024)

/* Names and the version of each that is spoken here (OpenSSH's PROTOCOL,
 * section 4; draft-ietf-secsh-filexfer-extensions-00 for the last two). */
static const struct offer {
	const char *name;
	const char *version;
} offers[SFTP_EXTENSIONS] = {
	[SFTP_POSIX_RENAME] = { "posix-rename@openssh.com", "1" },
	[SFTP_FSYNC] = { "fsync@openssh.com", "1" },
	[SFTP_STATVFS] = { "statvfs@openssh.com", "2" },
	[SFTP_FSTATVFS] = { "fstatvfs@openssh.com", "2" },
	[SFTP_HARDLINK] = { "hardlink@openssh.com", "1" },
	[SFTP_LSETSTAT] = { "lsetstat@openssh.com", "1" },
	[SFTP_LIMITS] = { "limits@openssh.com", "1" },
	[SFTP_EXPAND_PATH] = { "expand-path@openssh.com", "1" },
	[SFTP_COPY_DATA] = { "copy-data", "1" },
	[SFTP_HOME_DIRECTORY] = { "home-directory", "1" },
};

const char *sshoal__sftp_extension_name(enum sftp_extension extension)
{
	return offers[extension].name;
}

static bool is(const unsigned char *bytes, size_t n, const char *text)
{
	return n == strlen(text) && memcmp(bytes, text, n) == 0;
}

/* Remembers an extension's name, and whether it is one of ours. */
static void note_offer(struct sshoal_sftp *sftp, const unsigned char *name,
		       size_t name_size, const unsigned char *version,
		       size_t version_size)
{
	if (memchr(name, 0, name_size) == NULL &&
	    sshoal__buffer_size(&sftp->offers) + name_size < OFFERS_MOST) {
		(void)sshoal__buffer_append(&sftp->offers, name, name_size);
		(void)sshoal__buffer_append(&sftp->offers, "", 1);
	}
	for (size_t i = 0; i < SFTP_EXTENSIONS; i++)
		if (is(name, name_size, offers[i].name) &&
		    is(version, version_size, offers[i].version))
			sftp->extensions[i] = true;
}

/* A size as the server has it; 0: it does not say. */
static size_t size_within(uint64_t said, uint64_t packet)
{
	uint64_t size = said;
	if (packet > AROUND_BYTES &&
	    (size == 0 || size > packet - AROUND_BYTES))
		size = packet - AROUND_BYTES;
	if (size == 0)
		return SFTP_CHUNK_LEAST;
	if (size < SIZE_LEAST)
		return SIZE_LEAST;
	/* Blocks of files are cut at multiples of it. */
	return size >= SFTP_CHUNK       ? SFTP_CHUNK :
	       size >= SFTP_CHUNK_LEAST ? SFTP_CHUNK_LEAST :
					  (size_t)size;
}

static void on_limits(struct sftp_request *request,
		      const struct sftp_reply *reply)
{
	struct sshoal_sftp *sftp =
		(struct sshoal_sftp *)((char *)request -
				       offsetof(struct sshoal_sftp, limits));
	if (reply->code || reply->type != SFTP_EXTENDED_REPLY)
		return;
	struct wire body = reply->body;
	uint64_t packet = sshoal__packet_read_u64(&body);
	uint64_t read_size = sshoal__packet_read_u64(&body);
	uint64_t write_size = sshoal__packet_read_u64(&body);
	uint64_t handles = sshoal__packet_read_u64(&body);
	if (body.failed)
		return;
	sftp->read_size = size_within(read_size, packet);
	sftp->write_size = size_within(write_size, packet);
	/* Others may use some of them. */
	if (handles > 0)
		sftp->handles = handles / 2 > HANDLES_MOST ? HANDLES_MOST :
				handles > 1 ? (uint32_t)(handles / 2) :
					      1;
}

int sshoal__sftp_greet(struct sshoal_sftp *sftp, struct wire *body,
		       sshoal_error *error)
{
	uint32_t version = sshoal__wire_u32(body);
	if (version < VERSION)
		return sshoal__error_set(error, SSHOAL_EPROTOCOL,
					 "the server speaks version %u of "
					 "sftp, 3 is needed",
					 version);
	while (!body->failed && body->left > 0) {
		size_t name_size;
		size_t data_size;
		const unsigned char *name =
			sshoal__wire_string(body, &name_size);
		const unsigned char *data =
			sshoal__wire_string(body, &data_size);
		if (!body->failed)
			note_offer(sftp, name, name_size, data, data_size);
	}
	if (body->failed)
		return sshoal__error_set(
			error, SSHOAL_EPROTOCOL,
			"sftp: the server's list of extensions "
			"is damaged");
	sftp->started = true;
	sftp->read_size = SFTP_CHUNK_LEAST;
	sftp->write_size = SFTP_CHUNK_LEAST;
	sftp->handles = HANDLES_USUAL;
	if (!sftp->extensions[SFTP_LIMITS])
		return 0;
	/* Nobody waits for it: until it comes less is asked for at a time. */
	sftp->limits.answered = on_limits;
	sshoal__packet_begin_extended(&sftp->packet, offers[SFTP_LIMITS].name);
	int rc = sshoal__sftp_send(sftp, &sftp->packet, &sftp->limits, NULL);
	return rc ? sshoal__error_code(error, rc) : 0;
}
