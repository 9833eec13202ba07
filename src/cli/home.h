/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_HOME_H
#define SSHOAL_CLI_HOME_H

/* The caller's home with something behind it, for free(3); NULL where there is
 * no home, or no memory. */
char *sshoal__cli_home(const char *behind);

#endif
