/* SPDX-License-Identifier: MIT */
#include "servers/port.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static int bind_loopback(uint16_t *port, in_addr_t to, const char *device)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = { htonl(to) } };
	socklen_t size = sizeof address;
	if (fd < 0)
		return -1;
	if ((device &&
	     setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, 3)) ||
	    bind(fd, (struct sockaddr *)&address, size) ||
	    getsockname(fd, (struct sockaddr *)&address, &size)) {
		(void)close(fd);
		return -1;
	}
	*port = ntohs(address.sin_port);
	return fd;
}

uint16_t port_choose(void)
{
	uint16_t port = 0;
	int fd = bind_loopback(&port, INADDR_ANY, "lo");
	if (fd >= 0)
		(void)close(fd);
	return port;
}

int port_listen(uint16_t *port, int backlog)
{
	int fd = bind_loopback(port, INADDR_LOOPBACK, NULL);
	if (fd >= 0 && listen(fd, backlog)) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

int port_closed(uint16_t *port)
{
	return bind_loopback(port, INADDR_LOOPBACK, NULL);
}

int port_answers(uint16_t port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons(port),
					     .sin_addr = {
						     htonl(INADDR_LOOPBACK) } };
	if (fd < 0)
		return 0;
	int rc = connect(fd, (const struct sockaddr *)&address, sizeof address);
	(void)close(fd);
	return rc == 0;
}
