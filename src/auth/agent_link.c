/* SPDX-License-Identifier: MIT */
#include "auth/agent_link.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "base/wire.h"

/* One question, one answer. The agent is not trusted to answer at all, nor to
 * say the truth about how much it will send. */

/* How long to wait before an agent whose queue is full is tried again. */
#define BUSY_PAUSE_MS 10

static int refuse_path(const char *path, int number, sshoal_error *error)
{
	switch (number) {
	case ENOENT:
	case ENOTDIR:
		return sshoal__error_set(error, SSHOAL_ENOENT,
					 "ssh-agent: there is no socket %s",
					 path);
	case ECONNREFUSED:
		return sshoal__error_set(error, SSHOAL_ENOENT,
					 "ssh-agent: none listens on %s", path);
	case EACCES:
	case EPERM:
		return sshoal__error_set(error, SSHOAL_EACCESS,
					 "ssh-agent: %s: %s", path,
					 strerror(number));
	case ENOMEM:
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	default:
		return sshoal__error_set(error, SSHOAL_ELOCAL,
					 "ssh-agent: %s: %s", path,
					 strerror(number));
	}
}

/* The kernel has no event for "the queue of a listening Unix socket has room
 * again": it says EAGAIN, and the only way is to try again after a while. */
static int pause_for_busy(const struct agent_limit *limit)
{
	int64_t pause_ms = sshoal__deadline_min(
		limit->deadline_ms, sshoal__deadline_in(BUSY_PAUSE_MS));
	int rc = sshoal__wait_any(NULL, 0, pause_ms, limit->cancel_fd);
	if (rc == SSHOAL_ETIMEOUT &&
	    sshoal__deadline_left_ms(limit->deadline_ms) != 0)
		return 0;
	return rc;
}

static int connect_to(int fd, const struct sockaddr_un *address,
		      const struct agent_limit *limit, sshoal_error *error)
{
	for (;;) {
		if (connect(fd, (const struct sockaddr *)address,
			    sizeof *address) == 0)
			return 0;
		int number = errno;
		if (number == EINTR)
			continue;
		if (number != EAGAIN)
			return refuse_path(address->sun_path, number, error);
		int rc = pause_for_busy(limit);
		if (rc)
			return sshoal__error_set(
				error, rc, "ssh-agent: %s: no connection: %s",
				address->sun_path, sshoal_error_text(rc));
	}
}

int sshoal__agent_link_open(struct agent_link *link, const char *path,
			    const struct agent_limit *limit,
			    sshoal_error *error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t n = strlen(path);
	if (n >= sizeof address.sun_path)
		return sshoal__error_set(
			error, SSHOAL_ENOENT,
			"ssh-agent: %s: longer than a socket's path can be",
			path);
	memcpy(address.sun_path, path, n + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return refuse_path(path, errno, error);
	int rc = connect_to(fd, &address, limit, error);
	if (rc) {
		(void)close(fd);
		return rc;
	}
	link->fd = fd;
	return 0;
}

static int wait_for(const struct agent_link *link, short events,
		    const struct agent_limit *limit)
{
	struct pollfd waited = { .fd = link->fd, .events = events };
	int rc = sshoal__wait_any(&waited, 1, limit->deadline_ms,
				  limit->cancel_fd);
	return rc < 0 ? rc : 0;
}

/* Whether a call on the socket has to wait; *rc is what came of that. */
static bool must_wait(const struct agent_link *link, short events,
		      const struct agent_limit *limit, int *rc)
{
	if (errno == EINTR)
		*rc = 0;
	else if (errno == EAGAIN)
		*rc = wait_for(link, events, limit);
	else
		return false;
	return *rc == 0;
}

static int send_all(const struct agent_link *link, struct buffer *frame,
		    const struct agent_limit *limit)
{
	while (sshoal__buffer_size(frame) > 0) {
		ssize_t n = send(link->fd, sshoal__buffer_data(frame),
				 sshoal__buffer_size(frame), MSG_NOSIGNAL);
		if (n >= 0) {
			sshoal__buffer_consume(frame, (size_t)n);
			continue;
		}
		int rc = SSHOAL_EIO;
		if (!must_wait(link, POLLOUT, limit, &rc))
			return rc;
	}
	return 0;
}

static int receive_all(const struct agent_link *link, unsigned char *bytes,
		       size_t size, const struct agent_limit *limit)
{
	size_t got = 0;
	while (got < size) {
		ssize_t n = recv(link->fd, bytes + got, size - got, 0);
		if (n > 0) {
			got += (size_t)n;
			continue;
		}
		int rc = SSHOAL_EIO;
		if (n == 0 || !must_wait(link, POLLIN, limit, &rc))
			return rc;
	}
	return 0;
}

static int receive(const struct agent_link *link, struct buffer *reply,
		   const struct agent_limit *limit, sshoal_error *error)
{
	unsigned char head[4];
	int rc = receive_all(link, head, sizeof head, limit);
	if (rc)
		return rc;
	uint32_t size = sshoal__wire_load_u32(head);
	if (size == 0 || size > AGENT_MESSAGE_MAX)
		return sshoal__error_set(error, SSHOAL_EPROTOCOL,
					 "ssh-agent: an answer of %u bytes, "
					 "where 1 to %d are allowed",
					 size, AGENT_MESSAGE_MAX);
	unsigned char *room = sshoal__buffer_reserve(reply, size);
	if (!room)
		return SSHOAL_ENOMEM;
	rc = receive_all(link, room, size, limit);
	if (rc == 0)
		sshoal__buffer_fill(reply, size);
	return rc;
}

static int explain(int rc, sshoal_error *error)
{
	const char *why = rc == SSHOAL_EIO ?
				  "it closed the connection without an answer" :
			  rc == SSHOAL_ETIMEOUT ? "no answer in time" :
						  sshoal_error_text(rc);
	/* What receive() found wrong has its text already. */
	return rc == SSHOAL_EPROTOCOL ?
		       rc :
		       sshoal__error_set(error, rc, "ssh-agent: %s", why);
}

int sshoal__agent_link_ask(struct agent_link *link,
			   const struct buffer *message, struct buffer *reply,
			   const struct agent_limit *limit, sshoal_error *error)
{
	if (link->fd < 0)
		return sshoal__error_set(error, SSHOAL_ECLOSED,
					 "ssh-agent: the connection was given "
					 "up after a failure");
	struct buffer frame = BUFFER_INIT(AGENT_MESSAGE_MAX + 4);
	int rc = sshoal__buffer_put_string(&frame, sshoal__buffer_data(message),
					   sshoal__buffer_size(message));
	if (rc) {
		sshoal__buffer_fini(&frame);
		return explain(rc, error);
	}
	rc = send_all(link, &frame, limit);
	if (rc == 0)
		rc = receive(link, reply, limit, error);
	sshoal__buffer_fini(&frame);
	if (rc == 0)
		return 0;
	sshoal__agent_link_close(link);
	return explain(rc, error);
}

void sshoal__agent_link_close(struct agent_link *link)
{
	if (link->fd >= 0)
		(void)close(link->fd);
	link->fd = -1;
}
