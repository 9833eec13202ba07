/* SPDX-License-Identifier: MIT */
#ifndef SSH_STREAM_PEER_H
#define SSH_STREAM_PEER_H

#include <pthread.h>
#include <stdint.h>

#define STREAM_PEER_MOST 128

/* What a TCP server on 127.0.0.1 does with whoever connects. */
enum stream_manner {
	STREAM_ECHO,   /* says what it hears, and ends when the other does */
	STREAM_SOURCE, /* says so many bytes of a pattern, ends, then hears all
			  there is */
	STREAM_SINK,   /* hears all there is and then says how many bytes, as
			  text: -1 when they were not the pattern's */
	STREAM_MUTE    /* neither hears nor says anything */
};

/* The pattern's seed. */
#define STREAM_SEED 11

struct stream_peer {
	enum stream_manner manner;
	uint64_t bytes; /* of a source */
	uint16_t port;
	int listener;
	int fds[STREAM_PEER_MOST];
	unsigned count;
	pthread_t thread;
	pthread_t threads[STREAM_PEER_MOST];
};

/* Starts one, each connection in a thread; fails the test if it cannot. */
void stream_peer_start(struct stream_peer *peer, enum stream_manner manner,
		       uint64_t bytes);
/* Breaks every connection and joins the threads. */
void stream_peer_stop(struct stream_peer *peer);

/* All of it, or -1. */
int write_fd(int fd, const void *bytes, size_t size_bytes);
/* How many came before the end, -1 when the connection broke. */
int64_t read_fd(int fd, void *bytes, size_t size_bytes);

/* Sends so much of the pattern and ends; reads as much back and the end. 0 or
 * what went wrong. */
const char *echo_fd(int fd, uint64_t size_bytes);

#endif
