/* SPDX-License-Identifier: MIT */
#include "inventory/reader.h"

#include "base/error.h"

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

int sshoal__reader_add(const struct reader *reader, struct holder *holder,
		       const struct setting *setting)
{
	struct settings settings = {
		.store = &reader->inventory->store,
		.variables = &reader->inventory->variables,
	};
	return sshoal__setting_add(holder, setting, &settings, reader->error);
}

int sshoal__reader_setting(const struct reader *reader, struct holder *holder,
			   const struct setting_source *source)
{
	struct setting setting;
	int rc = sshoal__setting_read(&setting, source,
				      &reader->inventory->store, reader->error);
	if (rc)
		return rc;
	if (setting.key == SETTING_PASSWORD && reader->source->is_exposed)
		return sshoal__place_error(
			reader->error, SSHOAL_EACCESS, setting.place,
			"a password in a file that others can read or change: "
			"chmod 600 %s",
			reader->source->path);
	return sshoal__reader_add(reader, holder, &setting);
}
