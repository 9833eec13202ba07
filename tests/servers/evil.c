/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <libssh/libssh.h>
#include <libssh/server.h>

#include "servers/evil_table.h"
#include "servers/port.h"

/*
 * sshoal_evil HOST_KEY
 *
 * Serves the behaviours of evil_table.c, each connection in a process of its
 * own. It prints "port N", then what clients do: "login USER", "secret USER"
 * (somebody sent a password or an answer), "exec USER COMMAND".
 */

/* libssh would rather have callbacks, which cannot misbehave as freely. */
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

struct connection {
	ssh_session session;
	ssh_channel channel;
	const struct evil_behaviour *behaviour;
	unsigned prompts;
	bool proven; /* the first of several proofs */
};

/* Codes that were used, of all processes. */
static atomic_bool *used_codes;

#define CODES 256

static bool use_code(const char *code)
{
	unsigned number;
	if (!code || sscanf(code, EVIL_CODE "%3u", &number) != 1 ||
	    number >= CODES)
		return false;
	return !atomic_exchange(&used_codes[number], true);
}

static void cut(const struct connection *connection)
{
	(void)shutdown(ssh_get_fd(connection->session), SHUT_RDWR);
	_exit(0);
}

static int methods_of(const struct connection *connection)
{
	switch (connection->behaviour->login) {
	case EVIL_LOGIN_PROMPT:
	case EVIL_LOGIN_PROMPT_NOTHING:
	case EVIL_LOGIN_PROMPT_SHOWN:
	case EVIL_LOGIN_PROMPT_ENDLESS:
	case EVIL_LOGIN_PROMPT_TWO:
	case EVIL_LOGIN_PROMPT_COLOUR:
	case EVIL_LOGIN_PROMPT_ONCE:
		return SSH_AUTH_METHOD_INTERACTIVE;
	case EVIL_LOGIN_DENY:
		return SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_PUBLICKEY |
		       SSH_AUTH_METHOD_INTERACTIVE;
	case EVIL_LOGIN_STAGES:
		return connection->proven ? SSH_AUTH_METHOD_INTERACTIVE :
					    SSH_AUTH_METHOD_PASSWORD;
	case EVIL_LOGIN_PASSWORD:
	case EVIL_LOGIN_PARTIAL:
	case EVIL_LOGIN_CHANGE:
	case EVIL_LOGIN_SILENT:
	case EVIL_LOGIN_CUT:
		return SSH_AUTH_METHOD_PASSWORD;
	}
	return 0;
}

static void refuse(const struct connection *connection, ssh_message message)
{
	(void)ssh_message_auth_set_methods(message, methods_of(connection));
	(void)ssh_message_reply_default(message);
}

/* What it asks. */
static int questions_of(const struct connection *connection,
			const char *questions[2], char echo[2])
{
	questions[0] = "Password: ";
	questions[1] = "Verification code: ";
	echo[0] = 0;
	echo[1] = 0;
	switch (connection->behaviour->login) {
	case EVIL_LOGIN_PROMPT_TWO:
		return 2;
	case EVIL_LOGIN_STAGES:
		questions[0] = questions[1];
		return 1;
	case EVIL_LOGIN_PROMPT_COLOUR:
		questions[0] = "Favourite colour: ";
		return 1;
	case EVIL_LOGIN_PROMPT_ONCE:
		questions[0] = "Secret: ";
		return 1;
	case EVIL_LOGIN_PROMPT_SHOWN:
		questions[0] = "Token: ";
		echo[0] = 1;
		return 1;
	case EVIL_LOGIN_PROMPT_NOTHING:
		return connection->prompts > 0 ? 0 : 1;
	default:
		return 1;
	}
}

static void ask(struct connection *connection, ssh_message message)
{
	const char *questions[2];
	char echo[2];
	int count = questions_of(connection, questions, echo);
	connection->prompts++;
	(void)ssh_message_auth_interactive_request(
		message, "", "", (unsigned)count, questions, echo);
}

