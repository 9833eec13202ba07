/* SPDX-License-Identifier: MIT */
#include "fleet/journal_event.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/result.h>

#include "base/error.h"
#include "trust/base64.h"

/*
 * An event's members. One that is there has to be what it must be; one that is
 * not there, or not known here, is nobody's fault: another version wrote it.
 */

#define VERSION 1

/* More hosts than that the program does not take. */
#define INDEX_MAX ((json_int_t)10000000)

/* An event that is read, and the first thing that is wrong with it. */
struct reading {
	const json_t *root;
	struct journal_room *room;
	sshoal_error *error;
	int rc;
};

static void refuse(struct reading *reading, const char *member,
		   const char *wanted)
{
	if (reading->rc == 0)
		reading->rc =
			sshoal__error_set(reading->error, SSHOAL_EFORMAT,
					  "\"%s\" is not %s", member, wanted);
}

/* A string, which has no NUL in it; NULL for null and where there is none. */
static const char *text_of(struct reading *reading, const char *member)
{
	const json_t *value = json_object_get(reading->root, member);
	if (!value || json_is_null(value))
		return NULL;
	const char *text = json_string_value(value);
	if (text && strlen(text) == json_string_length(value))
		return text;
	refuse(reading, member, "a text");
	return NULL;
}

static const char *needed_text_of(struct reading *reading, const char *member)
{
	const char *text = text_of(reading, member);
	if (!text || !*text)
		refuse(reading, member, "a text");
	return text;
}

/* A number that is not negative; none where there is none. */
static int64_t number_of(struct reading *reading, const char *member,
			 int64_t none)
{
	const json_t *value = json_object_get(reading->root, member);
	if (!value || json_is_null(value))
		return none;
	if (json_is_integer(value) && json_integer_value(value) >= 0)
		return json_integer_value(value);
	refuse(reading, member, "a whole number");
	return none;
}

/* The number that a word stands for; -1 for none that is known. */
static int32_t word_of(struct reading *reading, const char *member,
		       const char *(*name_of)(int))
{
	const char *word = text_of(reading, member);
	for (int i = 0; word && name_of(i); i++)
		if (strcmp(word, name_of(i)) == 0)
			return i;
	return -1;
}

/* A host's index; UINT64_MAX where there is none. */
static uint64_t index_of(struct reading *reading)
{
	int64_t index = number_of(reading, "index", -1);
	if (index >= INDEX_MAX)
		refuse(reading, "index", "below 10000000");
	return index < 0 ? UINT64_MAX : (uint64_t)index;
}

static double milliseconds_of(struct reading *reading, const json_t *value)
{
	if (!value || json_is_null(value))
		return -1;
	if (json_is_number(value) && json_number_value(value) >= 0)
		return json_number_value(value);
	refuse(reading, "ms", "a time");
	return -1;
}

/* --- lists of words --- */

/* What is no UTF-8 stands there as an object with its base64. */
static const char *encoded_of(const json_t *item)
{
	return json_string_value(json_object_get(item, "base64"));
}

/* Decodes to *at, which moves behind the string. NULL: it is none. */
static const char *decode(const char *encoded, char **at)
{
	char *text = *at;
	size_t n = sshoal__base64_decode((unsigned char *)text, encoded,
					 strlen(encoded));
	if (n == 0 || memchr(text, '\0', n))
		return NULL;
	text[n] = '\0';
	*at = text + n + 1;
	return text;
}

static const char *item_of(const json_t *item, char **at)
{
	const char *text = json_string_value(item);
	if (text)
		return strlen(text) == json_string_length(item) ? text : NULL;
	const char *encoded = encoded_of(item);
	return encoded ? decode(encoded, at) : NULL;
}

/* Appends the list's items to the room's. */
static void read_list(struct reading *reading, const char *member,
		      const char ***end, char **piece)
{
	const json_t *list = json_object_get(reading->root, member);
	for (size_t i = 0; i < json_array_size(list); i++) {
		**end = item_of(json_array_get(list, i), piece);
		if (!**end)
			refuse(reading, member, "a list of texts");
		(*end)++;
	}
}

static const char *const lists[] = { "words", "options", "hosts" };

#define LIST_COUNT (sizeof lists / sizeof *lists)

/* Makes room for the lists. */
static void make_room(struct reading *reading)
{
	size_t count = 0;
	size_t bytes = 1;
	for (size_t i = 0; i < LIST_COUNT; i++) {
		const json_t *list = json_object_get(reading->root, lists[i]);
		if (list && !json_is_null(list) && !json_is_array(list))
			refuse(reading, lists[i], "a list of texts");
		count += json_array_size(list);
		for (size_t n = 0; n < json_array_size(list); n++) {
			const char *text = encoded_of(json_array_get(list, n));
			bytes += text ? BASE64_ROOM(strlen(text)) + 1 : 0;
		}
	}
	if (reading->rc)
		return;
	reading->room->list = calloc(count + 1, sizeof(char *));
	reading->room->pieces = malloc(bytes);
	if (!reading->room->list || !reading->room->pieces)
		reading->rc = sshoal__error_code(reading->error, SSHOAL_ENOMEM);
}

