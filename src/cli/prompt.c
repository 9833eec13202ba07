/* SPDX-License-Identifier: MIT */
#include "cli/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <sshoal/secret.h>

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
	case SSHOAL_ENOENT:
		return "there is no terminal to ask on";
	case SSHOAL_ECANCELLED:
		return "interrupted";
	case SSHOAL_ELIMIT:
		return "longer than 1023 bytes";
	case SSHOAL_EINVAL:
		return "nothing was typed";
	case SSHOAL_ENOMEM:
		return "out of memory";
	default:
		return "the terminal failed";
	}
}

static int set_problem(sshoal_error *error, const char *what, int rc,
		       const char *way)
{
	char text[200];
	(void)snprintf(text, sizeof text, "%s: %s%s", what, problem_of(rc),
		       rc == SSHOAL_ENOENT ? way : "");
	return set_error(error, rc, text);
}

static int open_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static int ask_line(int tty, sshoal_cancel *cancel, const char *question,
		    bool echo, char line[PASSWORD_BYTES_MAX])
{
	struct termios before;
	if (tcgetattr(tty, &before) != 0 || prepare(tty, &before, echo) != 0)
		return SSHOAL_EIO;
	int rc = SSHOAL_EIO;
	if (write(tty, question, strlen(question)) > 0)
		rc = read_line(tty, cancel, line, PASSWORD_BYTES_MAX);
	if ((!echo || rc) && write(tty, "\n", 1) < 0 && rc == 0)
		rc = SSHOAL_EIO;
	(void)tcsetattr(tty, TCSAFLUSH, &before);
	return rc;
}

/* Copies what was typed, which is wiped. */
static int keep(char **copy, char *line, size_t size)
{
	*copy = strdup(line);
	explicit_bzero(line, size);
	return *copy ? 0 : SSHOAL_ENOMEM;
}

/* Asks on the terminal; SSHOAL_ENOENT where there is none. */
static int ask(char **answer, sshoal_cancel *cancel, const char *question,
	       bool echo)
{
	char line[PASSWORD_BYTES_MAX];
	int tty = open_terminal();
	if (tty < 0)
		return SSHOAL_ENOENT;
	int rc = ask_line(tty, cancel, question, echo, line);
	(void)close(tty);
	if (rc == 0)
		return keep(answer, line, sizeof line);
	explicit_bzero(line, sizeof line);
	return rc;
}

int sshoal__prompt_ask(char **answer, sshoal_cancel *cancel,
		       const struct prompt *prompt, sshoal_error *error)
{
	char *typed = NULL;
	char way[80];
	int rc = ask(&typed, cancel, prompt->question, prompt->echo);
	if (rc == 0 && !*typed && !prompt->may_be_empty) {
		free(typed);
		rc = SSHOAL_EINVAL;
	}
	(void)snprintf(way, sizeof way, "; use %.70s", prompt->instead);
	if (rc)
		return set_problem(error, prompt->what, rc, way);
	*answer = typed;
	return 0;
}

int sshoal__prompt_new_passphrase(char **passphrase, sshoal_cancel *cancel,
				  sshoal_error *error)
{
	char *first = NULL;
	char *second = NULL;
	int rc = ask(&first, cancel,
		     "sshoal: passphrase (empty for none): ", false);
	if (rc == 0)
		rc = ask(&second, cancel, "sshoal: the same again: ", false);
	bool is_same = rc == 0 && strcmp(first, second) == 0;
	sshoal_secret_free(second);
	if (rc || !is_same || !*first) {
		sshoal_secret_free(first);
		first = NULL;
	}
	if (rc)
		return set_problem(error, "passphrase prompt", rc,
				   "; use --passphrase-file or "
				   "--no-passphrase");
	if (!is_same)
		return set_error(error, SSHOAL_EINVAL,
				 "passphrase prompt: the two are not the same; "
				 "nothing was done");
	*passphrase = first;
	return 0;
}

bool sshoal__prompt_is_possible(void)
{
	int tty = open_terminal();
	if (tty < 0)
		return false;
	(void)close(tty);
	return true;
}

int sshoal__prompt_yes(bool *is_yes, sshoal_cancel *cancel,
		       const char *question, sshoal_error *error)
{
	char line[64];
	int tty = open_terminal();
	int rc = tty < 0 ? SSHOAL_ENOENT : SSHOAL_EIO;
	/* What was typed before the question is no answer to it. */
	if (tty >= 0 && tcflush(tty, TCIFLUSH) == 0 &&
	    write(tty, question, strlen(question)) > 0)
		rc = read_line(tty, cancel, line, sizeof line);
	if (tty >= 0)
		(void)close(tty);
	if (rc == SSHOAL_ELIMIT) {
		line[0] = '\0';
		rc = 0;
	}
	if (rc)
		return set_problem(error, "question", rc, "; use --yes");
	*is_yes = strcmp(line, "yes") == 0 || strcmp(line, "y") == 0;
	return 0;
}
