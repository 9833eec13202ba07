/* SPDX-License-Identifier: MIT */
#include "trust/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/pattern.h"
#include "trust/addition.h"
#include "trust/trust.h"

/* All texts of a record stand behind it. */

/* Copies n bytes and a NUL to *at, which moves behind them. */
static char *put(char **at, const void *bytes, size_t n)
{
	char *copy = *at;
	memcpy(copy, bytes, n);
	copy[n] = '\0';
	*at += n + 1;
	return copy;
}

static struct record *make(const struct line *line, const char *text, size_t n,
			   size_t names_at)
{
	struct record *made = malloc(sizeof *made + n + 1 + line->key_size + 1 +
				     2 * (line->names_size + 1));
	if (!made)
		return NULL;
	char *at = (char *)(made + 1);
	*made = (struct record){
		.marker = line->marker,
		.form = line->form,
		.hashed = line->hashed,
		.key_size = line->key_size,
	};
	made->text = put(&at, text, n);
	made->names = put(&at, text + names_at, line->names_size);
	made->lower = put(&at, line->names, line->names_size);
	made->key = (const unsigned char *)put(&at, line->key, line->key_size);
	(void)sshoal__trust_key_type(made->type, sizeof made->type, made->key,
				     made->key_size);
	return made;
}

int sshoal__record_new(struct record **record, struct line *scratch,
		       const char *text, size_t n, const char *file,
		       size_t number)
{
	const char *why = NULL;
	char *copy = malloc(n + 1);
	if (!copy)
		return SSHOAL_ENOMEM;
	memcpy(copy, text, n);
	copy[n] = '\0';
	scratch->hashed = (struct hashed){ .salt = { 0 } };
	int rc = sshoal__line_parse(scratch, copy, n, &why);
	struct record *made = NULL;
	if (rc > 0) {
		made = make(scratch, text, n, (size_t)(scratch->names - copy));
		rc = made ? 1 : SSHOAL_ENOMEM;
	} else {
		rc = 0;
	}
	free(copy);
	if (!made)
		return rc;
	made->file = file;
	made->number = number;
	/* What the line was parsed from is gone. */
	scratch->names = made->lower;
	*record = made;
	return rc;
}

int sshoal__record_write(char **text, const struct query *query, bool is_hashed)
{
	struct addition *addition = NULL;
	int rc = sshoal__addition_new(&addition, query, false);
	if (rc)
		return rc;
	char names[QUERY_NAME_SIZE + HASHED_TEXT_SIZE];
	size_t head = strlen(query->name);
	size_t left = addition->size - 1 - head;
	if (is_hashed)
		rc = sshoal__hashed_write(names, query->name);
	else
		memcpy(names, query->name, head + 1);
	size_t n = rc ? 0 : strlen(names);
	char *made = rc ? NULL : malloc(n + left + 1);
	if (made) {
		memcpy(made, names, n);
		memcpy(made + n, addition->text + head, left);
		made[n + left] = '\0';
		*text = made;
	}
	sshoal__addition_free(addition);
	return made ? 0 : SSHOAL_ENOMEM;
}

/* Whether one of the names, which have commas between them, is a name. */
static bool is_listed(const char *names, const char *name)
{
	size_t n = strlen(name);
	for (;;) {
		size_t size = strcspn(names, ",");
		if (size == n && memcmp(names, name, n) == 0)
			return true;
		if (!names[size])
			return false;
		names += size + 1;
	}
}

int sshoal__record_match(const struct record *record, const char *name,
			 struct hasher *hasher)
{
	switch (record->form) {
	case LINE_PLAIN:
		return is_listed(record->lower, name);
	case LINE_PATTERN:
		return sshoal__pattern_list_match(record->lower, name);
	case LINE_HASHED:
		return sshoal__hasher_check(hasher, &record->hashed);
	}
	return 0;
}

/* Whether a list has more than names that it is not for. */
static bool says_something(const char *names)
{
	while (*names) {
		size_t size = strcspn(names, ",");
		if (size > 0 && *names != '!')
			return true;
		names += size + (names[size] ? 1 : 0);
	}
	return false;
}

/* Copies a list but for one name; lower is the same list in lower case. */
static void copy_others(char *out, const char *names, const char *lower,
			const char *name)
{
	size_t n = strlen(name);
	char *at = out;
	for (;;) {
		size_t size = strcspn(lower, ",");
		if (size != n || memcmp(lower, name, n) != 0) {
			if (at != out)
				*at++ = ',';
			memcpy(at, names, size);
			at += size;
		}
		if (!lower[size])
			break;
		lower += size + 1;
		names += size + 1;
	}
	*at = '\0';
}

int sshoal__record_without(char **text, const struct record *record,
			   const char *name, struct hasher *hasher)
{
	if (record->form == LINE_HASHED) {
		int rc = sshoal__hasher_check(hasher, &record->hashed);
		if (rc > 0)
			*text = NULL;
		return rc;
	}
	if (!is_listed(record->lower, name))
		return 0;
	size_t size = strlen(record->text) + 1;
	char *names = malloc(strlen(record->names) + 1);
	char *made = malloc(size);
	if (!names || !made) {
		free(made);
		free(names);
		return SSHOAL_ENOMEM;
	}
	copy_others(names, record->names, record->lower, name);
	bool is_left = says_something(names);
	if (is_left) {
		const char *at = strstr(record->text, record->names);
		size_t head = at ? (size_t)(at - record->text) : 0;
		size_t left = strlen(names);
		size_t tail = head + strlen(record->names);
		memcpy(made, record->text, head);
		memcpy(made + head, names, left);
		memcpy(made + head + left, record->text + tail, size - tail);
	} else {
		free(made);
		made = NULL;
	}
	free(names);
	*text = made;
	return 1;
}

void sshoal__record_free(struct record *record)
{
	free(record);
}
