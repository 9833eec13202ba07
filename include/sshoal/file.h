/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FILE_H
#define SSHOAL_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/attributes.h>
#include <sshoal/error.h>
#include <sshoal/sftp.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How a file is opened: draft-ietf-secsh-filexfer-02 section 6.3. */
#define SSHOAL_FILE_READ 0x1u
#define SSHOAL_FILE_WRITE 0x2u
#define SSHOAL_FILE_APPEND 0x4u
#define SSHOAL_FILE_CREATE 0x8u
#define SSHOAL_FILE_TRUNCATE 0x10u
#define SSHOAL_FILE_EXCLUSIVE 0x20u /* with _CREATE: it must not be there */

/**
 * A file on a server, open. The sftp's thread. Calls return what those of
 * sshoal_sftp do, and say what happened in sshoal_sftp_error_text().
 */
typedef struct sshoal_file sshoal_file;

/**
 * Opens a file.
 * @param flags SSHOAL_FILE_, at least _READ or _WRITE
 * @param mode permissions of a new file, less the server's umask
 */
SSHOAL_API int sshoal_file_open(sshoal_file **file, sshoal_sftp *sftp,
				const char *path, uint32_t flags, uint32_t mode,
				sshoal_error *error);

/**
 * Reads at the file's place and moves it. What is read in order is asked for
 * ahead of time.
 * @return how many bytes, less than size_bytes only at the end of the file,
 *         where it is 0; or a code.
 */
SSHOAL_API int64_t sshoal_file_read(sshoal_file *file, void *buffer,
				    size_t size_bytes);

/**
 * Writes at the file's place (at its end with _APPEND) and moves it. The
 * server has agreed to all of it when the call returns; many requests are on
 * their way at once. After a failure some of it may be there.
 * @return size_bytes or a code.
 */
SSHOAL_API int64_t sshoal_file_write(sshoal_file *file, const void *data,
				     size_t size_bytes);

/** The same at an offset; the file's place stays. */
SSHOAL_API int64_t sshoal_file_pread(sshoal_file *file, void *buffer,
				     size_t size_bytes, uint64_t offset);
SSHOAL_API int64_t sshoal_file_pwrite(sshoal_file *file, const void *data,
				      size_t size_bytes, uint64_t offset);

/** Moves the file's place, as lseek(2).
 * @param whence SEEK_SET, SEEK_CUR or SEEK_END of <stdio.h>
 * @return the place, or a code: SSHOAL_EINVAL where it would be negative. */
SSHOAL_API int64_t sshoal_file_seek(sshoal_file *file, int64_t offset,
				    int whence);

/** The file's place. */
SSHOAL_API int64_t sshoal_file_tell(const sshoal_file *file);

/** How large the file is, asked of the server. */
SSHOAL_API int64_t sshoal_file_size(sshoal_file *file);

SSHOAL_API int sshoal_file_stat(sshoal_file *file,
				sshoal_attributes *attributes);
SSHOAL_API int sshoal_file_setstat(sshoal_file *file,
				   const sshoal_attributes *attributes);
SSHOAL_API int sshoal_file_truncate(sshoal_file *file, uint64_t size_bytes);

/** Has the server put it on its disk. Needs fsync@openssh.com. */
SSHOAL_API int sshoal_file_sync(sshoal_file *file);

/** The file system it is on. Needs fstatvfs@openssh.com. */
SSHOAL_API int sshoal_file_statvfs(sshoal_file *file, sshoal_statvfs *statvfs);

/** Closes and frees it, whatever the outcome. NULL is ignored.
 * @return 0 or a code: what the server has still to say of it. */
SSHOAL_API int sshoal_file_close(sshoal_file *file);

#ifdef __cplusplus
}
#endif
#endif
