/* SPDX-License-Identifier: MIT */
#include "ssh/relay.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

/* Each end's closing is passed on to the other, in its direction; a direction
 * is closed only after what came before. */

static unsigned char *give_room(void *data, enum channel_stream stream,
				size_t *size_bytes)
{
	struct relay *relay = data;
	size_t held = sshoal__buffer_size(&relay->to_fd);
	(void)stream;
	*size_bytes = RELAY_ROOM - held;
	return *size_bytes ?
		       sshoal__buffer_reserve(&relay->to_fd, *size_bytes) :
		       NULL;
}

static int put(void *data, enum channel_stream stream, size_t size_bytes)
{
	struct relay *relay = data;
	/* A connection has no standard error. */
	if (stream == CHANNEL_STDOUT)
		sshoal__buffer_fill(&relay->to_fd, size_bytes);
	return 0;
}

void sshoal__relay_init(struct relay *relay, struct session *session,
			const struct channel_wait *wait, int64_t *budget)
{
	*budget -= RELAY_WINDOW;
	*relay = (struct relay){
		.sink = { .room = give_room, .put = put, .data = relay },
		.fd = -1,
		.window_bytes = RELAY_WINDOW,
		.budget = budget,
		.to_fd = BUFFER_INIT(RELAY_ROOM),
		.to_channel = BUFFER_INIT(RELAY_ROOM),
	};
	sshoal__channel_init(&relay->channel, session, &relay->sink, wait);
}

int sshoal__relay_attach(struct relay *relay, int *callers_fd)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return SSHOAL_ELOCAL;
	relay->fd = ends[0];
	*callers_fd = ends[1];
	return 0;
}

void sshoal__relay_wanted(const struct relay *relay, struct pollfd *wanted)
{
	bool reads = sshoal__buffer_size(&relay->to_channel) == 0 &&
		     !relay->fd_ended;
	bool writes = sshoal__buffer_size(&relay->to_fd) > 0 && !relay->fd_gone;
	/* Of a caller who is gone poll() would tell again and again. */
	*wanted = (struct pollfd){
		.fd = relay->fd_gone && !reads ? -1 : relay->fd,
		.events =
			(short)((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)),
	};
}

static void read_fd(struct relay *relay)
{
	unsigned char *room =
		sshoal__buffer_reserve(&relay->to_channel, RELAY_ROOM);
	if (!room)
		return;
	ssize_t n = recv(relay->fd, room, RELAY_ROOM, MSG_DONTWAIT);
	if (n > 0)
		sshoal__buffer_fill(&relay->to_channel, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		relay->fd_ended = true;
}

static void write_fd(struct relay *relay)
{
	size_t n = sshoal__buffer_size(&relay->to_fd);
	while (n > 0 && !relay->fd_gone) {
		ssize_t sent =
			send(relay->fd, sshoal__buffer_data(&relay->to_fd), n,
			     MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		relay->fd_gone = sent < 0;
		if (sent > 0) {
			sshoal__buffer_consume(&relay->to_fd, (size_t)sent);
			n -= (size_t)sent;
		}
	}
	sshoal__buffer_fini(&relay->to_fd);
	if (relay->channel.ended[CHANNEL_STDOUT] && !relay->fd_shut) {
		relay->fd_shut = true;
		(void)shutdown(relay->fd, SHUT_WR);
	}
}

static void write_channel(struct relay *relay)
{
	struct buffer *buffer = &relay->to_channel;
	size_t n = sshoal__buffer_size(buffer);
	while (n > 0) {
		int64_t taken = sshoal__channel_write(
			&relay->channel, sshoal__buffer_data(buffer), n, NULL);
		if (taken == 0)
			return;
		if (taken < 0) {
			/* Nobody takes it there. */
			relay->fd_ended = true;
			taken = (int64_t)n;
		}
		sshoal__buffer_consume(buffer, (size_t)taken);
		n -= (size_t)taken;
	}
	sshoal__buffer_fini(buffer);
	if (relay->fd_ended && !relay->eof_sent)
		relay->eof_sent = sshoal__channel_eof(&relay->channel);
}

/* One that takes all that comes gets more at a time: over a long way the window
 * is what limits it. libssh2 itself sees to a window of the first size. */
static void widen(struct relay *relay)
{
	struct channel *channel = &relay->channel;
	uint64_t come = channel->bytes[CHANNEL_STDOUT];
	if (!channel->ssh || channel->closed ||
	    channel->ended[CHANNEL_STDOUT] ||
	    sshoal__buffer_size(&relay->to_fd) > 0)
		return;
	if (come - relay->widened_at >= relay->window_bytes &&
	    relay->window_bytes < RELAY_WINDOW_MAX &&
	    *relay->budget >= relay->window_bytes) {
		*relay->budget -= relay->window_bytes;
		relay->window_bytes *= 2;
		relay->widened_at = come;
	}
	if (relay->window_bytes == RELAY_WINDOW)
		return;
	unsigned long left =
		libssh2_channel_window_read_ex(channel->ssh, NULL, NULL);
	if (left < relay->window_bytes / 2)
		(void)libssh2_channel_receive_window_adjust2(
			channel->ssh, relay->window_bytes - left, 1, NULL);
}

/* What libssh2 holds is taken until there is no room: nothing would tell of it
 * later. */
static void write_out(struct relay *relay)
{
	bool moved;
	do {
		moved = false;
		write_fd(relay);
		if (sshoal__channel_pump(&relay->channel, &moved, NULL))
			relay->closing = true;
	} while (moved && !relay->closing);
	write_fd(relay);
}

void sshoal__relay_pump(struct relay *relay)
{
	struct channel *channel = &relay->channel;
	if (relay->revents & (POLLHUP | POLLERR))
		relay->fd_gone = true;
	if (!relay->fd_ended && relay->revents & (POLLIN | POLLHUP) &&
	    sshoal__buffer_size(&relay->to_channel) == 0)
		read_fd(relay);
	relay->revents = 0;
	if (!relay->closing) {
		write_out(relay);
		if (!relay->closing && !channel->closed)
			write_channel(relay);
		if (!relay->closing)
			widen(relay);
	}
	bool done_there =
		channel->closed && sshoal__buffer_size(&relay->to_fd) == 0;
	bool done_here = relay->fd_gone && relay->fd_ended && relay->eof_sent;
	relay->closing |= done_there || done_here;
	if (relay->closing && !relay->gone)
		relay->gone = sshoal__channel_close(channel);
}

void sshoal__relay_fini(struct relay *relay)
{
	*relay->budget += relay->window_bytes;
	sshoal__channel_fini(&relay->channel);
	if (relay->fd >= 0)
		(void)close(relay->fd);
	sshoal__buffer_fini(&relay->to_fd);
	sshoal__buffer_fini(&relay->to_channel);
}
