/* SPDX-License-Identifier: MIT */
#include "cli/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/*
 * Reads one line from the terminal that controls us, whatever standard input
 * is. The terminal is set back on every way out; the keys that would stop or
 * kill the program while it is silent are off.
 */

#define PASSWORD_BYTES_MAX 1024

static int set_error(sshoal_error *error, int code, const char *text)
{
	*error = (sshoal_error){ .code = code };
	(void)snprintf(error->text, sizeof error->text, "%s", text);
	return code;
}

static int prepare(int tty, const struct termios *before, bool echo)
{
	struct termios silent = *before;
	if (!echo)
		silent.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	silent.c_cc[VSUSP] = _POSIX_VDISABLE;
	silent.c_cc[VQUIT] = _POSIX_VDISABLE;
	return tcsetattr(tty, TCSAFLUSH, &silent);
}

/* Waits for the terminal, or for an interrupt. */
static int wait_for_line(int tty, sshoal_cancel *cancel)
{
	struct pollfd fds[] = {
		{ .fd = tty, .events = POLLIN },
		{ .fd = sshoal_cancel_fd(cancel, SSHOAL_CANCEL_END),
		  .events = POLLIN },
	};
	for (;;) {
		int n = poll(fds, 2, -1);
		if (sshoal_cancel_is_triggered(cancel, SSHOAL_CANCEL_END))
			return SSHOAL_ECANCELLED;
		if (n < 0 && errno != EINTR)
			return SSHOAL_EIO;
		if (n > 0 && fds[0].revents)
			return 0;
	}
}

/* Reads up to the newline; a line that does not fit is not cut but refused. */
static int read_line(int tty, sshoal_cancel *cancel, char *line, size_t size)
{
	size_t used = 0;
	for (;;) {
		int rc = wait_for_line(tty, cancel);
		if (rc)
			return rc;
		ssize_t n = read(tty, line + used, size - used);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return SSHOAL_EIO;
		used += (size_t)n;
		char *end = memchr(line, '\n', used);
		if (end || n == 0) {
			line[end ? (size_t)(end - line) : used] = '\0';
			return 0;
		}
		if (used == size)
			return SSHOAL_ELIMIT;
	}
}

static const char *problem_of(int rc)
{
	switch (rc) {
	case SSHOAL_ECANCELLED:
		return "prompt: interrupted";
	case SSHOAL_ELIMIT:
		return "prompt: longer than 1023 bytes";
	case SSHOAL_EINVAL:
		return "prompt: nothing was typed";
	case SSHOAL_ENOMEM:
		return "prompt: out of memory";
	default:
		return "prompt: the terminal failed";
	}
}

static int ask(int tty, sshoal_cancel *cancel, const struct prompt *prompt,
	       char *line, size_t size)
{
	struct termios before;
	if (tcgetattr(tty, &before) != 0 ||
	    prepare(tty, &before, prompt->echo) != 0)
		return SSHOAL_EIO;
	int rc = SSHOAL_EIO;
	if (write(tty, prompt->question, strlen(prompt->question)) > 0)
		rc = read_line(tty, cancel, line, size);
	if ((!prompt->echo || rc) && write(tty, "\n", 1) < 0 && rc == 0)
		rc = SSHOAL_EIO;
	(void)tcsetattr(tty, TCSAFLUSH, &before);
	if (rc == 0 && !*line && !prompt->may_be_empty)
		return SSHOAL_EINVAL;
	return rc;
}

static int open_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

bool sshoal__prompt_is_possible(void)
{
	int tty = open_terminal();
	if (tty < 0)
		return false;
	(void)close(tty);
	return true;
}

int sshoal__prompt_ask(char **answer, sshoal_cancel *cancel,
		       const struct prompt *prompt, sshoal_error *error)
{
	char line[PASSWORD_BYTES_MAX];
	char text[160];
	int tty = open_terminal();
	(void)snprintf(text, sizeof text,
		       "prompt: there is no terminal to ask on; use %.80s",
		       prompt->instead);
	if (tty < 0)
		return set_error(error, SSHOAL_ENOENT, text);
	int rc = ask(tty, cancel, prompt, line, sizeof line);
	char *copy = rc == 0 ? strdup(line) : NULL;
	explicit_bzero(line, sizeof line);
	(void)close(tty);
	if (rc == 0 && !copy)
		rc = SSHOAL_ENOMEM;
	if (rc)
		return set_error(error, rc, problem_of(rc));
	*answer = copy;
	return 0;
}
