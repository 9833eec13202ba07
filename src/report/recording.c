/* SPDX-License-Identifier: MIT */
#include "report/recording.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sshoal/fleet.h>
#include <sshoal/journal.h>

#include "report/recorded_rerun.h"

/*
 * Events are taken in one pass, since what is read may be a pipe: a run that
 * begins after the one in hand takes its place. What would grow without end is
 * counted past a limit, no more.
 */

/* As many hosts as the program takes. */
#define INDEX_MAX ((size_t)10000000)
#define NOTES_MAX ((size_t)1000)
#define RUNS_MAX ((size_t)100)

static int refuse_memory(sshoal_error *error)
{
	*error = (sshoal_error){ SSHOAL_ENOMEM, "out of memory" };
	return SSHOAL_ENOMEM;
}

static const char *string_of(const json_t *event, const char *key)
{
	return json_string_value(json_object_get(event, key));
}

/* Milliseconds since 1970 of RFC 3339's form in UTC, -1 for anything else. */
static double time_of(const json_t *event)
{
	struct tm tm = { .tm_sec = 0 };
	const char *text = string_of(event, "time");
	const char *rest =
		text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	double fraction = 0;
	if (!rest)
		return -1;
	if (*rest == '.')
		fraction = strtod(rest, NULL);
	double ms = (double)timegm(&tm) * 1000 + fraction * 1000;
	return ms >= 0 && ms < 1e15 ? ms : -1;
}

/* How long after the run's start an event came. */
static double offset_of(const struct recording *recording, const json_t *event)
{
	double ms = time_of(event);
	if (ms < 0 || recording->began_ms < 0 || ms < recording->began_ms)
		return -1;
	return ms - recording->began_ms;
}

static int make_slot(struct recording *recording, size_t index)
{
	if (index < recording->slot_count)
		return 0;
	if (index >= recording->slot_room) {
		size_t room = 2 * index + 64;
		struct recorded_host **hosts =
			reallocarray(recording->hosts, room, sizeof *hosts);
		if (!hosts)
			return SSHOAL_ENOMEM;
		recording->hosts = hosts;
		recording->slot_room = room;
	}
	while (recording->slot_count <= index)
		recording->hosts[recording->slot_count++] = NULL;
	return 0;
}

/* The host that an event speaks of; *host is NULL where it speaks of none. */
static int host_of(struct recording *recording, const json_t *event,
		   struct recorded_host **host)
{
	const json_t *number = json_object_get(event, "index");
	json_int_t index = json_integer_value(number);
	*host = NULL;
	if (!json_is_integer(number) || index < 0 ||
	    index >= (json_int_t)INDEX_MAX)
		return 0;
	if (recording->places) {
		if ((size_t)index >= recording->place_count ||
		    recording->places[index] == SIZE_MAX)
			return 0;
		index = (json_int_t)recording->places[index];
	}
	int rc = make_slot(recording, (size_t)index);
	if (rc)
		return rc;
	struct recorded_host **slot = &recording->hosts[index];
	if (!*slot) {
		*slot = sshoal__recorded_host_new((size_t)index, event);
		if (!*slot)
			return SSHOAL_ENOMEM;
		recording->host_count++;
		recording->counts[RECORDED_UNFINISHED]++;
	}
	*host = *slot;
	return 0;
}

static int on_begin(struct recording *recording, const json_t *event)
{
	struct recorded_host *host;
	int rc = host_of(recording, event, &host);
	if (rc || !host)
		return rc;
	if (recording->places) {
		recording->counts[host->status]--;
		sshoal__recorded_host_reset(host);
		recording->counts[host->status]++;
	}
	host->began_ms = offset_of(recording, event);
	return 0;
}

