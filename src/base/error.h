/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_BASE_ERROR_H
#define SSHOAL_BASE_ERROR_H

#include <sshoal/error.h>

/*
 * Writes code and text, which is cut to fit, made one line and free of control
 * characters. error may be NULL. Returns the code, so that a failing function
 * can end with "return sshoal__error_set(...)".
 */
int sshoal__error_set(sshoal_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* sshoal__error_set() with the code's fixed text. */
int sshoal__error_code(sshoal_error *error, int code);

/* Puts "prefix: " before the text that is there. Returns the code in it. */
int sshoal__error_prefix(sshoal_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The code that fits an errno of a local call: ENOMEM, ENOENT, EACCESS,
 * ELOCAL for exhausted resources, EIO for the rest. */
int sshoal__error_from_errno(int number);

#endif
