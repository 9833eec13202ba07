/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_NAME_SERVER_H
#define TESTS_UNIT_NAME_SERVER_H

#include <stdatomic.h>
#include <sys/types.h>

/*
 * A server of names: the linker sends the objects' calls of getaddrinfo() to
 * name_server.c. What a name begins with says what becomes of it:
 *
 * "families-46": one address for each digit, of IPv4 or IPv6, or 9 for one of a
 * size that no address has. Its place in the list is the address's last part.
 * Where addresses of one family are asked for, there are no others.
 * "fails-N-E": getaddrinfo() fails with -N, and errno is E.
 * "waits": waits for name_server_open(), then has one address.
 * Every other name is asked of the system.
 */

/* Everything begins anew. 0 or -1. */
int name_server_start(void);

/* Lets all go on that wait, and returns when there are as many threads as at
 * the start. 0 or -1. */
int name_server_stop(void);

/* How many look-ups came to wait. */
unsigned name_server_waiting(void);

/* How many names were asked for that are ours. */
unsigned name_server_asked(void);

/* The last thread that came to wait. */
pid_t name_server_waiter(void);

/* Lets all go on that wait, now or later. */
void name_server_open(void);

#endif