static int add_base64(struct recording *recording, struct recorded_host *host,
		      int stream, const json_t *value)
{
	size_t n = json_string_length(value);
	const char *text = json_string_value(value);
	if (n == 0 || n > INT_MAX)
		return 0;
	unsigned char *bytes = malloc(n / 4 * 3 + 4);
	if (!bytes)
		return SSHOAL_ENOMEM;
	int decoded =
		EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)n);
	/* What stands for the end is counted as bytes. */
	for (size_t i = n; i > 0 && decoded > 0 && text[i - 1] == '='; i--)
		decoded--;
	int rc = decoded > 0 ?
			 sshoal__output_add(&recording->groups, &host->output,
					    stream, (const char *)bytes,
					    (size_t)decoded) :
			 0;
	free(bytes);
	return rc;
}

static int on_output(struct recording *recording, const json_t *event)
{
	struct recorded_host *host;
	int rc = host_of(recording, event, &host);
	if (rc || !host || host->group)
		return rc;
	const char *name = string_of(event, "stream");
	int stream = name && strcmp(name, "stderr") == 0 ? SSHOAL_STDERR :
							   SSHOAL_STDOUT;
	const json_t *data = json_object_get(event, "data");
	const json_t *base64 = json_object_get(event, "base64");
	recording->has_output = true;
	if (json_is_string(base64))
		return add_base64(recording, host, stream, base64);
	if (!json_is_string(data) || json_string_length(data) == 0)
		return 0;
	return sshoal__output_add(&recording->groups, &host->output, stream,
				  json_string_value(data),
				  json_string_length(data));
}

static int add_note(struct recording *recording, const json_t *event,
		    const char *text)
{
	if (recording->note_count >= NOTES_MAX) {
		recording->notes_left_out++;
		return 0;
	}
	if (!recording->notes)
		recording->notes = calloc(NOTES_MAX, sizeof *recording->notes);
	if (!recording->notes)
		return SSHOAL_ENOMEM;
	const char *label = string_of(event, "host");
	struct recorded_note note = {
		.label = strdup(label ? label : ""),
		.text = strdup(text),
	};
	recording->notes[recording->note_count++] = note;
	return note.label && note.text ? 0 : SSHOAL_ENOMEM;
}

static int on_note(struct recording *recording, const json_t *event)
{
	const char *text = string_of(event, "text");
	return text ? add_note(recording, event, text) : 0;
}

/* A file is worth a note where it failed. */
static int on_file(struct recording *recording, const json_t *event)
{
	const char *error = string_of(event, "error");
	const char *file = string_of(event, "remote");
	char *text = NULL;
	if (!error)
		return 0;
	if (!file)
		file = string_of(event, "local");
	if (asprintf(&text, "%s: %s", file ? file : "a file", error) < 0)
		return SSHOAL_ENOMEM;
	int rc = add_note(recording, event, text);
	free(text);
	return rc;
}

/* Puts what a host has written with that of others. */
static int group_output(struct recording *recording, struct recorded_host *host)
{
	char ending[300];
	(void)snprintf(ending, sizeof ending, "%.100s %lld %.100s",
		       sshoal__recorded_host_word(host),
		       (long long)host->exit_status,
		       host->signal ? host->signal : "");
	struct output *output = host->output;
	host->output = NULL;
	return sshoal__output_group(&recording->groups, output, ending,
				    &host->group);
}

static int on_result(struct recording *recording, const json_t *event)
{
	struct recorded_host *host;
	int rc = host_of(recording, event, &host);
	if (rc || !host || host->status != RECORDED_UNFINISHED ||
	    sshoal__rerun_left_out(recording->places, event))
		return rc;
	recording->counts[host->status]--;
	rc = sshoal__recorded_host_end(host, event);
	recording->counts[host->status]++;
	if (rc)
		return rc;
	if (host->began_ms >= 0 && host->total_ms >= 0 &&
	    host->began_ms + host->total_ms > recording->ended_ms)
		recording->ended_ms = host->began_ms + host->total_ms;
	/* A rerun may have more to say of what has no output. */
	return host->output ? group_output(recording, host) : 0;
}

static int on_summary(struct recording *recording, const json_t *event)
{
	json_decref(recording->summary);
	recording->summary = json_deep_copy(event);
	return recording->summary ? 0 : SSHOAL_ENOMEM;
}

