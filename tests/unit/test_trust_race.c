/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "trust/append.h"
#include "unit/asleep.h"
#include "unit/trust_fixture.h"

/* The policy accept-new, followed by many threads and processes at once. */

/* Longer than a busy machine takes for what ends in time. */
#define LONG_MS 30000

/* How long a check waits for a lock, in which it tries again and again after
 * less than SHORT_MS; the linker puts this in front of the real function. */
#define SHORT_MS 1000

static int64_t lock_wait_ms = 4 * LONG_MS;

int64_t __real_sshoal__deadline_in(int64_t timeout_ms);
int64_t __wrap_sshoal__deadline_in(int64_t timeout_ms);

int64_t __wrap_sshoal__deadline_in(int64_t timeout_ms)
{
	return __real_sshoal__deadline_in(timeout_ms < SHORT_MS ? timeout_ms :
								  lock_wait_ms);
}

/* Threads that check at the same moment. */

#define THREADS 64

struct race {
	struct trust *trust;
	pthread_barrier_t start;
	struct key keys[2];
};

struct racer {
	struct race *race;
	unsigned number;
	int rc;
	bool added;
};

static void *race_for_one_name(void *data)
{
	struct racer *racer = data;
	struct race *race = racer->race;
	const struct key *key = &race->keys[racer->number % 2];
	(void)pthread_barrier_wait(&race->start);
	(void)sshoal__trust_kinds(race->trust, "host", 22);
	racer->rc =
		sshoal__trust_check(race->trust, "host", 22, key->blob,
				    key->size, ACCEPT_NEW, &racer->added, NULL);
	return NULL;
}

/* Each thread has a name of its own, and one that it shares. */
static void *race_for_many_names(void *data)
{
	struct racer *racer = data;
	struct race *race = racer->race;
	const struct key *key = &race->keys[0];
	(void)pthread_barrier_wait(&race->start);
	for (unsigned i = 0; i < 10 && racer->rc == 0; i++) {
		char own[32];
		char shared[32];
		bool added = false;
		(void)snprintf(own, sizeof own, "own%u-%u", racer->number, i);
		(void)snprintf(shared, sizeof shared, "shared%u", i);
		racer->rc = check(race->trust, own, 22, key, ACCEPT_NEW);
		if (racer->rc == 0)
			racer->rc = sshoal__trust_check(
				race->trust, shared, 22, key->blob, key->size,
				ACCEPT_NEW, &added, NULL);
		racer->number += added ? THREADS : 0;
	}
	return NULL;
}

