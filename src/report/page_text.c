/* SPDX-License-Identifier: MIT */
#include "report/page_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <sshoal/text.h>

#include "report/utf8.h"

/*
 * Two steps make bytes harmless: as for a terminal, so that nothing invisible
 * or broken is left, then as for HTML.
 */

/* What one step takes; visible it is at most six times as long. */
#define STEP_BYTES ((size_t)512)

static void put(struct console *console, const char *bytes, size_t n)
{
	(void)sshoal__console_write(console, SSHOAL_STDOUT, bytes, n);
}

void sshoal__page_markup(struct console *console, const char *markup)
{
	put(console, markup, strlen(markup));
}

void sshoal__page_format(struct console *console, const char *format, ...)
{
	char text[1024];
	va_list arguments;
	va_start(arguments, format);
	int n = vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	if (n > 0)
		put(console, text,
		    (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

static const char *entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void put_escaped(struct console *console, const char *bytes, size_t n)
{
	size_t plain = 0;
	for (size_t i = 0; i < n; i++) {
		const char *entity = entity_of(bytes[i]);
		if (!entity)
			continue;
		put(console, bytes + plain, i - plain);
		sshoal__page_markup(console, entity);
		plain = i + 1;
	}
	put(console, bytes + plain, n - plain);
}

void sshoal__page_bytes(struct console *console, const char *bytes,
			size_t size_bytes)
{
	char visible[STEP_BYTES * 6 + 1];
	while (size_bytes > 0) {
		size_t n = size_bytes;
		if (n > STEP_BYTES)
			n = sshoal__utf8_cut(bytes, STEP_BYTES);
		size_t length =
			sshoal_text_escape(visible, sizeof visible, bytes, n);
		if (length >= sizeof visible)
			length = sizeof visible - 1;
		put_escaped(console, visible, length);
		bytes += n;
		size_bytes -= n;
	}
}

void sshoal__page_text(struct console *console, const char *text)
{
	if (text)
		sshoal__page_bytes(console, text, strlen(text));
}

void sshoal__page_line(struct console *console, const char *text,
		       size_t most_bytes)
{
	size_t n = strcspn(text, "\n");
	if (n > most_bytes)
		n = sshoal__utf8_cut(text, most_bytes);
	sshoal__page_bytes(console, text, n);
	if (text[n] && strcmp(text + n, "\n") != 0)
		sshoal__page_markup(console, "&hellip;");
}

void sshoal__page_count(struct console *console, uint64_t count)
{
	char digits[32];
	int n = snprintf(digits, sizeof digits, "%" PRIu64, count);
	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0 && n > 4)
			sshoal__page_markup(console, "&#8239;");
		put(console, digits + i, 1);
	}
}

void sshoal__page_amount(struct console *console, uint64_t count,
			 const char *one, const char *many)
{
	sshoal__page_count(console, count);
	sshoal__page_markup(console, "&nbsp;");
	sshoal__page_markup(console, count == 1 ? one : many);
}

void sshoal__page_left_out(struct console *console, uint64_t count,
			   const char *one, const char *many, uint64_t hosts)
{
	sshoal__page_markup(console, "<p class=\"more\">Left out: ");
	sshoal__page_amount(console, count, one, many);
	sshoal__page_markup(console, " of ");
	sshoal__page_amount(console, hosts, "host", "hosts");
	sshoal__page_markup(console, ".</p>\n");
}

void sshoal__page_time(struct console *console, double ms)
{
	if (ms < 0)
		sshoal__page_markup(console, "&ndash;");
	else if (ms < 9999.5)
		sshoal__page_format(console, "%.3f&nbsp;s", ms / 1000);
	else if (ms < 119950)
		sshoal__page_format(console, "%.1f&nbsp;s", ms / 1000);
	else if (ms < 7199500)
		sshoal__page_format(console, "%d&nbsp;min %d&nbsp;s",
				    (int)((ms + 500) / 60000),
				    (int)((ms + 500) / 1000) % 60);
	else
		sshoal__page_format(console, "%.0f&nbsp;h %d&nbsp;min",
				    (double)((int64_t)(ms / 3600000)),
				    (int)((int64_t)(ms / 60000) % 60));
}

void sshoal__page_seconds_cell(struct console *console, double ms)
{
	if (ms < 0)
		sshoal__page_markup(console, "<td class=\"n\">&ndash;</td>");
	else
		sshoal__page_format(console, "<td class=\"n\">%.3f</td>",
				    ms / 1000);
}
