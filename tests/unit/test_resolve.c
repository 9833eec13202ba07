/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "asleep.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "name_server.h"
#include "scarcity.h"
#include "ssh/resolve.h"

/* Longer than anything here takes that does not hang. */
#define LONG_MS 60000

/* How many look-ups may be under way at a time. */
#define THREADS 16

static int setup(void **state)
{
	(void)state;
	return name_server_start();
}

static int teardown(void **state)
{
	(void)state;
	return name_server_stop();
}

static void await_waiting(unsigned count)
{
	while (name_server_waiting() < count)
		(void)sched_yield();
}

/* Counts the look-ups that are over. */
struct counter {
	int fd;
	atomic_uint done;
};

static void on_done(struct lookup *lookup, void *data)
{
	struct counter *counter = data;
	(void)lookup;
	atomic_fetch_add(&counter->done, 1);
	(void)eventfd_write(counter->fd, 1);
}

static struct counter new_counter(void)
{
	struct counter counter = { .fd = eventfd(0, EFD_CLOEXEC) };
	assert_true(counter.fd >= 0);
	return counter;
}

static void await_done(const struct counter *counter, unsigned count)
{
	while (counter->done < count) {
		struct pollfd wanted = { .fd = counter->fd, .events = POLLIN };
		eventfd_t told;
		assert_int_equal(sshoal__wait_any(&wanted, 1,
						  sshoal__deadline_in(LONG_MS),
						  -1),
				 1);
		assert_int_equal(eventfd_read(counter->fd, &told), 0);
	}
}

static struct resolver *new_resolver(void)
{
	struct resolver *resolver = NULL;
	assert_int_equal(sshoal__resolver_new(&resolver, THREADS, NULL), 0);
	assert_non_null(resolver);
	return resolver;
}

static struct lookup *start(struct resolver *resolver, const char *host,
			    struct counter *counter)
{
	struct lookup *lookup = NULL;
	/* The name is gone when the call has returned. */
	char *copy = strdup(host);
	assert_non_null(copy);
	assert_int_equal(sshoal__lookup_start(&lookup, resolver, copy,
					      AF_UNSPEC, on_done, counter),
			 0);
	memset(copy, '#', strlen(copy));
	free(copy);
	assert_non_null(lookup);
	return lookup;
}

/* Looks one name up; its addresses as "a b c" in out. */
static int look_up(const char *host, char *out, size_t size, char text[128])
{
	struct resolver *resolver = new_resolver();
	struct counter counter = new_counter();
	struct lookup *lookup = start(resolver, host, &counter);
	await_done(&counter, 1);
	const struct addresses *addresses = NULL;
	const char *why = NULL;
	int rc = sshoal__lookup_result(lookup, &addresses, &why);
	(void)snprintf(text, 128, "%s", why);
	size_t used = 0;
	out[0] = '\0';
	for (size_t i = 0; rc == 0 && i < addresses->count; i++) {
		char digits[ADDRESS_TEXT_MAX];
		sshoal__address_text(digits, &addresses->list[i]);
		used += (size_t)snprintf(out + used, size - used, "%s%s",
					 i ? " " : "", digits);
		assert_true(used < size);
	}
	assert_true(sshoal__lookup_started_ms(lookup) > 0);
	assert_false(sshoal__lookup_abandon(resolver, lookup));
	sshoal__lookup_free(lookup);
	sshoal__resolver_free(resolver);
	assert_int_equal(counter.done, 1);
	(void)close(counter.fd);
	return rc;
}

