/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fleet/input.h"
#include "unit/scratch.h"

/* One input and those who read it, without hosts. */

static bool is_readable(int fd)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };
	return poll(&wanted, 1, 0) == 1;
}

/* Both ends of a pipe and an input of what comes out of it. */
struct rig {
	int in; /* to be written to; -1: closed */
	struct input *input;
};

static struct rig open_pipe(void)
{
	int ends[2];
	struct rig rig = { .in = -1 };
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(sshoal__input_open(&rig.input, NULL, ends[0], NULL),
			 0);
	/* It has a copy. */
	assert_int_equal(close(ends[0]), 0);
	rig.in = ends[1];
	return rig;
}

static void say(const struct rig *rig, const char *text)
{
	ssize_t n = (ssize_t)strlen(text);
	assert_int_equal(write(rig->in, text, (size_t)n), n);
}

static void hang_up(struct rig *rig)
{
	assert_int_equal(close(rig->in), 0);
	rig->in = -1;
}

static void close_pipe(struct rig *rig)
{
	if (rig->in >= 0)
		hang_up(rig);
	sshoal__input_free(rig->input);
}

/* What the scheduler does when it is woken; whether it was. */
static bool serve(const struct rig *rig)
{
	int fd = sshoal__input_fd(rig->input);
	if (fd < 0 || !is_readable(fd))
		return false;
	sshoal__input_serve(rig->input);
	return true;
}

struct taken {
	int code;
	int wake_fd;
	char text[100];
};

static struct taken take(const struct feed_source *source)
{
	struct taken taken = { .wake_fd = -1 };
	size_t n = sizeof taken.text - 1;
	taken.code = source->read(source->data, taken.text, &n, &taken.wake_fd,
				  NULL);
	taken.text[taken.code == 0 ? n : 0] = '\0';
	return taken;
}

static void expect(const struct feed_source *source, const char *text)
{
	struct taken taken = take(source);
	assert_int_equal(taken.code, 0);
	assert_string_equal(taken.text, text);
}

static int expect_none(const struct feed_source *source)
{
	struct taken taken = take(source);
	assert_int_equal(taken.code, SSHOAL_EEMPTY);
	assert_true(taken.wake_fd >= 0);
	return taken.wake_fd;
}

static void nothing_is_read_before_somebody_wants_it(void **state)
{
	(void)state;
	struct rig rig = open_pipe();
	struct input_reader reader;
	say(&rig, "one");
	assert_false(serve(&rig));
	const struct feed_source source =
		sshoal__input_reader_init(&reader, rig.input);
	int wake_fd = expect_none(&source);
	assert_false(is_readable(wake_fd));
	/* It hears of the wish, then of the bytes. */
	while (serve(&rig))
		;
	assert_true(is_readable(wake_fd));
	say(&rig, "two");
	assert_false(serve(&rig));
	expect(&source, "one");
	(void)expect_none(&source);
	while (serve(&rig))
		;
	expect(&source, "two");
	sshoal__input_reader_fini(&reader);
	close_pipe(&rig);
}

static void all_who_wait_are_woken_and_stay_so(void **state)
{
	(void)state;
	struct rig rig = open_pipe();
	struct input_reader readers[3];
	struct feed_source sources[3];
	int wake_fds[3];
	for (size_t i = 0; i < 3; i++) {
		sources[i] = sshoal__input_reader_init(&readers[i], rig.input);
		wake_fds[i] = expect_none(&sources[i]);
	}
	say(&rig, "one");
	while (serve(&rig))
		;
	expect(&sources[0], "one");
	/* The first one waits again, and is served, before the others look. */
	int again_fd = expect_none(&sources[0]);
	assert_false(is_readable(again_fd));
	say(&rig, "two");
	while (serve(&rig))
		;
	assert_true(is_readable(again_fd));
	for (size_t i = 1; i < 3; i++) {
		assert_true(is_readable(wake_fds[i]));
		expect(&sources[i], "onetwo");
	}
	expect(&sources[0], "two");
	for (size_t i = 0; i < 3; i++)
		sshoal__input_reader_fini(&readers[i]);
	close_pipe(&rig);
}

static void the_end_is_for_all_and_for_the_late(void **state)
{
	(void)state;
	struct rig rig = open_pipe();
	struct input_reader first;
	struct input_reader late;
	const struct feed_source source =
		sshoal__input_reader_init(&first, rig.input);
	(void)expect_none(&source);
	say(&rig, "all");
	hang_up(&rig);
	while (serve(&rig))
		;
	expect(&source, "all");
	int wake_fd = expect_none(&source);
	while (serve(&rig))
		;
	assert_true(is_readable(wake_fd));
	expect(&source, "");
	expect(&source, "");
	assert_int_equal(sshoal__input_fd(rig.input), -1);
	sshoal__input_reader_fini(&first);
	const struct feed_source again =
		sshoal__input_reader_init(&late, rig.input);
	expect(&again, "all");
	expect(&again, "");
	sshoal__input_reader_fini(&late);
	close_pipe(&rig);
}

