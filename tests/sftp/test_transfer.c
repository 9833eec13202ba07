/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/file.h>

#include "sftp/depot.h"

/* One file to a stock OpenSSH and back: what is in it, where it goes, what it
 * replaces, its permissions, and what its callbacks are told. */

#define MIB ((size_t)1024 * 1024)
#define OLD "what was there"

static mode_t mode_of(const char *path)
{
	struct stat st;
	if (stat(path, &st))
		fail_msg("%s: %s", path, strerror(errno));
	return st.st_mode & 07777;
}

static ino_t inode_of(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void every_size_arrives(void **state)
{
	static const size_t sizes[] = { 0,      1,      32767,  32768,
					32769,  131071, 131072, 131073,
					261119, 261120, 261121, 4 * MIB + 7 };
	struct depot *depot = *state;
	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		make_file(from_of(depot, "file").text, sizes[i], i);
		for (enum way way = UP; way <= DOWN; way++) {
			struct witness witness = witness_new();
			carry_to(depot, way, "file", "file", &witness, 0);
			assert_file(to_of(depot, "file").text, sizes[i], i);
			assert_int_equal(witness.files, 1);
			assert_int_equal(witness.changed, 1);
			assert_int_equal(witness.size_bytes, sizes[i]);
			assert_int_equal(witness.sent_bytes, sizes[i]);
			assert_int_equal(witness.progress.bytes, sizes[i]);
			(void)only_name(depot);
		}
	}
}

static void null_options_are_the_defaults(void **state)
{
	struct depot *depot = *state;
	sshoal_error error = { .code = 0 };
	struct path source = from_of(depot, "file"), up = to_of(depot, "up");
	struct path down = to_of(depot, "down");
	make_file(source.text, 100000, 1);
	assert_code(
		sshoal_sftp_put(depot->sftp, source.text, up.text, NULL, NULL),
		0, "put", "");
	assert_code(
		sshoal_sftp_get(depot->sftp, up.text, down.text, NULL, &error),
		0, "get", error.text);
	assert_file(down.text, 100000, 1);
	/* Relative to the home, which is the folder above. */
	assert_code(sshoal_sftp_get(depot->sftp, "to/up", source.text, NULL,
				    &error),
		    0, "get", error.text);
}

static void where_it_goes_is_as_said(void **state)
{
	static const struct {
		const char *to;
		const char *at; /* where it is then; NULL: it fails */
		int code;
		uint32_t make_parents;
	} rules[] = {
		{ "", "file", 0, 0 },
		{ "new", "new", 0, 0 },
		{ "folder", "folder/file", 0, 0 },
		{ "folder/", "folder/file", 0, 0 },
		{ "folder/new", "folder/new", 0, 0 },
		{ "link", "link/file", 0, 0 },
		{ "none/new", NULL, SSHOAL_ENOENT, 0 },
		{ "none/", NULL, SSHOAL_ENOENT, 0 },
		{ "none/deep/new", "none/deep/new", 0, 1 },
		{ "none/deep/", "none/deep/file", 0, 1 },
		{ "folder/new", "folder/new", 0, 1 },
	};
	struct depot *depot = *state;
	make_file(from_of(depot, "file").text, 1000, 3);
	for (size_t i = 0; i < 2 * (sizeof rules / sizeof *rules); i++) {
		struct witness witness = witness_new();
		size_t rule = i / 2;
		clear_folder(depot->to.text);
		make_folder(to_of(depot, "folder").text);
		assert_int_equal(symlink("folder", to_of(depot, "link").text),
				 0);
		witness.options.make_parents = rules[rule].make_parents;
		carry_to(depot, i % 2 ? DOWN : UP, "file", rules[rule].to,
			 &witness, rules[rule].code);
		size_t files = count_files(depot->to.text);
		if (rules[rule].at)
			assert_file(to_of(depot, rules[rule].at).text, 1000, 3);
		/* The link, and one more. */
		assert_int_equal(files, rules[rule].at ? 2 : 1);
	}
}

static void what_is_not_there_fails(void **state)
{
	struct depot *depot = *state;
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = witness_new();
		make_text(to_of(depot, "file").text, OLD);
		carry_to(depot, way, "none", "file", &witness, SSHOAL_ENOENT);
		assert_non_null(strstr(witness.error.text, "none"));
		assert_text(only_name(depot).text, OLD);
	}
}

static void a_folder_needs_recursive(void **state)
{
	struct depot *depot = *state;
	make_folder(from_of(depot, "folder").text);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = witness_new();
		assert_int_not_equal(
			carry(depot, way, "folder", "new", &witness), 0);
		assert_int_equal(count_names(depot->to.text), 0);
	}
}

