/* SPDX-License-Identifier: MIT */
#include "ssh/stream_peer.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "servers/port.h"
#include "ssh/client_rig.h"

#define PIECE 32768

int write_fd(int fd, const void *bytes, size_t size_bytes)
{
	size_t done = 0;
	while (done < size_bytes) {
		ssize_t n = send(fd, (const char *)bytes + done,
				 size_bytes - done, MSG_NOSIGNAL);
		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

int64_t read_fd(int fd, void *bytes, size_t size_bytes)
{
	size_t done = 0;
	while (done < size_bytes) {
		ssize_t n = read(fd, (char *)bytes + done, size_bytes - done);
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (int64_t)done;
}

struct sender {
	int fd;
	uint64_t bytes;
	bool failed;
};

/* Says so much of the pattern, and ends. */
static void *send_pattern(void *argument)
{
	struct sender *sender = argument;
	unsigned char piece[PIECE];
	for (uint64_t n = 0; n < sender->bytes && !sender->failed;) {
		size_t part = sender->bytes - n < PIECE ?
				      (size_t)(sender->bytes - n) :
				      PIECE;
		pattern_fill(piece, part, n, STREAM_SEED);
		sender->failed = write_fd(sender->fd, piece, part) != 0;
		n += part;
	}
	if (shutdown(sender->fd, SHUT_WR))
		sender->failed = true;
	return NULL;
}

/* Hears all there is: how many bytes, -1 when they were not the pattern's or
 * the connection broke. */
static int64_t hear_pattern(int fd)
{
	unsigned char piece[PIECE];
	uint64_t heard = 0;
	bool right = true;
	for (;;) {
		ssize_t n = read(fd, piece, sizeof piece);
		if (n < 0)
			return -1;
		if (n == 0)
			return right ? (int64_t)heard : -1;
		right = right &&
			pattern_is(piece, (size_t)n, heard, STREAM_SEED);
		heard += (uint64_t)n;
	}
}

const char *echo_fd(int fd, uint64_t size_bytes)
{
	struct sender sender = { .fd = fd, .bytes = size_bytes };
	pthread_t thread;
	if (pthread_create(&thread, NULL, send_pattern, &sender))
		return "no thread";
	int64_t heard = hear_pattern(fd);
	(void)pthread_join(thread, NULL);
	if (sender.failed)
		return "not all could be sent";
	return heard == (int64_t)size_bytes ? NULL :
					      "what came back is not the same";
}

static void echo(int fd)
{
	unsigned char piece[PIECE];
	ssize_t n = read(fd, piece, sizeof piece);
	while (n > 0 && write_fd(fd, piece, (size_t)n) == 0)
		n = read(fd, piece, sizeof piece);
	(void)shutdown(fd, n == 0 ? SHUT_WR : SHUT_RDWR);
}

struct guest {
	struct stream_peer *peer;
	int fd;
};

static void *serve(void *argument)
{
	struct guest guest = *(struct guest *)argument;
	char words[32];
	free(argument);
	switch (guest.peer->manner) {
	case STREAM_ECHO:
		echo(guest.fd);
		break;
	case STREAM_SOURCE: {
		struct sender sender = { .fd = guest.fd,
					 .bytes = guest.peer->bytes };
		(void)send_pattern(&sender);
		(void)hear_pattern(guest.fd);
		break;
	}
	case STREAM_SINK:
		(void)snprintf(words, sizeof words, "%" PRId64,
			       hear_pattern(guest.fd));
		(void)write_fd(guest.fd, words, strlen(words));
		(void)shutdown(guest.fd, SHUT_WR);
		break;
	case STREAM_MUTE:
		break;
	}
	return NULL;
}

static void *accept_all(void *argument)
{
	struct stream_peer *peer = argument;
	for (;;) {
		int fd = accept(peer->listener, NULL, NULL);
		struct guest *guest = malloc(sizeof *guest);
		if (fd < 0 || !guest || peer->count == STREAM_PEER_MOST) {
			if (fd >= 0)
				(void)close(fd);
			free(guest);
			return NULL;
		}
		*guest = (struct guest){ peer, fd };
		peer->fds[peer->count] = fd;
		if (pthread_create(&peer->threads[peer->count], NULL, serve,
				   guest)) {
			(void)close(fd);
			free(guest);
			return NULL;
		}
		peer->count++;
	}
}

void stream_peer_start(struct stream_peer *peer, enum stream_manner manner,
		       uint64_t bytes)
{
	*peer = (struct stream_peer){ .manner = manner, .bytes = bytes };
	peer->listener = port_listen(&peer->port, STREAM_PEER_MOST);
	assert_true(peer->listener >= 0);
	assert_int_equal(pthread_create(&peer->thread, NULL, accept_all, peer),
			 0);
}

void stream_peer_stop(struct stream_peer *peer)
{
	(void)shutdown(peer->listener, SHUT_RDWR);
	(void)pthread_join(peer->thread, NULL);
	(void)close(peer->listener);
	for (unsigned i = 0; i < peer->count; i++) {
		(void)shutdown(peer->fds[i], SHUT_RDWR);
		(void)pthread_join(peer->threads[i], NULL);
		(void)close(peer->fds[i]);
	}
}
