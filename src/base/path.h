/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_PATH_H
#define SSHOAL_BASE_PATH_H

/*
 * A copy of a path, to be freed, with a leading "~/" replaced by the caller's
 * home: $HOME if that is absolute, else the home of the user database.
 * 0, SSHOAL_ENOMEM, or SSHOAL_ENOENT where there is no home.
 */
int sshoal__path_expand(char **expanded, const char *path);

#endif