static void run_race(struct race *race, struct racer racers[THREADS],
		     void *(*body)(void *))
{
	pthread_t threads[THREADS];
	assert_int_equal(pthread_barrier_init(&race->start, NULL, THREADS), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		racers[i] = (struct racer){ .race = race, .number = i };
		assert_int_equal(
			pthread_create(&threads[i], NULL, body, &racers[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	(void)pthread_barrier_destroy(&race->start);
}

static void of_two_keys_for_one_name_one_wins(void **state)
{
	const struct folder *folder = *state;
	struct race race = { .keys = { ed25519(1), ed25519(2) } };
	struct racer racers[THREADS];
	for (unsigned round = 0; round < 20; round++) {
		(void)unlink(folder->file);
		race.trust = load(folder->file);
		run_race(&race, racers, race_for_one_name);
		size_t winner = racers[0].rc == 0 ? 0 : 1;
		unsigned added = 0;
		for (unsigned i = 0; i < THREADS; i++) {
			int expected =
				i % 2 == winner ? 0 : SSHOAL_EHOSTKEY_CHANGED;
			assert_int_equal(racers[i].rc, expected);
			added += racers[i].added;
		}
		assert_int_equal(added, 1);
		expect_contents(folder, "host %s\n", race.keys[winner].text);
		sshoal__trust_free(race.trust);
	}
}

static void threads_lose_no_line_and_repeat_none(void **state)
{
	const struct folder *folder = *state;
	struct race race = { .keys = { ed25519(1) } };
	struct racer racers[THREADS];
	put(folder->file, "w", "# no newline");
	race.trust = load(folder->file);
	run_race(&race, racers, race_for_many_names);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(racers[i].rc, 0);
	sshoal__trust_free(race.trust);
	char *text = contents(folder->file);
	assert_int_equal(count_of(text, "\nshared"), 10);
	assert_int_equal(count_of(text, "\nown"), THREADS * 10);
	assert_int_equal(count_of(text, "\n"), 1 + 10 + THREADS * 10);
	assert_int_equal(count_of(text, race.keys[0].text), 10 + THREADS * 10);
	free(text);
}

/* One of two processes: adds 200 names, of which the other adds half. */
static int add_names(const char *path, unsigned process)
{
	struct trust *trust = load(path);
	int failures = 0;
	for (unsigned i = 0; i < 200; i++) {
		char host[32];
		unsigned number = i % 2 ? i : i + 1000 * (process + 1);
		(void)snprintf(host, sizeof host, "host%u.", number);
		const struct key key = ed25519(number);
		failures += check(trust, host, 22, &key, ACCEPT_NEW) != 0;
	}
	sshoal__trust_free(trust);
	return failures;
}

static void processes_lose_no_line_and_repeat_none(void **state)
{
	const struct folder *folder = *state;
	enum { PROCESSES = 3 };
	pid_t children[PROCESSES];
	int start[2];
	put(folder->file, "w", "# no newline");
	assert_int_equal(pipe(start), 0);
	for (unsigned i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			char byte;
			(void)close(start[1]);
			(void)!read(start[0], &byte, 1);
			_exit(add_names(folder->file, i) != 0);
		}
		assert_true(children[i] > 0);
	}
	(void)close(start[0]);
	(void)close(start[1]);
	for (unsigned i = 0; i < PROCESSES; i++) {
		int status = -1;
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_int_equal(status, 0);
	}
	char *text = contents(folder->file);
	assert_int_equal(count_of(text, "\n"), 1 + 100 + PROCESSES * 100);
	for (unsigned i = 0; i < 200 * PROCESSES; i++) {
		char line[6000];
		unsigned number =
			i % 2 ? i % 200 : i % 200 + 1000 * (i / 200 + 1);
		(void)snprintf(line, sizeof line, "\nhost%u. %s\n", number,
			       ed25519(number).text);
		assert_int_equal(count_of(text, line), 1);
	}
	free(text);
}

static int open_locked(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	return fd;
}

static void a_lock_of_another_process_ends_the_wait_in_time(void **state)
{
	const struct folder *folder = *state;
	int fd = open_locked(folder->file);
	struct append file;
	sshoal_error error;
	int64_t start_ms = sshoal__clock_now_ms();
	assert_int_equal(sshoal__append_open(&file, folder->file,
					     sshoal__deadline_in(30), -1,
					     &error),
			 SSHOAL_EIO);
	assert_in_range(sshoal__clock_now_ms() - start_ms, 30, LONG_MS);
	assert_non_null(strstr(error.text, "locked by another process"));
	(void)close(fd);
	assert_int_equal(sshoal__append_open(&file, folder->file,
					     sshoal__deadline_in(30), -1,
					     &error),
			 0);
	sshoal__append_close(&file);
}

static void a_cancel_ends_the_wait_for_a_lock(void **state)
{
	const struct folder *folder = *state;
	int fd = open_locked(folder->file);
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(close(ends[1]), 0);
	struct append file;
	sshoal_error error;
	assert_int_equal(sshoal__append_open(&file, folder->file,
					     sshoal__deadline_in(2 * LONG_MS),
					     ends[0], &error),
			 SSHOAL_ECANCELLED);
	(void)close(ends[0]);
	(void)close(fd);
}

static void all_threads_give_up_in_time_when_a_file_stays_locked(void **state)
{
	const struct folder *folder = *state;
	struct race race = { .keys = { ed25519(1), ed25519(2) } };
	struct racer racers[THREADS];
	race.trust = load(folder->file);
	int fd = open_locked(folder->file);
	lock_wait_ms = SHORT_MS;
	int64_t start_ms = sshoal__clock_now_ms();
	run_race(&race, racers, race_for_one_name);
	lock_wait_ms = 4 * LONG_MS;
	/* Not one after the other: that would take 64 times as long. */
	assert_in_range(sshoal__clock_now_ms() - start_ms, SHORT_MS,
			THREADS * SHORT_MS / 2);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(racers[i].rc, SSHOAL_EIO);
	expect_contents(folder, "%s", "");
	(void)close(fd);
	expect(race.trust, "host", &race.keys[0], 0, true);
	sshoal__trust_free(race.trust);
}

struct waiter {
	struct trust *trust;
	struct key key;
	_Atomic pid_t thread;
	int rc;
};

static void *wait_for_lock(void *data)
{
	struct waiter *waiter = data;
	waiter->thread = gettid();
	waiter->rc = check(waiter->trust, "host", 22, &waiter->key, ACCEPT_NEW);
	return NULL;
}

static void a_file_replaced_under_its_lock_is_opened_again(void **state)
{
	const struct folder *folder = *state;
	struct waiter waiter = { .key = ed25519(1) };
	char next[256];
	(void)snprintf(next, sizeof next, "%s/next", folder->path);
	put(folder->file, "w", "# old\n");
	put(next, "w", "# next\n");
	waiter.trust = load(folder->file);
	int fd = open_locked(folder->file);
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, wait_for_lock, &waiter),
			 0);
	while (waiter.thread == 0)
		(void)sched_yield();
	await_asleep(waiter.thread);
	/* Others are not held up by the one that waits. */
	assert_int_equal(check(waiter.trust, "host", 22, &waiter.key, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(sshoal__trust_kinds(waiter.trust, "host", 22), 0);
	assert_int_equal(rename(next, folder->file), 0);
	(void)close(fd);
	(void)pthread_join(thread, NULL);
	assert_int_equal(waiter.rc, 0);
	expect_contents(folder, "# next\nhost %s\n", waiter.key.text);
	sshoal__trust_free(waiter.trust);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TRUST_TEST(of_two_keys_for_one_name_one_wins),
		TRUST_TEST(threads_lose_no_line_and_repeat_none),
		TRUST_TEST(processes_lose_no_line_and_repeat_none),
		TRUST_TEST(a_lock_of_another_process_ends_the_wait_in_time),
		TRUST_TEST(a_cancel_ends_the_wait_for_a_lock),
		TRUST_TEST(
			all_threads_give_up_in_time_when_a_file_stays_locked),
		TRUST_TEST(a_file_replaced_under_its_lock_is_opened_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
