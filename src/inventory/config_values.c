/* SPDX-License-Identifier: MIT */
#include "inventory/config_values.h"

#include <stdlib.h>
#include <string.h>

/* A host has some ten values: they are looked through one by one. */

struct config_text {
	struct config_text *next;
	char bytes[];
};

int sshoal__config_values_new(struct config_values **values)
{
	struct config_values *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	*values = made;
	return 0;
}

static int grow(struct config_values *values)
{
	size_t capacity = values->capacity ? values->capacity * 2 : 8;
	struct config_value *list =
		reallocarray(values->list, capacity, sizeof *list);
	if (!list)
		return SSHOAL_ENOMEM;
	values->list = list;
	values->capacity = capacity;
	return 0;
}

int sshoal__config_values_add(struct config_values *values,
			      const struct config_keyword *keyword,
			      const char *text, const struct config_line *line)
{
	if (values->count == values->capacity && grow(values) != 0)
		return SSHOAL_ENOMEM;
	values->list[values->count++] = (struct config_value){
		.keyword = keyword,
		.text = text,
		.line = line,
	};
	return 0;
}

const char *sshoal__config_values_text(struct config_values *values,
				       const char *text)
{
	size_t size = strlen(text) + 1;
	struct config_text *made = malloc(sizeof *made + size);
	if (!made)
		return NULL;
	memcpy(made->bytes, text, size);
	made->next = values->texts;
	values->texts = made;
	return made->bytes;
}

const struct config_value *
sshoal__config_values_get(const struct config_values *values,
			  const struct config_keyword *keyword, size_t index)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->list[i].keyword == keyword && index-- == 0)
			return &values->list[i];
	return NULL;
}

const char *sshoal__config_values_first(const struct config_values *values,
					enum config_id id)
{
	for (size_t i = 0; i < values->count; i++)
		if (values->list[i].keyword->id == id)
			return values->list[i].text;
	return NULL;
}

void sshoal__config_values_drop(struct config_values *values, size_t at)
{
	values->count--;
	memmove(values->list + at, values->list + at + 1,
		(values->count - at) * sizeof *values->list);
}

void sshoal__config_values_free(struct config_values *values)
{
	if (!values)
		return;
	while (values->texts) {
		struct config_text *text = values->texts;
		values->texts = text->next;
		free(text);
	}
	free(values->key_files);
	free(values->certificate_files);
	free(values->list);
	free(values);
}
