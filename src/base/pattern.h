/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_PATTERN_H
#define SSHOAL_BASE_PATTERN_H

#include <stdbool.h>

/* Whether a name matches one pattern with * and ?. Letters are compared as they
 * are. */
bool sshoal__pattern_match(const char *pattern, const char *name);

/*
 * Whether a name matches a list such as "*.example.org,!old*,a?" (ssh_config(5),
 * PATTERNS): one element matches and none that begins with "!" does. Letters
 * are compared as they are.
 */
bool sshoal__pattern_list_match(const char *list, const char *name);

#endif