static void who_goes_while_it_waits_leaves_nothing(void **state)
{
	(void)state;
	struct rig rig = open_pipe();
	struct input_reader gone;
	struct input_reader stays;
	const struct feed_source source =
		sshoal__input_reader_init(&gone, rig.input);
	(void)expect_none(&source);
	sshoal__input_reader_fini(&gone);
	const struct feed_source other =
		sshoal__input_reader_init(&stays, rig.input);
	int wake_fd = expect_none(&other);
	say(&rig, "x");
	while (serve(&rig))
		;
	assert_true(is_readable(wake_fd));
	expect(&other, "x");
	(void)expect_none(&other);
	sshoal__input_reader_fini(&stays);
	close_pipe(&rig);
}

static void a_failure_to_read_is_everybodys(void **state)
{
	struct rig rig = { .in = -1 };
	struct input_reader reader;
	char path[SCRATCH_PATH];
	scratch_path(path, state, "written");
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	/* It is empty, and so read like a pipe, which it does not allow. */
	assert_int_equal(sshoal__input_open(&rig.input, NULL, fd, NULL), 0);
	const struct feed_source source =
		sshoal__input_reader_init(&reader, rig.input);
	(void)expect_none(&source);
	while (serve(&rig))
		;
	struct taken taken = take(&source);
	assert_int_equal(taken.code, SSHOAL_EIO);
	assert_true(reader.failed);
	assert_int_equal(sshoal__input_fd(rig.input), -1);
	sshoal__input_reader_fini(&reader);
	close_pipe(&rig);
	assert_int_equal(close(fd), 0);
}

static void a_file_is_read_from_where_it_stands(void **state)
{
	struct rig rig = { .in = -1 };
	struct input_reader readers[2];
	char path[SCRATCH_PATH];
	scratch_path(path, state, "file");
	scratch_write(path, "0123456789", 10, 0600);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(lseek(fd, 4, SEEK_SET), 4);
	assert_int_equal(sshoal__input_open(&rig.input, NULL, fd, NULL), 0);
	assert_int_equal(sshoal__input_fd(rig.input), -1);
	for (size_t i = 0; i < 2; i++) {
		const struct feed_source source =
			sshoal__input_reader_init(&readers[i], rig.input);
		expect(&source, "456789");
		expect(&source, "");
		sshoal__input_reader_fini(&readers[i]);
	}
	assert_int_equal(lseek(fd, 0, SEEK_CUR), 4);
	close_pipe(&rig);
	assert_int_equal(close(fd), 0);
}

static void a_file_has_the_size_it_had(void **state)
{
	struct rig rig = { .in = -1 };
	struct input_reader reader;
	char path[SCRATCH_PATH];
	scratch_path(path, state, "grows");
	scratch_write(path, "0123456789", 10, 0600);
	assert_int_equal(sshoal__input_open(&rig.input, path, -1, NULL), 0);
	scratch_write(path, "0123456789abc", 13, 0600);
	struct feed_source source =
		sshoal__input_reader_init(&reader, rig.input);
	expect(&source, "0123456789");
	expect(&source, "");
	sshoal__input_reader_fini(&reader);
	assert_int_equal(truncate(path, 3), 0);
	source = sshoal__input_reader_init(&reader, rig.input);
	expect(&source, "012");
	assert_int_equal(take(&source).code, SSHOAL_ECHANGED);
	assert_true(reader.failed);
	sshoal__input_reader_fini(&reader);
	close_pipe(&rig);
}

static void what_cannot_be_opened_is_told_by_name(void **state)
{
	struct input *input = NULL;
	sshoal_error error;
	char path[SCRATCH_PATH];
	scratch_path(path, state, "nonesuch");
	assert_int_equal(sshoal__input_open(&input, path, -1, &error),
			 SSHOAL_ENOENT);
	assert_non_null(strstr(error.text, path));
	scratch_path(path, state, ".");
	assert_int_equal(sshoal__input_open(&input, path, -1, &error),
			 SSHOAL_EINVAL);
	assert_null(input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_read_before_somebody_wants_it),
		cmocka_unit_test(all_who_wait_are_woken_and_stay_so),
		cmocka_unit_test(the_end_is_for_all_and_for_the_late),
		cmocka_unit_test(who_goes_while_it_waits_leaves_nothing),
		cmocka_unit_test(a_failure_to_read_is_everybodys),
		cmocka_unit_test(a_file_is_read_from_where_it_stands),
		cmocka_unit_test(a_file_has_the_size_it_had),
		cmocka_unit_test(what_cannot_be_opened_is_told_by_name),
	};
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
