/* SPDX-License-Identifier: MIT */
#include "inventory/fold.h"

#include <stdlib.h>
#include <string.h>

#include <sshoal/inventory.h>

#include "base/buffer.h"
#include "base/error.h"
#include "inventory/address.h"
#include "inventory/box.h"
#include "inventory/hosts.h"
#include "inventory/range.h"

/* A name is a pattern, where "%s" stands for each number, and the numbers. The
 * numbers of all names of a pattern are kept in rows beside each other. */

#define FOLDED_MAX ((size_t)1 << 40)

struct fold_pattern {
	const char *text;
	size_t number_count;
	struct numeral *numerals; /* number_count a row */
	size_t row_count;
	size_t capacity; /* in rows */
};

/* A name taken apart. */
struct parts {
	char *pattern;
	size_t size;
	struct numeral numerals[RANGE_BRACKETS_MAX];
	size_t count;
};

static void put(struct parts *parts, char c)
{
	if (c == '%')
		parts->pattern[parts->size++] = c;
	parts->pattern[parts->size++] = c;
}

/* A run of digits, which is a number unless it is too long for one or there are
 * too many before it. Returns how long it is. */
static size_t put_digits(struct parts *parts, const char *text)
{
	size_t n = strspn(text, "0123456789");
	if (n > NUMERAL_DIGITS_MAX || parts->count == RANGE_BRACKETS_MAX) {
		for (size_t i = 0; i < n; i++)
			put(parts, text[i]);
		return n;
	}
	struct numeral numeral = { .size = n };
	for (size_t i = 0; i < n; i++)
		numeral.value = numeral.value * 10 + (uint64_t)(text[i] - '0');
	parts->numerals[parts->count++] = numeral;
	parts->pattern[parts->size++] = '%';
	parts->pattern[parts->size++] = 's';
	return n;
}

/* Where the name in "user@name:port" ends; where it begins if nothing in it may
 * be folded: an IPv6 address, or a label with a number of its own. */
static size_t name_end(const char *text, size_t start)
{
	size_t n = strcspn(text + start, ":");
	const char *colon = text + start + n;
	if (text[start] == '[' || strchr(text + start, '#') ||
	    (*colon && strchr(colon + 1, ':')))
		return start;
	return start + n;
}

/* The pattern has room for twice the text. */
static void split(struct parts *parts, const char *text)
{
	const char *sign = strrchr(text, '@');
	size_t start = sign ? (size_t)(sign - text) + 1 : 0;
	size_t end = name_end(text, start);
	size_t at = 0;
	while (text[at]) {
		bool is_digit = text[at] >= '0' && text[at] <= '9';
		if (is_digit && at >= start && at < end)
			at += put_digits(parts, text + at);
		else
			put(parts, text[at++]);
	}
	parts->pattern[parts->size] = '\0';
}

static struct fold_pattern *add_pattern(struct fold *fold,
					const struct parts *parts)
{
	if (fold->count == fold->capacity) {
		size_t capacity = fold->capacity ? fold->capacity * 2 : 16;
		struct fold_pattern **sorted = reallocarray(
			fold->sorted, capacity, sizeof(struct fold_pattern *));
		if (!sorted)
			return NULL;
		fold->sorted = sorted;
		fold->capacity = capacity;
	}
	struct fold_pattern *made =
		sshoal__store_get(&fold->store, sizeof *made);
	char *text =
		sshoal__store_text(&fold->store, parts->pattern, parts->size);
	if (!made || !text || sshoal__map_put(&fold->patterns, text, made))
		return NULL;
	made->text = text;
	made->number_count = parts->count;
	fold->sorted[fold->count++] = made;
	return made;
}

static int add_row(struct fold_pattern *pattern, const struct parts *parts)
{
	if (parts->count == 0)
		return 0;
	if (pattern->row_count == pattern->capacity) {
		size_t capacity = pattern->capacity ? pattern->capacity * 2 : 4;
		struct numeral *numerals =
			reallocarray(pattern->numerals, capacity,
				     parts->count * sizeof *numerals);
		if (!numerals)
			return SSHOAL_ENOMEM;
		pattern->numerals = numerals;
		pattern->capacity = capacity;
	}
	memcpy(pattern->numerals + pattern->row_count * parts->count,
	       parts->numerals, parts->count * sizeof *parts->numerals);
	pattern->row_count++;
	return 0;
}

int sshoal__fold_add(struct fold *fold, const char *name)
{
	char room[2 * IDENTITY_SIZE];
	size_t size = 2 * strlen(name) + 1;
	struct parts parts = {
		.pattern = size > sizeof room ? malloc(size) : room,
	};
	if (!parts.pattern)
		return SSHOAL_ENOMEM;
	split(&parts, name);
	struct fold_pattern *pattern =
		sshoal__map_get(&fold->patterns, parts.pattern);
	if (!pattern)
		pattern = add_pattern(fold, &parts);
	int rc = pattern ? add_row(pattern, &parts) : SSHOAL_ENOMEM;
	if (parts.pattern != room)
		free(parts.pattern);
	return rc;
}

static int compare_patterns(const void *a, const void *b)
{
	const struct fold_pattern *const *left = a;
	const struct fold_pattern *const *right = b;
	return strcmp((*left)->text, (*right)->text);
}

static int compare_numerals(const void *a, const void *b)
{
	return sshoal__numeral_compare(a, b);
}

