/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/clock.h"
#include "trust/append.h"
#include "unit/asleep.h"
#include "unit/trust_fixture.h"

/* The policy accept-new: what is written, by many threads and processes at
 * once, and what happens when it cannot be. */

/* How long a check waits for a lock; the linker puts this in front of the real
 * function. */
static int64_t longest_wait_ms = INT64_MAX;

int64_t __real_sshoal__deadline_in(int64_t timeout_ms);
int64_t __wrap_sshoal__deadline_in(int64_t timeout_ms);

int64_t __wrap_sshoal__deadline_in(int64_t timeout_ms)
{
	return __real_sshoal__deadline_in(
		timeout_ms < longest_wait_ms ? timeout_ms : longest_wait_ms);
}

static int set_up(void **state)
{
	static struct folder folder;
	folder_make(&folder);
	*state = &folder;
	return 0;
}

static int tear_down(void **state)
{
	folder_remove(*state);
	return 0;
}

/* Checks with accept-new; the result must be rc, and a key be added or not. */
static void expect(struct trust *trust, const char *host, const struct key *key,
		   int rc, bool is_added)
{
	bool added = !is_added;
	sshoal_error error = { .text = "" };
	int got = sshoal__trust_check(trust, host, 22, key->blob, key->size,
				      ACCEPT_NEW, &added, &error);
	if (got != rc)
		fail_msg("%s: %s, not %s: %s", host, sshoal_error_name(got),
			 sshoal_error_name(rc), error.text);
	if (rc == 0)
		assert_int_equal(added, is_added);
	else
		assert_int_equal(error.code, rc);
}

__attribute__((format(printf, 2, 3))) static void
expect_contents(const struct folder *folder, const char *format, ...)
{
	char *expected = NULL;
	va_list list;
	va_start(list, format);
	assert_true(vasprintf(&expected, format, list) >= 0);
	va_end(list);
	char *text = contents(folder->file);
	assert_string_equal(text, expected);
	free(text);
	free(expected);
}

static void a_new_key_becomes_one_line(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	struct trust *trust = load(folder->file);
	mode_t mask = umask(0);
	expect(trust, "Host", &key, 0, true);
	(void)umask(mask);
	expect(trust, "host", &key, 0, false);
	expect(trust, "host", &other, SSHOAL_EHOSTKEY_CHANGED, false);
	bool added = false;
	assert_int_equal(sshoal__trust_check(trust, "Host", 2222, other.blob,
					     other.size, ACCEPT_NEW, &added,
					     NULL),
			 0);
	assert_true(added);
	assert_int_equal(sshoal__trust_kinds(trust, "HOST", 2222),
			 TRUST_ED25519);
	assert_int_equal(check(trust, "host", 2222, &key, STRICT),
			 SSHOAL_EHOSTKEY_CHANGED);
	assert_int_equal(check(trust, "host", 2222, &other, STRICT), 0);
	expect_contents(folder, "host %s\n[host]:2222 %s\n", key.text,
			other.text);
	struct stat status;
	assert_int_equal(stat(folder->file, &status), 0);
	assert_int_equal(status.st_mode, S_IFREG | 0600);
	sshoal__trust_free(trust);
}

static void a_changed_key_is_told_with_its_new_line(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	put(folder->file, "w", "# one\n\nx %s", key.text);
	struct trust *trust = load(folder->file);
	expect(trust, "a", &key, 0, true);
	expect(trust, "b", &key, 0, true);
	put(folder->file, "a", "c %s\n", key.text);
	expect(trust, "d", &key, 0, true);
	static const char *const lines[] = { "a:4)", "b:5)", "c:6)", "d:7)" };
	for (size_t i = 0; i < 4; i++) {
		char host[2] = { lines[i][0], '\0' };
		char place[256];
		(void)snprintf(place, sizeof place, "(%s%s", folder->file,
			       lines[i] + 1);
		bool added = false;
		sshoal_error error;
		assert_int_equal(sshoal__trust_check(trust, host, 22,
						     other.blob, other.size,
						     STRICT, &added, &error),
				 SSHOAL_EHOSTKEY_CHANGED);
		if (!strstr(error.text, place))
			fail_msg("\"%s\" is not in \"%s\"", place, error.text);
	}
	sshoal__trust_free(trust);
}

