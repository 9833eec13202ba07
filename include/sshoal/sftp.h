/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_H
#define SSHOAL_SFTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/attributes.h>
#include <sshoal/client.h>
#include <sshoal/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The files of a client's host: SFTP version 3 (draft-ietf-secsh-filexfer-02)
 * and OpenSSH's extensions (PROTOCOL, section 4). It counts as one of the
 * client's commands and is used by the client's thread: every call on it may
 * move bytes of everything on the same client.
 *
 * Paths are bytes as the server has them; those that do not begin with "/" are
 * relative to the login's home. A link is followed unless a call says
 * otherwise. Calls on one path return 0, or
 * SSHOAL_ENOENT (no such file), SSHOAL_EACCESS (not permitted), SSHOAL_EREMOTE
 * (the server says no more than that it failed), SSHOAL_EUNSUPPORTED (this
 * server does not offer it), SSHOAL_ETIMEOUT, SSHOAL_ELOST, SSHOAL_ECLOSED (the
 * client is closed), SSHOAL_ECANCELLED, SSHOAL_EPROTOCOL, SSHOAL_EINVAL or
 * SSHOAL_ENOMEM; sshoal_sftp_error_text() has the path and the server's words.
 * After SSHOAL_ETIMEOUT, SSHOAL_ECANCELLED, SSHOAL_EPROTOCOL and SSHOAL_ELOST
 * it can only be closed.
 */
typedef struct sshoal_sftp sshoal_sftp;

/**
 * Starts the "sftp" subsystem on a client.
 * @return 0, SSHOAL_ECHANNEL (the server has none), SSHOAL_EPROTOCOL (it speaks
 *         something else; the text shows what it said), SSHOAL_EFULL
 *         (max_channels are open), SSHOAL_ETIMEOUT, SSHOAL_ELOST,
 *         SSHOAL_ECANCELLED, SSHOAL_EINVAL or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_sftp_open(sshoal_sftp **sftp, sshoal_client *client,
				sshoal_error *error);

/** Closes it, with what is open on it. Files and listings must be closed
 * before. NULL is ignored; works after the client was closed. */
SSHOAL_API void sshoal_sftp_close(sshoal_sftp *sftp);

/** What the last failing call met; valid until the next one. */
SSHOAL_API const char *sshoal_sftp_error_text(const sshoal_sftp *sftp);

/**
 * How long the server may say nothing while an answer is awaited.
 * @param timeout_ms 0: the default, 5 minutes; -1: for ever
 * @return 0 or SSHOAL_EINVAL.
 */
SSHOAL_API int sshoal_sftp_set_timeout(sshoal_sftp *sftp, int64_t timeout_ms);

/** Whether the server offers an extension, such as
 * "posix-rename@openssh.com". */
SSHOAL_API bool sshoal_sftp_offers(const sshoal_sftp *sftp,
				   const char *extension);

/** What a path is. The first follows a link, the second describes it. */
SSHOAL_API int sshoal_sftp_stat(sshoal_sftp *sftp, const char *path,
				sshoal_attributes *attributes);
SSHOAL_API int sshoal_sftp_lstat(sshoal_sftp *sftp, const char *path,
				 sshoal_attributes *attributes);

/** Changes what attributes->flags name. The second changes a link itself where
 * the server offers lsetstat@openssh.com, else SSHOAL_EUNSUPPORTED. */
SSHOAL_API int sshoal_sftp_setstat(sshoal_sftp *sftp, const char *path,
				   const sshoal_attributes *attributes);
SSHOAL_API int sshoal_sftp_lsetstat(sshoal_sftp *sftp, const char *path,
				    const sshoal_attributes *attributes);

/** The same for one property: permissions (07777), owner, times in seconds
 * since 1970, size in bytes. */
SSHOAL_API int sshoal_sftp_chmod(sshoal_sftp *sftp, const char *path,
				 uint32_t mode);
SSHOAL_API int sshoal_sftp_chown(sshoal_sftp *sftp, const char *path,
				 uint32_t uid, uint32_t gid);
SSHOAL_API int sshoal_sftp_utime(sshoal_sftp *sftp, const char *path,
				 int64_t atime_s, int64_t mtime_s);
SSHOAL_API int sshoal_sftp_truncate(sshoal_sftp *sftp, const char *path,
				    uint64_t size_bytes);

/** Makes a directory with these permissions, less the server's umask. */
SSHOAL_API int sshoal_sftp_mkdir(sshoal_sftp *sftp, const char *path,
				 uint32_t mode);

/** Makes a directory and those above it that are missing; one that is there
 * already is no error. */
SSHOAL_API int sshoal_sftp_mkdir_all(sshoal_sftp *sftp, const char *path,
				     uint32_t mode);

