/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_LANDING_NAME_H
#define SSHOAL_SFTP_LANDING_NAME_H

#include <sshoal/error.h>

/* A name here is at most this long, without its NUL. */
#define LANDING_NAME_MAX 255

/* Room for the names that files have until they are whole. */
#define LANDING_OTHER_SIZE (sizeof ".sshoal-0123456789abcdef.part")

/* How often another name is tried before it is given up. */
#define LANDING_ATTEMPTS 16

/* sshoal__landing_check_name() for a string. */
int sshoal__landing_check_string(const char *name, sshoal_error *error);

/* A name that nobody has. 0 or an errno. */
int sshoal__landing_random_name(char other[LANDING_OTHER_SIZE]);

/* The one name that an interrupted transfer of a file of that name leaves. It
 * is short however long the name is. 0 or an errno. */
int sshoal__landing_part_name(char other[LANDING_OTHER_SIZE], const char *name);

#endif
