/* SPDX-License-Identifier: MIT */
#include "name_server.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "asleep.h"
#include "base/clock.h"
#include "base/wait.h"

/* Nobody waits longer. */
#define LONG_MS 60000

static struct {
	atomic_int door; /* readable when those that wait may go on */
	atomic_uint asked;
	atomic_uint waiting;
	_Atomic pid_t waiter;
	size_t threads; /* how many there were at the start */
} server = { .door = -1 };

/* The names are those that ld --wrap asks for. */
int __real_getaddrinfo(const char *host, const char *service,
		       const struct addrinfo *hints, struct addrinfo **info);
int __wrap_getaddrinfo(const char *host, const char *service,
		       const struct addrinfo *hints, struct addrinfo **info);
void __real_freeaddrinfo(struct addrinfo *info);
void __wrap_freeaddrinfo(struct addrinfo *info);

static void *note_id(void *id)
{
	*(pid_t *)id = gettid();
	return NULL;
}

int name_server_start(void)
{
	/* With the first thread of a process the thread sanitizer starts one
	 * of its own, which stays. */
	pthread_t first;
	pid_t id = 0;
	if (pthread_create(&first, NULL, note_id, &id) != 0 ||
	    pthread_join(first, NULL) != 0)
		return -1;
	await_gone(id);
	server.threads = count_threads();
	server.door = eventfd(0, EFD_CLOEXEC);
	server.asked = 0;
	server.waiting = 0;
	return server.door < 0 ? -1 : 0;
}

int name_server_stop(void)
{
	name_server_open();
	await_threads(server.threads);
	return close(server.door);
}

unsigned name_server_asked(void)
{
	return server.asked;
}

unsigned name_server_waiting(void)
{
	return server.waiting;
}

pid_t name_server_waiter(void)
{
	return server.waiter;
}

void name_server_open(void)
{
	if (eventfd_write(server.door, 1) != 0)
		abort();
}

/* An entry with its address behind it. */
struct entry {
	struct addrinfo info;
	struct sockaddr_storage address;
};

static char mark[] = "ours";

/* Those of one family, or of any. */
static struct addrinfo *make_list(const char *families, int family)
{
	struct addrinfo *first = NULL;
	for (size_t i = strlen(families); i-- > 0;) {
		if ((family == AF_INET && families[i] == '6') ||
		    (family == AF_INET6 && families[i] != '6'))
			continue;
		struct entry *entry = calloc(1, sizeof *entry);
		bool v6 = families[i] == '6';
		if (!entry)
			abort();
		entry->info = (struct addrinfo){
			.ai_family = v6 ? AF_INET6 : AF_INET,
			.ai_addrlen = v6 ? sizeof(struct sockaddr_in6) :
					   sizeof(struct sockaddr_in),
			.ai_addr = (struct sockaddr *)&entry->address,
			.ai_canonname = mark,
			.ai_next = first,
		};
		if (families[i] == '9')
			entry->info.ai_addrlen = sizeof entry->address + 1;
		const struct sockaddr_in v4_address = {
			.sin_family = AF_INET,
			.sin_addr = { htonl(0x7f000001 + (uint32_t)i) },
		};
		struct sockaddr_in6 v6_address = { .sin6_family = AF_INET6 };
		v6_address.sin6_addr.s6_addr[15] = (uint8_t)(i + 1);
		if (v6)
			memcpy(&entry->address, &v6_address, sizeof v6_address);
		else
			memcpy(&entry->address, &v4_address, sizeof v4_address);
		first = &entry->info;
	}
	return first;
}

static void wait_at_door(void)
{
	struct pollfd door = { .fd = server.door, .events = POLLIN };
	server.waiter = gettid();
	atomic_fetch_add(&server.waiting, 1);
	(void)sshoal__wait_any(&door, 1, sshoal__deadline_in(LONG_MS), -1);
}

int __wrap_getaddrinfo(const char *host, const char *service,
		       const struct addrinfo *hints, struct addrinfo **info)
{
	int number = 0;
	int system = 0;
	bool fails = sscanf(host, "fails-%d-%d", &number, &system) == 2;
	bool waits = strncmp(host, "waits", 5) == 0;
	bool lists = strncmp(host, "families-", 9) == 0;
	if ((hints->ai_flags & AI_NUMERICHOST) || (!fails && !waits && !lists))
		return __real_getaddrinfo(host, service, hints, info);
	atomic_fetch_add(&server.asked, 1);
	if (fails) {
		errno = system;
		return -number;
	}
	if (waits)
		wait_at_door();
	*info = make_list(waits ? "4" : host + 9, hints->ai_family);
	return 0;
}

void __wrap_freeaddrinfo(struct addrinfo *info)
{
	if (info && info->ai_canonname != mark) {
		__real_freeaddrinfo(info);
		return;
	}
	while (info) {
		struct addrinfo *next = info->ai_next;
		free(info);
		info = next;
	}
}
