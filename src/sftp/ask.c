/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "sftp/pipeline.h"

/* One request, one answer, and what it means. */

#define ANSWER_MOST ((size_t)4 * 1024 * 1024)

/* What a status is to a caller, and its words where the server has none. */
static const struct meaning {
	int code;
	const char *words;
} meanings[] = {
	[SFTP_OK] = { 0, "" },
	[SFTP_EOF] = { SSHOAL_EEMPTY, "end of file" },
	[SFTP_NO_SUCH_FILE] = { SSHOAL_ENOENT, "no such file" },
	[SFTP_PERMISSION_DENIED] = { SSHOAL_EACCESS, "permission denied" },
	[SFTP_FAILURE] = { SSHOAL_EREMOTE, "the server says it failed" },
	[SFTP_BAD_MESSAGE] = { SSHOAL_EREMOTE,
			       "the server could not read the request" },
	[SFTP_NO_CONNECTION] = { SSHOAL_EREMOTE,
				 "the server has no connection" },
	[SFTP_CONNECTION_LOST] = { SSHOAL_EREMOTE,
				   "the server has lost a connection" },
	[SFTP_OP_UNSUPPORTED] = { SSHOAL_EUNSUPPORTED,
				  "the server does not offer it" },
};

int sshoal__sftp_judge(const struct sftp_reply *reply, enum sftp_type wanted,
		       const char *path, sshoal_error *error)
{
	if (reply->code)
		return reply->code;
	if (reply->type == wanted &&
	    (wanted != SFTP_STATUS || reply->status == SFTP_OK))
		return 0;
	if (reply->type != SFTP_STATUS || reply->status == SFTP_OK)
		return sshoal__error_set(error, SSHOAL_EPROTOCOL,
					 "%s: the server answered with "
					 "something else than was asked for",
					 path);
	size_t count = sizeof meanings / sizeof *meanings;
	const struct meaning *meaning =
		&meanings[reply->status < count ? reply->status : SFTP_FAILURE];
	return sshoal__error_set(error, meaning->code, "%s: %s", path,
				 *reply->words ? reply->words : meaning->words);
}

int sshoal__sftp_check_path(const char *path, sshoal_error *error)
{
	if (!path || !*path)
		return sshoal__error_set(error, SSHOAL_EINVAL, "no path");
	if (strlen(path) > SFTP_PATH_MAX)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "a path of more than %zu bytes",
					 SFTP_PATH_MAX);
	return 0;
}

char *sshoal__sftp_copy_string(const unsigned char *bytes, size_t n)
{
	return strndup((const char *)bytes, n);
}

/* The answer's bytes go with the call they are given to. */
static void on_answer(struct sftp_request *request,
		      const struct sftp_reply *reply)
{
	struct sftp_answer *answer =
		(struct sftp_answer *)((char *)request -
				       offsetof(struct sftp_answer, request));
	answer->done = true;
	answer->code = sshoal__sftp_judge(reply, answer->wanted, answer->path,
					  answer->error);
	if (answer->code)
		return;
	int rc = sshoal__buffer_append(&answer->bytes, reply->body.at,
				       reply->body.left);
	if (rc)
		answer->code = sshoal__error_code(answer->error, rc);
	answer->body = sshoal__wire(sshoal__buffer_data(&answer->bytes),
				    sshoal__buffer_size(&answer->bytes));
}

int sshoal__sftp_ask(struct sshoal_sftp *sftp, struct sftp_answer *answer,
		     enum sftp_type wanted, const char *path)
{
	*answer = (struct sftp_answer){
		.request = { .answered = on_answer },
		.bytes = BUFFER_INIT(ANSWER_MOST),
		.wanted = wanted,
		.path = path,
		.error = &sftp->error,
	};
	int rc = sshoal__sftp_send(sftp, &sftp->packet, &answer->request, NULL);
	if (rc && sftp->fate.code)
		sftp->error = sftp->fate;
	else if (rc)
		(void)sshoal__error_code(&sftp->error, rc);
	if (rc)
		return rc;
	while (!answer->done) {
		rc = sshoal__sftp_turn(sftp, DEADLINE_NONE);
		/* What is given up would be answered when nobody is there. */
		if (rc)
			(void)sshoal__sftp_fail(sftp, rc, &sftp->error);
	}
	if (sftp->fate.code && answer->code == sftp->fate.code)
		sftp->error = sftp->fate;
	return answer->code;
}

void sshoal__sftp_answer_fini(struct sftp_answer *answer)
{
	sshoal__buffer_fini(&answer->bytes);
}
