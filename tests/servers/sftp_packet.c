/* SPDX-License-Identifier: MIT */
#include "servers/sftp_packet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PACKET_MAX ((size_t)4 * 1024 * 1024)

unsigned char *sftp_packet_grow(struct sftp_packet *packet, size_t size)
{
	size_t needed = packet->size + size;
	if (needed > packet->room) {
		packet->room = 2 * needed;
		packet->bytes = realloc(packet->bytes, packet->room);
		if (!packet->bytes)
			_exit(1);
	}
	packet->size = needed;
	return packet->bytes + needed - size;
}

void sftp_packet_begin(struct sftp_packet *packet, int type, uint32_t id)
{
	packet->size = 0;
	packet->place = 0;
	*sftp_packet_grow(packet, 1) = (unsigned char)type;
	sftp_put_u32(packet, id);
}

void sftp_packet_free(struct sftp_packet *packet)
{
	free(packet->bytes);
	*packet = (struct sftp_packet){ .bytes = NULL };
}

void sftp_set_u32(struct sftp_packet *packet, size_t place, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		packet->bytes[place + i] =
			(unsigned char)(value >> (24 - 8 * i));
}

void sftp_put_u32(struct sftp_packet *packet, uint32_t value)
{
	(void)sftp_packet_grow(packet, 4);
	sftp_set_u32(packet, packet->size - 4, value);
}

void sftp_put_u64(struct sftp_packet *packet, uint64_t value)
{
	sftp_put_u32(packet, (uint32_t)(value >> 32));
	sftp_put_u32(packet, (uint32_t)value);
}

void sftp_put_string(struct sftp_packet *packet, const void *bytes, size_t size)
{
	sftp_put_u32(packet, (uint32_t)size);
	if (size > 0)
		memcpy(sftp_packet_grow(packet, size), bytes, size);
}

void sftp_put_text(struct sftp_packet *packet, const char *text)
{
	sftp_put_string(packet, text, strlen(text));
}

static const unsigned char *take(struct sftp_packet *packet, size_t size)
{
	if (packet->size - packet->place < size)
		_exit(1);
	packet->place += size;
	return packet->bytes + packet->place - size;
}

uint32_t sftp_take_u32(struct sftp_packet *packet)
{
	const unsigned char *p = take(packet, 4);
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

uint64_t sftp_take_u64(struct sftp_packet *packet)
{
	uint64_t high = sftp_take_u32(packet);
	return high << 32 | sftp_take_u32(packet);
}

const unsigned char *sftp_take_string(struct sftp_packet *packet, size_t *size)
{
	*size = sftp_take_u32(packet);
	return take(packet, *size);
}

char *sftp_take_text(struct sftp_packet *packet)
{
	size_t size = 0;
	const unsigned char *bytes = sftp_take_string(packet, &size);
	char *text = malloc(size + 1);
	if (!text)
		_exit(1);
	memcpy(text, bytes, size);
	text[size] = '\0';
	return text;
}

static bool receive(int fd, unsigned char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = read(fd, bytes, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		size -= (size_t)n;
	}
	return true;
}

bool sftp_packet_receive(struct sftp_packet *packet, int fd)
{
	unsigned char *head = NULL;
	packet->size = 0;
	packet->place = 0;
	head = sftp_packet_grow(packet, 4);
	if (!receive(fd, head, 4))
		return false;
	size_t size = sftp_take_u32(packet);
	packet->size = 0;
	packet->place = 0;
	return size > 0 && size <= PACKET_MAX &&
	       receive(fd, sftp_packet_grow(packet, size), size);
}
