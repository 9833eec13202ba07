/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_WRITE_ALL_H
#define SSHOAL_REPORT_WRITE_ALL_H

#include <stddef.h>

/* Writes n bytes to a file, whatever write(2) makes of them. 0 or an errno. */
int sshoal__write_all(int fd, const char *bytes, size_t n);

#endif
