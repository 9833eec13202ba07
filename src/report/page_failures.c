/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "report/page_sections.h"
#include "report/page_text.h"

/* Hosts that are not ok, those together of which the same is said; and notes. */

/* Of one failure so many hosts are listed one by one. */
#define LISTED_MAX ((size_t)500)

struct failure {
	const struct recorded_host *host;
	char *text;
};

/* Neighbours among the sorted ones. */
struct alike_failures {
	const struct failure *first;
	size_t count;
};

static int by_text(const void *a, const void *b)
{
	const struct failure *one = a;
	const struct failure *other = b;
	int order = strcmp(one->text, other->text);
	if (order != 0)
		return order;
	return (one->host->index > other->host->index) -
	       (one->host->index < other->host->index);
}

static int by_size(const void *a, const void *b)
{
	const struct alike_failures *one = a;
	const struct alike_failures *other = b;
	if (one->count != other->count)
		return one->count < other->count ? 1 : -1;
	return (one->first > other->first) - (one->first < other->first);
}

/* What the text says after the word, which the tag says. */
static const char *rest_of(const struct failure *failure)
{
	const char *word = sshoal__recorded_host_word(failure->host);
	size_t n = strlen(word);
	const char *text = failure->text;
	if (strncmp(text, word, n) != 0)
		return text;
	return text + n + strspn(text + n, ": ");
}

static void put_hosts(struct console *console, const struct failure *failures,
		      size_t count)
{
	size_t shown = 0;
	sshoal__page_markup(console, "<ul class=\"names\">\n");
	for (; shown < count && shown < LISTED_MAX; shown++) {
		const struct recorded_host *host = failures[shown].host;
		sshoal__page_markup(console, "<li>");
		sshoal__page_line(console, host->label, 200);
		sshoal__page_markup(console, " <span class=\"soft\">");
		if (host->address && strcmp(host->address, host->label) != 0) {
			sshoal__page_line(console, host->address, 100);
			sshoal__page_markup(console, " ");
		}
		if (host->total_ms >= 0) {
			sshoal__page_markup(console, "after ");
			sshoal__page_time(console, host->total_ms);
		}
		sshoal__page_markup(console, "</span></li>\n");
	}
	sshoal__page_markup(console, "</ul>\n");
	if (shown == count)
		return;
	sshoal__page_markup(console, "<p class=\"more\">");
	sshoal__page_amount(console, count - shown, "host", "hosts");
	sshoal__page_markup(console, " more, not listed here.</p>\n");
}

/* The hosts as a list for free(3). */
static const struct recorded_host **
list_hosts(const struct alike_failures *group)
{
	const struct recorded_host **hosts =
		calloc(group->count, sizeof *hosts);
	for (size_t i = 0; hosts && i < group->count; i++)
		hosts[i] = group->first[i].host;
	return hosts;
}

static int put_group(struct console *console,
		     const struct alike_failures *group)
{
	const struct recorded_host **hosts = list_hosts(group);
	if (!hosts)
		return SSHOAL_ENOMEM;
	sshoal__page_format(console, "<div class=\"item card e-%c\">\n<p>",
			    sshoal__page_class(hosts[0]->status));
	sshoal__page_status(console, hosts[0]);
	sshoal__page_markup(console, " <span class=\"why\">");
	sshoal__page_line(console, rest_of(group->first), 2000);
	sshoal__page_markup(console, "</span></p>\n");
	int rc = 0;
	if (group->count != 1) {
		sshoal__page_markup(console, "<details><summary><b>");
		sshoal__page_amount(console, group->count, "host", "hosts");
		sshoal__page_markup(console, "</b> <span class=\"fold\">");
		rc = sshoal__page_fold(console, hosts, group->count);
		sshoal__page_markup(console, "</span></summary>\n");
	}
	put_hosts(console, group->first, group->count);
	sshoal__page_markup(console, group->count != 1 ?
					     "</details>\n</div>\n" :
					     "</div>\n");
	free(hosts);
	return rc;
}

