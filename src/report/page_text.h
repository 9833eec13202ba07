/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_PAGE_TEXT_H
#define SSHOAL_REPORT_PAGE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "report/console.h"

/* Write parts of an HTML page to standard output. A failure stays with the
 * console. */

/* Our own markup, as it stands. */
void sshoal__page_markup(struct console *console, const char *markup);

/* Our own markup around numbers; no string of anybody else is for this. */
void sshoal__page_format(struct console *console, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Anything from a file or a host, as text or within the quotes of an attribute,
 * of HTML as of SVG: what has a meaning there is escaped, control characters and
 * what is not UTF-8 are made visible. NULL is nothing.
 */
void sshoal__page_text(struct console *console, const char *text);
void sshoal__page_bytes(struct console *console, const char *bytes,
			size_t size_bytes);

/* The same, at most so many bytes of its first line, with an ellipsis where
 * there is more. */
void sshoal__page_line(struct console *console, const char *text,
		       size_t most_bytes);

/* A number with blanks between groups of three digits that do not break. */
void sshoal__page_count(struct console *console, uint64_t count);

/* A count and what is counted: "1 host", "20 hosts". */
void sshoal__page_amount(struct console *console, uint64_t count,
			 const char *one, const char *many);

/* A paragraph on what is not shown: so many of one thing or many, and the hosts
 * that are in them. */
void sshoal__page_left_out(struct console *console, uint64_t count,
			   const char *one, const char *many, uint64_t hosts);

/* A time for people: "0.824 s", "12.3 s", "3 min 20 s". */
void sshoal__page_time(struct console *console, double ms);

/* A time as a cell of a table: seconds with three decimals, a dash below 0. */
void sshoal__page_seconds_cell(struct console *console, double ms);

#endif
