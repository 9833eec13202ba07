/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "servers/port.h"
#include "servers/raw_table.h"

/*
 * Serves every behaviour of the table at a time, each on a port of its own, in
 * one thread around poll(2). It prints "NAME PORT" for each, then "ready".
 */

#define LISTENERS_MAX 64
#define CONNECTIONS_MAX 512
#define BODY_MAX ((size_t)80 * 1024)

struct connection {
	const struct raw_behaviour *behaviour;
	unsigned char *bytes; /* what is sent */
	size_t size;
	size_t sent;
	int64_t due_ms; /* when the next byte goes out */
	int fd;         /* -1: this place is free */
	bool heard;     /* the other said something */
	bool finished;  /* it said all it had to, and waits for the other */
};

struct server {
	int listeners[LISTENERS_MAX];
	struct connection connections[CONNECTIONS_MAX];
};

static int64_t now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t put_u32(unsigned char *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (unsigned char)(value >> (24 - 8 * i));
	return 4;
}

static size_t put_string(unsigned char *out, const char *text)
{
	size_t n = strlen(text);
	memcpy(out + put_u32(out, (uint32_t)n), text, n);
	return 4 + n;
}

/* Wraps a payload into a packet in the clear (RFC 4253 section 6). */
static size_t put_packet(unsigned char *out, const unsigned char *payload,
			 size_t n)
{
	size_t padding = 8 - (n + 5) % 8;
	if (padding < 4)
		padding += 8;
	(void)put_u32(out, (uint32_t)(n + padding + 1));
	out[4] = (unsigned char)padding;
	memcpy(out + 5, payload, n);
	memset(out + 5 + n, 0, padding);
	return 5 + n + padding;
}

static size_t put_kexinit(unsigned char *out)
{
	static const char *const lists[] = {
		("curve25519-sha256,ecdh-sha2-nistp256,"
		 "diffie-hellman-group14-sha256"),
		"ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,ssh-rsa",
		"aes128-ctr,aes256-ctr",
		"aes128-ctr,aes256-ctr",
		"hmac-sha2-256,hmac-sha2-512",
		"hmac-sha2-256,hmac-sha2-512",
		"none",
		"none",
		"",
		""
	};
	unsigned char payload[1024] = { 20 };
	size_t n = 17;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		n += put_string(payload + n, lists[i]);
	return put_packet(out, payload, n + 5);
}

static size_t put_disconnect(unsigned char *out)
{
	unsigned char payload[256] = { 1, 0, 0, 0, 2 };
	size_t n = 5;
	n += put_string(payload + n, "go \x1b[31maway\r\nweb99: ok\x07");
	n += put_string(payload + n, "");
	return put_packet(out, payload, n);
}

static size_t put_body(unsigned char *out,
		       const struct raw_behaviour *behaviour)
{
	switch (behaviour->body) {
	case RAW_NONE:
		return 0;
	case RAW_NOISE:
		for (uint32_t i = 0, x = 1; i < 65536; i++) {
			x = x * 1664525 + 1013904223;
			out[i] = (unsigned char)(x >> 24);
		}
		return 65536;
	case RAW_PACKET:
		memset(out, 0xff, 65536);
		(void)put_u32(out, behaviour->packet_length);
		return 65536;
	case RAW_KEXINIT:
		return put_kexinit(out);
	case RAW_DISCONNECT:
		return put_disconnect(out);
	case RAW_LONG_LINE:
		memset(out, 'x', 300);
		memcpy(out + 100, "\x1b[31m", 5);
		memcpy(out + 300, "\r\n", 2);
		return 302;
	}
	return 0;
}

static void end(struct connection *connection)
{
	if (connection->behaviour->end == RAW_RESET) {
		const struct linger now = { .l_onoff = 1 };
		(void)setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &now,
				 sizeof now);
	}
	(void)close(connection->fd);
	free(connection->bytes);
	connection->bytes = NULL;
	connection->fd = -1;
}

static void begin(struct server *server, int fd,
		  const struct raw_behaviour *behaviour)
{
	struct connection *free_one = NULL;
	for (size_t i = 0; i < CONNECTIONS_MAX && !free_one; i++)
		if (server->connections[i].fd < 0)
			free_one = &server->connections[i];
	size_t text = strlen(behaviour->text);
	unsigned char *bytes = malloc(text + BODY_MAX);
	if (!free_one || !bytes) {
		free(bytes);
		(void)close(fd);
		return;
	}
	memcpy(bytes, behaviour->text, text);
	*free_one = (struct connection){ .behaviour = behaviour,
					 .bytes = bytes,
					 .size = text + put_body(bytes + text,
								 behaviour),
					 .due_ms = now_ms(),
					 .fd = fd };
	(void)printf("accepted %s\n", behaviour->name);
}

