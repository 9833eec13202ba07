/* SPDX-License-Identifier: MIT */
#include "sftp/handle.h"

#include <string.h>

#include "base/error.h"

int sshoal__handle_open(struct handle *handle, struct sshoal_sftp *sftp,
			const char *path)
{
	struct sftp_answer answer;
	size_t n = 0;
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_HANDLE, path);
	const unsigned char *bytes =
		rc ? NULL : sshoal__wire_string(&answer.body, &n);
	if (bytes && n > 0 && n <= sizeof handle->bytes) {
		memcpy(handle->bytes, bytes, n);
		handle->size = n;
	} else if (rc == 0) {
		rc = sshoal__error_set(&sftp->error, SSHOAL_EPROTOCOL,
				       "%s: the server's handle is damaged",
				       path);
	}
	sshoal__sftp_answer_fini(&answer);
	return rc;
}

void sshoal__handle_begin(const struct handle *handle, struct sshoal_sftp *sftp,
			  enum sftp_type type)
{
	sshoal__packet_begin(&sftp->packet, type);
	sshoal__packet_string(&sftp->packet, handle->bytes, handle->size);
}

int sshoal__handle_close(struct handle *handle, struct sshoal_sftp *sftp,
			 const char *path)
{
	if (handle->size == 0)
		return 0;
	struct sftp_answer answer;
	sshoal__handle_begin(handle, sftp, SFTP_CLOSE);
	handle->size = 0;
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_STATUS, path);
	sshoal__sftp_answer_fini(&answer);
	return rc;
}
