/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_INVENTORY_CONFIG_VALUES_H
#define SSHOAL_INVENTORY_CONFIG_VALUES_H

#include <stddef.h>

#include "inventory/config_line.h"

struct config_value {
	const struct config_keyword *keyword;
	const char *text;
	const struct config_line *line; /* NULL: set by who asks */
};

/*
 * What a config says of one host, in the order in which it was found. It is
 * worked out once and does not change afterwards. Texts belong to it or to the
 * config.
 */
struct config_values {
	struct config_value *list;
	size_t count;
	size_t capacity;
	struct config_text *texts;
	const char *hostname;   /* to connect to */
	const char **key_files; /* of its identity files, those that exist */
	size_t key_file_count;
	const char **certificate_files; /* of those, likewise */
	size_t certificate_file_count;
};

/* 0 or SSHOAL_ENOMEM, as all that can fail here. */
int sshoal__config_values_new(struct config_values **values);

int sshoal__config_values_add(struct config_values *values,
			      const struct config_keyword *keyword,
			      const char *text, const struct config_line *line);

/* A copy of a text that lives as long as the values; NULL without memory. */
const char *sshoal__config_values_text(struct config_values *values,
				       const char *text);

/* A value of a keyword by its place among them, NULL past the last. */
const struct config_value *
sshoal__config_values_get(const struct config_values *values,
			  const struct config_keyword *keyword, size_t index);

/* The text of a keyword's first value, NULL where nothing sets it. */
const char *sshoal__config_values_first(const struct config_values *values,
					enum config_id id);

/* Takes the value at a place of the list out of it. */
void sshoal__config_values_drop(struct config_values *values, size_t at);

void sshoal__config_values_free(struct config_values *values);

#endif
