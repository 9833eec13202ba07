/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * relay ADDRESS PORT [PIDS]: what a ProxyCommand is, as small as it can be. It
 * connects, passes bytes on in both directions, each until its end, and writes
 * a line with its process id into the file PIDS before.
 */

static bool note_pid(const char *path)
{
	char line[32];
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int n = snprintf(line, sizeof line, "%ld\n", (long)getpid());
	bool done = fd >= 0 && write(fd, line, (size_t)n) == n;
	return fd >= 0 && close(fd) == 0 && done;
}

static bool write_all(int fd, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, bytes, n);
		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			bytes += written;
			n -= (size_t)written;
		}
	}
	return true;
}

/* Passes on what is there; false at the end. */
static bool pass(int from, int to)
{
	static char bytes[65536];
	ssize_t n = read(from, bytes, sizeof bytes);
	if (n < 0)
		return errno == EINTR;
	return n > 0 && write_all(to, bytes, (size_t)n);
}

static int relay(int fd)
{
	struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
				{ .fd = fd, .events = POLLIN } };
	while (fds[1].fd >= 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return 1;
		if (fds[0].revents && !pass(STDIN_FILENO, fd)) {
			fds[0].fd = -1;
			(void)shutdown(fd, SHUT_WR);
		}
		if (fds[1].revents && !pass(fd, STDOUT_FILENO))
			fds[1].fd = -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	if (argc < 3 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
		(void)fprintf(stderr, "usage: relay ADDRESS PORT [PIDS]\n");
		return 2;
	}
	to.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	if (argc > 3 && !note_pid(argv[3])) {
		(void)fprintf(stderr, "relay: %s: %s\n", argv[3],
			      strerror(errno));
		return 2;
	}
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
		(void)fprintf(stderr, "relay: connect to %s port %s: %s\n",
			      argv[1], argv[2], strerror(errno));
		return 1;
	}
	return relay(fd);
}
