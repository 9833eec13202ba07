/* SPDX-License-Identifier: MIT */
#include "report/summary.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal/inventory.h>

/*
 * The last words about a run. Hosts are named in the order of the list; those
 * that ended alike are named together where the first of them stands.
 */

/* A failure among those that ended alike, which are linked in order. */
struct entry {
	const struct failure *failure;
	struct entry *next;
	size_t alike; /* at the first of them: how many there are */
	bool is_told; /* by the line of the first */
};

/* The next status to print: the most frequent one, ok before all. -1: none. */
static int next_status(const struct tally *tally, const bool *printed)
{
	int best = -1;
	if (!printed[SSHOAL_STATUS_OK] && tally->counts[SSHOAL_STATUS_OK] > 0)
		return SSHOAL_STATUS_OK;
	for (int i = 0; i < SSHOAL_STATUS_COUNT; i++) {
		if (printed[i] || tally->counts[i] == 0)
			continue;
		if (best < 0 || tally->counts[i] > tally->counts[best])
			best = i;
	}
	return best;
}

static void print_counts(struct console *console, const struct tally *tally)
{
	bool printed[SSHOAL_STATUS_COUNT] = { false };
	const char *before = "sshoal: ";
	for (int status = next_status(tally, printed); status >= 0;
	     status = next_status(tally, printed)) {
		char text[80];
		(void)snprintf(text, sizeof text, "%s%" PRIu64 " %s", before,
			       tally->counts[status],
			       sshoal_status_name(status));
		(void)sshoal__console_print(console, SSHOAL_STDERR, text);
		printed[status] = true;
		before = ", ";
	}
	if (tally->targets == 0)
		(void)sshoal__console_print(console, SSHOAL_STDERR,
					    "sshoal: no hosts");
	(void)sshoal__console_print(console, SSHOAL_STDERR, "\n");
}

static int by_cause(const void *a, const void *b)
{
	const struct entry *one = *(struct entry *const *)a;
	const struct entry *other = *(struct entry *const *)b;
	int order = strcmp(one->failure->cause, other->failure->cause);
	if (order != 0)
		return order;
	return (one > other) - (one < other); /* of one array */
}

/* Links entries that ended alike and counts them at the first one; where they
 * share a line, the others are told by it. */
static void link_alike(struct entry **sorted, size_t count)
{
	size_t first = 0;
	while (first < count) {
		const char *cause = sorted[first]->failure->cause;
		size_t end = first + 1;
		while (end < count &&
		       strcmp(sorted[end]->failure->cause, cause) == 0)
			end++;
		sorted[first]->alike = end - first;
		for (size_t i = first + 1; i < end; i++) {
			sorted[i - 1]->next = sorted[i];
			sorted[i]->is_told = end - first > SUMMARY_ALIKE_MAX;
		}
		first = end;
	}
}

static void print_visible(struct console *console, const char *text)
{
	(void)sshoal__console_write_visible(console, SSHOAL_STDERR, text,
					    strlen(text));
}

/* The names in short, for free(); NULL when memory is refused. */
static char *fold(const struct entry *first)
{
	sshoal_error error;
	char *folded = NULL;
	size_t count = 0;
	const char **labels = calloc(first->alike, sizeof *labels);
	if (!labels)
		return NULL;
	for (const struct entry *entry = first; entry; entry = entry->next)
		labels[count++] = entry->failure->host.label;
	(void)sshoal_names_fold(&folded, labels, count, &error);
	free(labels);
	return folded;
}

static void print_alike(struct console *console, const struct entry *first)
{
	char number[48];
	char *folded = fold(first);
	(void)snprintf(number, sizeof number,
		       "sshoal: %zu hosts: ", first->alike);
	print_visible(console, number);
	print_visible(console, first->failure->cause);
	const char *before = ": ";
	if (folded) {
		print_visible(console, before);
		print_visible(console, folded);
		first = NULL;
	}
	for (const struct entry *entry = first; entry; entry = entry->next) {
		print_visible(console, before);
		print_visible(console, entry->failure->host.label);
		before = ",";
	}
	(void)sshoal__console_print(console, SSHOAL_STDERR, "\n");
	free(folded);
}

static void print_one(struct console *console, const struct failure *failure)
{
	sshoal__console_say(console, "%s: %s", failure->host.label,
			    failure->text);
}

/* Finds out who ended alike. False when memory is refused. */
static bool link_entries(struct entry *entries, const struct tally *tally)
{
	size_t count = tally->failure_count;
	struct entry **sorted = calloc(count, sizeof *sorted);
	if (!sorted)
		return false;
	for (size_t i = 0; i < count; i++) {
		entries[i].failure = &tally->failures[i];
		sorted[i] = &entries[i];
	}
	qsort(sorted, count, sizeof *sorted, by_cause);
	link_alike(sorted, count);
	free(sorted);
	return true;
}

static void print_entries(struct console *console, const struct entry *entries,
			  size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (entries[i].is_told)
			continue;
		if (entries[i].alike > SUMMARY_ALIKE_MAX)
			print_alike(console, &entries[i]);
		else
			print_one(console, entries[i].failure);
	}
}

int sshoal__summary_print(struct console *console, const struct tally *tally)
{
	size_t count = tally->failure_count;
	print_counts(console, tally);
	if (count == 0)
		return 0;
	struct entry *entries = calloc(count, sizeof *entries);
	bool is_linked = entries && link_entries(entries, tally);
	if (is_linked)
		print_entries(console, entries, count);
	for (size_t i = 0; i < count && !is_linked; i++)
		print_one(console, &tally->failures[i]);
	free(entries);
	return is_linked ? 0 : SSHOAL_ENOMEM;
}
