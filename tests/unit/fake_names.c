/* SPDX-License-Identifier: MIT */
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/*
 * A name server of a few names, for ssh and for the library alike: preloaded
 * into the one, and linked into the tests of the other with ld --wrap. Digits
 * are asked of the system, all other names are not known.
 */

typedef int ask_fn(const char *host, const char *service,
		   const struct addrinfo *hints, struct addrinfo **info);

static const struct fake {
	const char *name;
	const char *canonical;
	int family;
} names[] = {
	{ "web1.a.test.", "web1.a.test", AF_INET },
	{ "web2.b.test.", "real.c.test", AF_INET },
	{ "db1.b.test.", "db1.b.test", AF_INET6 },
	{ "www.x.a.test.", "real.c.test", AF_INET },
	{ "full.test.", "full.test", AF_INET },
	{ "web1", "web1", AF_INET },
	{ "web2", "alias.c.test", AF_INET },
	{ "db1", "db1", AF_INET },
	{ "www.x", "other.c.test", AF_INET },
	{ "a.b.c", "a.b.c", AF_INET },
	{ "full.test.", "full.test", AF_INET },
};

/* One block of memory, and the name: what the system's freeaddrinfo() frees. */
static int make(struct addrinfo **info, const struct fake *fake)
{
	struct {
		struct addrinfo info;
		struct sockaddr_in6 address;
	} *made = calloc(1, sizeof *made);
	char *canonical = strdup(fake->canonical);
	if (!made || !canonical) {
		free(made);
		free(canonical);
		return EAI_MEMORY;
	}
	made->address.sin6_family = (sa_family_t)fake->family;
	made->info = (struct addrinfo){
		.ai_family = fake->family,
		.ai_socktype = SOCK_STREAM,
		.ai_addrlen = fake->family == AF_INET ?
				      sizeof(struct sockaddr_in) :
				      sizeof(struct sockaddr_in6),
		.ai_addr = (struct sockaddr *)&made->address,
		.ai_canonname = canonical,
	};
	*info = &made->info;
	return 0;
}

static int answer(const char *host, const char *service,
		  const struct addrinfo *hints, struct addrinfo **info,
		  ask_fn *ask)
{
	if (!host || !hints || (hints->ai_flags & AI_NUMERICHOST))
		return ask(host, service, hints, info);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].name, host) == 0 &&
		    (hints->ai_family == AF_UNSPEC ||
		     hints->ai_family == names[i].family))
			return make(info, &names[i]);
	return EAI_NONAME;
}

#ifdef FAKE_NAMES_PRELOAD
__attribute__((visibility("default"))) int
getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
	    struct addrinfo **info)
{
	ask_fn *ask = NULL;
	void *found = dlsym(RTLD_NEXT, "getaddrinfo");
	memcpy(&ask, &found, sizeof ask);
	return answer(host, service, hints, info, ask);
}
#else
int __real_getaddrinfo(const char *host, const char *service,
		       const struct addrinfo *hints, struct addrinfo **info);
int __wrap_getaddrinfo(const char *host, const char *service,
		       const struct addrinfo *hints, struct addrinfo **info);

int __wrap_getaddrinfo(const char *host, const char *service,
		       const struct addrinfo *hints, struct addrinfo **info)
{
	return answer(host, service, hints, info, __real_getaddrinfo);
}
#endif
