/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_USER_H
#define SSHOAL_BASE_USER_H

/* Who runs this process, from the user database; each result is to be freed.
 * 0, SSHOAL_ENOENT where there is no such entry, SSHOAL_ENOMEM. */
int sshoal__user_name(char **name);
int sshoal__user_home(char **home);

#endif
