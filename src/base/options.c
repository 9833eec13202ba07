/* SPDX-License-Identifier: MIT */
#include "base/options.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"

/* No byte of a caller's struct is read past the size it gives itself. */

static bool is_zero(const unsigned char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

static int check(const unsigned char *given, size_t given_size, size_t own_size,
		 size_t first_size, sshoal_error *error)
{
	if (given_size < first_size || given_size > OPTIONS_MAX_BYTES)
		return sshoal__error_set(
			error, SSHOAL_EINVAL,
			"size: %zu is no size of this struct: it must be "
			"made with its INIT initializer",
			given_size);
	if (given_size > own_size &&
	    !is_zero(given + own_size, given_size - own_size))
		return sshoal__error_set(
			error, SSHOAL_EINVAL,
			"size: %zu bytes with members in use that this "
			"library, which knows %zu, does not have",
			given_size, own_size);
	return 0;
}

int sshoal__options_copy(void *own, size_t own_size, size_t first_size,
			 const void *given, sshoal_error *error)
{
	assert(first_size >= sizeof(size_t) && first_size <= own_size &&
	       own_size <= OPTIONS_MAX_BYTES);
	if (given) {
		size_t given_size;
		memcpy(&given_size, given, sizeof given_size);
		int rc = check(given, given_size, own_size, first_size, error);
		if (rc)
			return rc;
		memcpy(own, given,
		       given_size < own_size ? given_size : own_size);
	}
	memcpy(own, &own_size, sizeof own_size);
	return 0;
}
