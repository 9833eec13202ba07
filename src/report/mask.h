/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_MASK_H
#define SSHOAL_REPORT_MASK_H

#include <stddef.h>

#include <sshoal/error.h>

/* What is not looked at when lines are compared: everything that one of some
 * POSIX extended regular expressions matches. Bytes are characters. */
struct mask;

/* *mask is NULL where there are no patterns. 0, SSHOAL_ENOMEM, or SSHOAL_EINVAL
 * with a text that names the pattern. */
int sshoal__mask_new(struct mask **mask, const char *const *patterns,
		     size_t count, sshoal_error *error);

/* A line, or a piece of one, of at most 64 KiB and its newline, without what is
 * masked; it stays until the next call. 0 or SSHOAL_ENOMEM. */
int sshoal__mask_line(struct mask *mask, const char **line, size_t *n);

void sshoal__mask_free(struct mask *mask);

#endif
