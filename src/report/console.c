/* SPDX-License-Identifier: MIT */
#include "report/console.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sshoal/text.h>

#include "report/utf8.h"

/*
 * Bytes stay in the buffer until it is full, the other stream is written to or
 * somebody flushes. A stream that has failed once takes nothing more.
 */

/* How much is made visible at a time; no byte becomes more than four. */
#define SLICE_BYTES 1024

static struct console_stream *stream_at(struct console *console, int stream)
{
	return &console->streams[stream == SSHOAL_STDERR];
}

static struct console_stream make_stream(int fd)
{
	struct stat status;
	return (struct console_stream){
		.fd = fd,
		.is_terminal = isatty(fd) == 1,
		.may_hang = fstat(fd, &status) == 0 && !S_ISREG(status.st_mode),
	};
}

void sshoal__console_init(struct console *console, int out_fd, int err_fd)
{
	console->streams[0] = make_stream(out_fd);
	console->streams[1] = make_stream(err_fd);
	console->cancel = NULL;
	console->buffered_stream = SSHOAL_STDOUT;
	console->used = 0;
	console->has_status = false;
}

/* As much as a pipe takes at once where it takes anything (PIPE_BUF). */
#define PIECE_BYTES ((size_t)4096)

/* Waits until a descriptor takes more. False after an abort, unless it does so
 * at once. */
static bool wait_writable(const struct console *console, int fd)
{
	struct pollfd fds[] = {
		{ .fd = fd, .events = POLLOUT },
		{ .fd = sshoal_cancel_fd(console->cancel, SSHOAL_CANCEL_ABORT),
		  .events = POLLIN },
	};
	for (;;) {
		int n = poll(fds, 2, -1);
		if (n > 0)
			return fds[0].revents != 0;
		if (errno != EINTR)
			return true;
	}
}

/*
 * Writes it all, whatever the descriptor makes of it. 0 or an errno. Where
 * nobody may read, an abort is waited for together with the reader: a signal that
 * comes right before a write(2) would not end that.
 */
static int write_all(const struct console *console,
		     const struct console_stream *to, const char *bytes,
		     size_t n)
{
	while (n > 0) {
		size_t piece =
			to->may_hang && n > PIECE_BYTES ? PIECE_BYTES : n;
		if (to->may_hang && !wait_writable(console, to->fd))
			return ECANCELED;
		ssize_t done = write(to->fd, bytes, piece);
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
			continue;
		}
		if (done == 0)
			return EIO;
		if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK)
			return errno;
		if (!wait_writable(console, to->fd))
			return ECANCELED;
	}
	return 0;
}

/* Back to the line's beginning, and what is on it goes. */
static void wipe_status(struct console *console)
{
	static const char wipe[] = "\r\033[K";
	if (!console->has_status)
		return;
	console->has_status = false;
	(void)write_all(console, stream_at(console, SSHOAL_STDERR), wipe,
			sizeof wipe - 1);
}

/* A failing standard error has nobody left to tell. */
static void tell_failure(struct console *console, int failure)
{
	struct console_stream *err = stream_at(console, SSHOAL_STDERR);
	if (failure == EPIPE || failure == ECANCELED || err->failure)
		return;
	char line[160];
	int n = snprintf(line, sizeof line, "sshoal: standard output: %s\n",
			 strerror(failure));
	if (n > 0 && (size_t)n < sizeof line)
		err->failure = write_all(console, err, line, (size_t)n);
}

static int deliver(struct console *console, int stream, const char *bytes,
		   size_t n)
{
	struct console_stream *to = stream_at(console, stream);
	if (n > 0)
		wipe_status(console);
	if (!to->failure && n > 0) {
		to->failure = write_all(console, to, bytes, n);
		if (to->failure)
			tell_failure(console, to->failure);
	}
	return to->failure ? SSHOAL_EIO : 0;
}

int sshoal__console_flush(struct console *console)
{
	size_t n = console->used;
	console->used = 0;
	return deliver(console, console->buffered_stream, console->buffer, n);
}

int sshoal__console_write(struct console *console, int stream,
			  const void *bytes, size_t size_bytes)
{
	if (console->buffered_stream != stream ||
	    size_bytes > CONSOLE_BUFFER_BYTES - console->used) {
		(void)sshoal__console_flush(console);
		console->buffered_stream = stream;
	}
	if (size_bytes >= CONSOLE_BUFFER_BYTES)
		return deliver(console, stream, bytes, size_bytes);
	if (size_bytes > 0)
		memcpy(console->buffer + console->used, bytes, size_bytes);
	console->used += size_bytes;
	return stream_at(console, stream)->failure ? SSHOAL_EIO : 0;
}

int sshoal__console_write_visible(struct console *console, int stream,
				  const void *bytes, size_t size_bytes)
{
	const char *p = bytes;
	int rc = 0;
	while (size_bytes > 0 && rc == 0) {
		char visible[4 * SLICE_BYTES + 1];
		size_t n = size_bytes;
		if (n > SLICE_BYTES)
			n = sshoal__utf8_cut(p, SLICE_BYTES);
		size_t length =
			sshoal_text_escape(visible, sizeof visible, p, n);
		rc = sshoal__console_write(console, stream, visible, length);
		p += n;
		size_bytes -= n;
	}
	return rc;
}

int sshoal__console_print(struct console *console, int stream, const char *text)
{
	return sshoal__console_write(console, stream, text, strlen(text));
}

void sshoal__console_say(struct console *console, const char *format, ...)
{
	char *text = NULL;
	va_list arguments;
	va_start(arguments, format);
	int n = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (n < 0)
		return;
	for (char *p = strchr(text, '\n'); p; p = strchr(p, '\n'))
		*p = ' ';
	(void)sshoal__console_print(console, SSHOAL_STDERR, "sshoal: ");
	(void)sshoal__console_write_visible(console, SSHOAL_STDERR, text,
					    (size_t)n);
	(void)sshoal__console_print(console, SSHOAL_STDERR, "\n");
	free(text);
}

void sshoal__console_status(struct console *console, const char *text)
{
	const struct console_stream *err = stream_at(console, SSHOAL_STDERR);
	struct winsize size = { .ws_col = 0 };
	(void)sshoal__console_flush(console);
	wipe_status(console);
	if (!text || err->failure)
		return;
	size_t n = strlen(text);
	(void)ioctl(err->fd, TIOCGWINSZ, &size);
	/* A terminal that is told to write to its last column may go on to the
	 * next line. */
	if (size.ws_col > 1 && n > size.ws_col - 1u)
		n = size.ws_col - 1u;
	console->has_status = true;
	(void)write_all(console, err, text, n);
}

bool sshoal__console_is_terminal(const struct console *console, int stream)
{
	return console->streams[stream == SSHOAL_STDERR].is_terminal;
}

int sshoal__console_failure(const struct console *console, int stream)
{
	return console->streams[stream == SSHOAL_STDERR].failure;
}
