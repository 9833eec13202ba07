/* SPDX-License-Identifier: MIT */
#include "ssh/proxy_command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sshoal/text.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/spawn.h"
#include "base/wait.h"

/*
 * A process that uses the library has SIGCHLD to itself, so a child's end is
 * asked for again and again, with longer pauses. It is not waited for before
 * all of its process group is ended: as long as it is there nobody else can
 * have its number.
 */

#define PAUSE_MIN_MS 1
#define PAUSE_MAX_MS 20

/* How long it has to end by itself once the connection is closed, and after
 * TERM, and how long the system has after KILL. */
#define LAST_WORDS_MS 300
#define TERM_MS 500
#define KILL_MS 2000

/* What is kept of its standard error, and shown. */
#define TEXT_MAX 512
#define SHOWN_MAX 240

struct proxy_command {
	pid_t pid;
	int text_fd; /* its standard error; -1 once that is closed */
	size_t text_size;
	bool over;  /* it has ended, and is not waited for yet */
	bool known; /* how it ended is known */
	siginfo_t end;
	char text[TEXT_MAX];
};

static void close_both(const int fds[2])
{
	for (size_t i = 0; i < 2; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

/* A full pipe does not stop the command, since nobody reads it while nothing
 * else moves. */
static int make_ends(int stream[2], int text[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream) != 0)
		return errno;
	if (fcntl(stream[0], F_SETFL, O_NONBLOCK) != 0 ||
	    pipe2(text, O_CLOEXEC | O_NONBLOCK) != 0) {
		int number = errno;
		close_both(stream);
		return number;
	}
	return 0;
}

static int start(struct proxy_command *proxy, int *fd, const char *command,
		 sshoal_error *error)
{
	int stream[2] = { -1, -1 };
	int text[2] = { -1, -1 };
	char *line = NULL;
	if (asprintf(&line, "exec %s", command) < 0)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int number = make_ends(stream, text);
	if (number) {
		free(line);
		return sshoal__error_set(error, SSHOAL_ELOCAL, "%s",
					 strerror(number));
	}
	/* Without a terminal it cannot stop and wait for one to answer it. */
	const struct spawn spawn = {
		.command = line,
		.fds = { stream[1], stream[1], text[1] },
		.in_session = true,
	};
	int rc = sshoal__spawn(&proxy->pid, &spawn, error);
	free(line);
	(void)close(stream[1]);
	(void)close(text[1]);
	if (rc) {
		(void)close(stream[0]);
		(void)close(text[0]);
		return rc;
	}
	proxy->text_fd = text[0];
	*fd = stream[0];
	return 0;
}

int sshoal__proxy_command_start(struct proxy_command **proxy, int *fd,
				const char *command, sshoal_error *error)
{
	struct proxy_command *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int rc = start(made, fd, command, error);
	if (rc) {
		free(made);
		return sshoal__error_prefix(error, "the proxy command was not "
						   "begun");
	}
	*proxy = made;
	return 0;
}

static void keep_end(struct proxy_command *proxy, const char *bytes, size_t n)
{
	if (n > TEXT_MAX) {
		bytes += n - TEXT_MAX;
		n = TEXT_MAX;
	}
	if (n > TEXT_MAX - proxy->text_size) {
		size_t dropped = n - (TEXT_MAX - proxy->text_size);
		proxy->text_size -= dropped;
		memmove(proxy->text, proxy->text + dropped, proxy->text_size);
	}
	memcpy(proxy->text + proxy->text_size, bytes, n);
	proxy->text_size += n;
}

void sshoal__proxy_command_listen(struct proxy_command *proxy)
{
	char bytes[4096];
	/* One that says more than this at a time has to wait. */
	for (int i = 0; i < 32 && proxy->text_fd >= 0; i++) {
		ssize_t n = read(proxy->text_fd, bytes, sizeof bytes);
		if (n > 0) {
			keep_end(proxy, bytes, (size_t)n);
			continue;
		}
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		(void)close(proxy->text_fd);
		proxy->text_fd = -1;
	}
}

/* Whether it has ended. Somebody else may have waited for it. */
static bool is_over(struct proxy_command *proxy)
{
	siginfo_t end = { .si_pid = 0 };
	if (proxy->over)
		return true;
	int rc = waitid(P_PID, (id_t)proxy->pid, &end,
			WEXITED | WNOHANG | WNOWAIT);
	if (rc == 0 && end.si_pid == proxy->pid) {
		proxy->over = true;
		proxy->known = true;
		proxy->end = end;
	} else if (rc != 0 && errno != EINTR) {
		proxy->over = true;
	}
	return proxy->over;
}

static bool wait_until_over(struct proxy_command *proxy, int64_t timeout_ms)
{
	int64_t deadline_ms = sshoal__deadline_in(timeout_ms);
	for (int64_t pause_ms = PAUSE_MIN_MS; !is_over(proxy);) {
		if (sshoal__deadline_left_ms(deadline_ms) == 0)
			return false;
		(void)sshoal__wait_any(NULL, 0, sshoal__deadline_in(pause_ms),
				       -1);
		sshoal__proxy_command_listen(proxy);
		if (pause_ms < PAUSE_MAX_MS)
			pause_ms *= 2;
	}
	return true;
}

/* Its last two lines that are not empty, harmless, as one. */
static void last_lines(const struct proxy_command *proxy,
		       char out[SHOWN_MAX + 8])
{
	const char *text = proxy->text;
	size_t end = proxy->text_size;
	size_t lines = 0;
	char raw[TEXT_MAX + 4];
	size_t at = sizeof raw;
	while (end > 0 && lines < 2) {
		while (end > 0 && strchr("\r\n", text[end - 1]))
			end--;
		size_t begin = end;
		while (begin > 0 && !strchr("\r\n", text[begin - 1]))
			begin--;
		size_t n = end - begin;
		if (n == 0 || n + 2 > at)
			break;
		if (lines++ > 0) {
			at -= 2;
			memcpy(raw + at, "; ", 2);
		}
		at -= n;
		memcpy(raw + at, text + begin, n);
		end = begin;
	}
	size_t n = sizeof raw - at;
	if (n > SHOWN_MAX) {
		at += n - SHOWN_MAX;
		n = SHOWN_MAX;
	}
	(void)sshoal_text_escape(out, SHOWN_MAX + 8, raw + at, n);
}

void sshoal__proxy_command_add_text(struct proxy_command *proxy,
				    sshoal_error *error)
{
	char shown[SHOWN_MAX + 8];
	char had[240];
	sshoal__proxy_command_listen(proxy);
	last_lines(proxy, shown);
	if (!error || !*shown)
		return;
	(void)snprintf(had, sizeof had, "%s", error->text);
	(void)sshoal__error_set(error, error->code,
				"%s; its proxy command said: %s", had, shown);
}

/* How it ended, in words; "" where that says nothing. */
static void end_text(const struct proxy_command *proxy, char *out, size_t size)
{
	*out = '\0';
	if (!proxy->known)
		return;
	if (proxy->end.si_code != CLD_EXITED)
		(void)snprintf(out, size, "ended by signal %d",
			       proxy->end.si_status);
	else if (proxy->end.si_status)
		(void)snprintf(out, size, "ended with status %d",
			       proxy->end.si_status);
}

/* What is not there says so by its status, as a shell has it. */
static int code_of(const struct proxy_command *proxy, int code)
{
	if (code != SSHOAL_EBUSY || !proxy->known)
		return code;
	if (proxy->end.si_code == CLD_EXITED && proxy->end.si_status == 0)
		return code;
	if (proxy->end.si_code == CLD_EXITED &&
	    (proxy->end.si_status == 126 || proxy->end.si_status == 127))
		return SSHOAL_ELOCAL;
	return SSHOAL_EUNREACHABLE;
}

int sshoal__proxy_command_blame(struct proxy_command *proxy, int code,
				sshoal_error *error)
{
	bool is_lost = code == SSHOAL_EBUSY || code == SSHOAL_ELOST ||
		       code == SSHOAL_EPROTOCOL;
	if (is_lost || code == SSHOAL_ETIMEOUT)
		(void)wait_until_over(proxy, is_lost ? LAST_WORDS_MS : 0);
	else
		return code;
	char how[40];
	char shown[SHOWN_MAX + 8];
	char had[200];
	sshoal__proxy_command_listen(proxy);
	end_text(proxy, how, sizeof how);
	last_lines(proxy, shown);
	int blamed = code_of(proxy, code);
	(void)snprintf(had, sizeof had, "%s", error ? error->text : "");
	if (blamed != code)
		return sshoal__error_set(error, blamed,
					 "the proxy command %s%s%s", how,
					 *shown ? ": " : "", shown);
	if (*how || *shown)
		return sshoal__error_set(
			error, code, "%s; its proxy command %s%s%s", had,
			*how ? how : "said", *shown ? ": " : "", shown);
	return code;
}

void sshoal__proxy_command_end(struct proxy_command *proxy)
{
	if (!proxy)
		return;
	if (!is_over(proxy)) {
		(void)kill(-proxy->pid, SIGTERM);
		(void)wait_until_over(proxy, TERM_MS);
	}
	if (!proxy->over || proxy->known)
		(void)kill(-proxy->pid, SIGKILL);
	if (wait_until_over(proxy, KILL_MS) && proxy->known)
		(void)waitpid(proxy->pid, NULL, 0);
	if (proxy->text_fd >= 0)
		(void)close(proxy->text_fd);
	free(proxy);
}