static void a_file_is_replaced_in_one_step(void **state)
{
	struct depot *depot = *state;
	struct path to = to_of(depot, "file");
	make_file(from_of(depot, "file").text, 300000, 4);
	for (enum way way = UP; way <= DOWN; way++) {
		char bytes[sizeof OLD] = "";
		make_text(to.text, OLD);
		int reader = open(to.text, O_RDONLY | O_CLOEXEC);
		ino_t before = inode_of(to.text);
		carry_plain(depot, way, "file", "file");
		assert_file(only_name(depot).text, 300000, 4);
		assert_int_not_equal(inode_of(to.text), before);
		assert_int_equal(read(reader, bytes, sizeof bytes),
				 sizeof OLD - 1);
		assert_string_equal(bytes, OLD);
		(void)close(reader);
	}
}

static void in_place_keeps_the_file(void **state)
{
	struct depot *depot = *state;
	struct path to = to_of(depot, "file");
	make_file(from_of(depot, "file").text, 1000, 4);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = witness_new();
		make_file(to.text, 300000, 5);
		ino_t before = inode_of(to.text);
		witness.options.in_place = 1;
		carry_to(depot, way, "file", "file", &witness, 0);
		assert_file(only_name(depot).text, 1000, 4);
		assert_int_equal(inode_of(to.text), before);
	}
}

static void permissions_are_as_said(void **state)
{
	static const struct {
		mode_t source;
		mode_t old; /* of what is replaced; 0: nothing is */
		uint32_t mode, has_mode, preserve;
		mode_t up;
		mode_t down;
	} rules[] = {
		{ 0644, 0, 0, 0, 0, 0644, 0644 },
		{ 0755, 0, 0, 0, 0, 0755, 0755 },
		{ 0600, 0, 0, 0, 0, 0600, 0600 },
		{ 0777, 0, 0, 0, 0, 0755, 0755 },
		{ 0666, 0, 0, 0, 1, 0666, 0666 },
		{ 0751, 0, 0, 0, 1, 0751, 0751 },
		{ 0400, 0, 0, 0, 0, 0400, 0400 },
		{ 0644, 0600, 0, 0, 0, 0600, 0600 },
		{ 0600, 0666, 0, 0, 0, 0666, 0666 },
		{ 0640, 0600, 0, 0, 1, 0640, 0640 },
		{ 0644, 0, 0640, 1, 0, 0640, 0640 },
		{ 0644, 0, 0666, 1, 0, 0666, 0666 },
		{ 0644, 0600, 0640, 1, 0, 0640, 0640 },
		{ 0644, 0, 0640, 0, 0, 0640, 0640 },
		{ 0644, 0, 0600, 1, 1, 0600, 0600 },
		{ 0644, 0, 0, 1, 0, 0, 0 },
		{ 04755, 0, 0, 0, 1, 04755, 04755 },
	};
	struct depot *depot = *state;
	struct path from = from_of(depot, "file"), to = to_of(depot, "file");
	mode_t umask_before = umask(022);
	for (size_t i = 0; i < 2 * (sizeof rules / sizeof *rules); i++) {
		struct witness witness = witness_new();
		size_t rule = i / 2;
		bool down = i % 2;
		(void)unlink(from.text);
		(void)unlink(to.text);
		make_file(from.text, 10, 1);
		assert_int_equal(chmod(from.text, rules[rule].source), 0);
		if (rules[rule].old) {
			make_text(to.text, OLD);
			assert_int_equal(chmod(to.text, rules[rule].old), 0);
		}
		witness.options.mode = rules[rule].mode;
		witness.options.has_mode = rules[rule].has_mode;
		witness.options.preserve = rules[rule].preserve;
		carry_to(depot, down ? DOWN : UP, "file", "file", &witness, 0);
		mode_t expected = down ? rules[rule].down : rules[rule].up;
		if (mode_of(to.text) != expected)
			fail_msg("rule %zu, %s: %o, not %o", rule,
				 down ? "get" : "put", mode_of(to.text),
				 expected);
	}
	(void)umask(umask_before);
}

static void set_id_bits_come_only_where_preserved(void **state)
{
	struct depot *depot = *state;
	make_file(from_of(depot, "file").text, 10, 1);
	assert_int_equal(chmod(from_of(depot, "file").text, 06755), 0);
	carry_plain(depot, DOWN, "file", "file");
	assert_int_equal(mode_of(to_of(depot, "file").text), 0755);
}

