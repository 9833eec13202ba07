/* SPDX-License-Identifier: MIT */
#include "sftp/packet.h"

#include <string.h>

#include <sshoal/error.h>

/* Attributes, names and requests as bytes, and back; what comes is checked
 * against how much there is before it is used. */

/* Permissions with set-ID and sticky bits: the rest of a mode is the kind. */
#define PERMISSIONS 07777u

#define EXTENDED_ATTRIBUTES 0x80000000u

/* A name has two strings and attributes: so many bytes at the least. */
#define NAME_LEAST 12

static void keep(struct packet *packet, int rc)
{
	if (rc && !packet->failed)
		packet->failed = rc;
}

void sshoal__packet_begin(struct packet *packet, enum sftp_type type)
{
	const unsigned char start[] = { 0, 0, 0, 0, (unsigned char)type,
					0, 0, 0, 0 };
	sshoal__buffer_consume(&packet->bytes,
			       sshoal__buffer_size(&packet->bytes));
	packet->failed = 0;
	keep(packet,
	     sshoal__buffer_append(&packet->bytes, start, sizeof start));
}

void sshoal__packet_begin_extended(struct packet *packet, const char *name)
{
	sshoal__packet_begin(packet, SFTP_EXTENDED);
	sshoal__packet_text(packet, name);
}

void sshoal__packet_u32(struct packet *packet, uint32_t value)
{
	keep(packet, sshoal__buffer_put_u32(&packet->bytes, value));
}

void sshoal__packet_u64(struct packet *packet, uint64_t value)
{
	sshoal__packet_u32(packet, (uint32_t)(value >> 32));
	sshoal__packet_u32(packet, (uint32_t)value);
}

void sshoal__packet_string(struct packet *packet, const void *bytes, size_t n)
{
	keep(packet, sshoal__buffer_put_string(&packet->bytes, bytes, n));
}

void sshoal__packet_text(struct packet *packet, const char *text)
{
	sshoal__packet_string(packet, text, strlen(text));
}

/* What the wire has for a time. */
static uint32_t seconds(int64_t time_s)
{
	return time_s < 0          ? 0 :
	       time_s > UINT32_MAX ? UINT32_MAX :
				     (uint32_t)time_s;
}

void sshoal__packet_attributes(struct packet *packet,
			       const sshoal_attributes *attributes)
{
	uint32_t flags = attributes ? attributes->flags : 0;
	flags &= SSHOAL_ATTRIBUTES_SIZE | SSHOAL_ATTRIBUTES_OWNER |
		 SSHOAL_ATTRIBUTES_MODE | SSHOAL_ATTRIBUTES_TIMES;
	sshoal__packet_u32(packet, flags);
	if (flags & SSHOAL_ATTRIBUTES_SIZE)
		sshoal__packet_u64(packet, attributes->size_bytes);
	if (flags & SSHOAL_ATTRIBUTES_OWNER) {
		sshoal__packet_u32(packet, attributes->uid);
		sshoal__packet_u32(packet, attributes->gid);
	}
	if (flags & SSHOAL_ATTRIBUTES_MODE)
		sshoal__packet_u32(packet, attributes->mode & PERMISSIONS);
	if (flags & SSHOAL_ATTRIBUTES_TIMES) {
		sshoal__packet_u32(packet, seconds(attributes->atime_s));
		sshoal__packet_u32(packet, seconds(attributes->mtime_s));
	}
}

void sshoal__packet_finish(struct packet *packet, uint32_t id, size_t more)
{
	unsigned char *bytes = sshoal__buffer_data(&packet->bytes);
	size_t n = sshoal__buffer_size(&packet->bytes) - 4 + more;
	if (n > UINT32_MAX)
		keep(packet, SSHOAL_ELIMIT);
	if (packet->failed)
		return;
	sshoal__wire_store_u32(bytes, (uint32_t)n);
	sshoal__wire_store_u32(bytes + PACKET_ID_AT, id);
}

void sshoal__packet_fini(struct packet *packet)
{
	sshoal__buffer_fini(&packet->bytes);
}

uint64_t sshoal__packet_read_u64(struct wire *wire)
{
	uint64_t high = sshoal__wire_u32(wire);
	return high << 32 | sshoal__wire_u32(wire);
}

void sshoal__packet_read_attributes(struct wire *wire,
				    sshoal_attributes *attributes)
{
	uint32_t flags = sshoal__wire_u32(wire);
	*attributes = (sshoal_attributes){
		.flags = flags &
			 (SSHOAL_ATTRIBUTES_SIZE | SSHOAL_ATTRIBUTES_OWNER |
			  SSHOAL_ATTRIBUTES_MODE | SSHOAL_ATTRIBUTES_TIMES),
	};
	if (flags & SSHOAL_ATTRIBUTES_SIZE)
		attributes->size_bytes = sshoal__packet_read_u64(wire);
	if (flags & SSHOAL_ATTRIBUTES_OWNER) {
		attributes->uid = sshoal__wire_u32(wire);
		attributes->gid = sshoal__wire_u32(wire);
	}
	if (flags & SSHOAL_ATTRIBUTES_MODE)
		attributes->mode = sshoal__wire_u32(wire);
	if (flags & SSHOAL_ATTRIBUTES_TIMES) {
		attributes->atime_s = sshoal__wire_u32(wire);
		attributes->mtime_s = sshoal__wire_u32(wire);
	}
	uint32_t pairs =
		flags & EXTENDED_ATTRIBUTES ? sshoal__wire_u32(wire) : 0;
	while (pairs-- > 0 && !wire->failed) {
		size_t n;
		(void)sshoal__wire_string(wire, &n);
		(void)sshoal__wire_string(wire, &n);
	}
}

bool sshoal__packet_names(struct packet_names *names, const struct wire *body)
{
	names->wire = *body;
	names->left = sshoal__wire_u32(&names->wire);
	return !names->wire.failed &&
	       names->left <= names->wire.left / NAME_LEAST;
}

bool sshoal__packet_next_name(struct packet_names *names,
			      struct packet_name *name)
{
	if (names->left == 0 || names->wire.failed)
		return false;
	names->left--;
	struct wire *wire = &names->wire;
	name->name = sshoal__wire_string(wire, &name->name_size);
	name->long_name = sshoal__wire_string(wire, &name->long_name_size);
	sshoal__packet_read_attributes(wire, &name->attributes);
	if (wire->failed)
		return false;
	const unsigned char *nul = memchr(name->name, 0, name->name_size);
	if (nul)
		name->name_size = (size_t)(nul - name->name);
	return true;
}