/* Writes the pattern up to its next number, and moves *at behind that. */
static int write_literal(struct buffer *buffer, const char *pattern, size_t *at)
{
	int rc = 0;
	while (rc == 0 && pattern[*at]) {
		size_t n = strcspn(pattern + *at, "%");
		rc = sshoal__buffer_append(buffer, pattern + *at, n);
		*at += n;
		if (rc || !pattern[*at])
			break;
		*at += 2;
		if (pattern[*at - 1] == 's')
			break;
		rc = sshoal__buffer_append(buffer, "%", 1);
	}
	return rc;
}

static int write_one(struct buffer *buffer, struct fold_pattern *pattern)
{
	size_t at = 0;
	size_t count = pattern->row_count > 0;
	int rc = write_literal(buffer, pattern->text, &at);
	if (rc || count == 0)
		return rc;
	struct numeral *numerals = pattern->numerals;
	qsort(numerals, pattern->row_count, sizeof *numerals, compare_numerals);
	for (size_t i = 1; i < pattern->row_count; i++)
		if (compare_numerals(&numerals[i], &numerals[count - 1]) != 0)
			numerals[count++] = numerals[i];
	rc = sshoal__numeral_write(buffer, numerals, count);
	return rc ? rc : write_literal(buffer, pattern->text, &at);
}

static int write_box(struct buffer *buffer, const struct box_list *list,
		     struct box *box, const char *pattern)
{
	size_t at = 0;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < list->axis_count; i++) {
		rc = write_literal(buffer, pattern, &at);
		if (rc == 0)
			rc = sshoal__box_write_side(buffer, list, box, i);
	}
	return rc ? rc : write_literal(buffer, pattern, &at);
}

static int write_boxes(struct buffer *buffer,
		       const struct fold_pattern *pattern)
{
	struct box_list list;
	int rc = sshoal__box_list_make(&list, pattern->numerals,
				       pattern->row_count,
				       pattern->number_count);
	for (struct box *box = list.first; rc == 0 && box; box = box->next) {
		if (box != list.first)
			rc = sshoal__buffer_append(buffer, ",", 1);
		if (rc == 0)
			rc = write_box(buffer, &list, box, pattern->text);
	}
	sshoal__box_list_fini(&list);
	return rc;
}

int sshoal__fold_write(struct fold *fold, char **text)
{
	struct buffer buffer = BUFFER_INIT(FOLDED_MAX);
	int rc = 0;
	if (fold->count > 0)
		qsort(fold->sorted, fold->count, sizeof(struct fold_pattern *),
		      compare_patterns);
	for (size_t i = 0; rc == 0 && i < fold->count; i++) {
		if (i > 0)
			rc = sshoal__buffer_append(&buffer, ",", 1);
		if (rc == 0)
			rc = fold->sorted[i]->number_count > 1 ?
				     write_boxes(&buffer, fold->sorted[i]) :
				     write_one(&buffer, fold->sorted[i]);
	}
	if (rc == 0)
		rc = sshoal__buffer_append(&buffer, "", 1);
	char *copy = rc ? NULL : strdup((char *)sshoal__buffer_data(&buffer));
	sshoal__buffer_fini(&buffer);
	if (!copy)
		return rc ? rc : SSHOAL_ENOMEM;
	*text = copy;
	return 0;
}

void sshoal__fold_fini(struct fold *fold)
{
	for (size_t i = 0; i < fold->count; i++)
		free(fold->sorted[i]->numerals);
	free(fold->sorted);
	sshoal__map_fini(&fold->patterns);
	sshoal__store_fini(&fold->store);
}

int sshoal_names_fold(char **folded, const char *const *names, size_t count,
		      sshoal_error *error)
{
	if (!folded || (!names && count > 0))
		return sshoal__error_code(error, SSHOAL_EINVAL);
	struct fold fold = FOLD_INIT;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < count; i++)
		rc = names[i] ? sshoal__fold_add(&fold, names[i]) :
				SSHOAL_EINVAL;
	if (rc == 0)
		rc = sshoal__fold_write(&fold, folded);
	sshoal__fold_fini(&fold);
	return rc ? sshoal__error_code(error, rc) : 0;
}

size_t sshoal_target_expression(const sshoal_target *target, char *out,
				size_t size_bytes)
{
	char name[IDENTITY_SIZE];
	(void)sshoal__address_write(name, sizeof name, NULL, target->name, 0);
	bool is_repeated = strcmp(name, target->label) != 0;
	bool has_user = target->user_is_written ||
			(is_repeated && target->is_user_named);
	bool has_port = target->port_is_written ||
			(is_repeated && target->is_port_named);
	return sshoal__address_write(out, size_bytes,
				     has_user ? target->user : NULL,
				     target->name, has_port ? target->port : 0);
}

static int add_target(struct fold *fold, const struct sshoal_target *target)
{
	char text[IDENTITY_SIZE];
	(void)sshoal_target_expression(target, text, sizeof text);
	return sshoal__fold_add(fold, text);
}

int sshoal_hosts_fold(char **folded, const sshoal_hosts *hosts,
		      sshoal_error *error)
{
	if (!folded)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	struct fold fold = FOLD_INIT;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sshoal_hosts_count(hosts); i++)
		rc = add_target(&fold, hosts->targets[i]);
	if (rc == 0)
		rc = sshoal__fold_write(&fold, folded);
	sshoal__fold_fini(&fold);
	return rc ? sshoal__error_code(error, rc) : 0;
}
