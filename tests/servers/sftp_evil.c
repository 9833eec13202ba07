/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "servers/sftp_evil_table.h"

/*
 * sshoal_sftp_evil NAME
 * sshoal_sftp_evil -f FILE
 *
 * An SFTP server on standard input and output with a behaviour of
 * sftp_evil_table.c, whose name is given or in a file. It serves the file
 * system as whoever runs it. Once it has misbehaved there is a file "met" in
 * its working folder.
 */

#define KEPT_MAX 64

/* How long no request comes until what is kept goes out. */
#define QUIET_MS 50

struct server {
	const struct sftp_evil *evil;
	struct sftp_honest *honest;
	bool leaves_mark;
	uint32_t seen; /* of the requests that it is about */
	struct sftp_packet kept[KEPT_MAX];
	size_t kept_count;
};

static void send_bytes(const void *bytes, size_t size)
{
	const char *next = bytes;
	while (size > 0) {
		ssize_t n = write(STDOUT_FILENO, next, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(0);
		next += n;
		size -= (size_t)n;
	}
}

/* One write for each packet: what comes in one piece is what goes wrong when
 * pieces are confused. */
static void send_packet(const struct sftp_packet *packet, uint64_t size,
			size_t most)
{
	struct sftp_packet frame = { .bytes = NULL };
	sftp_put_u32(&frame, (uint32_t)size);
	memcpy(sftp_packet_grow(&frame, packet->size), packet->bytes,
	       packet->size);
	send_bytes(frame.bytes, frame.size < most ? frame.size : most);
	sftp_packet_free(&frame);
}

static void send_whole(const struct sftp_packet *packet)
{
	send_packet(packet, packet->size, SIZE_MAX);
}

/* Until the client has gone. */
static void stall(void)
{
	char bytes[4096];
	ssize_t n = 1;
	while (n > 0 || (n < 0 && errno == EINTR))
		n = read(STDIN_FILENO, bytes, sizeof bytes);
	_exit(0);
}

static void stall_deaf(void)
{
	struct pollfd hang_up = { .fd = STDIN_FILENO };
	while (poll(&hang_up, 1, -1) < 0)
		continue;
	_exit(0);
}

static bool has_input(int timeout_ms)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	return poll(&input, 1, timeout_ms) > 0;
}

static void send_kept(struct server *server)
{
	while (server->kept_count > 0) {
		struct sftp_packet *last = &server->kept[--server->kept_count];
		send_whole(last);
		sftp_packet_free(last);
	}
}

static void keep(struct server *server, struct sftp_packet *reply)
{
	server->kept[server->kept_count++] = *reply;
	*reply = (struct sftp_packet){ .bytes = NULL };
	if (server->kept_count >= server->evil->shuffle || !has_input(QUIET_MS))
		send_kept(server);
}

/* Whether a request is one that it is about. */
static bool concerns(struct server *server, struct sftp_packet *request)
{
	const struct sftp_evil *evil = server->evil;
	if (evil->act == SFTP_ACT_NONE || request->bytes[0] != evil->on)
		return false;
	if (evil->extension) {
		size_t size = 0;
		request->place = 5;
		const unsigned char *name = sftp_take_string(request, &size);
		if (size != strlen(evil->extension) ||
		    memcmp(name, evil->extension, size) != 0)
			return false;
	}
	uint32_t seen = server->seen++;
	return seen >= evil->after &&
	       (evil->times == 0 || seen - evil->after < evil->times);
}

static void make_names(const struct sftp_evil *evil, struct sftp_packet *reply)
{
	uint32_t count = 0;
	reply->size = 5;
	reply->bytes[0] = SFTP_NAME;
	sftp_put_u32(reply, 0);
	for (const struct sftp_evil_name *name = evil->names; name->mode;
	     name++) {
		size_t size = name->size ? name->size : strlen(name->name);
		uint32_t times = name->repeat + 1;
		sftp_put_u32(reply, (uint32_t)size * times);
		for (uint32_t i = 0; i < times && size > 0; i++)
			memcpy(sftp_packet_grow(reply, size), name->name, size);
		sftp_put_text(reply, "");
		sftp_put_u32(reply, 0x5);
		sftp_put_u64(reply, 5);
		sftp_put_u32(reply, name->mode);
		count++;
	}
	sftp_set_u32(reply, 5, count);
}

/* A DATA of other bytes; a STATUS stays one. */
static void change_data(const struct sftp_evil *evil, struct sftp_packet *reply)
{
	if (evil->act == SFTP_ACT_EMPTY) {
		reply->size = 5;
		reply->bytes[0] = SFTP_DATA;
		sftp_put_u32(reply, 0);
		return;
	}
	if (reply->bytes[0] != SFTP_DATA)
		return;
	if (evil->act == SFTP_ACT_FLIP) {
		reply->bytes[9] ^= 1;
		return;
	}
	memset(sftp_packet_grow(reply, evil->number), '+', evil->number);
	sftp_set_u32(reply, 5, (uint32_t)(reply->size - 9));
}

