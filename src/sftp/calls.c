/* SPDX-License-Identifier: MIT */
#include "sftp/calls.h"

#include <stdlib.h>

#include "base/error.h"

/* A call is a check, a packet, an answer, and the end. */

int sshoal__call_enter(struct sshoal_sftp *sftp, const char *path)
{
	int rc = sshoal__sftp_enter(sftp);
	if (rc)
		return rc;
	rc = sshoal__sftp_check_path(path, &sftp->error);
	if (rc)
		sshoal__sftp_leave(sftp);
	return rc;
}

int sshoal__call_enter_extended(struct sshoal_sftp *sftp, const char *path,
				enum sftp_extension extension)
{
	int rc = sshoal__call_enter(sftp, path);
	if (rc)
		return rc;
	const char *name = sshoal__sftp_extension_name(extension);
	if (sftp->extensions[extension]) {
		sshoal__packet_begin_extended(&sftp->packet, name);
		return 0;
	}
	(void)sshoal__error_set(&sftp->error, SSHOAL_EUNSUPPORTED,
				"%s: the server does not offer %s", path, name);
	sshoal__sftp_leave(sftp);
	return SSHOAL_EUNSUPPORTED;
}

/* No call on a path has to do with the end of a file. */
static int end(struct sshoal_sftp *sftp, struct sftp_answer *answer, int rc)
{
	sshoal__sftp_answer_fini(answer);
	if (rc == SSHOAL_EEMPTY) {
		rc = SSHOAL_EREMOTE;
		sftp->error.code = rc;
	}
	sshoal__sftp_leave(sftp);
	return rc;
}

static int damaged(struct sshoal_sftp *sftp, const char *path)
{
	return sshoal__error_set(&sftp->error, SSHOAL_EPROTOCOL,
				 "%s: the server's answer is damaged", path);
}

int sshoal__call_status(struct sshoal_sftp *sftp, const char *path)
{
	struct sftp_answer answer;
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_STATUS, path);
	return end(sftp, &answer, rc);
}

int sshoal__call_attributes(struct sshoal_sftp *sftp, const char *path,
			    sshoal_attributes *attributes)
{
	struct sftp_answer answer;
	sshoal_attributes came;
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_ATTRS, path);
	if (rc == 0) {
		sshoal__packet_read_attributes(&answer.body, &came);
		rc = answer.body.failed ? damaged(sftp, path) : 0;
	}
	if (rc == 0)
		*attributes = came;
	return end(sftp, &answer, rc);
}

int sshoal__call_name(struct sshoal_sftp *sftp, const char *path, char **name)
{
	struct sftp_answer answer;
	struct packet_names names;
	struct packet_name first;
	int rc = sshoal__sftp_ask(sftp, &answer, SFTP_NAME, path);
	if (rc == 0 &&
	    (!sshoal__packet_names(&names, &answer.body) ||
	     !sshoal__packet_next_name(&names, &first) || first.name_size == 0))
		rc = damaged(sftp, path);
	if (rc == 0) {
		char *copy =
			sshoal__sftp_copy_string(first.name, first.name_size);
		if (copy)
			*name = copy;
		else
			rc = sshoal__error_code(&sftp->error, SSHOAL_ENOMEM);
	}
	return end(sftp, &answer, rc);
}

int sshoal__call_read_statvfs(struct sshoal_sftp *sftp, struct wire *body,
			      const char *path, sshoal_statvfs *statvfs)
{
	sshoal_statvfs came = { .flags = 0 };
	uint64_t *const members[] = {
		&came.block_bytes, &came.fragment_bytes,   &came.blocks,
		&came.blocks_free, &came.blocks_available, &came.files,
		&came.files_free,  &came.files_available,  &came.id,
		&came.flags,       &came.name_max_bytes,
	};
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		*members[i] = sshoal__packet_read_u64(body);
	if (body->failed)
		return damaged(sftp, path);
	*statvfs = came;
	return 0;
}
