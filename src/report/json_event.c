/* SPDX-License-Identifier: MIT */
#include "report/json_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "report/json_value.h"

/* What all events of a run have in common. */

int sshoal__json_run_make(char run[JSON_RUN_SIZE])
{
	unsigned char bytes[(JSON_RUN_SIZE - 1) / 2];
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		return SSHOAL_ELOCAL;
	for (size_t i = 0; i < sizeof bytes; i++)
		(void)snprintf(run + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

int sshoal__json_events_init(struct json_events *events,
			     struct console *console)
{
	events->console = console;
	events->sink = NULL;
	events->sequence = 0;
	return sshoal__json_run_make(events->run);
}

/* RFC 3339, UTC, milliseconds. */
void sshoal__json_time(char *text, size_t size)
{
	struct timespec now = { .tv_sec = 0 };
	struct tm tm = { .tm_sec = 0 };
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	size_t n = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + n, size - n, ".%03dZ",
		       (int)(now.tv_nsec / 1000000));
}

json_t *sshoal__json_event(struct json_events *events, const char *name,
			   const struct host *host)
{
	char time[40];
	sshoal__json_time(time, sizeof time);
	events->sequence++;
	json_t *event = json_pack("{s:i, s:s, s:I, s:s, s:s}", "v",
				  JSON_EVENT_VERSION, "run", events->run, "seq",
				  (json_int_t)events->sequence, "time", time,
				  "event", name);
	if (!event || !host)
		return event;
	int rc = json_object_set_new(event, "index",
				     json_integer((json_int_t)host->index));
	if (rc == 0)
		rc = json_object_set_new(event, "host",
					 sshoal__json_text(host->label));
	if (rc == 0)
		return event;
	json_decref(event);
	return NULL;
}

json_t *sshoal__json_result(struct json_events *events,
			    const struct outcome *outcome, bool moves_files,
			    bool copies_id)
{
	json_t *event = sshoal__json_event(events, "result", &outcome->host);
	if (!event)
		return NULL;
	int rc = sshoal__json_add_outcome(event, outcome, moves_files);
	if (rc == 0 && outcome->keys)
		rc = sshoal__json_add_keys(event, outcome);
	if (rc == 0 && copies_id)
		rc = sshoal__json_add_copy_id(event, outcome);
	if (rc == 0)
		return event;
	json_decref(event);
	return NULL;
}

char *sshoal__json_line(json_t *event)
{
	if (!event)
		return NULL;
	char *text = json_dumps(event, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(event);
	size_t n = text ? strlen(text) : 0;
	char *line = text ? realloc(text, n + 2) : NULL;
	if (!line) {
		free(text);
		return NULL;
	}
	memcpy(line + n, "\n", 2);
	return line;
}

int sshoal__json_emit(struct json_events *events, json_t *event)
{
	char *line = sshoal__json_line(event);
	if (!line)
		return SSHOAL_ENOMEM;
	const struct json_sink *sink = events->sink;
	int rc = sink ? sink->put(sink->data, line, strlen(line)) :
			sshoal__console_print(events->console, SSHOAL_STDOUT,
					      line);
	free(line);
	return rc;
}
