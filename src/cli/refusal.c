/* SPDX-License-Identifier: MIT */
#include "cli/refusal.h"

#include <stdarg.h>
#include <stdio.h>

int sshoal__refuse(sshoal_error *error, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(error->text, sizeof error->text, format, arguments);
	va_end(arguments);
	error->code = SSHOAL_EINVAL;
	return SSHOAL_EINVAL;
}
