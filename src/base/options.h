/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_OPTIONS_H
#define SSHOAL_BASE_OPTIONS_H

#include <stddef.h>

#include <sshoal/error.h>

/* No options struct is ever larger; what claims to be was not initialised. */
#define OPTIONS_MAX_BYTES 4096

/*
 * Copies a caller's options struct, whose first member is size_t size, into
 * our own, as clone3(2) does, so that programs and libraries of different
 * releases work together: the smaller of both sizes is copied, a larger struct
 * is taken when what we do not know of it is zero. own holds the defaults
 * beforehand; its size becomes own_size. given may be NULL: own stays as it
 * is. first_size is what the struct had in its first release.
 *
 * Returns 0 or SSHOAL_EINVAL; own is untouched then.
 */
int sshoal__options_copy(void *own, size_t own_size, size_t first_size,
			 const void *given, sshoal_error *error);

#endif