static void on_password(struct connection *connection, ssh_message message)
{
	const struct evil_behaviour *behaviour = connection->behaviour;
	const char *password = ssh_message_auth_password(message);
	bool right = password && strcmp(password, EVIL_PASSWORD) == 0;
	(void)printf("secret %s\n", behaviour->user);
	if (behaviour->login == EVIL_LOGIN_CHANGE) {
		/* A question begins as the demand for another password does,
		 * and has the same number. */
		ask(connection, message);
	} else if (right && behaviour->login == EVIL_LOGIN_PASSWORD) {
		(void)ssh_message_auth_reply_success(message, 0);
	} else if (right && (behaviour->login == EVIL_LOGIN_PARTIAL ||
			     behaviour->login == EVIL_LOGIN_STAGES)) {
		connection->proven = true;
		(void)ssh_message_auth_set_methods(message,
						   methods_of(connection));
		(void)ssh_message_auth_reply_success(message, 1);
	} else {
		refuse(connection, message);
	}
}

static bool is_right(const struct connection *connection, const char *first,
		     const char *second)
{
	switch (connection->behaviour->login) {
	case EVIL_LOGIN_PROMPT_TWO:
		return first && strcmp(first, EVIL_PASSWORD) == 0 &&
		       use_code(second);
	case EVIL_LOGIN_STAGES:
	case EVIL_LOGIN_PROMPT_ONCE:
		return use_code(first);
	case EVIL_LOGIN_PROMPT_COLOUR:
		return first && strcmp(first, EVIL_COLOUR) == 0;
	case EVIL_LOGIN_PROMPT_SHOWN:
		return false;
	default:
		return connection->prompts > 1 ||
		       (first && strcmp(first, EVIL_PASSWORD) == 0);
	}
}

static void on_prompted(struct connection *connection, ssh_message message)
{
	const struct evil_behaviour *behaviour = connection->behaviour;
	ssh_session session = connection->session;
	if (behaviour->login == EVIL_LOGIN_DENY) {
		refuse(connection, message);
		return;
	}
	if (!ssh_message_auth_kbdint_is_response(message)) {
		connection->prompts = 0;
		ask(connection, message);
		return;
	}
	int count = ssh_userauth_kbdint_getnanswers(session);
	const char *first =
		count > 0 ? ssh_userauth_kbdint_getanswer(session, 0) : NULL;
	const char *second =
		count > 1 ? ssh_userauth_kbdint_getanswer(session, 1) : NULL;
	if (first && *first)
		(void)printf("secret %s\n", behaviour->user);
	bool again = behaviour->login == EVIL_LOGIN_PROMPT_ENDLESS ||
		     (behaviour->login == EVIL_LOGIN_PROMPT_NOTHING &&
		      connection->prompts == 1);
	bool right = is_right(connection, first, second);
	if (again && right)
		ask(connection, message);
	else if (right)
		(void)ssh_message_auth_reply_success(message, 0);
	else
		refuse(connection, message);
}

static void on_login(struct connection *connection, ssh_message message)
{
	const char *user = ssh_message_auth_user(message);
	/* The answer to a prompt names nobody. */
	if (user && *user)
		connection->behaviour = evil_behaviour_find(user);
	if (!connection->behaviour)
		_exit(0);
	(void)printf("login %s\n", connection->behaviour->user);
	if (connection->behaviour->login == EVIL_LOGIN_SILENT)
		return;
	if (connection->behaviour->login == EVIL_LOGIN_CUT)
		cut(connection);
	int method = ssh_message_subtype(message);
	if (!(method & methods_of(connection)))
		refuse(connection, message);
	else if (method == SSH_AUTH_METHOD_PASSWORD)
		on_password(connection, message);
	else if (method == SSH_AUTH_METHOD_INTERACTIVE)
		on_prompted(connection, message);
	else
		refuse(connection, message);
}

static void write_bytes(ssh_channel channel, size_t size, bool to_stderr)
{
	static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz\n";
	static char block[sizeof text * 512];
	size_t line = sizeof text - 1;
	for (size_t i = 0; i < sizeof block; i++)
		block[i] = text[i % line];
	size_t whole = sizeof block - sizeof block % line;
	while (size > 0) {
		size_t part = size < whole ? size : whole;
		int n = to_stderr ? ssh_channel_write_stderr(channel, block,
							     (uint32_t)part) :
				    ssh_channel_write(channel, block,
						      (uint32_t)part);
		if (n <= 0)
			_exit(0);
		size -= (size_t)n;
	}
}