/** Removes an empty directory. */
SSHOAL_API int sshoal_sftp_rmdir(sshoal_sftp *sftp, const char *path);

/** Removes a file or a link. */
SSHOAL_API int sshoal_sftp_remove(sshoal_sftp *sftp, const char *path);

/** Removes a file, a link, or a directory with everything in it; links are
 * removed and not followed. Goes on after a failure and reports the first.
 * Refuses "/", "." and "..", and what ends in them, with SSHOAL_EINVAL. */
SSHOAL_API int sshoal_sftp_remove_all(sshoal_sftp *sftp, const char *path);

/** Renames; SSHOAL_EREMOTE where the new name is taken (version 3). */
SSHOAL_API int sshoal_sftp_rename(sshoal_sftp *sftp, const char *old_path,
				  const char *new_path);

/** Renames as rename(2): the new name is replaced in one step. Needs
 * posix-rename@openssh.com. */
SSHOAL_API int sshoal_sftp_posix_rename(sshoal_sftp *sftp, const char *old_path,
					const char *new_path);

/** Makes a hard link. Needs hardlink@openssh.com. */
SSHOAL_API int sshoal_sftp_link(sshoal_sftp *sftp, const char *existing,
				const char *new_path);

/** Makes a symbolic link at link_path that holds target, in the order of
 * arguments that OpenSSH and those that follow it use. */
SSHOAL_API int sshoal_sftp_symlink(sshoal_sftp *sftp, const char *target,
				   const char *link_path);

/** What a symbolic link holds. @param target receives a string for free(3) */
SSHOAL_API int sshoal_sftp_readlink(sshoal_sftp *sftp, const char *path,
				    char **target);

/** The absolute path. @param resolved receives a string for free(3) */
SSHOAL_API int sshoal_sftp_realpath(sshoal_sftp *sftp, const char *path,
				    char **resolved);

/** A path with a leading "~" or "~user" replaced, absolute. Needs
 * expand-path@openssh.com where it begins so.
 * @param expanded receives a string for free(3) */
SSHOAL_API int sshoal_sftp_expand(sshoal_sftp *sftp, const char *path,
				  char **expanded);

/** A user's home. Needs home-directory, or for the login's own
 * expand-path@openssh.com.
 * @param user "" for the login's own
 * @param home receives a string for free(3) */
SSHOAL_API int sshoal_sftp_home(sshoal_sftp *sftp, const char *user,
				char **home);

/** A file system, as statvfs(3) has it. */
typedef struct sshoal_statvfs {
	uint64_t block_bytes;
	uint64_t fragment_bytes; /* the unit of the next three */
	uint64_t blocks;
	uint64_t blocks_free;
	uint64_t blocks_available; /* to others than root */
	uint64_t files;
	uint64_t files_free;
	uint64_t files_available;
	uint64_t id;
	uint64_t flags; /* 1: read only, 2: set-user-ID bits are ignored */
	uint64_t name_max_bytes;
	uint64_t reserved[5]; /* zero */
} sshoal_statvfs;

/** The file system of a path. Needs statvfs@openssh.com. */
SSHOAL_API int sshoal_sftp_statvfs(sshoal_sftp *sftp, const char *path,
				   sshoal_statvfs *statvfs);

/** Copies a file's contents and permissions on the server, which overwrites
 * what is at the new path. Needs copy-data. */
SSHOAL_API int sshoal_sftp_copy(sshoal_sftp *sftp, const char *from,
				const char *to);

/** One name in a directory. */
typedef struct sshoal_entry {
	const char *name;      /* without the directory; as the server sent it,
				  a NUL cut it off */
	const char *long_name; /* as ls -l would show it, or "" */
	sshoal_attributes attributes; /* of the link itself */
	void *reserved[4];            /* NULL */
} sshoal_entry;

/** A directory that is being read. */
typedef struct sshoal_listing sshoal_listing;

/** Begins to read a directory. @param listing for sshoal_listing_close() */
SSHOAL_API int sshoal_sftp_list(sshoal_listing **listing, sshoal_sftp *sftp,
				const char *path);

/**
 * The next name, in the server's order, without "." and "..". A few hundred
 * names are held in memory at a time, however large the directory is.
 * @param entry receives the name, valid until the next call on the listing;
 *        NULL at the end
 * @return 0, also at the end, or as the calls on a path.
 */
SSHOAL_API int sshoal_listing_next(sshoal_listing *listing,
				   const sshoal_entry **entry);

/** Ends it at any time. NULL is ignored. */
SSHOAL_API void sshoal_listing_close(sshoal_listing *listing);

#ifdef __cplusplus
}
#endif
#endif