static void a_last_line_without_newline_gets_one(void **state)
{
	static const struct row {
		const char *before;
		const char *between;
	} rows[] = {
		{ "", "" },           { "\n", "" },      { "# x", "\n" },
		{ "# x\n", "" },      { "# x\r", "\n" }, { "# x\r\n", "" },
		{ "# x\n# y", "\n" },
	};
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		put(folder->file, "w", "%s", rows[i].before);
		struct trust *trust = load(folder->file);
		expect(trust, "a", &key, 0, true);
		expect(trust, "b", &key, 0, true);
		sshoal__trust_free(trust);
		expect_contents(folder, "%s%sa %s\nb %s\n", rows[i].before,
				rows[i].between, key.text, key.text);
	}
}

static void the_folder_of_the_home_is_made_and_no_other(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	char path[256];
	char *old = getenv("HOME") ? strdup(getenv("HOME")) : NULL;
	assert_int_equal(setenv("HOME", folder->path, 1), 0);
	struct trust *trust = load("~/.ssh/known_hosts");
	(void)snprintf(path, sizeof path, "%s/.ssh", folder->path);
	assert_int_equal(access(path, F_OK), -1);
	mode_t mask = umask(0);
	expect(trust, "host", &key, 0, true);
	(void)umask(mask);
	sshoal__trust_free(trust);
	struct stat status;
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode, S_IFDIR | 0700);
	trust = load("~/other/known_hosts");
	expect(trust, "host", &key, SSHOAL_EIO, false);
	sshoal__trust_free(trust);
	(void)snprintf(path, sizeof path, "%s/other", folder->path);
	assert_int_equal(access(path, F_OK), -1);
	if (old)
		(void)setenv("HOME", old, 1);
	free(old);
}

static void a_name_that_would_be_read_otherwise_is_not_written(void **state)
{
	static const char *const hosts[] = {
		"a b", "a\tb", "a\nb",     "a\n",   "a\rb", "a,b",      ",",
		"*",   "a?",   "!a",       "#a",    "@a",   "|1|a",     "[a]",
		"a]",  "[a",   "[a]:2222", "a\x7f", " ",    "@revoked",
	};
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	put(folder->file, "w", "# here\n");
	struct trust *trust = load(folder->file);
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		expect(trust, hosts[i], &key, SSHOAL_EINVAL, false);
		expect(trust, hosts[i], &key, SSHOAL_EINVAL, false);
	}
	expect_contents(folder, "# here\n");
	sshoal__trust_free(trust);
}