static void send_exits(const struct connection *connection)
{
	const struct evil_behaviour *behaviour = connection->behaviour;
	for (int i = 0; i < behaviour->exit_count; i++)
		(void)ssh_channel_request_send_exit_status(
			connection->channel, (int)behaviour->exits[i]);
	if (behaviour->signal)
		(void)ssh_channel_request_send_exit_signal(
			connection->channel, behaviour->signal, 0, "", "");
}

/* A line a second time or a byte every 200 ms, until nobody listens. */
static void stream(const struct connection *connection)
{
	bool flood = connection->behaviour->stream == EVIL_STREAM_FLOOD;
	while (ssh_channel_is_open(connection->channel)) {
		write_bytes(connection->channel, flood ? 37000 : 1, false);
		(void)ssh_blocking_flush(connection->session, -1);
		if (!flood)
			(void)poll(NULL, 0, 200);
	}
	_exit(0);
}

static void perform(const struct connection *connection)
{
	const struct evil_behaviour *behaviour = connection->behaviour;
	if (behaviour->exit_first)
		send_exits(connection);
	write_bytes(connection->channel, behaviour->stdout_bytes, false);
	write_bytes(connection->channel, behaviour->stderr_bytes, true);
	if (behaviour->stream != EVIL_STREAM_NONE)
		stream(connection);
	if (!behaviour->exit_first)
		send_exits(connection);
	(void)ssh_blocking_flush(connection->session, -1);
	if (behaviour->end == EVIL_END_CUT)
		cut(connection);
	if (behaviour->end == EVIL_END_CLOSE)
		(void)ssh_channel_close(connection->channel);
}

static void on_open(struct connection *connection, ssh_message message)
{
	switch (connection->behaviour->open) {
	case EVIL_ANSWER_ACCEPT:
		connection->channel =
			ssh_message_channel_request_open_reply_accept(message);
		return;
	case EVIL_ANSWER_REFUSE:
		(void)ssh_message_reply_default(message);
		return;
	case EVIL_ANSWER_NONE:
		return;
	}
}

static void on_exec(struct connection *connection, ssh_message message)
{
	(void)printf("exec %s %s\n", connection->behaviour->user,
		     ssh_message_channel_request_command(message));
	switch (connection->behaviour->exec) {
	case EVIL_ANSWER_ACCEPT:
		(void)ssh_message_channel_request_reply_success(message);
		perform(connection);
		return;
	case EVIL_ANSWER_REFUSE:
		(void)ssh_message_reply_default(message);
		return;
	case EVIL_ANSWER_NONE:
		return;
	}
}

static void on_message(struct connection *connection, ssh_message message)
{
	int type = ssh_message_type(message);
	if (type == SSH_REQUEST_AUTH)
		on_login(connection, message);
	else if (type == SSH_REQUEST_CHANNEL_OPEN)
		on_open(connection, message);
	else if (type == SSH_REQUEST_CHANNEL &&
		 ssh_message_subtype(message) == SSH_CHANNEL_REQUEST_EXEC)
		on_exec(connection, message);
	else
		(void)ssh_message_reply_default(message);
}

static void converse(ssh_bind bind, int fd)
{
	struct connection connection = { .session = ssh_new() };
	if (!connection.session ||
	    ssh_bind_accept_fd(bind, connection.session, fd) != SSH_OK ||
	    ssh_handle_key_exchange(connection.session) != SSH_OK)
		_exit(0);
	for (;;) {
		ssh_message message = ssh_message_get(connection.session);
		if (!message)
			_exit(0);
		on_message(&connection, message);
		ssh_message_free(message);
	}
}

int main(int argc, char **argv)
{
	uint16_t port = 0;
	int listener = port_listen(&port, 128);
	used_codes =
		mmap(NULL, CODES * sizeof *used_codes, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ssh_bind bind = ssh_bind_new();
	if (argc != 2 || listener < 0 || !bind || used_codes == MAP_FAILED ||
	    ssh_bind_options_set(bind, SSH_BIND_OPTIONS_HOSTKEY, argv[1])) {
		(void)fprintf(stderr, "usage: sshoal_evil HOST_KEY\n");
		return 1;
	}
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	/* Nobody waits for the processes. */
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)printf("port %u\n", (unsigned)port);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		(void)fflush(stdout);
		if (fork() == 0) {
			(void)close(listener);
			converse(bind, fd);
		}
		(void)close(fd);
	}
}
