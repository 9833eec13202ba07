/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_CONSOLE_H
#define SSHOAL_REPORT_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

#include <sshoal/cancel.h>
#include <sshoal/error.h>
#include <sshoal/fleet.h>

#define CONSOLE_BUFFER_BYTES ((size_t)64 * 1024)

/* One of the two descriptors. */
struct console_stream {
	int fd;
	bool is_terminal;
	bool may_hang; /* its reader may take nothing for a while */
	int failure;   /* errno of the first write that failed, else 0 */
};

/*
 * Standard output and standard error with one buffer between them, so that
 * what was written first arrives first wherever both lead to one place.
 * Streams are named by SSHOAL_STDOUT and SSHOAL_STDERR.
 */
struct console {
	struct console_stream streams[2];
	sshoal_cancel *cancel; /* SSHOAL_CANCEL_ABORT ends a write that hangs;
				  may be NULL */
	int buffered_stream;   /* whose bytes are in the buffer */
	size_t used;
	bool has_status; /* the last line on standard error is one */
	char buffer[CONSOLE_BUFFER_BYTES];
};

void sshoal__console_init(struct console *console, int out_fd, int err_fd);

/* Calls below return 0, or SSHOAL_EIO when the stream has failed, at this call
 * or before. A failure is told once on standard error, but not that a reader
 * went away. */

int sshoal__console_write(struct console *console, int stream,
			  const void *bytes, size_t size_bytes);

/* The same, with control characters made visible. */
int sshoal__console_write_visible(struct console *console, int stream,
				  const void *bytes, size_t size_bytes);

int sshoal__console_print(struct console *console, int stream,
			  const char *text);

/* One line of our own on standard error, after "sshoal: ". Control characters
 * are made visible, a newline becomes a blank. */
void sshoal__console_say(struct console *console, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

int sshoal__console_flush(struct console *console);

/* Shows a line on standard error, cut to the terminal's width, that goes away
 * before anything else is written, or when another one or NULL is shown. For
 * ASCII without control characters, after whole lines. */
void sshoal__console_status(struct console *console, const char *text);

bool sshoal__console_is_terminal(const struct console *console, int stream);

/* The errno of the first write to a stream that failed; 0 when none did. */
int sshoal__console_failure(const struct console *console, int stream);

#endif
