/* SPDX-License-Identifier: MIT */
#include "inventory/hosts_file.h"

#include <string.h>

#include "inventory/ansible.h"
#include "inventory/hosts_json.h"
#include "inventory/reader.h"

/* A hosts file, line by line. The section decides what a line is. */

#define LINE_MAX_BYTES ((size_t)1 << 20)

static char *trim(char *text)
{
	size_t n = strlen(text);
	while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	text[n] = '\0';
	return text + strspn(text, " \t");
}

/* "KEY = VALUE", where the value is the rest of the line. */
static int read_rest(const struct reader *reader, char *line)
{
	char *name = trim(line);
	char *sign = strchr(name, '=');
	size_t name_column = (size_t)(name - line) + 1;
	if (!sign)
		return sshoal__reader_wrong(reader, name_column,
					    "no setting: write KEY = VALUE");
	*sign = '\0';
	char *text = sign + 1 + strspn(sign + 1, " \t");
	size_t n = strlen(text);
	if (n >= 2 && (*text == '"' || *text == '\'') && text[n - 1] == *text) {
		text[n - 1] = '\0';
		text++;
	}
	struct setting_source source = {
		.name = trim(name),
		.text = text,
		.folder = reader->source->folder,
		.name_place = sshoal__reader_place(reader, name_column),
		.text_place =
			sshoal__reader_place(reader, (size_t)(text - line) + 1),
	};
	struct reader_settings settings = { .items = NULL };
	int rc = sshoal__reader_read(reader, &settings, &source);
	if (rc == 0)
		rc = sshoal__reader_give(reader, reader->holder, &settings);
	sshoal__reader_settings_fini(&settings);
	return rc;
}

static const char *child_fault(const char *name, size_t *at)
{
	const char *why = sshoal__name_fault_group(name, at);
	if (why)
		return why;
	if (strcmp(name, "all") == 0)
		return "all is the group of everything: it is in no other";
	if (strcmp(name, "defaults") == 0 || strcmp(name, "ungrouped") == 0)
		return "no group: only groups with a section of their own can "
		       "be in another";
	return NULL;
}

static int add_child(const struct reader *reader, const struct word *word)
{
	struct sshoal_inventory *inventory = reader->inventory;
	struct place place = sshoal__reader_place(reader, word->column);
	struct group *child = NULL;
	int rc = sshoal__group_get(&child, &inventory->groups, word->text,
				   place, &inventory->store);
	/* Every group is a child of "all" as it is. */
	if (rc == 0 && reader->group != inventory->groups.groups[0])
		rc = sshoal__group_add_child(&inventory->groups, reader->group,
					     child, place, &inventory->store);
	return rc ? sshoal__reader_no_memory(reader) : 0;
}

static int read_child(const struct reader *reader, char *line)
{
	struct words words = sshoal__words(line);
	struct word word;
	int rc = sshoal__reader_word(reader, &words, &word);
	if (rc <= 0)
		return rc;
	size_t at = 0;
	const char *why = child_fault(word.text, &at);
	if (why)
		return sshoal__reader_wrong(
			reader, sshoal__word_column(&word, at), why);
	struct word second;
	rc = sshoal__reader_word(reader, &words, &second);
	if (rc > 0)
		return sshoal__reader_wrong(
			reader, second.column,
			"a second word: write one group a line");
	return rc ? rc : add_child(reader, &word);
}

static int begin_section(struct reader *reader, char *text, size_t column)
{
	struct section section;
	size_t at = 0;
	const char *why = sshoal__section_parse(&section, text, &at);
	if (why)
		return sshoal__reader_wrong(reader, column + at, why);
	struct sshoal_inventory *inventory = reader->inventory;
	reader->kind = section.kind;
	reader->group = NULL;
	reader->holder = &inventory->defaults;
	if (section.is_defaults || section.is_everything)
		return 0;
	struct place place = sshoal__reader_place(reader, column + 1);
	if (sshoal__group_get(&reader->group, &inventory->groups, section.name,
			      place, &inventory->store))
		return sshoal__reader_no_memory(reader);
	reader->holder = &reader->group->holder;
	if (section.kind != SECTION_SETTINGS)
		reader->group->is_defined = true;
	return 0;
}

static int read_line(struct reader *reader, char *line)
{
	size_t blanks = strspn(line, " \t");
	char *text = line + blanks;
	if (!*text || *text == '#' || *text == ';')
		return 0;
	if (sshoal__section_is(text))
		return begin_section(reader, text, blanks + 1);
	switch (reader->kind) {
	case SECTION_HOSTS:
		return sshoal__host_line_read(reader, line);
	case SECTION_SETTINGS:
		return read_rest(reader, line);
	case SECTION_CHILDREN:
		return read_child(reader, line);
	}
	return SSHOAL_EINVAL;
}

/* A line is text of bearable length. */
static int check_line(const struct reader *reader, const char *line, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)line[i];
		if (c >= 0x20 && c != 0x7f)
			continue;
		if (c == '\0')
			return sshoal__reader_wrong(
				reader, i + 1,
				"a NUL byte: this is no text file");
		if (c != '\t')
			return sshoal__reader_wrong(
				reader, i + 1,
				"a control character: remove it");
	}
	if (n > LINE_MAX_BYTES)
		return sshoal__reader_wrong(
			reader, LINE_MAX_BYTES + 1,
			"a line of more than 1 MiB: split it");
	return 0;
}

int sshoal__hosts_file_parse(struct sshoal_inventory *inventory,
			     struct hosts_source *source, sshoal_error *error)
{
	struct reader reader = {
		.inventory = inventory,
		.source = source,
		.error = error,
		.kind = SECTION_HOSTS,
	};
	char *at = (char *)sshoal__buffer_data(&source->bytes);
	if (!at)
		return 0;
	char *end = at + sshoal__buffer_size(&source->bytes);
	if (end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
		at += 3;
	if (sshoal__hosts_json_is(at))
		return sshoal__hosts_json_read(&reader, at, (size_t)(end - at));
	int rc = sshoal__ansible_is(&reader.is_ansible, at, (size_t)(end - at));
	if (rc)
		return sshoal__reader_no_memory(&reader);
	while (rc == 0 && at < end) {
		char *line = at;
		char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t n = (size_t)((newline ? newline : end) - line);
		at = newline ? newline + 1 : end;
		if (n > 0 && line[n - 1] == '\r')
			n--;
		line[n] = '\0';
		reader.line++;
		rc = check_line(&reader, line, n);
		if (rc == 0)
			rc = read_line(&reader, line);
	}
	return rc;
}
