/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sftp/source.h"
#include "unit/scratch.h"

/* What becomes of a file after its manifest was made. */

#define SIZE (2 * SOURCE_BLOCK + 10)

static unsigned char bytes[SIZE];

static const struct timespec past[2] = { { 1000, 1 }, { 1000, 1 } };

struct rig {
	char path[SCRATCH_PATH];  /* of the file */
	char other[SCRATCH_PATH]; /* beside it */
	struct manifest *manifest;
	struct source *source;
	size_t entry;
};

/* Returns when the clock of the file system is past a file's latest change;
 * else another change in the same moment could not be seen. */
static void await_next_moment(const struct rig *rig)
{
	struct stat before;
	struct stat now;
	assert_int_equal(lstat(rig->path, &before), 0);
	do {
		scratch_write(rig->other, "", 0, 0600);
		assert_int_equal(lstat(rig->other, &now), 0);
	} while (now.st_ctim.tv_sec == before.st_ctim.tv_sec &&
		 now.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
	assert_int_equal(unlink(rig->other), 0);
}

static void start(struct rig *rig, void **state, bool follow_links)
{
	const struct manifest_options options = { .recursive = true,
						  .follow_links =
							  follow_links };
	char folder[SCRATCH_PATH];
	scratch_path(folder, state, "changes");
	(void)mkdir(folder, 0700);
	scratch_path(rig->path, state, "changes/file");
	scratch_path(rig->other, state, "other");
	scratch_write(rig->path, bytes, SIZE, 0644);
	assert_int_equal(utimensat(AT_FDCWD, rig->path, past, 0), 0);
	const char *source = folder;
	assert_int_equal(sshoal__manifest_new(&rig->manifest, &source, 1,
					      &options, NULL),
			 0);
	assert_int_equal(rig->manifest->count, 2);
	assert_int_equal(sshoal__source_new(&rig->source, rig->manifest, 0), 0);
	rig->entry = 1;
	await_next_moment(rig);
}

static void stop(struct rig *rig)
{
	sshoal__source_free(rig->source);
	sshoal__manifest_free(rig->manifest);
	(void)unlink(rig->other);
	if (unlink(rig->path) != 0)
		(void)rmdir(rig->path);
}

static int ask(struct rig *rig, uint64_t offset, sshoal_error *error)
{
	const struct source_block *block = NULL;
	int rc = sshoal__source_block(rig->source, rig->entry, offset, &block,
				      error);
	if (rc == 0) {
		assert_memory_equal(block->bytes, bytes + offset, block->size);
		sshoal__source_release(rig->source, block);
	}
	return rc;
}

static void overwrite(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_not_equal(fd, -1);
	assert_int_equal(pwrite(fd, "changed", 7, SOURCE_BLOCK), 7);
	assert_int_equal(close(fd), 0);
}

static void be_touched(struct rig *rig)
{
	assert_int_equal(utimensat(AT_FDCWD, rig->path, NULL, 0), 0);
}

static void be_overwritten(struct rig *rig)
{
	overwrite(rig->path);
}

static void be_overwritten_with_its_mtime_set_back(struct rig *rig)
{
	overwrite(rig->path);
	assert_int_equal(utimensat(AT_FDCWD, rig->path, past, 0), 0);
}

static void be_shortened(struct rig *rig)
{
	assert_int_equal(truncate(rig->path, SIZE - 1), 0);
}

static void be_emptied(struct rig *rig)
{
	assert_int_equal(truncate(rig->path, 0), 0);
	assert_int_equal(utimensat(AT_FDCWD, rig->path, past, 0), 0);
}

static void grow(struct rig *rig)
{
	assert_int_equal(truncate(rig->path, SIZE + 1), 0);
	assert_int_equal(utimensat(AT_FDCWD, rig->path, past, 0), 0);
}

static void be_replaced(struct rig *rig)
{
	scratch_write(rig->other, bytes, SIZE, 0644);
	assert_int_equal(utimensat(AT_FDCWD, rig->other, past, 0), 0);
	assert_int_equal(rename(rig->other, rig->path), 0);
}

static void become_a_link(struct rig *rig)
{
	scratch_write(rig->other, bytes, SIZE, 0644);
	assert_int_equal(unlink(rig->path), 0);
	assert_int_equal(symlink("../other", rig->path), 0);
}

static void become_a_link_to_itself(struct rig *rig)
{
	assert_int_equal(rename(rig->path, rig->other), 0);
	assert_int_equal(symlink("../other", rig->path), 0);
}

static void become_a_pipe(struct rig *rig)
{
	assert_int_equal(unlink(rig->path), 0);
	assert_int_equal(mkfifo(rig->path, 0600), 0);
}

static void become_a_socket(struct rig *rig)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	assert_in_range(strlen(rig->path), 1, sizeof address.sun_path - 1);
	memcpy(address.sun_path, rig->path, strlen(rig->path));
	assert_int_equal(unlink(rig->path), 0);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address),
			 0);
	(void)close(fd);
}

