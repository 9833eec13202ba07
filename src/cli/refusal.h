/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_REFUSAL_H
#define SSHOAL_CLI_REFUSAL_H

#include <sshoal/error.h>

/* Says in error what is wrong with the command line, where, and what to write
 * instead. Returns SSHOAL_EINVAL. */
int sshoal__refuse(sshoal_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
