/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "report/page_sections.h"
#include "report/page_text.h"

/* What the run was told to do, as far as its first event says so, and what is
 * to be known of the file. */

/* Of a list in the first event, such as that of the hosts, so much is shown. */
#define LIST_ITEMS_MAX ((size_t)50)
#define MEMBERS_MAX 100

static void put_name(struct console *console, const char *name)
{
	sshoal__page_markup(console, "<dt>");
	sshoal__page_line(console, name, 100);
	sshoal__page_markup(console, "</dt><dd>");
}

static void put_end(struct console *console)
{
	sshoal__page_markup(console, "</dd>\n");
}

static void put_scalar(struct console *console, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		sshoal__page_markup(console, "<code>");
		sshoal__page_line(console, json_string_value(value), 4000);
		sshoal__page_markup(console, "</code>");
		break;
	case JSON_INTEGER:
		sshoal__page_format(console, "%lld",
				    (long long)json_integer_value(value));
		break;
	case JSON_REAL:
		sshoal__page_format(console, "%g", json_real_value(value));
		break;
	case JSON_TRUE:
		sshoal__page_markup(console, "yes");
		break;
	case JSON_FALSE:
		sshoal__page_markup(console, "no");
		break;
	case JSON_NULL:
		sshoal__page_markup(console, "none");
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		sshoal__page_markup(console, "&hellip;");
		break;
	}
}

static void put_list(struct console *console, const json_t *list)
{
	size_t count = json_array_size(list);
	size_t shown = 0;
	for (; shown < count && shown < LIST_ITEMS_MAX; shown++) {
		sshoal__page_markup(console, shown ? " " : "");
		put_scalar(console, json_array_get(list, shown));
	}
	if (shown < count) {
		sshoal__page_markup(console, " &hellip; and ");
		sshoal__page_count(console, count - shown);
		sshoal__page_markup(console, " more");
	}
	if (count == 0)
		sshoal__page_markup(console, "none");
}

/* Those of every event, and those that have a line of their own. */
static bool is_told_elsewhere(const char *key)
{
	static const char *const keys[] = { "v",    "run",     "seq",
					    "time", "event",   "version",
					    "job",  "command", "targets" };
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

/* Members of an object, those of objects in it after their name. */
static void put_members(struct console *console, json_t *object)
{
	const char *key;
	json_t *value;
	int count = 0;
	json_object_foreach(object, key, value)
	{
		if (is_told_elsewhere(key) || json_is_null(value))
			continue;
		if (++count > MEMBERS_MAX)
			return;
		put_name(console, key);
		if (json_is_array(value))
			put_list(console, value);
		else
			put_scalar(console, value);
		put_end(console);
	}
}

static void put_options(struct console *console, json_t *start)
{
	const char *key;
	json_t *value;
	int count = 0;
	json_t *plain = json_copy(start);
	json_object_foreach(start, key, value)
	{
		if (!json_is_object(value) || is_told_elsewhere(key))
			continue;
		(void)json_object_del(plain, key);
		if (++count <= MEMBERS_MAX)
			put_members(console, value);
	}
	put_members(console, plain);
	json_decref(plain);
}

static void put_text(struct console *console, const char *name,
		     const char *text)
{
	if (!text || !*text)
		return;
	put_name(console, name);
	sshoal__page_line(console, text, 400);
	put_end(console);
}

static void put_command(struct console *console, const json_t *start)
{
	const char *command =
		json_string_value(json_object_get(start, "command"));
	if (!command)
		return;
	put_name(console, "Command");
	sshoal__page_markup(console, "<pre tabindex=\"0\"><code>");
	size_t length = strlen(command);
	size_t shown = length < 20000 ? length : 20000;
	sshoal__page_bytes(console, command, shown);
	sshoal__page_markup(console, shown < length ? "&hellip;" : "");
	sshoal__page_markup(console, "</code></pre>");
	put_end(console);
}

static void put_exit(struct console *console, const json_t *summary)
{
	static const char *const words[] = {
		"every host ok",
		"a command failed on some host",
		"usage",
		"some host was not reached, or lost",
		"some host had no time, or was not started",
		"a local failure",
	};
	const json_t *value = json_object_get(summary, "exit");
	json_int_t number = json_integer_value(value);
	if (!json_is_integer(value))
		return;
	put_name(console, "Exit status");
	sshoal__page_format(console, "%lld", (long long)number);
	if (number > 128)
		sshoal__page_format(console, ": ended by signal %lld",
				    (long long)(number - 128));
	else if (number >= 0 &&
		 number < (json_int_t)(sizeof words / sizeof *words))
		sshoal__page_format(console, ": %s", words[number]);
	put_end(console);
}

static void put_file(struct console *console, const struct recording *recording,
		     const char *name)
{
	put_text(console, "File", name);
	put_name(console, "Lines");
	sshoal__page_count(console, recording->line_count);
	if (recording->bad_line_count > 0) {
		sshoal__page_markup(console, ", of which ");
		sshoal__page_count(console, recording->bad_line_count);
		sshoal__page_markup(console, " could not be read");
	}
	if (recording->is_torn)
		sshoal__page_markup(console, "; the last one is torn");
	put_end(console);
}

static void put_runs(struct console *console, const struct recording *recording)
{
	if (recording->run_count < 2)
		return;
	put_name(console, "Runs in it");
	sshoal__page_markup(console, "<ul>\n");
	for (size_t i = 0; i < recording->run_count; i++) {
		const struct recorded_run *run = &recording->runs[i];
		bool is_this = strcmp(run->id, recording->run) == 0;
		sshoal__page_markup(console,
				    is_this ? "<li><b>this one:</b> " : "<li>");
		sshoal__page_line(console, run->time, 40);
		sshoal__page_markup(console, " <code>");
		sshoal__page_line(console, run->command, 80);
		sshoal__page_markup(console, "</code> <code>--run ");
		sshoal__page_line(console, run->id, 64);
		sshoal__page_markup(console, "</code></li>\n");
	}
	if (recording->runs_left_out > 0) {
		sshoal__page_markup(console, "<li>");
		sshoal__page_count(console, recording->runs_left_out);
		sshoal__page_markup(console, " more</li>\n");
	}
	sshoal__page_markup(console, "</ul>");
	put_end(console);
}

int sshoal__page_settings(struct console *console,
			  const struct recording *recording, const char *name)
{
	json_t *start = recording->start;
	sshoal__page_section(console, "settings", "Settings");
	sshoal__page_markup(console, "<dl>\n");
	put_command(console, start);
	put_text(console, "Job",
		 json_string_value(json_object_get(start, "job")));
	put_name(console, "Targets");
	sshoal__page_count(console, recording->host_count);
	put_end(console);
	if (start)
		put_options(console, start);
	put_text(console, "Began",
		 json_string_value(json_object_get(start, "time")));
	put_name(console, "Took");
	sshoal__page_time(console, recording->ended_ms);
	put_end(console);
	put_exit(console, recording->summary);
	put_text(console, "Run", recording->run);
	if (recording->rerun_count > 0) {
		put_name(console, "Reruns");
		sshoal__page_count(console, recording->rerun_count);
		sshoal__page_markup(console,
				    ": of each host the last run that began it "
				    "is shown, and times count from the start "
				    "of that");
		put_end(console);
	}
	put_text(console, "sshoal",
		 json_string_value(json_object_get(start, "version")));
	put_file(console, recording, name);
	put_runs(console, recording);
	sshoal__page_markup(console, "</dl>\n");
	sshoal__page_section_end(console);
	return 0;
}