static size_t make_groups(struct alike_failures *groups,
			  const struct failure *failures, size_t count)
{
	size_t made = 0;
	for (size_t i = 0; i < count; i++) {
		if (made > 0 &&
		    strcmp(groups[made - 1].first->text, failures[i].text) == 0)
			groups[made - 1].count++;
		else
			groups[made++] =
				(struct alike_failures){ &failures[i], 1 };
	}
	return made;
}

static void put_left_out(struct console *console,
			 const struct alike_failures *groups, size_t count)
{
	size_t hosts = 0;
	for (size_t i = 0; i < count; i++)
		hosts += groups[i].count;
	sshoal__page_left_out(console, count, "other text", "other texts",
			      hosts);
}

static int put_groups(struct console *console, struct failure *failures,
		      size_t count)
{
	struct alike_failures *groups = calloc(count + 1, sizeof *groups);
	if (!groups)
		return SSHOAL_ENOMEM;
	qsort(failures, count, sizeof *failures, by_text);
	size_t made = make_groups(groups, failures, count);
	qsort(groups, made, sizeof *groups, by_size);
	size_t shown = 0;
	int rc = 0;
	for (; shown < made && shown < PAGE_FAILURES_MAX && rc == 0; shown++)
		rc = put_group(console, &groups[shown]);
	if (shown < made)
		put_left_out(console, groups + shown, made - shown);
	free(groups);
	return rc;
}

/* All of a run. */
struct failures {
	struct failure *items;
	size_t count;
};

/* What is said of each host that is not ok. */
static int collect(struct failures *failures, const struct recording *recording)
{
	size_t most =
		recording->host_count - recording->counts[SSHOAL_STATUS_OK];
	failures->items = calloc(most + 1, sizeof *failures->items);
	if (!failures->items)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < recording->slot_count; i++) {
		const struct recorded_host *host = recording->hosts[i];
		if (!host || host->status == SSHOAL_STATUS_OK)
			continue;
		char *text = sshoal__recorded_host_text(host);
		if (!text)
			return SSHOAL_ENOMEM;
		failures->items[failures->count++] =
			(struct failure){ host, text };
	}
	return 0;
}

static void free_failures(struct failures *failures)
{
	for (size_t i = 0; i < failures->count; i++)
		free(failures->items[i].text);
	free(failures->items);
}

static int put_failures(struct console *console,
			const struct recording *recording)
{
	struct failures failures = { .count = 0 };
	int rc = collect(&failures, recording);
	if (rc == 0)
		rc = put_groups(console, failures.items, failures.count);
	free_failures(&failures);
	return rc;
}

static void put_notes(struct console *console,
		      const struct recording *recording)
{
	size_t shown = 0;
	sshoal__page_markup(console, "<h3>Notes</h3>\n<ul class=\"notes\">\n");
	for (; shown < recording->note_count && shown < PAGE_NOTES_MAX;
	     shown++) {
		const struct recorded_note *note = &recording->notes[shown];
		sshoal__page_markup(console, "<li class=\"item\"><b>");
		sshoal__page_line(console, note->label, 200);
		sshoal__page_markup(console, "</b> ");
		sshoal__page_line(console, note->text, 1000);
		sshoal__page_markup(console, "</li>\n");
	}
	sshoal__page_markup(console, "</ul>\n");
	size_t left_out =
		recording->note_count - shown + recording->notes_left_out;
	if (left_out == 0)
		return;
	sshoal__page_markup(console, "<p class=\"more\">Left out: ");
	sshoal__page_amount(console, left_out, "other note", "other notes");
	sshoal__page_markup(console, ".</p>\n");
}

int sshoal__page_failures(struct console *console,
			  const struct recording *recording)
{
	int rc = 0;
	sshoal__page_section(console, "failures", "Failures");
	if (recording->counts[SSHOAL_STATUS_OK] == recording->host_count)
		sshoal__page_markup(console, "<p>None.</p>\n");
	else
		rc = put_failures(console, recording);
	if (recording->note_count > 0)
		put_notes(console, recording);
	sshoal__page_section_end(console);
	return rc;
}
