/* SPDX-License-Identifier: MIT */
#include "report/difference.h"

#include <stdio.h>
#include <stdlib.h>

#include "report/edit_script.h"

/* How many comparisons of lines are made in all: some seconds. */
#define BUDGET UINT64_C(1000000000)

/* Lines that are the same around those that differ. */
#define AROUND 3

struct difference {
	const struct replay *replay;
	struct mask *mask;
	struct line_list lists[2]; /* of standard output, standard error */
	bool fits[2];
	uint64_t budget;
};

/* Two texts and the way from one to the other. */
struct pair {
	const struct line_list *first;
	const struct line_list *second;
	struct edit_script script;
	const struct replay *replay;
	int stream;
};

/* A place in both texts. */
struct point {
	size_t x;
	size_t y;
};

static bool is_at_change(const struct pair *pair, struct point at)
{
	return (at.x < pair->first->count && pair->script.gone[at.x]) ||
	       (at.y < pair->second->count && pair->script.come[at.y]);
}

static bool is_at_end(const struct pair *pair, struct point at)
{
	return at.x >= pair->first->count && at.y >= pair->second->count;
}

/* Behind what changes here. */
static struct point skip_change(const struct pair *pair, struct point at)
{
	while (at.x < pair->first->count && pair->script.gone[at.x])
		at.x++;
	while (at.y < pair->second->count && pair->script.come[at.y])
		at.y++;
	return at;
}

/* Behind the lines that are the same here, but no more than most. */
static struct point skip_same(const struct pair *pair, struct point at,
			      size_t most)
{
	while (most > 0 && !is_at_end(pair, at) && !is_at_change(pair, at)) {
		at.x++;
		at.y++;
		most--;
	}
	return at;
}

/* Where a hunk ends that has its first change here: changes that share the
 * lines around them go together. */
static struct point find_end(const struct pair *pair, struct point at)
{
	for (;;) {
		at = skip_change(pair, at);
		struct point next = skip_same(pair, at, 2 * (size_t)AROUND);
		if (!is_at_change(pair, next))
			return skip_same(pair, at, AROUND);
		at = next;
	}
}

static int print_line(const struct pair *pair, char mark,
		      const struct line_list *list, size_t at)
{
	const struct text_line *line = &list->lines[at];
	struct console *console = pair->replay->console;
	const char *text = list->text + line->start;
	(void)sshoal__console_write(console, pair->stream, &mark, 1);
	int rc = sshoal__replay_bytes(pair->replay, pair->stream, text,
				      line->size);
	if (text[line->size - 1] == '\n')
		return rc;
	return sshoal__console_print(console, pair->stream, "\n");
}

/* "-3,2": where lines are, and how many; of none, the line before. */
static void print_range(const struct pair *pair, char mark, size_t start,
			size_t end)
{
	char text[80];
	(void)snprintf(text, sizeof text, " %c%zu,%zu", mark,
		       start + (end > start), end - start);
	(void)sshoal__console_print(pair->replay->console, pair->stream, text);
}

static int print_hunk(const struct pair *pair, struct point at,
		      struct point end)
{
	struct console *console = pair->replay->console;
	(void)sshoal__console_print(console, pair->stream, "@@");
	print_range(pair, '-', at.x, end.x);
	print_range(pair, '+', at.y, end.y);
	int rc = sshoal__console_print(console, pair->stream, " @@\n");
	while (at.x < end.x || at.y < end.y) {
		if (at.x < end.x && pair->script.gone[at.x]) {
			rc = print_line(pair, '-', pair->first, at.x++);
		} else if (at.y < end.y && pair->script.come[at.y]) {
			rc = print_line(pair, '+', pair->second, at.y++);
		} else {
			rc = print_line(pair, ' ', pair->second, at.y++);
			at.x++;
		}
	}
	return rc;
}

static int print_hunks(const struct pair *pair)
{
	struct point at = { 0, 0 };
	int rc = 0;
	for (;;) {
		struct point change = skip_same(pair, at, SIZE_MAX);
		if (is_at_end(pair, change))
			return rc;
		size_t before = change.x - at.x;
		if (before > AROUND)
			before = AROUND;
		struct point start = { change.x - before, change.y - before };
		at = find_end(pair, change);
		rc = print_hunk(pair, start, at);
	}
}

int sshoal__difference_print(struct difference *difference, bool *shown,
			     int stream, const struct roll *roll)
{
	bool is_error = stream == SSHOAL_STDERR;
	const struct replay *replay = difference->replay;
	struct line_list other = { .count = 0 };
	struct pair pair = {
		.first = &difference->lists[is_error],
		.second = &other,
		.replay = replay,
		.stream = stream,
	};
	sshoal_error error = { .code = 0 };
	*shown = false;
	if (!difference->fits[is_error] || difference->budget == 0)
		return 0;
	bool fits;
	int rc = sshoal__line_list_load(&other, &fits, roll, replay->stash,
					stream, difference->mask, &error);
	if (rc)
		return sshoal__replay_fail(replay->console, rc, &error);
	if (fits)
		rc = sshoal__edit_script_find(&pair.script, shown, pair.first,
					      &other, &difference->budget);
	if (rc == 0 && *shown) {
		rc = print_hunks(&pair);
		sshoal__edit_script_fini(&pair.script);
	}
	sshoal__line_list_fini(&other);
	return rc;
}

int sshoal__difference_new(struct difference **difference,
			   const struct replay *replay, const struct roll *roll,
			   struct mask *mask)
{
	struct difference *made = calloc(1, sizeof *made);
	sshoal_error error = { .code = 0 };
	if (!made)
		return SSHOAL_ENOMEM;
	made->replay = replay;
	made->mask = mask;
	made->budget = BUDGET;
	int rc = 0;
	for (int i = 0; i < 2 && rc == 0; i++)
		rc = sshoal__line_list_load(
			&made->lists[i], &made->fits[i], roll, replay->stash,
			i ? SSHOAL_STDERR : SSHOAL_STDOUT, mask, &error);
	if (rc == 0) {
		*difference = made;
		return 0;
	}
	sshoal__difference_free(made);
	return sshoal__replay_fail(replay->console, rc, &error);
}

void sshoal__difference_free(struct difference *difference)
{
	if (!difference)
		return;
	sshoal__line_list_fini(&difference->lists[0]);
	sshoal__line_list_fini(&difference->lists[1]);
	free(difference);
}
