/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include <sshoal/file.h>

#include "base/error.h"
#include "sftp/calls.h"

/* Names: made, moved, removed, and what they lead to. */

static struct packet *begin(struct sshoal_sftp *sftp, enum sftp_type type,
			    const char *path)
{
	sshoal__packet_begin(&sftp->packet, type);
	sshoal__packet_text(&sftp->packet, path);
	return &sftp->packet;
}

int sshoal_sftp_mkdir(sshoal_sftp *sftp, const char *path, uint32_t mode)
{
	const sshoal_attributes attributes = {
		.flags = SSHOAL_ATTRIBUTES_MODE,
		.mode = mode,
	};
	int rc = sshoal__call_enter(sftp, path);
	if (rc)
		return rc;
	sshoal__packet_attributes(begin(sftp, SFTP_MKDIR, path), &attributes);
	return sshoal__call_status(sftp, path);
}

int sshoal_sftp_rmdir(sshoal_sftp *sftp, const char *path)
{
	int rc = sshoal__call_enter(sftp, path);
	if (rc)
		return rc;
	(void)begin(sftp, SFTP_RMDIR, path);
	return sshoal__call_status(sftp, path);
}

int sshoal_sftp_remove(sshoal_sftp *sftp, const char *path)
{
	int rc = sshoal__call_enter(sftp, path);
	if (rc)
		return rc;
	(void)begin(sftp, SFTP_REMOVE, path);
	return sshoal__call_status(sftp, path);
}

int sshoal_sftp_rename(sshoal_sftp *sftp, const char *old_path,
		       const char *new_path)
{
	if (sshoal__sftp_check_path(new_path, NULL))
		return SSHOAL_EINVAL;
	int rc = sshoal__call_enter(sftp, old_path);
	if (rc)
		return rc;
	sshoal__packet_text(begin(sftp, SFTP_RENAME, old_path), new_path);
	return sshoal__call_status(sftp, old_path);
}

/* An extension that has two paths and says no more than "ok". */
static int call_two(struct sshoal_sftp *sftp, enum sftp_extension extension,
		    const char *first, const char *second)
{
	if (sshoal__sftp_check_path(second, NULL))
		return SSHOAL_EINVAL;
	int rc = sshoal__call_enter_extended(sftp, first, extension);
	if (rc)
		return rc;
	sshoal__packet_text(&sftp->packet, first);
	sshoal__packet_text(&sftp->packet, second);
	return sshoal__call_status(sftp, first);
}

int sshoal_sftp_posix_rename(sshoal_sftp *sftp, const char *old_path,
			     const char *new_path)
{
	return call_two(sftp, SFTP_POSIX_RENAME, old_path, new_path);
}

int sshoal_sftp_link(sshoal_sftp *sftp, const char *existing,
		     const char *new_path)
{
	return call_two(sftp, SFTP_HARDLINK, existing, new_path);
}

int sshoal_sftp_symlink(sshoal_sftp *sftp, const char *target,
			const char *link_path)
{
	if (sshoal__sftp_check_path(target, NULL))
		return SSHOAL_EINVAL;
	int rc = sshoal__call_enter(sftp, link_path);
	if (rc)
		return rc;
	sshoal__packet_text(begin(sftp, SFTP_SYMLINK, target), link_path);
	return sshoal__call_status(sftp, link_path);
}

int sshoal_sftp_readlink(sshoal_sftp *sftp, const char *path, char **target)
{
	if (!target)
		return SSHOAL_EINVAL;
	int rc = sshoal__call_enter(sftp, path);
	if (rc)
		return rc;
	(void)begin(sftp, SFTP_READLINK, path);
	return sshoal__call_name(sftp, path, target);
}

int sshoal_sftp_realpath(sshoal_sftp *sftp, const char *path, char **resolved)
{
	if (!resolved)
		return SSHOAL_EINVAL;
	int rc = sshoal__call_enter(sftp, path);
	if (rc)
		return rc;
	(void)begin(sftp, SFTP_REALPATH, path);
	return sshoal__call_name(sftp, path, resolved);
}

int sshoal_sftp_expand(sshoal_sftp *sftp, const char *path, char **expanded)
{
	if (!expanded || !path)
		return SSHOAL_EINVAL;
	if (*path != '~')
		return sshoal_sftp_realpath(sftp, path, expanded);
	int rc = sshoal__call_enter_extended(sftp, path, SFTP_EXPAND_PATH);
	if (rc)
		return rc;
	sshoal__packet_text(&sftp->packet, path);
	return sshoal__call_name(sftp, path, expanded);
}

int sshoal_sftp_home(sshoal_sftp *sftp, const char *user, char **home)
{
	if (!home || !user)
		return SSHOAL_EINVAL;
	const char *what = *user ? user : "the login's own home";
	/* OpenSSH up to 9.2 knows nobody without a name. */
	if (!*user && sftp && sftp->extensions[SFTP_EXPAND_PATH])
		return sshoal_sftp_expand(sftp, "~", home);
	int rc = sshoal__call_enter_extended(sftp, what, SFTP_HOME_DIRECTORY);
	if (rc)
		return rc;
	sshoal__packet_text(&sftp->packet, user);
	return sshoal__call_name(sftp, what, home);
}