/* What is in the reply, which is sent as any. */
static void change_reply(const struct server *server, uint32_t id,
			 struct sftp_packet *reply)
{
	const struct sftp_evil *evil = server->evil;
	if (evil->act == SFTP_ACT_STATUS)
		sftp_honest_status(server->honest, reply, id,
				   (uint32_t)evil->number, evil->text);
	else if (evil->act == SFTP_ACT_VERSION)
		sftp_honest_version(server->honest, reply,
				    (uint32_t)evil->number);
	else if (evil->act == SFTP_ACT_TYPE)
		reply->bytes[0] = (unsigned char)evil->number;
	else if (evil->act == SFTP_ACT_ID)
		reply->bytes[1] ^= 0x40;
	else if (evil->act == SFTP_ACT_CUT)
		reply->size -= (size_t)evil->number;
	else if (evil->act == SFTP_ACT_COUNT)
		sftp_set_u32(reply, 5, (uint32_t)evil->number);
	else if (evil->act == SFTP_ACT_NAMES || evil->act == SFTP_ACT_NO_NAMES)
		make_names(evil, reply);
	else if (evil->act == SFTP_ACT_LONGER || evil->act == SFTP_ACT_EMPTY ||
		 evil->act == SFTP_ACT_FLIP)
		change_data(evil, reply);
}

/* How the reply is sent. */
static void send_wrong(const struct sftp_evil *evil,
		       const struct sftp_packet *reply)
{
	if (evil->act == SFTP_ACT_DIE) {
		send_packet(reply, reply->size, (size_t)evil->number);
		_exit(0);
	}
	if (evil->act == SFTP_ACT_LENGTH) {
		send_packet(reply, evil->number, SIZE_MAX);
		stall();
	}
	if (evil->act == SFTP_ACT_TEXT)
		send_bytes(evil->text, strlen(evil->text));
	if (evil->act == SFTP_ACT_TWICE)
		send_whole(reply);
	send_whole(reply);
}

static void leave_mark(const struct server *server)
{
	int fd = server->leaves_mark ?
			 open("met", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) :
			 -1;
	if (fd >= 0)
		(void)close(fd);
}

static void answer_wrong(struct server *server, struct sftp_packet *request,
			 struct sftp_packet *reply)
{
	const struct sftp_evil *evil = server->evil;
	leave_mark(server);
	if (evil->act == SFTP_ACT_STALL)
		stall();
	if (evil->act == SFTP_ACT_DEAF)
		stall_deaf();
	if (evil->act == SFTP_ACT_FORGET)
		return;
	request->place = 1;
	uint32_t id = sftp_take_u32(request);
	bool is_done = evil->act == SFTP_ACT_STATUS ?
			       evil->on == SFTP_CLOSE :
			       evil->act != SFTP_ACT_NAMES;
	if (!is_done)
		sftp_packet_begin(reply, SFTP_STATUS, id);
	else
		sftp_honest_answer(server->honest, request, reply);
	change_reply(server, id, reply);
	send_wrong(evil, reply);
}

static void serve(struct server *server)
{
	struct sftp_packet request = { .bytes = NULL };
	struct sftp_packet reply = { .bytes = NULL };
	while (sftp_packet_receive(&request, STDIN_FILENO)) {
		if (server->evil->delay_ms)
			(void)poll(NULL, 0, server->evil->delay_ms);
		if (concerns(server, &request)) {
			answer_wrong(server, &request, &reply);
			continue;
		}
		sftp_honest_answer(server->honest, &request, &reply);
		if (server->evil->shuffle)
			keep(server, &reply);
		else
			send_whole(&reply);
	}
	sftp_packet_free(&request);
	sftp_packet_free(&reply);
}

static const struct sftp_evil *find(int argc, char **argv)
{
	char name[64] = "";
	if (argc == 2)
		return sftp_evil_find(argv[1]);
	if (argc != 3 || strcmp(argv[1], "-f") != 0)
		return NULL;
	FILE *file = fopen(argv[2], "re");
	if (!file)
		return NULL;
	bool is_named = fscanf(file, "%63s", name) == 1;
	(void)fclose(file);
	return is_named ? sftp_evil_find(name) : NULL;
}

int main(int argc, char **argv)
{
	struct server server = { .evil = find(argc, argv) };
	if (!server.evil) {
		(void)fprintf(stderr, "usage: sshoal_sftp_evil NAME|-f FILE\n");
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	server.leaves_mark = argc == 3;
	server.honest = sftp_honest_new(&server.evil->ways);
	if (!server.honest)
		return 1;
	if (server.evil->stderr_text)
		(void)fputs(server.evil->stderr_text, stderr);
	serve(&server);
	sftp_honest_free(server.honest);
	return 0;
}
