/* SPDX-License-Identifier: MIT */
#include "trust/change.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* A change may be for what an earlier one made. */

struct span {
	const char *text; /* NULL: dropped */
	size_t size;
};

static void free_change(struct change *change)
{
	free(change->from);
	free(change->to);
	free(change);
}

int sshoal__changes_add(struct changes *changes, const char *from,
			const char *to)
{
	struct change *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	made->from = from ? strdup(from) : NULL;
	made->to = to ? strdup(to) : NULL;
	if ((from && !made->from) || (to && !made->to)) {
		free_change(made);
		return SSHOAL_ENOMEM;
	}
	if (changes->last)
		changes->last->next = made;
	else
		changes->first = made;
	changes->last = made;
	return 0;
}

void sshoal__changes_undo(struct changes *changes)
{
	struct change **at = &changes->first;
	struct change *before = NULL;
	while (*at && (*at)->next) {
		before = *at;
		at = &(*at)->next;
	}
	if (*at)
		free_change(*at);
	*at = NULL;
	changes->last = before;
}

bool sshoal__changes_only_add(const struct changes *changes)
{
	const struct change *change = changes->first;
	while (change && !change->from)
		change = change->next;
	return !change;
}

static struct span span_of(const char *text)
{
	return (struct span){ .text = text, .size = text ? strlen(text) : 0 };
}

static bool is_text(struct span span, const char *text)
{
	return text && span.text && strlen(text) == span.size &&
	       memcmp(span.text, text, span.size) == 0;
}

/* What a line becomes by the changes from one on. */
static struct span change_line(struct span line, struct change *change)
{
	for (; change && line.text; change = change->next) {
		if (change->is_used || !is_text(line, change->from))
			continue;
		change->is_used = true;
		line = span_of(change->to);
	}
	return line;
}

static int put_line(struct buffer *out, struct span line, bool has_newline)
{
	int rc = sshoal__buffer_append(out, line.text, line.size);
	return rc || !has_newline ? rc : sshoal__buffer_append(out, "\n", 1);
}

static bool has_line(const struct buffer *out, struct span line)
{
	const char *at = (const char *)sshoal__buffer_data(out);
	size_t left = sshoal__buffer_size(out);
	while (left > 0) {
		const char *newline = memchr(at, '\n', left);
		size_t size = newline ? (size_t)(newline - at) : left;
		if (size == line.size && memcmp(at, line.text, size) == 0)
			return true;
		size_t step = newline ? size + 1 : size;
		at += step;
		left -= step;
	}
	return false;
}

/* Ends a last line that has no newline. */
static int end_line(struct buffer *out)
{
	size_t n = sshoal__buffer_size(out);
	if (n == 0 || sshoal__buffer_data(out)[n - 1] == '\n')
		return 0;
	return sshoal__buffer_append(out, "\n", 1);
}

static int apply_to_lines(struct changes *changes, const char *bytes, size_t n,
			  struct buffer *out)
{
	int rc = 0;
	while (n > 0 && rc == 0) {
		const char *newline = memchr(bytes, '\n', n);
		size_t size = newline ? (size_t)(newline - bytes) : n;
		struct span line = { .text = bytes, .size = size };
		line = change_line(line, changes->first);
		if (line.text)
			rc = put_line(out, line, newline != NULL);
		size_t step = newline ? size + 1 : size;
		bytes += step;
		n -= step;
	}
	return rc;
}

int sshoal__changes_apply(struct changes *changes, const char *bytes, size_t n,
			  struct buffer *out)
{
	struct change *change = changes->first;
	for (; change; change = change->next)
		change->is_used = false;
	int rc = apply_to_lines(changes, bytes, n, out);
	for (change = changes->first; change && rc == 0;
	     change = change->next) {
		if (change->from)
			continue;
		struct span line =
			change_line(span_of(change->to), change->next);
		if (!line.text || has_line(out, line))
			continue;
		rc = end_line(out);
		if (rc == 0)
			rc = put_line(out, line, true);
	}
	return rc;
}

void sshoal__changes_fini(struct changes *changes)
{
	while (changes->first) {
		struct change *change = changes->first;
		changes->first = change->next;
		free_change(change);
	}
	changes->last = NULL;
}