static void times_are_preserved(void **state)
{
	const struct timespec times[2] = { { .tv_sec = 1111111111 },
					   { .tv_sec = 1000000000 } };
	struct depot *depot = *state;
	struct path from = from_of(depot, "file"), to = to_of(depot, "file");
	make_file(from.text, 10, 1);
	for (enum way way = UP; way <= DOWN; way++) {
		struct stat st;
		struct witness witness = witness_new();
		assert_int_equal(utimensat(AT_FDCWD, from.text, times, 0), 0);
		carry_plain(depot, way, "file", "file");
		assert_int_equal(stat(to.text, &st), 0);
		assert_int_not_equal(st.st_mtime, 1000000000);
		witness.options.preserve = 1;
		carry_to(depot, way, "file", "file", &witness, 0);
		assert_int_equal(stat(to.text, &st), 0);
		assert_int_equal(st.st_mtime, 1000000000);
	}
}

static void an_owner_is_set(void **state)
{
	struct depot *depot = *state;
	struct path from = from_of(depot, "file"), to = to_of(depot, "file");
	if (geteuid() != 0)
		skip();
	make_file(from.text, 10, 1);
	assert_int_equal(chown(from.text, 4321, 8765), 0);
	for (enum way way = UP; way <= DOWN; way++) {
		struct stat st;
		struct witness witness = witness_new();
		witness.options.has_owner = 1;
		witness.options.uid = 12345;
		witness.options.gid = 54321;
		carry_to(depot, way, "file", "file", &witness, 0);
		assert_int_equal(stat(to.text, &st), 0);
		assert_int_equal(st.st_uid, 12345);
		assert_int_equal(st.st_gid, 54321);
		(void)unlink(to.text);
		/* Where the one who writes is root. */
		witness = witness_new();
		witness.options.preserve = 1;
		carry_to(depot, way, "file", "file", &witness, 0);
		assert_int_equal(stat(to.text, &st), 0);
		assert_int_equal(st.st_uid, 4321);
		assert_int_equal(st.st_gid, 8765);
		(void)unlink(to.text);
		carry_plain(depot, way, "file", "file");
		assert_int_equal(stat(to.text, &st), 0);
		assert_int_equal(st.st_uid, 0);
		(void)unlink(to.text);
	}
}

static void sync_and_verify_agree(void **state)
{
	struct depot *depot = *state;
	make_file(from_of(depot, "file").text, MIB + 1, 6);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = witness_new();
		make_text(to_of(depot, "file").text, OLD);
		witness.options.sync = 1;
		witness.options.verify = 1;
		carry_to(depot, way, "file", "file", &witness, 0);
		assert_file(only_name(depot).text, MIB + 1, 6);
	}
}

static void a_limit_of_speed_holds(void **state)
{
	struct depot *depot = *state;
	make_file(from_of(depot, "file").text, 3 * MIB, 7);
	for (enum way way = UP; way <= DOWN; way++) {
		struct witness witness = witness_new();
		witness.options.bytes_per_second = MIB;
		int64_t began_ms = now_ms();
		carry_to(depot, way, "file", "file", &witness, 0);
		int64_t took_ms = now_ms() - began_ms;
		assert_file(to_of(depot, "file").text, 3 * MIB, 7);
		if (took_ms < 1900 || took_ms > 30000)
			fail_msg("%lld ms", (long long)took_ms);
	}
}

static void a_cancelled_one_leaves_nothing(void **state)
{
	struct depot *depot = *state;
	make_file(from_of(depot, "file").text, 8 * MIB, 8);
	for (size_t i = 0; i < 8; i++) {
		struct witness witness = witness_new();
		enum way way = i % 2 ? DOWN : UP;
		bool old = i & 2;
		clear_folder(depot->to.text);
		if (old)
			make_text(to_of(depot, "file").text, OLD);
		witness.options.bytes_per_second = 4 * MIB;
		witness.options.preserve = (i & 4) != 0;
		witness.cancel_at_bytes = MIB;
		carry_to(depot, way, "file", "file", &witness,
			 SSHOAL_ECANCELLED);
		assert_true(witness.summary.bytes < 8 * MIB);
		assert_int_equal(count_names(depot->to.text), old);
		if (old)
			assert_text(to_of(depot, "file").text, OLD);
	}
	assert_fine(depot->client);
}

struct change {
	const char *path;
	int how; /* 0: longer, 1: shorter, 2: as long, but other bytes */
};