static void read_lists(struct reading *reading, sshoal_journal_event *event)
{
	struct {
		const char *const **items;
		size_t *count;
	} outs[LIST_COUNT] = {
		{ &event->words, &event->word_count },
		{ &event->options, &event->option_count },
		{ &event->targets, &event->target_count },
	};
	make_room(reading);
	if (reading->rc)
		return;
	const char **end = reading->room->list;
	char *piece = reading->room->pieces;
	for (size_t i = 0; i < LIST_COUNT; i++) {
		const char **first = end;
		if (!json_is_array(json_object_get(reading->root, lists[i])))
			continue;
		read_list(reading, lists[i], &end, &piece);
		*outs[i].items = first;
		*outs[i].count = (size_t)(end - first);
	}
}

/* --- kinds --- */

static void read_start(struct reading *reading, sshoal_journal_event *event)
{
	event->job = needed_text_of(reading, "job");
	event->command = text_of(reading, "command");
	event->origin = text_of(reading, "origin");
	event->total = (uint64_t)number_of(reading, "targets", 0);
	read_lists(reading, event);
	if (event->targets && event->target_count != event->total)
		refuse(reading, "hosts", "as long as \"targets\" says");
	const json_t *directory = json_object_get(reading->root, "cwd");
	if (!directory || json_is_null(directory) || reading->rc)
		return;
	const char *encoded = encoded_of(directory);
	if (!encoded) {
		event->directory = text_of(reading, "cwd");
		return;
	}
	char *decoded = malloc(BASE64_ROOM(strlen(encoded)) + 1);
	reading->room->directory = decoded;
	if (!decoded)
		reading->rc = sshoal__error_code(reading->error, SSHOAL_ENOMEM);
	else
		event->directory = decode(encoded, &decoded);
	if (decoded && !event->directory)
		refuse(reading, "cwd", "a text");
}

static void read_result(struct reading *reading, sshoal_journal_event *event)
{
	const json_t *ms = json_object_get(reading->root, "ms");
	event->address = text_of(reading, "address");
	event->signal = text_of(reading, "signal");
	event->error = text_of(reading, "error");
	event->exit_status = number_of(reading, "exit", -1);
	event->status = word_of(reading, "status", sshoal_status_name);
	event->phase = word_of(reading, "phase", sshoal_phase_name);
	event->ran = word_of(reading, "ran", sshoal_ran_name);
	event->attempts = (uint32_t)number_of(reading, "attempts", 0);
	event->duration_ms =
		milliseconds_of(reading, json_object_get(ms, "total"));
	(void)needed_text_of(reading, "status");
}

static void read_summary(struct reading *reading, sshoal_journal_event *event)
{
	event->total = (uint64_t)number_of(reading, "targets", 0);
	event->exit_status = number_of(reading, "exit", -1);
	event->duration_ms =
		milliseconds_of(reading, json_object_get(reading->root, "ms"));
}

static const struct {
	const char *name;
	int32_t kind;
	bool is_of_host;
	void (*read)(struct reading *, sshoal_journal_event *);
} kinds[] = {
	{ "start", SSHOAL_JOURNAL_START, false, read_start },
	{ "begin", SSHOAL_JOURNAL_BEGIN, true, NULL },
	{ "output", SSHOAL_JOURNAL_OUTPUT, true, NULL },
	{ "note", SSHOAL_JOURNAL_NOTE, false, NULL },
	{ "file", SSHOAL_JOURNAL_FILE, true, NULL },
	{ "result", SSHOAL_JOURNAL_RESULT, true, read_result },
	{ "summary", SSHOAL_JOURNAL_SUMMARY, false, read_summary },
};

static void read_kind(struct reading *reading, sshoal_journal_event *event)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(event->name, kinds[i].name) != 0)
			continue;
		event->kind = kinds[i].kind;
		if (kinds[i].is_of_host && event->index == UINT64_MAX)
			refuse(reading, "index", "a whole number");
		if (kinds[i].read)
			kinds[i].read(reading, event);
		return;
	}
}

static void check_version(struct reading *reading)
{
	const json_t *version = json_object_get(reading->root, "v");
	if (!json_is_integer(version) || json_integer_value(version) < 1)
		refuse(reading, "v",
		       "the number of a version: this is no event of sshoal's");
	else if (json_integer_value(version) > VERSION)
		reading->rc =
			sshoal__error_set(reading->error, SSHOAL_EUNSUPPORTED,
					  "a later version of sshoal wrote it: "
					  "read it with that");
}

int sshoal__journal_event_read(sshoal_journal_event *event,
			       struct journal_room *room, json_t *root,
			       sshoal_error *error)
{
	struct reading reading = {
		.root = root,
		.room = room,
		.error = error,
	};
	*room = (struct journal_room){ .root = root };
	*event = (sshoal_journal_event){
		.index = UINT64_MAX,
		.exit_status = -1,
		.duration_ms = -1,
		.status = -1,
		.phase = -1,
		.ran = -1,
	};
	check_version(&reading);
	if (reading.rc)
		return reading.rc;
	event->run = needed_text_of(&reading, "run");
	event->name = needed_text_of(&reading, "event");
	event->time = text_of(&reading, "time");
	event->host = text_of(&reading, "host");
	event->sequence = (uint64_t)number_of(&reading, "seq", 0);
	event->index = index_of(&reading);
	if (reading.rc == 0)
		read_kind(&reading, event);
	return reading.rc;
}

void sshoal__journal_room_fini(struct journal_room *room)
{
	json_decref(room->root);
	free(room->directory);
	free(room->pieces);
	free(room->list);
	*room = (struct journal_room){ .root = NULL };
}