static void strict_and_off_write_nothing(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	struct trust *trust = load(folder->file);
	assert_int_equal(check(trust, "host", 22, &key, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	assert_int_equal(check(trust, "host", 22, &key, OFF), 0);
	assert_int_equal(access(folder->file, F_OK), -1);
	sshoal__trust_free(trust);
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

static void lines_added_by_others_are_read_first(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	const struct key bad = ed25519(3);
	struct trust *trust = load(folder->file);
	put(folder->file, "a", "# made since\nsame %s\nbad line\n", key.text);
	expect(trust, "same", &key, 0, false);
	put(folder->file, "a", "changed,*.test %s\n", other.text);
	expect(trust, "changed", &key, SSHOAL_EHOSTKEY_CHANGED, false);
	expect(trust, "a.test", &key, SSHOAL_EHOSTKEY_CHANGED, false);
	expect(trust, "a.test", &other, 0, false);
	/* |1|...|... of the name "hashed". */
	put(folder->file, "a",
	    "|1|AAAAAAAAAAAAAAAAAAAAAAAAAAA=|XMizH0/16/K7kTjp7VrfqxZPozA= "
	    "%s\n",
	    other.text);
	expect(trust, "hashed", &key, SSHOAL_EHOSTKEY_CHANGED, false);
	expect(trust, "hashed", &other, 0, false);
	put(folder->file, "a", "@revoked * %s\n", bad.text);
	expect(trust, "new", &bad, SSHOAL_EHOSTKEY_REVOKED, false);
	assert_int_equal(check(trust, "old", 22, &bad, OFF),
			 SSHOAL_EHOSTKEY_REVOKED);
	expect(trust, "new", &key, 0, true);
	/* A line that was unfinished when it was read first. */
	put(folder->file, "a", "half %.20s", key.text);
	expect(trust, "newer", &key, 0, true);
	char *text = contents(folder->file);
	assert_int_equal(count_of(text, "same"), 1);
	assert_int_equal(count_of(text, "\nnew "), 1);
	assert_int_equal(count_of(text, "\nnewer "), 1);
	free(text);
	sshoal__trust_free(trust);
}

static void an_unfinished_line_is_read_again_when_it_is_whole(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	put(folder->file, "w", "x %s\nhost %.30s", key.text, key.text);
	struct trust *trust = load(folder->file);
	put(folder->file, "a", "%s\n", key.text + 30);
	expect(trust, "host", &key, 0, false);
	sshoal__trust_free(trust);
}

static void a_file_replaced_meanwhile_is_read_anew(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	char next[256];
	(void)snprintf(next, sizeof next, "%s/next", folder->path);
	put(folder->file, "w", "first %s\n", key.text);
	struct trust *trust = load(folder->file);
	expect(trust, "mine", &key, 0, true);
	/* By another one of the same name. */
	put(next, "w", "second %s\nfirst %s\n", key.text, other.text);
	assert_int_equal(rename(next, folder->file), 0);
	expect(trust, "second", &key, 0, false);
	expect(trust, "first", &other, 0, false);
	expect(trust, "third", &key, 0, true);
	/* What this process has learned stays, though its line is gone. */
	expect(trust, "mine", &other, SSHOAL_EHOSTKEY_CHANGED, false);
	/* By nothing. */
	assert_int_equal(unlink(folder->file), 0);
	expect(trust, "fourth", &key, 0, true);
	expect(trust, "third", &other, SSHOAL_EHOSTKEY_CHANGED, false);
	expect_contents(folder, "fourth %s\n", key.text);
	/* By a shorter, an equally long and a longer content. */
	put(folder->file, "w", "a %s\n", key.text);
	expect(trust, "a", &other, SSHOAL_EHOSTKEY_CHANGED, false);
	expect(trust, "b", &key, 0, true);
	put(folder->file, "w", "c %s\nd %s\n", key.text, key.text);
	const struct timespec times[2] = { { .tv_nsec = UTIME_NOW },
					   { .tv_sec = 1000000 } };
	assert_int_equal(utimensat(AT_FDCWD, folder->file, times, 0), 0);
	expect(trust, "d", &other, SSHOAL_EHOSTKEY_CHANGED, false);
	put(folder->file, "w", "e %s\nf %s\ng %s\n", key.text, other.text,
	    key.text);
	expect(trust, "e", &other, SSHOAL_EHOSTKEY_CHANGED, false);
	expect(trust, "h", &key, 0, true);
	expect_contents(folder, "e %s\nf %s\ng %s\nh %s\n", key.text,
			other.text, key.text, key.text);
	sshoal__trust_free(trust);
}

static void a_file_that_cannot_be_written_lets_no_key_in(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	struct trust *trust = load(folder->file);
	assert_int_equal(mkdir(folder->file, 0700), 0);
	expect(trust, "host", &key, SSHOAL_EIO, false);
	expect(trust, "host", &key, SSHOAL_EIO, false);
	assert_int_equal(rmdir(folder->file), 0);
	assert_int_equal(symlink("/dev/full", folder->file), 0);
	expect(trust, "host", &key, SSHOAL_EIO, false);
	expect(trust, "host", &key, SSHOAL_EIO, false);
	assert_int_equal(unlink(folder->file), 0);
	assert_int_equal(symlink("/proc/none/here", folder->file), 0);
	expect(trust, "host", &key, SSHOAL_EIO, false);
	assert_int_equal(unlink(folder->file), 0);
	assert_int_equal(sshoal__trust_kinds(trust, "host", 22), 0);
	assert_int_equal(check(trust, "host", 22, &key, STRICT),
			 SSHOAL_EHOSTKEY_UNKNOWN);
	/* And when it can be, it does. */
	expect(trust, "host", &key, 0, true);
	sshoal__trust_free(trust);
}

static void a_file_of_somebody_else_is_not_permitted(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	assert_int_equal(chmod(folder->path, 0755), 0);
	put(folder->file, "w", "# mine\n");
	assert_int_equal(chmod(folder->file, 0444), 0);
	struct trust *trust = load(folder->file);
	bool is_root = geteuid() == 0;
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	bool added = false;
	sshoal_error error = { .code = 0 };
	int rc = sshoal__trust_check(trust, "host", 22, key.blob, key.size,
				     ACCEPT_NEW, &added, &error);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(rc, SSHOAL_EACCESS);
	assert_non_null(strstr(error.text, folder->file));
	expect_contents(folder, "# mine\n");
	sshoal__trust_free(trust);
}

/* In a process of its own, whose files may not grow beyond a limit. */
static int write_at_limit(const struct folder *folder)
{
	const struct key key = ed25519(1);
	struct trust *trust = load(folder->file);
	const struct rlimit limit = { .rlim_cur = 40, .rlim_max = 40 };
	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
		return 2;
	bool added = false;
	sshoal_error error = { .text = "" };
	int rc = sshoal__trust_check(trust, "host", 22, key.blob, key.size,
				     ACCEPT_NEW, &added, &error);
	bool is_told = strstr(error.text, "could not be written in full");
	int again = check(trust, "host", 22, &key, STRICT);
	sshoal__trust_free(trust);
	return rc != SSHOAL_EIO || !is_told || added ||
	       again != SSHOAL_EHOSTKEY_UNKNOWN;
}

static void what_a_short_write_left_is_cut_off(void **state)
{
	const struct folder *folder = *state;
	put(folder->file, "w", "# without a newline");
	pid_t child = fork();
	if (child == 0)
		_exit(write_at_limit(folder));
	assert_true(child > 0);
	int status = -1;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	expect_contents(folder, "# without a newline");
}

static void a_device_takes_keys_for_the_process_alone(void **state)
{
	(void)state;
	const struct key key = ed25519(1);
	const struct key other = ed25519(2);
	struct trust *trust = load("/dev/null");
	expect(trust, "host", &key, 0, true);
	expect(trust, "host", &key, 0, false);
	expect(trust, "host", &other, SSHOAL_EHOSTKEY_CHANGED, false);
	sshoal__trust_free(trust);
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
					     sshoal__deadline_in(30), &error),
			 SSHOAL_EIO);
	assert_in_range(sshoal__clock_now_ms() - start_ms, 30, 5000);
	assert_non_null(strstr(error.text, "locked by another process"));
	(void)close(fd);
	assert_int_equal(sshoal__append_open(&file, folder->file,
					     sshoal__deadline_in(30), &error),
			 0);
	sshoal__append_close(&file);
}

static void all_threads_give_up_in_time_when_a_file_stays_locked(void **state)
{
	const struct folder *folder = *state;
	struct race race = { .keys = { ed25519(1), ed25519(2) } };
	struct racer racers[THREADS];
	race.trust = load(folder->file);
	int fd = open_locked(folder->file);
	longest_wait_ms = 200;
	int64_t start_ms = sshoal__clock_now_ms();
	run_race(&race, racers, race_for_one_name);
	longest_wait_ms = INT64_MAX;
	/* Not one after the other: that would take 64 times as long. */
	assert_in_range(sshoal__clock_now_ms() - start_ms, 200, 6400);
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

static void ssh_keygen_finds_what_was_written(void **state)
{
	const struct folder *folder = *state;
	const struct key key = ed25519(1);
	struct trust *trust = load(folder->file);
	static const char *const hosts[] = { "host", "10.0.0.1", "fe80::1%e0" };
	for (size_t i = 0; i < 3; i++) {
		char command[512];
		bool added = false;
		expect(trust, hosts[i], &key, 0, true);
		(void)snprintf(command, sizeof command,
			       "ssh-keygen -F '%s' -f %s >/dev/null", hosts[i],
			       folder->file);
		assert_int_equal(system(command), 0);
		assert_int_equal(sshoal__trust_check(trust, hosts[i], 2222,
						     ed25519(2).blob, key.size,
						     ACCEPT_NEW, &added, NULL),
				 0);
		assert_true(added);
		(void)snprintf(command, sizeof command,
			       "ssh-keygen -F '[%s]:2222' -f %s >/dev/null",
			       hosts[i], folder->file);
		assert_int_equal(system(command), 0);
	}
	sshoal__trust_free(trust);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_key_becomes_one_line),
		TEST(a_changed_key_is_told_with_its_new_line),
		TEST(a_last_line_without_newline_gets_one),
		TEST(the_folder_of_the_home_is_made_and_no_other),
		TEST(a_name_that_would_be_read_otherwise_is_not_written),
		TEST(strict_and_off_write_nothing),
		TEST(of_two_keys_for_one_name_one_wins),
		TEST(threads_lose_no_line_and_repeat_none),
		TEST(processes_lose_no_line_and_repeat_none),
		TEST(lines_added_by_others_are_read_first),
		TEST(an_unfinished_line_is_read_again_when_it_is_whole),
		TEST(a_file_replaced_meanwhile_is_read_anew),
		TEST(a_file_that_cannot_be_written_lets_no_key_in),
		TEST(a_file_of_somebody_else_is_not_permitted),
		TEST(what_a_short_write_left_is_cut_off),
		TEST(a_device_takes_keys_for_the_process_alone),
		TEST(a_lock_of_another_process_ends_the_wait_in_time),
		TEST(all_threads_give_up_in_time_when_a_file_stays_locked),
		TEST(a_file_replaced_under_its_lock_is_opened_again),
		TEST(ssh_keygen_finds_what_was_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
