/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SECRET_H
#define SSHOAL_SECRET_H

#include <sshoal/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Reads a password or passphrase from a file: its first line, without the
 * line end (LF or CRLF). The file must be a regular file or a pipe, hold at
 * most 4096 bytes and no NUL, and, if it is regular and the caller's own, be
 * readable by him only. Its first line must not be empty; a pipe must be closed
 * within 10 seconds. A leading "~/" is the caller's home.
 * @param secret receives a string to be freed with sshoal_secret_free()
 * @return 0, SSHOAL_ENOENT, SSHOAL_EACCESS (others can read it: the text has
 *         the chmod to use), SSHOAL_EFORMAT, SSHOAL_EIO or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_secret_load_file(char **secret, const char *path,
				       sshoal_error *error);

/** Wipes and frees a secret. NULL is ignored. */
SSHOAL_API void sshoal_secret_free(char *secret);

#ifdef __cplusplus
}
#endif
#endif
