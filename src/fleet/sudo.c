/* SPDX-License-Identifier: MIT */
#include "fleet/sudo.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "fleet/attempt.h"
#include "fleet/run.h"
#include "ssh/line.h"

/*
 * sudo(8) reads its password from the same standard input as the command, and
 * no byte more than that line. Both its prompt and what our own shell says as
 * it begins hold a number made by chance: the first is answered, once, and only
 * after the second one the input follows. Neither is ever seen. What comes
 * before, such as a lecture, is only shown where the command never begins.
 */

/* --- what is run --- */

static int put(struct buffer *buffer, const char *text)
{
	return sshoal__buffer_append(buffer, text, strlen(text));
}

static void make_marks(struct sudo *sudo)
{
	uint64_t number[2];
	arc4random_buf(number, sizeof number);
	(void)snprintf(sudo->mark, sizeof sudo->mark,
		       "[sshoal %016" PRIx64 "%016" PRIx64 "]", number[0],
		       number[1]);
	arc4random_buf(number, sizeof number);
	(void)snprintf(sudo->begin, sizeof sudo->begin,
		       "[sshoal %016" PRIx64 "%016" PRIx64 "]", number[0],
		       number[1]);
}

/* What the shell under sudo is given. */
static int put_inner(struct buffer *buffer, const struct sudo *sudo,
		     const char *line)
{
	struct buffer inner = BUFFER_INIT(LINE_MAX_BYTES);
	int rc = put(&inner, "printf %s '");
	if (rc == 0)
		rc = put(&inner, sudo->begin);
	if (rc == 0)
		rc = put(&inner, "' >&2; ");
	if (rc == 0)
		rc = sshoal__buffer_append(&inner, line, strlen(line) + 1);
	if (rc == 0)
		rc = sshoal__line_put_quoted(buffer, (const char *)inner.bytes);
	sshoal__buffer_fini(&inner);
	return rc;
}

static int put_words(struct buffer *buffer, const char *options,
		     const char *prompt, const char *user)
{
	int rc = put(buffer, options);
	if (rc == 0)
		rc = sshoal__line_put_quoted(buffer, prompt);
	if (rc == 0)
		rc = put(buffer, " -u ");
	if (rc == 0)
		rc = sshoal__line_put_quoted(buffer, user);
	return rc ? rc : put(buffer, " -- ");
}

static int make_line(const struct sudo *sudo, char **line, const char *user)
{
	struct buffer buffer = BUFFER_INIT(LINE_MAX_BYTES);
	int rc = put_words(&buffer, "sudo -S -p ", sudo->mark, user);
	if (rc == 0)
		rc = put(&buffer, "/bin/sh -c ");
	if (rc == 0)
		rc = put_inner(&buffer, sudo, *line);
	if (rc == 0)
		rc = sshoal__buffer_append(&buffer, "", 1);
	if (rc) {
		sshoal__buffer_fini(&buffer);
		return rc;
	}
	free(*line);
	*line = (char *)buffer.bytes;
	return 0;
}

/* What ends it has to be whom it runs as. */
static int make_become(struct sudo *sudo, const char *user)
{
	struct buffer buffer = BUFFER_INIT(LINE_MAX_BYTES);
	int rc = put_words(&buffer,
			   sudo->password ? "sudo -S -p " : "sudo -n -p ", "",
			   user);
	if (rc == 0)
		rc = sshoal__buffer_append(&buffer, "", 1);
	if (rc) {
		sshoal__buffer_fini(&buffer);
		return rc;
	}
	sudo->become = (char *)buffer.bytes;
	if (!sudo->password)
		return 0;
	size_t size = strlen(sudo->password) + 2;
	sudo->secret = malloc(size);
	if (!sudo->secret)
		return SSHOAL_ENOMEM;
	(void)snprintf(sudo->secret, size, "%s\n", sudo->password);
	return 0;
}

int sshoal__sudo_init(struct sudo *sudo, struct attempt *attempt, char **line,
		      const char *user, const char *password)
{
	*sudo = (struct sudo){ .attempt = attempt, .password = password };
	make_marks(sudo);
	int rc = make_line(sudo, line, user);
	if (rc == 0)
		rc = make_become(sudo, user);
	if (rc == SSHOAL_ELIMIT)
		return sshoal__error_set(&attempt->error, SSHOAL_EINVAL,
					 "the command with sudo is longer than "
					 "%d bytes",
					 LINE_MAX_BYTES);
	if (rc)
		return sshoal__error_code(&attempt->error, rc);
	attempt->become = sudo->become;
	attempt->become_secret = sudo->secret;
	return 0;
}

/* --- what it says --- */

static int pass(struct sudo *sudo, enum channel_stream stream,
		const unsigned char *bytes, size_t n)
{
	while (n > 0) {
		size_t size = 0;
		unsigned char *room =
			sudo->to.room(sudo->to.data, stream, &size);
		if (!room)
			return SSHOAL_ENOMEM;
		if (size > n)
			size = n;
		memcpy(room, bytes, size);
		int rc = sudo->to.put(sudo->to.data, stream, size);
		if (rc)
			return rc;
		bytes += size;
		n -= size;
	}
	return 0;
}

/* Takes n bytes from the beginning of what is held. */
static void drop_held(struct sudo *sudo, size_t n)
{
	sudo->held_size -= n;
	memmove(sudo->held, sudo->held + n, sudo->held_size);
}

/* Removes a mark and what is before it. False: it is not there. */
static bool take_mark(struct sudo *sudo, const char *mark)
{
	size_t size = strlen(mark);
	const unsigned char *at =
		memmem(sudo->held, sudo->held_size, mark, size);
	if (!at)
		return false;
	size_t n = (size_t)(at - sudo->held) + size;
	sudo->dropped_bytes += n;
	drop_held(sudo, n);
	return true;
}

