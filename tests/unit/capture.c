/* SPDX-License-Identifier: MIT */
#include "unit/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* Streams lead to files in memory, which are emptied as they are read. */

static int open_memory(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

struct capture *capture_new(void)
{
	struct capture *capture = malloc(sizeof *capture);
	assert_non_null(capture);
	capture->out_fd = open_memory("out");
	capture->err_fd = open_memory("err");
	sshoal__console_init(&capture->console, capture->out_fd,
			     capture->err_fd);
	return capture;
}

char *capture_take(struct capture *capture, int stream, size_t *size_bytes)
{
	int fd = stream == SSHOAL_STDERR ? capture->err_fd : capture->out_fd;
	(void)sshoal__console_flush(&capture->console);
	off_t size = lseek(fd, 0, SEEK_CUR);
	assert_true(size >= 0);
	char *text = malloc((size_t)size + 1);
	assert_non_null(text);
	assert_int_equal(pread(fd, text, (size_t)size, 0), size);
	text[size] = '\0';
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	if (size_bytes)
		*size_bytes = (size_t)size;
	return text;
}

void capture_expect(struct capture *capture, int stream, const char *text)
{
	char *got = capture_take(capture, stream, NULL);
	assert_string_equal(got, text);
	free(got);
}

void capture_free(struct capture *capture)
{
	(void)close(capture->err_fd);
	(void)close(capture->out_fd);
	free(capture);
}