/* All was sent. The end of the stream is shown and the connection kept: to
 * close it with something unread would be a reset. */
static bool finish(struct connection *connection)
{
	enum raw_end how = connection->behaviour->end;
	if (how == RAW_CLOSE && !connection->finished)
		(void)shutdown(connection->fd, SHUT_WR);
	connection->finished = true;
	/* Not before the other knows that it is connected. */
	return how != RAW_RESET || !connection->heard;
}

/* Sends what is due; false when the connection is over. */
static bool advance(struct connection *connection)
{
	const struct raw_behaviour *behaviour = connection->behaviour;
	size_t left = connection->size - connection->sent;
	if (left == 0)
		return finish(connection);
	if (behaviour->interval_ms && connection->due_ms > now_ms())
		return true;
	ssize_t n = send(connection->fd, connection->bytes + connection->sent,
			 behaviour->interval_ms ? 1 : left,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN;
	connection->sent += (size_t)n;
	connection->due_ms += behaviour->interval_ms;
	if (connection->sent < connection->size)
		return true;
	if (behaviour->endless)
		connection->sent = 0;
	return behaviour->endless || finish(connection);
}

/* Throws away what a client says; false when it went away. */
static bool listen_to(struct connection *connection)
{
	char bytes[4096];
	ssize_t n = recv(connection->fd, bytes, sizeof bytes, MSG_DONTWAIT);
	connection->heard = connection->heard || n > 0;
	return n > 0 || (n < 0 && errno == EAGAIN);
}

static void turn(struct server *server, size_t index,
		 const struct pollfd *polled)
{
	struct connection *connection = &server->connections[index];
	if (connection->fd < 0)
		return;
	bool goes_on = true;
	if (polled->revents & (POLLIN | POLLHUP | POLLERR))
		goes_on = listen_to(connection);
	if (goes_on)
		goes_on = advance(connection);
	if (!goes_on)
		end(connection);
}

static short wanted(const struct connection *connection)
{
	bool at_once = connection->sent < connection->size &&
		       !connection->behaviour->interval_ms;
	return at_once ? POLLIN | POLLOUT : POLLIN;
}

static void accept_all(struct server *server, const struct pollfd *polled)
{
	for (size_t i = 0; i < raw_behaviour_count; i++) {
		if (!polled[i].revents || raw_behaviours[i].deaf)
			continue;
		int fd = accept4(polled[i].fd, NULL, NULL,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0)
			begin(server, fd, &raw_behaviours[i]);
	}
}

static void serve(struct server *server)
{
	static struct pollfd fds[LISTENERS_MAX + CONNECTIONS_MAX];
	for (;;) {
		for (size_t i = 0; i < raw_behaviour_count; i++)
			fds[i] = (struct pollfd){
				.fd = raw_behaviours[i].deaf ?
					      -1 :
					      server->listeners[i],
				.events = POLLIN
			};
		for (size_t i = 0; i < CONNECTIONS_MAX; i++)
			fds[raw_behaviour_count + i] = (struct pollfd){
				.fd = server->connections[i].fd,
				.events = wanted(&server->connections[i])
			};
		(void)poll(fds, raw_behaviour_count + CONNECTIONS_MAX, 50);
		for (size_t i = 0; i < CONNECTIONS_MAX; i++)
			turn(server, i, &fds[raw_behaviour_count + i]);
		accept_all(server, fds);
	}
}

/* Fills the queue of a socket that never accepts: what comes later is
 * dropped without a word. */
static int fill(uint16_t port)
{
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons(port),
					     .sin_addr = {
						     htonl(INADDR_LOOPBACK) } };
	for (int i = 0; i < 64; i++) {
		int fd = socket(AF_INET,
				SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (fd < 0)
			return -1;
		(void)connect(fd, (const struct sockaddr *)&address,
			      sizeof address);
		struct pollfd connected = { .fd = fd, .events = POLLOUT };
		/* One that is not let in within a while is the first of many;
		 * none of them is ever closed. */
		if (poll(&connected, 1, 300) == 0)
			return 0;
	}
	return -1;
}

int main(void)
{
	static struct server server;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		server.connections[i] =
			(struct connection){ .behaviour = &raw_behaviours[0],
					     .fd = -1 };
	for (size_t i = 0; i < raw_behaviour_count; i++) {
		uint16_t port = 0;
		bool deaf = raw_behaviours[i].deaf;
		server.listeners[i] = port_listen(&port, deaf ? 0 : 128);
		if (server.listeners[i] < 0 || (deaf && fill(port))) {
			perror(raw_behaviours[i].name);
			return 1;
		}
		(void)printf("%s %u\n", raw_behaviours[i].name, (unsigned)port);
	}
	(void)printf("ready\n");
	serve(&server);
}