static int take_event(struct recording *recording, const json_t *event)
{
	static const struct {
		const char *name;
		int (*take)(struct recording *, const json_t *);
	} kinds[] = {
		{ "output", on_output }, { "begin", on_begin },
		{ "result", on_result }, { "file", on_file },
		{ "note", on_note },     { "summary", on_summary },
	};
	const char *name = string_of(event, "event");
	double offset = offset_of(recording, event);
	if (offset > recording->ended_ms)
		recording->ended_ms = offset;
	for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(name, kinds[i].name) == 0)
			return kinds[i].take(recording, event);
	return 0;
}

/* Forgets one run, not what is known of the file. */
static void clear_run(struct recording *recording)
{
	for (size_t i = 0; i < recording->slot_count; i++) {
		struct recorded_host *host = recording->hosts[i];
		if (host)
			sshoal__output_free(&recording->groups, host->output);
		sshoal__recorded_host_free(host);
	}
	free(recording->hosts);
	sshoal__output_groups_fini(&recording->groups);
	for (size_t i = 0; i < recording->note_count; i++) {
		free(recording->notes[i].label);
		free(recording->notes[i].text);
	}
	free(recording->notes);
	json_decref(recording->summary);
	json_decref(recording->start);
	free(recording->run);
	free(recording->part);
	free(recording->places);
	struct recording left = {
		.runs = recording->runs,
		.run_count = recording->run_count,
		.runs_left_out = recording->runs_left_out,
		.line_count = recording->line_count,
		.bad_line_count = recording->bad_line_count,
		.is_torn = recording->is_torn,
		.began_ms = -1,
	};
	*recording = left;
}

/* Whether the file's list of runs has one. */
static bool has_run(const struct recording *recording, const char *id)
{
	for (size_t i = 0; i < recording->run_count; i++)
		if (strcmp(recording->runs[i].id, id) == 0)
			return true;
	return false;
}

static int list_run(struct recording *recording, const char *id,
		    const json_t *event)
{
	if (has_run(recording, id))
		return 0;
	if (recording->run_count >= RUNS_MAX) {
		recording->runs_left_out++;
		return 0;
	}
	if (!recording->runs)
		recording->runs = calloc(RUNS_MAX, sizeof *recording->runs);
	if (!recording->runs)
		return SSHOAL_ENOMEM;
	const char *time = string_of(event, "time");
	const char *command = string_of(event, "command");
	if (!command)
		command = string_of(event, "job");
	struct recorded_run run = {
		.id = strdup(id),
		.time = strdup(time ? time : ""),
		.command = strdup(command ? command : ""),
	};
	if (run.id && run.time && run.command) {
		recording->runs[recording->run_count++] = run;
		return 0;
	}
	free(run.command);
	free(run.time);
	free(run.id);
	return SSHOAL_ENOMEM;
}

static int begin_run(struct recording *recording, const char *id, json_t *event,
		     bool has_start)
{
	clear_run(recording);
	recording->run = strdup(id);
	recording->part = strdup(id);
	recording->began_ms = time_of(event);
	recording->start = has_start ? json_incref(event) : NULL;
	return recording->run && recording->part ? 0 : SSHOAL_ENOMEM;
}

/* Goes on with what a rerun has found. */
static int begin_rerun(struct recording *recording, const char *id,
		       const json_t *event)
{
	free(recording->part);
	free(recording->places);
	json_decref(recording->summary);
	recording->summary = NULL;
	recording->part = strdup(id);
	recording->began_ms = time_of(event);
	recording->rerun_count++;
	recording->places = sshoal__rerun_places(&recording->place_count,
						 recording->start, event);
	int rc = recording->part && recording->places ? 0 : SSHOAL_ENOMEM;
	return rc ? rc : list_run(recording, id, event);
}

/* Any event: that of another run begins it, if it is wanted, and is left out
 * else. */