static void tell(struct sudo *sudo, enum sudo_fate fate)
{
	sudo->fate = fate;
	sudo->attempt->sudo_password = fate == SUDO_REFUSED ? PASSWORD_REFUSED :
				       fate == SUDO_BEGUN ? PASSWORD_ACCEPTED :
							    PASSWORD_UNUSED;
	(void)sshoal__events_post(&sudo->attempt->run->events,
				  &sudo->attempt->raised,
				  &sudo->attempt->given_up);
}

/* The same password is never sent twice: it may lock the account. */
static int answer(struct sudo *sudo)
{
	if (sudo->answered || !sudo->password) {
		tell(sudo, sudo->password ? SUDO_REFUSED : SUDO_LACKING);
		return SSHOAL_EAUTH;
	}
	sudo->answered = true;
	sudo->answers = true;
	return 0;
}

static int look_for_marks(struct sudo *sudo)
{
	if (take_mark(sudo, sudo->begin)) {
		tell(sudo, SUDO_BEGUN);
		size_t n = sudo->held_size;
		sudo->held_size = 0;
		return pass(sudo, sudo->stream, sudo->held, n);
	}
	while (take_mark(sudo, sudo->mark)) {
		int rc = answer(sudo);
		if (rc)
			return rc;
	}
	if (sudo->held_size <= SUDO_HELD_BYTES)
		return 0;
	/* Half a mark may be at the end. */
	size_t n = sudo->held_size - SUDO_MARK_SIZE;
	int rc = pass(sudo, sudo->stream, sudo->held, n);
	drop_held(sudo, n);
	return rc;
}

static bool is_held(const struct sudo *sudo, enum channel_stream stream)
{
	return stream == sudo->stream && sudo->fate == SUDO_SILENT;
}

static unsigned char *give_room(void *data, enum channel_stream stream,
				size_t *size_bytes)
{
	struct sudo *sudo = data;
	if (!is_held(sudo, stream))
		return sudo->to.room(sudo->to.data, stream, size_bytes);
	*size_bytes = sizeof sudo->room;
	return sudo->room;
}

static int take_output(void *data, enum channel_stream stream,
		       size_t size_bytes)
{
	struct sudo *sudo = data;
	if (!is_held(sudo, stream))
		return sudo->to.put(sudo->to.data, stream, size_bytes);
	memcpy(sudo->held + sudo->held_size, sudo->room, size_bytes);
	sudo->held_size += size_bytes;
	return look_for_marks(sudo);
}

/* --- what it is given --- */

static int give_password(struct sudo *sudo, void *bytes, size_t *n)
{
	size_t size = strlen(sudo->secret);
	if (size > *n)
		return SSHOAL_EINVAL;
	memcpy(bytes, sudo->secret, size);
	*n = size;
	sudo->answers = false;
	return 0;
}

/* What it waits for comes from the channel itself, whose thread this is. */
static int read_next(void *data, void *bytes, size_t *n, int *wake_fd,
		     sshoal_error *error)
{
	struct sudo *sudo = data;
	if (sudo->answers)
		return give_password(sudo, bytes, n);
	if (sudo->fate != SUDO_BEGUN) {
		*wake_fd = -1;
		return SSHOAL_EEMPTY;
	}
	if (sudo->input)
		return sudo->input->read(sudo->input->data, bytes, n, wake_fd,
					 error);
	*n = 0;
	return 0;
}

void sshoal__sudo_connect(struct sudo *sudo, const struct feed_source *input,
			  const struct channel_sink *to, bool on_terminal)
{
	sudo->to = *to;
	sudo->input = input;
	sudo->stream = on_terminal ? CHANNEL_STDOUT : CHANNEL_STDERR;
	sudo->sink = (struct channel_sink){
		.room = give_room,
		.put = take_output,
		.data = sudo,
	};
	sudo->source = (struct feed_source){ .read = read_next, .data = sudo };
}

/* --- how it ended --- */

int sshoal__sudo_judge(struct sudo *sudo, int rc)
{
	struct attempt *attempt = sudo->attempt;
	struct exec_outcome *outcome = &attempt->outcome;
	uint64_t *bytes = sudo->stream == CHANNEL_STDOUT ?
				  &outcome->stdout_bytes :
				  &outcome->stderr_bytes;
	*bytes -= sudo->dropped_bytes < *bytes ? sudo->dropped_bytes : *bytes;
	if (sudo->fate == SUDO_BEGUN)
		return rc;
	if (rc == 0)
		rc = pass(sudo, sudo->stream, sudo->held, sudo->held_size);
	if (sudo->fate == SUDO_REFUSED)
		rc = sshoal__error_set(&attempt->error, SSHOAL_EAUTH,
				       "sudo refused the password; the command "
				       "was not run");
	else if (sudo->fate == SUDO_LACKING)
		rc = sshoal__error_set(&attempt->error, SSHOAL_EAUTH,
				       "sudo asks for a password: give it with "
				       "-K or --sudo-password-file; the "
				       "command was not run");
	else if (rc == 0)
		(void)sshoal__error_set(&attempt->error, 0,
					"sudo did not run the command");
	if (rc == 0 || rc == SSHOAL_EAUTH)
		attempt->ran = SSHOAL_RAN_NO;
	return rc;
}

void sshoal__sudo_fini(struct sudo *sudo)
{
	if (!sudo->attempt)
		return;
	sudo->attempt->become = NULL;
	sudo->attempt->become_secret = NULL;
	OPENSSL_cleanse(sudo->room, sizeof sudo->room);
	if (sudo->secret)
		OPENSSL_cleanse(sudo->secret, strlen(sudo->secret));
	free(sudo->secret);
	free(sudo->become);
}