static void become_a_directory(struct rig *rig)
{
	assert_int_equal(unlink(rig->path), 0);
	assert_int_equal(mkdir(rig->path, 0700), 0);
}

static void every_change_is_told(void **state)
{
	static void (*const changes[])(struct rig *) = {
		be_touched,
		be_overwritten,
		be_overwritten_with_its_mtime_set_back,
		be_shortened,
		be_emptied,
		grow,
		be_replaced,
		become_a_link,
		become_a_link_to_itself,
		become_a_pipe,
		become_a_socket,
		become_a_directory,
	};
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct rig rig;
		start(&rig, state, false);
		changes[i](&rig);
		sshoal_error error = { .text = "" };
		int rc = ask(&rig, 0, &error);
		if (rc != SSHOAL_ECHANGED ||
		    strstr(error.text, rig.path) != error.text)
			fail_msg("%zu: %d (%s)", i, rc, error.text);
		/* It stays so, whatever is done then. */
		(void)unlink(rig.path);
		unsigned char digest[SOURCE_DIGEST];
		assert_int_equal(ask(&rig, 0, NULL), SSHOAL_ECHANGED);
		assert_int_equal(ask(&rig, SOURCE_BLOCK, NULL),
				 SSHOAL_ECHANGED);
		assert_int_equal(
			sshoal__source_check(rig.source, rig.entry, NULL),
			SSHOAL_ECHANGED);
		assert_int_equal(sshoal__source_digest(rig.source, rig.entry,
						       digest, NULL),
				 SSHOAL_ECHANGED);
		stop(&rig);
	}
}

static void a_change_while_it_is_read_is_told(void **state)
{
	static void (*const changes[])(struct rig *) = {
		be_touched,
		be_overwritten,
		be_overwritten_with_its_mtime_set_back,
		be_shortened,
		be_emptied,
		grow,
	};
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct rig rig;
		start(&rig, state, false);
		assert_int_equal(ask(&rig, 0, NULL), 0);
		changes[i](&rig);
		/* The rest would be of another state. */
		if (ask(&rig, SOURCE_BLOCK, NULL) != SSHOAL_ECHANGED)
			fail_msg("%zu: nothing was told", i);
		assert_int_equal(ask(&rig, 0, NULL), SSHOAL_ECHANGED);
		stop(&rig);
	}
}

static void a_change_after_all_was_read_is_told(void **state)
{
	static void (*const changes[])(struct rig *) = {
		be_touched,
		be_overwritten_with_its_mtime_set_back,
		be_emptied,
		be_replaced,
		become_a_link_to_itself,
		become_a_pipe,
	};
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct rig rig;
		start(&rig, state, false);
		for (uint64_t at = 0; at < SIZE; at += SOURCE_BLOCK)
			assert_int_equal(ask(&rig, at, NULL), 0);
		assert_int_equal(
			sshoal__source_check(rig.source, rig.entry, NULL), 0);
		changes[i](&rig);
		sshoal_error error = { .text = "" };
		if (sshoal__source_check(rig.source, rig.entry, &error) !=
		    SSHOAL_ECHANGED)
			fail_msg("%zu: %s", i, error.text);
		stop(&rig);
	}
}

static void be_permitted_less(struct rig *rig)
{
	assert_int_equal(chmod(rig->path, 0600), 0);
}

static void be_linked(struct rig *rig)
{
	assert_int_equal(link(rig->path, rig->other), 0);
}

static void be_unlinked(struct rig *rig)
{
	assert_int_equal(unlink(rig->other), 0);
}

static void be_given_away(struct rig *rig)
{
	if (getuid() == 0)
		assert_int_equal(chown(rig->path, 65534, 65534), 0);
}

