/* SPDX-License-Identifier: MIT */
#include "inventory/place.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* A long file name must not push the reason out of the error's text: only its
 * end is shown. */
#define FILE_SHOWN 200

int sshoal__place_error(sshoal_error *error, int code, struct place place,
			const char *format, ...)
{
	char why[sizeof error->text];
	va_list list;
	va_start(list, format);
	(void)vsnprintf(why, sizeof why, format, list);
	va_end(list);
	size_t n = strlen(place.file);
	bool is_cut = n > FILE_SHOWN;
	char line[16] = "";
	char column[16] = "";
	if (place.line)
		(void)snprintf(line, sizeof line, "%u:", place.line);
	if (place.column)
		(void)snprintf(column, sizeof column, "%u:", place.column);
	return sshoal__error_set(
		error, code, "%s%s:%s%s %s", is_cut ? "..." : "",
		place.file + (is_cut ? n - FILE_SHOWN : 0), line, column, why);
}
