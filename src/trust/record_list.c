/* SPDX-License-Identifier: MIT */
#include "trust/host_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

int sshoal__record_list_add(struct record_list *list, struct record *record)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 64;
		struct record **records = reallocarray(list->records, capacity,
						       sizeof(struct record *));
		if (!records)
			return SSHOAL_ENOMEM;
		list->records = records;
		list->capacity = capacity;
	}
	list->records[list->count++] = record;
	return 0;
}

void sshoal__record_list_drop(struct record_list *list, size_t at)
{
	sshoal__record_free(list->records[at]);
	list->count--;
	memmove(list->records + at, list->records + at + 1,
		(list->count - at) * sizeof(struct record *));
}

void sshoal__record_list_fini(struct record_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		sshoal__record_free(list->records[i]);
	free(list->records);
	*list = (struct record_list){ .records = NULL };
}

int sshoal__record_list_read(struct record_list *list, struct line *scratch,
			     const struct buffer *bytes, const char *file)
{
	const char *at = (const char *)sshoal__buffer_data(bytes);
	size_t left = sshoal__buffer_size(bytes);
	for (size_t number = 1; left > 0; number++) {
		const char *newline = memchr(at, '\n', left);
		size_t size = newline ? (size_t)(newline - at) : left;
		struct record *record = NULL;
		int rc = size > LINE_SIZE_MAX ?
				 0 :
				 sshoal__record_new(&record, scratch, at, size,
						    file, number);
		if (rc > 0)
			rc = sshoal__record_list_add(list, record);
		if (rc) {
			sshoal__record_free(record);
			return rc;
		}
		size_t step = newline ? size + 1 : size;
		at += step;
		left -= step;
	}
	return 0;
}