static void what_leaves_the_contents_alone_is_no_change(void **state)
{
	static void (*const events[])(struct rig *) = {
		be_permitted_less,
		be_linked,
		be_unlinked,
		be_given_away,
	};
	struct rig rig;
	start(&rig, state, false);
	uint64_t at = 0;
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		events[i](&rig);
		assert_int_equal(ask(&rig, at, NULL), 0);
		assert_int_equal(
			sshoal__source_check(rig.source, rig.entry, NULL), 0);
		at = at + SOURCE_BLOCK < SIZE ? at + SOURCE_BLOCK : 0;
	}
	/* That does not excuse what comes after it. */
	int fd = open(rig.path, O_RDONLY | O_CLOEXEC);
	struct stat before;
	struct stat now;
	assert_int_equal(fstat(fd, &before), 0);
	do {
		be_overwritten_with_its_mtime_set_back(&rig);
		assert_int_equal(fstat(fd, &now), 0);
	} while (now.st_ctim.tv_sec == before.st_ctim.tv_sec &&
		 now.st_ctim.tv_nsec == before.st_ctim.tv_nsec);
	(void)close(fd);
	assert_int_equal(sshoal__source_check(rig.source, rig.entry, NULL),
			 SSHOAL_ECHANGED);
	stop(&rig);
}

static void a_file_that_is_gone_is_told(void **state)
{
	struct rig rig;
	start(&rig, state, false);
	assert_int_equal(ask(&rig, 0, NULL), 0);
	assert_int_equal(unlink(rig.path), 0);
	/* It is still open and whole, but what was asked for is not there. */
	assert_int_equal(ask(&rig, SOURCE_BLOCK, NULL), 0);
	sshoal_error error = { .text = "" };
	assert_int_equal(sshoal__source_check(rig.source, rig.entry, &error),
			 SSHOAL_ENOENT);
	assert_ptr_equal(strstr(error.text, rig.path), error.text);
	stop(&rig);
	start(&rig, state, false);
	assert_int_equal(unlink(rig.path), 0);
	assert_int_equal(ask(&rig, 0, &error), SSHOAL_ENOENT);
	assert_ptr_equal(strstr(error.text, rig.path), error.text);
	stop(&rig);
}

static void a_link_is_followed_where_the_manifest_did(void **state)
{
	struct rig rig;
	start(&rig, state, true);
	/* It has another name, which its ctime tells. */
	become_a_link_to_itself(&rig);
	assert_int_equal(ask(&rig, 0, NULL), SSHOAL_ECHANGED);
	stop(&rig);
	start(&rig, state, true);
	become_a_link(&rig);
	assert_int_equal(ask(&rig, 0, NULL), SSHOAL_ECHANGED);
	stop(&rig);
	/* A source that is a link. */
	char path[SCRATCH_PATH];
	start(&rig, state, false);
	scratch_path(path, state, "source");
	assert_int_equal(symlink("changes/file", path), 0);
	const struct manifest_options options = { .recursive = false };
	const char *source = path;
	sshoal__source_free(rig.source);
	sshoal__manifest_free(rig.manifest);
	assert_int_equal(
		sshoal__manifest_new(&rig.manifest, &source, 1, &options, NULL),
		0);
	assert_int_equal(sshoal__source_new(&rig.source, rig.manifest, 0), 0);
	rig.entry = 0;
	assert_int_equal(ask(&rig, 0, NULL), 0);
	assert_int_equal(sshoal__source_check(rig.source, 0, NULL), 0);
	scratch_write(rig.other, bytes, SIZE, 0644);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("other", path), 0);
	assert_int_equal(sshoal__source_check(rig.source, 0, NULL),
			 SSHOAL_ECHANGED);
	stop(&rig);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (unsigned char)(i * 31 >> 5);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_change_is_told),
		cmocka_unit_test(a_change_while_it_is_read_is_told),
		cmocka_unit_test(a_change_after_all_was_read_is_told),
		cmocka_unit_test(what_leaves_the_contents_alone_is_no_change),
		cmocka_unit_test(a_file_that_is_gone_is_told),
		cmocka_unit_test(a_link_is_followed_where_the_manifest_did),
	};
	return cmocka_run_group_tests(tests, scratch_setup_in_memory,
				      scratch_teardown);
}