static void change(void *data)
{
	const struct change *change = data;
	int fd = open(change->path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	if (change->how == 1)
		assert_int_equal(ftruncate(fd, (off_t)(5 * MIB)), 0);
	else
		assert_int_equal(
			pwrite(fd, "changed", 7,
			       change->how == 0 ? (off_t)(8 * MIB) : 0),
			7);
	(void)close(fd);
}

static void a_source_that_changes_is_noticed(void **state)
{
	/* SFTP's times are seconds: within one nobody could tell. */
	const struct timespec times[2] = { { .tv_sec = 1111111111 },
					   { .tv_sec = 1000000000 } };
	struct depot *depot = *state;
	struct path from = from_of(depot, "file");
	for (int i = 0; i < 6; i++) {
		struct witness witness = witness_new();
		struct change how = { .path = from.text, .how = i / 2 };
		make_file(from.text, 8 * MIB, 8);
		assert_int_equal(utimensat(AT_FDCWD, from.text, times, 0), 0);
		make_text(to_of(depot, "file").text, OLD);
		witness.options.bytes_per_second = 4 * MIB;
		witness.meddle = change;
		witness.meddle_data = &how;
		witness.meddle_at_bytes = 1;
		/* What grows there, as a log does, is whole as far as its size
		 * was. */
		bool is_log = i % 2 && how.how == 0;
		carry_to(depot, i % 2 ? DOWN : UP, "file", "file", &witness,
			 is_log ? 0 : SSHOAL_ECHANGED);
		assert_null(witness.meddle);
		if (!is_log)
			assert_text(only_name(depot).text, OLD);
	}
}

/* What is given to and taken from a stream. */
struct flow {
	uint64_t done;
	uint64_t size_bytes;
	size_t part; /* at a time */
	uint64_t stop_at;
	int code; /* then */
	bool wrong;
};

static int64_t give(void *buffer, size_t size_bytes, void *data)
{
	struct flow *flow = data;
	uint64_t left = flow->size_bytes - flow->done;
	size_t part = flow->part < size_bytes ? flow->part : size_bytes;
	if (flow->stop_at && flow->done >= flow->stop_at)
		return flow->code;
	part = part < left ? part : (size_t)left;
	pattern_fill(buffer, part, flow->done, 9);
	flow->done += part;
	return (int64_t)part;
}

static int take(const void *bytes, size_t size_bytes, void *data)
{
	struct flow *flow = data;
	if (flow->stop_at && flow->done >= flow->stop_at)
		return flow->code;
	flow->wrong |= !pattern_is(bytes, size_bytes, flow->done, 9);
	flow->done += size_bytes;
	return 0;
}

static void streams_are_exact(void **state)
{
	static const struct {
		uint64_t size_bytes;
		size_t part;
	} flows[] = { { 0, 100 },           { 1, 100 },
		      { 20000, 1 },         { 4 * MIB + 7, 100000 },
		      { 4 * MIB + 7, MIB }, { 261120, SIZE_MAX } };
	struct depot *depot = *state;
	struct path to = to_of(depot, "file");
	for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
		sshoal_error error = { .code = 0 };
		struct flow in = { .size_bytes = flows[i].size_bytes,
				   .part = flows[i].part };
		struct flow out = { .done = 0 };
		int rc = sshoal_sftp_put_stream(depot->sftp, give, &in, to.text,
						NULL, &error);
		assert_code(rc, 0, "put", error.text);
		assert_file(only_name(depot).text, flows[i].size_bytes, 9);
		rc = sshoal_sftp_get_stream(depot->sftp, to.text, take, &out,
					    NULL, &error);
		assert_code(rc, 0, "get", error.text);
		assert_false(out.wrong);
		assert_int_equal(out.done, flows[i].size_bytes);
	}
}

static void a_stream_ends_as_its_caller_says(void **state)
{
	static const int codes[] = { SSHOAL_EIO, SSHOAL_EFORMAT };
	struct depot *depot = *state;
	struct path to = to_of(depot, "file");
	sshoal_error error = { .code = 0 };
	for (size_t i = 0; i < 2; i++) {
		struct flow in = { .size_bytes = 4 * MIB,
				   .part = 50000,
				   .stop_at = i ? 1 : 2 * MIB,
				   .code = codes[i] };
		make_text(to.text, OLD);
		int rc = sshoal_sftp_put_stream(depot->sftp, give, &in, to.text,
						NULL, &error);
		assert_code(rc, codes[i], "put", error.text);
		assert_text(only_name(depot).text, OLD);
	}
	make_file(to.text, 4 * MIB, 9);
	struct flow out = { .stop_at = MIB, .code = SSHOAL_EIO };
	int rc = sshoal_sftp_get_stream(depot->sftp, to.text, take, &out, NULL,
					&error);
	assert_code(rc, SSHOAL_EIO, "get", error.text);
	out = (struct flow){ .stop_at = MIB, .code = 1 };
	rc = sshoal_sftp_get_stream(depot->sftp, to.text, take, &out, NULL,
				    &error);
	assert_code(rc, SSHOAL_ECANCELLED, "get", error.text);
	depot_reopen(depot);
	assert_fine(depot->client);
}

