/* SPDX-License-Identifier: MIT */
#include "sftp/overlap.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sshoal/command.h>

#include "base/error.h"
#include "ssh/line.h"

/* A command beside the session of files, on the same client. */

#define DIGEST_BYTES 32
#define LINE_MOST ((size_t)64 * 1024)

static int put_text(struct buffer *line, const char *text)
{
	return sshoal__buffer_append(line, text, strlen(text));
}

static int make_line(struct buffer *line, const char *path, uint64_t n)
{
	char head[64];
	(void)snprintf(head, sizeof head, "head -c %" PRIu64 " < ", n);
	int rc = put_text(line, head);
	if (rc == 0)
		rc = sshoal__line_put_quoted(line, path);
	if (rc == 0)
		rc = put_text(line, " | sha256sum");
	/* With the NUL. */
	return rc ? rc : sshoal__buffer_append(line, "", 1);
}

static int value_of(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

static bool read_digest(unsigned char digest[DIGEST_BYTES], const char *text,
			size_t size)
{
	if (size < (size_t)2 * DIGEST_BYTES)
		return false;
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		int high = value_of(text[2 * i]);
		int low = value_of(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		digest[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

int sshoal__overlap_digest(struct sshoal_sftp *sftp, const char *path,
			   uint64_t n, unsigned char digest[DIGEST_BYTES],
			   sshoal_error *error)
{
	struct buffer line = BUFFER_INIT(LINE_MOST);
	sshoal_output output;
	sshoal_error own = { .code = 0 };
	int rc = make_line(&line, path, n);
	if (rc) {
		sshoal__buffer_fini(&line);
		return sshoal__error_code(error, SSHOAL_EUNSUPPORTED);
	}
	/* The command is a call of its own on the client. */
	sshoal__sftp_leave(sftp);
	rc = sshoal_client_run(sftp->duplex.client,
			       (const char *)sshoal__buffer_data(&line), NULL,
			       &output, &own);
	int entered = sshoal__sftp_enter(sftp);
	unsigned char came[DIGEST_BYTES];
	bool good = rc == 0 && output.exit_status == 0 &&
		    read_digest(came, output.stdout_data, output.stdout_size);
	sshoal_output_fini(&output);
	sshoal__buffer_fini(&line);
	if (entered)
		return sshoal__error_set(error, entered, "%s",
					 sftp->error.text);
	if (!good)
		return sshoal__error_code(error, SSHOAL_EUNSUPPORTED);
	memcpy(digest, came, sizeof came);
	return 0;
}
