/* SPDX-License-Identifier: MIT */
#include "trust/change.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "trust/hashed.h"

/* A change may be for what an earlier one made. */

struct span {
	const char *text; /* NULL: dropped */
	size_t size;
};

static void free_change(struct change *change)
{
	free(change->from);
	free(change->to);
	free(change->name);
	free(change);
}

int sshoal__changes_add(struct changes *changes, const char *from,
			const char *to, const char *name)
{
	struct change *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	made->from = from ? strdup(from) : NULL;
	made->to = to ? strdup(to) : NULL;
	made->name = name ? strdup(name) : NULL;
	if ((from && !made->from) || (to && !made->to) ||
	    (name && !made->name)) {
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

/* Where a line's names end. */
static size_t names_of(struct span line)
{
	const char *blank = memchr(line.text, ' ', line.size);
	return blank ? (size_t)(blank - line.text) : line.size;
}

/* Whether a line names somebody, and has the key of another line. 1, 0 or
 * SSHOAL_ENOMEM. */
static int names_same(struct span line, struct span added,
		      struct hasher *hasher)
{
	struct hashed hashed;
	size_t n = names_of(line);
	size_t head = names_of(added);
	size_t left = line.size - n;
	if (left == 0 || left != added.size - head ||
	    memcmp(line.text + n, added.text + head, left) != 0)
		return 0;
	if (sshoal__hashed_parse(&hashed, line.text, n))
		return sshoal__hasher_check(hasher, &hashed);
	return n == hasher->name_size &&
	       memcmp(line.text, hasher->name, n) == 0;
}

static int is_there(const struct buffer *out, struct span added,
		    struct hasher *hasher)
{
	const char *at = (const char *)sshoal__buffer_data(out);
	size_t left = sshoal__buffer_size(out);
	while (left > 0) {
		const char *newline = memchr(at, '\n', left);
		size_t size = newline ? (size_t)(newline - at) : left;
		struct span line = { .text = at, .size = size };
		if (size == added.size && memcmp(at, added.text, size) == 0)
			return 1;
		int rc = hasher ? names_same(line, added, hasher) : 0;
		if (rc)
			return rc;
		size_t step = newline ? size + 1 : size;
		at += step;
		left -= step;
	}
	return 0;
}

/* Whether what a change adds is there already. 1, 0 or SSHOAL_ENOMEM. */
static int has_line(const struct buffer *out, struct span line,
		    const char *name)
{
	struct hasher hasher;
	if (!name)
		return is_there(out, line, NULL);
	int rc = sshoal__hasher_init(&hasher, name);
	if (rc)
		return rc;
	rc = is_there(out, line, &hasher);
	sshoal__hasher_fini(&hasher);
	return rc;
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
		if (!line.text)
			continue;
		rc = has_line(out, line, change->name);
		if (rc > 0) {
			rc = 0;
			continue;
		}
		if (rc == 0)
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
