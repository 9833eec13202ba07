/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TESTS_CAPTURE_H
#define SSHOAL_TESTS_CAPTURE_H

#include <stddef.h>

#include "report/console.h"

/* A console whose two streams can be read back. */
struct capture {
	struct console console;
	int out_fd;
	int err_fd;
};

/* Fails the test when the system refuses. */
struct capture *capture_new(void);

/* What a stream has got since the last call, flushed, with a NUL behind it;
 * for free(3). size_bytes may be NULL. */
char *capture_take(struct capture *capture, int stream, size_t *size_bytes);

/* Takes what a stream has got and fails the test unless it is this. */
void capture_expect(struct capture *capture, int stream, const char *text);

void capture_free(struct capture *capture);

#endif