static int take_any(struct recording *recording, json_t *event,
		    const char *wanted)
{
	const char *id = string_of(event, "run");
	const char *name = string_of(event, "event");
	if (!id || !*id || !name) {
		recording->bad_line_count++;
		return 0;
	}
	if (recording->part && strcmp(recording->part, id) == 0)
		return take_event(recording, event);
	bool is_start = strcmp(name, "start") == 0;
	if (is_start &&
	    sshoal__rerun_is_of(recording->run, recording->start, event))
		return begin_rerun(recording, id, event);
	if (!is_start && has_run(recording, id))
		return 0;
	int rc = list_run(recording, id, event);
	if (rc || (wanted && strncmp(id, wanted, strlen(wanted)) != 0))
		return rc;
	rc = begin_run(recording, id, event, is_start);
	return rc || is_start ? rc : take_event(recording, event);
}

/* Hosts without a result have written something, too. */
static int group_rest(struct recording *recording)
{
	for (size_t i = 0; i < recording->slot_count; i++) {
		struct recorded_host *host = recording->hosts[i];
		int rc = host && !host->group ? group_output(recording, host) :
						0;
		if (rc)
			return rc;
	}
	return 0;
}

static int refuse_no_run(const struct recording *recording, const char *name,
			 const char *wanted, sshoal_error *error)
{
	if (wanted && recording->run_count > 0) {
		const struct recorded_run *last =
			&recording->runs[recording->run_count - 1];
		(void)snprintf(error->text, sizeof error->text,
			       "%.200s: has no run %.64s; its last one is "
			       "%.64s, of %.40s",
			       name, wanted, last->id, last->time);
		error->code = SSHOAL_ENOENT;
		return error->code;
	}
	(void)snprintf(error->text, sizeof error->text,
		       "%.200s: holds no run: it is neither a journal nor what "
		       "--json wrote",
		       name);
	error->code = SSHOAL_EFORMAT;
	return error->code;
}

/* All that an event says, which is more than its members here. */
static int take_text(struct recording *recording,
		     const sshoal_journal_event *event, const char *wanted)
{
	json_error_t reason;
	json_t *value = json_loadb(event->text, event->text_bytes,
				   JSON_ALLOW_NUL, &reason);
	int rc = value ? take_any(recording, value, wanted) : SSHOAL_ENOMEM;
	json_decref(value);
	return rc;
}

/* What is no event is passed over, since the others are worth having. */
static int read_all(struct recording *recording, sshoal_journal *journal,
		    const char *wanted, sshoal_error *error)
{
	for (;;) {
		sshoal_journal_event event;
		int rc = sshoal_journal_next(journal, &event, error);
		if (rc == SSHOAL_EFORMAT) {
			recording->bad_line_count++;
			continue;
		}
		if (rc == SSHOAL_ENOENT) {
			recording->line_count = event.line;
			recording->is_torn = event.cut != 0;
			return 0;
		}
		if (rc)
			return rc;
		if (take_text(recording, &event, wanted) != 0)
			return refuse_memory(error);
	}
}

int sshoal__recording_read(struct recording *recording, const char *path,
			   const char *run, sshoal_error *error)
{
	sshoal_journal *journal = NULL;
	*recording = (struct recording){ .began_ms = -1 };
	int rc = sshoal_journal_open(&journal, path, error);
	if (rc)
		return rc;
	rc = read_all(recording, journal, run, error);
	sshoal_journal_close(journal);
	if (rc == 0 && !recording->run)
		rc = refuse_no_run(recording, path, run, error);
	if (rc == 0 && group_rest(recording) != 0)
		rc = refuse_memory(error);
	if (rc)
		sshoal__recording_fini(recording);
	return rc;
}

void sshoal__recording_fini(struct recording *recording)
{
	clear_run(recording);
	for (size_t i = 0; i < recording->run_count; i++) {
		free(recording->runs[i].command);
		free(recording->runs[i].time);
		free(recording->runs[i].id);
	}
	free(recording->runs);
	*recording = (struct recording){ .run = NULL };
}
