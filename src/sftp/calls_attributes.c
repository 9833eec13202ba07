/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "sftp/calls.h"

/* What files are, and what becomes of that. */

static void begin(struct sshoal_sftp *sftp, enum sftp_type type,
		  const char *path)
{
	sshoal__packet_begin(&sftp->packet, type);
	sshoal__packet_text(&sftp->packet, path);
}

static int look(struct sshoal_sftp *sftp, enum sftp_type type, const char *path,
		sshoal_attributes *attributes)
{
	if (!attributes)
		return SSHOAL_EINVAL;
	int rc = sshoal__call_enter(sftp, path);
	if (rc)
		return rc;
	begin(sftp, type, path);
	return sshoal__call_attributes(sftp, path, attributes);
}

int sshoal_sftp_stat(sshoal_sftp *sftp, const char *path,
		     sshoal_attributes *attributes)
{
	return look(sftp, SFTP_STAT, path, attributes);
}

int sshoal_sftp_lstat(sshoal_sftp *sftp, const char *path,
		      sshoal_attributes *attributes)
{
	return look(sftp, SFTP_LSTAT, path, attributes);
}

int sshoal_sftp_setstat(sshoal_sftp *sftp, const char *path,
			const sshoal_attributes *attributes)
{
	if (!attributes)
		return SSHOAL_EINVAL;
	int rc = sshoal__call_enter(sftp, path);
	if (rc)
		return rc;
	begin(sftp, SFTP_SETSTAT, path);
	sshoal__packet_attributes(&sftp->packet, attributes);
	return sshoal__call_status(sftp, path);
}

int sshoal_sftp_lsetstat(sshoal_sftp *sftp, const char *path,
			 const sshoal_attributes *attributes)
{
	if (!attributes)
		return SSHOAL_EINVAL;
	int rc = sshoal__call_enter_extended(sftp, path, SFTP_LSETSTAT);
	if (rc)
		return rc;
	sshoal__packet_text(&sftp->packet, path);
	sshoal__packet_attributes(&sftp->packet, attributes);
	return sshoal__call_status(sftp, path);
}

int sshoal_sftp_chmod(sshoal_sftp *sftp, const char *path, uint32_t mode)
{
	const sshoal_attributes attributes = {
		.flags = SSHOAL_ATTRIBUTES_MODE,
		.mode = mode,
	};
	return sshoal_sftp_setstat(sftp, path, &attributes);
}

int sshoal_sftp_chown(sshoal_sftp *sftp, const char *path, uint32_t uid,
		      uint32_t gid)
{
	const sshoal_attributes attributes = {
		.flags = SSHOAL_ATTRIBUTES_OWNER,
		.uid = uid,
		.gid = gid,
	};
	return sshoal_sftp_setstat(sftp, path, &attributes);
}

int sshoal_sftp_utime(sshoal_sftp *sftp, const char *path, int64_t atime_s,
		      int64_t mtime_s)
{
	const sshoal_attributes attributes = {
		.flags = SSHOAL_ATTRIBUTES_TIMES,
		.atime_s = atime_s,
		.mtime_s = mtime_s,
	};
	/* The protocol has no others. */
	if (atime_s < 0 || mtime_s < 0 || atime_s > UINT32_MAX ||
	    mtime_s > UINT32_MAX)
		return SSHOAL_EINVAL;
	return sshoal_sftp_setstat(sftp, path, &attributes);
}

int sshoal_sftp_truncate(sshoal_sftp *sftp, const char *path,
			 uint64_t size_bytes)
{
	const sshoal_attributes attributes = {
		.flags = SSHOAL_ATTRIBUTES_SIZE,
		.size_bytes = size_bytes,
	};
	return sshoal_sftp_setstat(sftp, path, &attributes);
}

int sshoal_sftp_statvfs(sshoal_sftp *sftp, const char *path,
			sshoal_statvfs *statvfs)
{
	if (!statvfs)
		return SSHOAL_EINVAL;
	int rc = sshoal__call_enter_extended(sftp, path, SFTP_STATVFS);
	if (rc)
		return rc;
	struct sftp_answer answer;
	sshoal__packet_text(&sftp->packet, path);
	rc = sshoal__sftp_ask(sftp, &answer, SFTP_EXTENDED_REPLY, path);
	if (rc == 0)
		rc = sshoal__call_read_statvfs(sftp, &answer.body, path,
					       statvfs);
	sshoal__sftp_answer_fini(&answer);
	sshoal__sftp_leave(sftp);
	return rc;
}