static void digits_need_no_look_up(void **state)
{
	(void)state;
	static const struct {
		const char *host, *text;
	} table[] = {
		{ "127.0.0.1", "127.0.0.1" },
		{ "192.0.2.255", "192.0.2.255" },
		{ "::1", "::1" },
		{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
		{ "fe80::1%lo", "fe80::1%lo" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct addresses addresses;
		char text[ADDRESS_TEXT_MAX];
		assert_true(sshoal__resolve_numeric(&addresses, table[i].host));
		assert_int_equal(addresses.count, 1);
		sshoal__address_text(text, &addresses.list[0]);
		assert_string_equal(text, table[i].text);
	}
}

static void a_name_is_no_digits(void **state)
{
	(void)state;
	static const char *const names[] = {
		"localhost",  "web01.example.com", "",      "1.2.3.4.5",
		"256.1.1.1",  "127.0.0.1:22",      "[::1]", ":::1",
		"127.0.0.1 ", "10.0.0.1/8",
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct addresses addresses = { .count = 77 };
		if (sshoal__resolve_numeric(&addresses, names[i]))
			fail_msg("\"%s\"", names[i]);
		assert_int_equal(addresses.count, 77);
	}
}

static void an_address_of_no_family_has_a_text(void **state)
{
	(void)state;
	const struct address none = { .size = sizeof(struct sockaddr_in) };
	char text[ADDRESS_TEXT_MAX];
	sshoal__address_text(text, &none);
	assert_string_equal(text, "?");
}

static void localhost_is_this_machine(void **state)
{
	(void)state;
	char out[1024];
	char text[128];
	assert_int_equal(look_up("localhost", out, sizeof out, text), 0);
	if (!strstr(out, "127.0.0.1") && !strstr(out, "::1"))
		fail_msg("localhost is %s", out);
}

static void both_families_are_tried_in_turn(void **state)
{
	(void)state;
	static const struct {
		const char *host, *order;
	} table[] = {
		{ "families-4", "127.0.0.1" },
		{ "families-44", "127.0.0.1 127.0.0.2" },
		{ "families-666", "::1 ::2 ::3" },
		{ "families-64", "::1 127.0.0.2" },
		{ "families-46", "127.0.0.1 ::2" },
		{ "families-6644", "::1 127.0.0.3 ::2 127.0.0.4" },
		{ "families-4466", "127.0.0.1 ::3 127.0.0.2 ::4" },
		{ "families-6664", "::1 127.0.0.4 ::2 ::3" },
		{ "families-6446", "::1 127.0.0.2 ::4 127.0.0.3" },
		{ "families-4964", "127.0.0.1 ::3 127.0.0.4" },
		{ "families-94", "127.0.0.2" },
		/* Eight are kept, and not all of one family. */
		{ "families-4444444444",
		  "127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 "
		  "127.0.0.6 127.0.0.7 127.0.0.8" },
		{ "families-66666666664",
		  "::1 127.0.0.11 ::2 ::3 ::4 ::5 ::6 ::7" },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char out[1024];
		char text[128];
		assert_int_equal(look_up(table[i].host, out, sizeof out, text),
				 0);
		assert_string_equal(out, table[i].order);
	}
}

static void only_a_family_that_is_asked_for_is_given(void **state)
{
	static const struct {
		int family;
		const char *first;
		size_t count;
	} table[] = {
		{ AF_UNSPEC, "127.0.0.1", 4 },
		{ AF_INET, "127.0.0.1", 2 },
		{ AF_INET6, "::2", 2 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct resolver *resolver = new_resolver();
		struct counter counter = new_counter();
		struct lookup *lookup = NULL;
		const struct addresses *found = NULL;
		const char *text;
		char digits[ADDRESS_TEXT_MAX];
		assert_int_equal(sshoal__lookup_start(
					 &lookup, resolver, "families-4646",
					 table[i].family, on_done, &counter),
				 0);
		await_done(&counter, 1);
		assert_int_equal(sshoal__lookup_result(lookup, &found, &text),
				 0);
		assert_int_equal(found->count, table[i].count);
		sshoal__address_text(digits, &found->list[0]);
		assert_string_equal(digits, table[i].first);
		assert_true(sshoal__addresses_are(found, table[i].family));
		sshoal__lookup_free(lookup);
		sshoal__resolver_free(resolver);
		(void)close(counter.fd);
	}
	struct addresses digits;
	assert_true(sshoal__resolve_numeric(&digits, "::1"));
	assert_true(sshoal__addresses_are(&digits, AF_UNSPEC));
	assert_false(sshoal__addresses_are(&digits, AF_INET));
}

static void a_failing_look_up_says_why(void **state)
{
	(void)state;
	static const struct {
		int number, system, code;
	} table[] = {
		{ EAI_NONAME, 0, SSHOAL_EDNS },
		{ EAI_AGAIN, 0, SSHOAL_EDNS },
		{ EAI_FAIL, 0, SSHOAL_EDNS },
		{ EAI_MEMORY, 0, SSHOAL_ENOMEM },
		{ EAI_SYSTEM, EMFILE, SSHOAL_ELOCAL },
		{ EAI_SYSTEM, ENFILE, SSHOAL_ELOCAL },
		{ EAI_SYSTEM, ECONNREFUSED, SSHOAL_EDNS },
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		char host[64];
		char out[64];
		char text[128];
		(void)snprintf(host, sizeof host, "fails-%d-%d",
			       -table[i].number, table[i].system);
		assert_int_equal(look_up(host, out, sizeof out, text),
				 table[i].code);
		assert_string_equal(text, gai_strerror(table[i].number));
	}
	char out[64];
	char text[128];
	assert_int_equal(look_up("families-", out, sizeof out, text),
			 SSHOAL_EDNS);
	assert_non_null(strstr(text, "no address"));
	assert_int_equal(look_up("families-9", out, sizeof out, text),
			 SSHOAL_EDNS);
}

static void an_abandoned_look_up_is_heard_of_no_more(void **state)
{
	(void)state;
	struct resolver *resolver = new_resolver();
	struct counter counter = new_counter();
	struct lookup *lookup = start(resolver, "waits", &counter);
	await_waiting(1);
	assert_true(sshoal__lookup_started_ms(lookup) > 0);
	assert_true(sshoal__lookup_abandon(resolver, lookup));
	assert_false(sshoal__lookup_abandon(resolver, lookup));
	sshoal__lookup_free(lookup);
	/* Nobody waits for it. */
	sshoal__resolver_free(resolver);
	assert_int_equal(counter.done, 0);
	name_server_open();
	await_gone(name_server_waiter());
	assert_int_equal(counter.done, 0);
	(void)close(counter.fd);
}

static void an_abandoned_look_up_holds_no_thread(void **state)
{
	(void)state;
	struct resolver *resolver = new_resolver();
	struct counter counter = new_counter();
	struct lookup *lookups[THREADS];
	for (size_t i = 0; i < THREADS; i++)
		lookups[i] = start(resolver, "waits", &counter);
	await_waiting(THREADS);
	struct lookup *taken_back = start(resolver, "families-4", &counter);
	struct lookup *next = start(resolver, "families-6", &counter);
	assert_true(sshoal__lookup_started_ms(taken_back) == 0);
	assert_true(sshoal__lookup_abandon(resolver, taken_back));
	assert_true(sshoal__lookup_abandon(resolver, lookups[0]));
	await_done(&counter, 1);
	const struct addresses *addresses = NULL;
	const char *text = NULL;
	assert_int_equal(sshoal__lookup_result(next, &addresses, &text), 0);
	assert_int_equal(addresses->count, 1);
	assert_int_equal(addresses->list[0].any.sa_family, AF_INET6);
	name_server_open();
	await_done(&counter, THREADS);
	for (size_t i = 0; i < THREADS; i++)
		sshoal__lookup_free(lookups[i]);
	sshoal__lookup_free(taken_back);
	sshoal__lookup_free(next);
	sshoal__resolver_free(resolver);
	assert_int_equal(counter.done, THREADS);
	(void)close(counter.fd);
}

static void every_one_of_many_look_ups_is_over_once(void **state)
{
	(void)state;
	struct resolver *resolver = new_resolver();
	struct counter counter = new_counter();
	struct lookup *lookups[500];
	size_t count = sizeof lookups / sizeof *lookups;
	unsigned abandoned = 0;
	for (size_t i = 0; i < count; i++)
		lookups[i] = start(resolver, "families-46", &counter);
	/* Either it is heard of, or it was abandoned: never both. */
	for (size_t i = 0; i < count; i += 3)
		abandoned += sshoal__lookup_abandon(resolver, lookups[i]);
	await_done(&counter, (unsigned)count - abandoned);
	for (size_t i = 0; i < count; i++)
		sshoal__lookup_free(lookups[i]);
	sshoal__resolver_free(resolver);
	assert_int_equal(counter.done + abandoned, count);
	(void)close(counter.fd);
}

static void refused_memory_or_threads_are_told(void **state)
{
	(void)state;
	struct resolver *resolver = NULL;
	struct lookup *lookup = NULL;
	struct counter counter = new_counter();
	int rc = SSHOAL_ENOMEM;
	for (int left = 0; rc == SSHOAL_ENOMEM; left++) {
		assert_null(resolver);
		scarcity_of_memory(left);
		rc = sshoal__resolver_new(&resolver, THREADS, NULL);
		scarcity_of_memory(NO_SCARCITY);
	}
	assert_int_equal(rc, 0);
	scarcity_of_threads(0);
	rc = sshoal__lookup_start(&lookup, resolver, "localhost", AF_UNSPEC,
				  on_done, &counter);
	scarcity_of_threads(NO_SCARCITY);
	assert_int_equal(rc, SSHOAL_ELOCAL);
	/* The last of the memory is that of its thread. */
	rc = SSHOAL_ENOMEM;
	for (int left = 0; rc == SSHOAL_ENOMEM || rc == SSHOAL_ELOCAL; left++) {
		assert_null(lookup);
		scarcity_of_memory(left);
		rc = sshoal__lookup_start(&lookup, resolver, "localhost",
					  AF_UNSPEC, on_done, &counter);
		scarcity_of_memory(NO_SCARCITY);
	}
	assert_int_equal(rc, 0);
	await_done(&counter, 1);
	sshoal__lookup_free(lookup);
	sshoal__resolver_free(resolver);
	(void)close(counter.fd);
}

static void nothing_can_be_freed(void **state)
{
	(void)state;
	sshoal__lookup_free(NULL);
	sshoal__resolver_free(NULL);
	sshoal__resolver_free(new_resolver());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digits_need_no_look_up),
		cmocka_unit_test(a_name_is_no_digits),
		cmocka_unit_test(an_address_of_no_family_has_a_text),
		cmocka_unit_test(localhost_is_this_machine),
		cmocka_unit_test(both_families_are_tried_in_turn),
		cmocka_unit_test(only_a_family_that_is_asked_for_is_given),
		cmocka_unit_test(a_failing_look_up_says_why),
		cmocka_unit_test_setup_teardown(
			an_abandoned_look_up_is_heard_of_no_more, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			an_abandoned_look_up_holds_no_thread, setup, teardown),
		cmocka_unit_test(every_one_of_many_look_ups_is_over_once),
		cmocka_unit_test(refused_memory_or_threads_are_told),
		cmocka_unit_test(nothing_can_be_freed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
