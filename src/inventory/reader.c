/* SPDX-License-Identifier: MIT */
#include "inventory/reader.h"

#include <stdlib.h>

#include "base/error.h"
#include "inventory/ansible.h"

/* What the readers of all kinds of lines share. */

struct place sshoal__reader_place(const struct reader *reader, size_t column)
{
	return (struct place){ .file = reader->source->path,
			       .line = reader->line,
			       .column = (uint32_t)column };
}

int sshoal__reader_wrong(const struct reader *reader, size_t column,
			 const char *why)
{
	return sshoal__place_error(reader->error, SSHOAL_EFORMAT,
				   sshoal__reader_place(reader, column), "%s",
				   why);
}

int sshoal__reader_no_memory(const struct reader *reader)
{
	return sshoal__error_code(reader->error, SSHOAL_ENOMEM);
}

int sshoal__reader_word(const struct reader *reader, struct words *words,
			struct word *word)
{
	const char *why = NULL;
	int rc = sshoal__words_next(words, word, &why);
	return rc < 0 ? sshoal__reader_wrong(reader, word->column, why) : rc;
}

int sshoal__reader_add(const struct reader *reader,
		       struct reader_settings *settings,
		       const struct setting *setting)
{
	if (setting->is_secret && reader->source->is_exposed)
		return sshoal__place_error(
			reader->error, SSHOAL_EACCESS, setting->place,
			"a password in a file that others can read or change: "
			"chmod 600 %s",
			reader->source->path);
	if (settings->count == settings->capacity) {
		size_t capacity =
			settings->capacity ? settings->capacity * 2 : 8;
		struct setting *items =
			reallocarray(settings->items, capacity, sizeof *items);
		if (!items)
			return sshoal__reader_no_memory(reader);
		settings->items = items;
		settings->capacity = capacity;
	}
	settings->items[settings->count++] = *setting;
	return 0;
}

int sshoal__reader_read(const struct reader *reader,
			struct reader_settings *settings,
			const struct setting_source *source)
{
	if (reader->is_ansible)
		return sshoal__ansible_read(reader, settings, source);
	struct setting setting;
	int rc = sshoal__setting_read(&setting, source,
				      &reader->inventory->store, reader->error);
	return rc ? rc : sshoal__reader_add(reader, settings, &setting);
}

int sshoal__reader_give(const struct reader *reader, struct holder *holder,
			const struct reader_settings *settings)
{
	struct settings where = {
		.store = &reader->inventory->store,
		.variables = &reader->inventory->variables,
		.last_counts = reader->is_ansible,
	};
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < settings->count; i++)
		rc = sshoal__setting_add(holder, &settings->items[i], &where,
					 reader->error);
	return rc;
}

void sshoal__reader_settings_fini(struct reader_settings *settings)
{
	free(settings->items);
	*settings = (struct reader_settings){ .items = NULL };
}
