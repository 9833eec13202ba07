/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLI_VALUE_H
#define SSHOAL_CLI_VALUE_H

#include <stdint.h>

#include <sshoal/error.h>

/* Times on the command line are no longer than this: ten years. */
#define VALUE_TIME_MS_MAX (INT64_C(10) * 365 * 24 * 3600 * 1000)

/* Values of options. option is its name as written, for the text. Each returns
 * 0, or SSHOAL_EINVAL and leaves the out as it is. */

/* A whole number in digits, nothing else. */
int sshoal__value_count(uint32_t *count, const char *option, const char *text,
			uint32_t least, uint32_t most, sshoal_error *error);

/* A number of hosts, or one of percent with "%" behind it, up to 100; the
 * other is 0 then. */
int sshoal__value_share(uint32_t *number, uint32_t *percent, const char *option,
			const char *text, uint32_t least, sshoal_error *error);

/* "K/N": K from 1 to N. */
int sshoal__value_shard(uint32_t *number, uint32_t *count, const char *option,
			const char *text, sshoal_error *error);

/* Bytes: a number, which may have a fraction, with K, M, G (of 1024) or
 * nothing. What is not 0 is at least one byte. */
int sshoal__value_size(uint64_t *size_bytes, const char *option,
		       const char *text, sshoal_error *error);

/* Permissions in octal digits, at most 7777. */
int sshoal__value_mode(uint32_t *mode, const char *option, const char *text,
		       sshoal_error *error);

/* A number, which may have a fraction, with ms, s, m, h or nothing: seconds.
 * What is not 0 is at least one millisecond. */
int sshoal__value_time(int64_t *time_ms, const char *option, const char *text,
		       sshoal_error *error);

#endif
