/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/*
 * Preloaded into the servers of the tests, so that stock servers need neither
 * root nor the home of whoever runs the tests:
 *
 * SSHOAL_SHIM_DEVICE=lo  an IPv4 socket is bound to that device before it is
 *                        bound to its address. A server that listens on
 *                        0.0.0.0 answers on all of 127.0.0.0/8 and cannot be
 *                        reached from outside (since Linux 5.7 without root).
 *                        sshd has room for 16 listening addresses only.
 * SSHOAL_SHIM_HOME=DIR   everybody's home is DIR. Dropbear 2022 reads
 *                        authorized_keys nowhere else, and bash reads the
 *                        home's .bashrc before it runs what sshd asks for.
 */

typedef int bind_fn(int, const struct sockaddr *, socklen_t);
typedef struct passwd *getpwnam_fn(const char *);

/* ISO C has no cast from void * to a function. */
static void find_next(void *function, const char *name)
{
	void *next = dlsym(RTLD_NEXT, name);
	memcpy(function, &next, sizeof next);
}

int bind(int fd, const struct sockaddr *address, socklen_t size)
{
	bind_fn *next = NULL;
	find_next(&next, "bind");
	const char *device = getenv("SSHOAL_SHIM_DEVICE");
	if (device && address->sa_family == AF_INET &&
	    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device,
		       (socklen_t)strlen(device) + 1))
		return -1;
	return next(fd, address, size);
}

struct passwd *getpwnam(const char *name)
{
	getpwnam_fn *next = NULL;
	find_next(&next, "getpwnam");
	struct passwd *found = next(name);
	char *home = getenv("SSHOAL_SHIM_HOME");
	if (found && home)
		found->pw_dir = home;
	return found;
}