static void a_stream_has_its_options(void **state)
{
	struct depot *depot = *state;
	struct path to = to_of(depot, "deep/er/file");
	sshoal_error error = { .code = 0 };
	struct flow in = { .size_bytes = 1000, .part = 300 };
	sshoal_transfer_options options = SSHOAL_TRANSFER_OPTIONS_INIT;
	sshoal_transfer_summary summary = { .files = 0 };
	options.make_parents = 1;
	options.mode = 0640;
	options.has_mode = 1;
	options.sync = 1;
	options.summary = &summary;
	int rc = sshoal_sftp_put_stream(depot->sftp, give, &in, to.text,
					&options, &error);
	assert_code(rc, 0, "put", error.text);
	assert_file(to.text, 1000, 9);
	assert_int_equal(mode_of(to.text), 0640);
	assert_int_equal(summary.files, 1);
	assert_int_equal(summary.bytes, 1000);
}

static void offsets_over_4_gib_are_kept(void **state)
{
	static const uint64_t places[] = { 4294967290u, 5ull << 30,
					   (1ull << 40) + 12345 };
	static unsigned char bytes[100000], back[100000];
	struct depot *depot = *state;
	struct path path = to_of(depot, "file");
	sshoal_file *file = NULL;
	sshoal_error error = { .code = 0 };
	int rc = sshoal_file_open(&file, depot->sftp, path.text,
				  SSHOAL_FILE_READ | SSHOAL_FILE_WRITE |
					  SSHOAL_FILE_CREATE,
				  0600, &error);
	assert_code(rc, 0, "open", error.text);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		pattern_fill(bytes, sizeof bytes, places[i], 1);
		assert_int_equal(sshoal_file_pwrite(file, bytes, sizeof bytes,
						    places[i]),
				 sizeof bytes);
		assert_int_equal(sshoal_file_size(file),
				 places[i] + sizeof bytes);
		assert_int_equal(
			sshoal_file_pread(file, back, sizeof back, places[i]),
			sizeof back);
		assert_memory_equal(back, bytes, sizeof bytes);
		assert_int_equal(sshoal_file_seek(file, (int64_t)places[i] + 50,
						  SEEK_SET),
				 places[i] + 50);
		assert_int_equal(sshoal_file_read(file, back, sizeof back),
				 sizeof back - 50);
		assert_memory_equal(back, bytes + 50, sizeof bytes - 50);
		assert_int_equal(sshoal_file_tell(file),
				 places[i] + sizeof bytes);
	}
	assert_int_equal(sshoal_file_truncate(file, 6ull << 30), 0);
	assert_int_equal(sshoal_file_size(file), 6ull << 30);
	assert_int_equal(sshoal_file_close(file), 0);
	(void)unlink(path.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_size_arrives, depot_clear),
		cmocka_unit_test_setup(null_options_are_the_defaults,
				       depot_clear),
		cmocka_unit_test_setup(where_it_goes_is_as_said, depot_clear),
		cmocka_unit_test_setup(what_is_not_there_fails, depot_clear),
		cmocka_unit_test_setup(a_folder_needs_recursive, depot_clear),
		cmocka_unit_test_setup(a_file_is_replaced_in_one_step,
				       depot_clear),
		cmocka_unit_test_setup(in_place_keeps_the_file, depot_clear),
		cmocka_unit_test_setup(permissions_are_as_said, depot_clear),
		cmocka_unit_test_setup(set_id_bits_come_only_where_preserved,
				       depot_clear),
		cmocka_unit_test_setup(times_are_preserved, depot_clear),
		cmocka_unit_test_setup(an_owner_is_set, depot_clear),
		cmocka_unit_test_setup(sync_and_verify_agree, depot_clear),
		cmocka_unit_test_setup(a_limit_of_speed_holds, depot_clear),
		cmocka_unit_test_setup(a_cancelled_one_leaves_nothing,
				       depot_clear),
		cmocka_unit_test_setup(a_source_that_changes_is_noticed,
				       depot_clear),
		cmocka_unit_test_setup(streams_are_exact, depot_clear),
		cmocka_unit_test_setup(a_stream_ends_as_its_caller_says,
				       depot_clear),
		cmocka_unit_test_setup(a_stream_has_its_options, depot_clear),
		cmocka_unit_test_setup(offsets_over_4_gib_are_kept,
				       depot_clear),
	};
	return cmocka_run_group_tests(tests, depot_setup, depot_teardown);
}
