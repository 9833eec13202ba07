/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_PLACE_H
#define SSHOAL_INVENTORY_PLACE_H

#include <stdint.h>

#include <sshoal/error.h>

/* Where in a file something stands; line and column count from 1, the column in
 * bytes; it is 0 where only the line is told, and so is the line where there is
 * none. file is borrowed. */
struct place {
	const char *file;
	uint32_t line;
	uint32_t column;
};

/* Writes "FILE:LINE:COLUMN: ", or "FILE:LINE: ", and the text. error may be NULL. Returns the
 * code. */
int sshoal__place_error(sshoal_error *error, int code, struct place place,
			const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
