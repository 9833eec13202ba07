/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "report/amount.h"
#include "report/page_sections.h"
#include "report/page_text.h"

/* What hosts wrote, those together that wrote the same and ended alike. */

/* So many hosts are listed one by one below a group's folded names. */
#define LISTED_MAX ((size_t)500)

/* The hosts of one group, which stand together in a list of all. */
struct shown_group {
	const struct output_group *group;
	const struct recorded_host *const *hosts;
	size_t count;
};

static const struct recorded_host *host_at(const void *place)
{
	return *(const struct recorded_host *const *)place;
}

static int by_group(const void *a, const void *b)
{
	const struct recorded_host *one = host_at(a);
	const struct recorded_host *other = host_at(b);
	if (one->group->number != other->group->number)
		return one->group->number > other->group->number ? 1 : -1;
	return (one->index > other->index) - (one->index < other->index);
}

static int by_size(const void *a, const void *b)
{
	const struct shown_group *one = a;
	const struct shown_group *other = b;
	if (one->count != other->count)
		return one->count < other->count ? 1 : -1;
	return (one->group->number > other->group->number) -
	       (one->group->number < other->group->number);
}

static void put_gap(struct console *console, uint64_t bytes)
{
	char text[AMOUNT_SIZE];
	sshoal__page_markup(console, "</code></pre>\n<p class=\"gap\">");
	sshoal__page_markup(console, sshoal__amount_of(text, bytes));
	sshoal__page_markup(console, " left out here</p>\n<pre><code>");
}

/* A stream, as far as there is room on the page. Returns what it took. */
static size_t put_stream(struct console *console,
			 const struct output_stream *stream, const char *name,
			 size_t room)
{
	char tail[OUTPUT_TAIL_BYTES];
	if (stream->total == 0)
		return 0;
	size_t head_bytes = stream->head_used < room ? stream->head_used : room;
	size_t tail_bytes =
		stream->tail ? sshoal__output_tail(stream, tail) : 0;
	if (head_bytes + tail_bytes > room)
		tail_bytes = 0;
	size_t shown = head_bytes + tail_bytes;
	sshoal__page_format(
		console,
		"<p class=\"stream\">%s</p>\n<pre class=\"%s\" "
		"tabindex=\"0\"><code>",
		name, strcmp(name, "standard error") == 0 ? "err" : "out");
	sshoal__page_bytes(console, stream->head, head_bytes);
	if (shown < stream->total)
		put_gap(console, stream->total - shown);
	sshoal__page_bytes(console, tail, tail_bytes);
	sshoal__page_markup(console, "</code></pre>\n");
	return shown;
}

static void put_ending(struct console *console,
		       const struct recorded_host *host)
{
	sshoal__page_status(console, host);
	if (host->exit_status > 0)
		sshoal__page_format(console, " exit status %lld",
				    (long long)host->exit_status);
	if (!host->signal)
		return;
	sshoal__page_markup(console, " signal ");
	sshoal__page_line(console, host->signal, 60);
}

static void put_names(struct console *console, const struct shown_group *shown)
{
	size_t count = 0;
	if (shown->count < 2)
		return;
	sshoal__page_markup(console, "<details class=\"who\"><summary>The hosts"
				     "</summary>\n<ul class=\"names\">\n");
	for (; count < shown->count && count < LISTED_MAX; count++) {
		sshoal__page_markup(console, "<li>");
		sshoal__page_line(console, shown->hosts[count]->label, 200);
		sshoal__page_markup(console, "</li>\n");
	}
	sshoal__page_markup(console, "</ul>");
	if (count < shown->count) {
		sshoal__page_markup(console, "<p class=\"more\">");
		sshoal__page_amount(console, shown->count - count, "host",
				    "hosts");
		sshoal__page_markup(console, " more, not listed here.</p>");
	}
	sshoal__page_markup(console, "</details>\n");
}

static int put_group(struct console *console, const struct shown_group *shown,
		     bool is_open, size_t *room)
{
	const struct output_stream *streams = shown->group->output.streams;
	char text[AMOUNT_SIZE];
	sshoal__page_format(
		console, "<details class=\"item card e-%c\"%s>\n<summary><b>",
		sshoal__page_class(shown->hosts[0]->status),
		is_open ? " open" : "");
	sshoal__page_amount(console, shown->count, "host", "hosts");
	sshoal__page_markup(console, "</b> <span class=\"fold\">");
	int rc = sshoal__page_fold(console, shown->hosts, shown->count);
	sshoal__page_markup(console, "</span> ");
	put_ending(console, shown->hosts[0]);
	sshoal__page_markup(console, " <span class=\"soft\">");
	sshoal__page_markup(
		console,
		sshoal__amount_of(text, streams[0].total + streams[1].total));
	sshoal__page_markup(console, "</span></summary>\n");
	put_names(console, shown);
	if (streams[0].total + streams[1].total == 0)
		sshoal__page_markup(console,
				    "<p class=\"soft\">No output.</p>\n");
	*room -= put_stream(console, &streams[0], "standard output", *room);
	*room -= put_stream(console, &streams[1], "standard error", *room);
	sshoal__page_markup(console, "</details>\n");
	return rc;
}

static size_t make_groups(struct shown_group *groups,
			  const struct page_hosts *hosts)
{
	size_t made = 0;
	for (size_t i = 0; i < hosts->count; i++) {
		const struct output_group *group = hosts->items[i]->group;
		if (made > 0 && groups[made - 1].group == group)
			groups[made - 1].count++;
		else
			groups[made++] =
				(struct shown_group){ group, &hosts->items[i],
						      1 };
	}
	return made;
}

static void put_left_out(struct console *console,
			 const struct shown_group *groups, size_t count)
{
	size_t hosts = 0;
	for (size_t i = 0; i < count; i++)
		hosts += groups[i].count;
	sshoal__page_left_out(console, count, "smaller group", "smaller groups",
			      hosts);
}

static int put_groups(struct console *console, struct page_hosts *hosts)
{
	struct shown_group *groups = calloc(hosts->count + 1, sizeof *groups);
	if (!groups)
		return SSHOAL_ENOMEM;
	qsort(hosts->items, hosts->count, sizeof *hosts->items, by_group);
	size_t made = make_groups(groups, hosts);
	qsort(groups, made, sizeof *groups, by_size);
	size_t room = PAGE_OUTPUT_BYTES;
	size_t shown = 0;
	int rc = 0;
	while (shown < made && shown < PAGE_GROUPS_MAX && room > 0 && rc == 0) {
		rc = put_group(console, &groups[shown], shown < 3, &room);
		shown++;
	}
	if (shown < made)
		put_left_out(console, groups + shown, made - shown);
	free(groups);
	return rc;
}

/* Why there is nothing to show. */
static void put_nothing(struct console *console, const struct page_hosts *hosts)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < hosts->count && bytes == 0; i++)
		bytes = hosts->items[i]->stdout_bytes |
			hosts->items[i]->stderr_bytes;
	sshoal__page_markup(
		console,
		bytes ? "<p>The hosts' output is not in this file: it is a "
			"journal, which holds results alone. A page with the "
			"output is made from what <code>--json</code> "
			"writes.</p>\n" :
			"<p>No host has written anything.</p>\n");
}

int sshoal__page_output(struct console *console,
			const struct recording *recording)
{
	struct page_hosts hosts;
	int rc = sshoal__page_hosts_init(&hosts, recording);
	if (rc)
		return rc;
	sshoal__page_section(console, "output", "Output");
	if (recording->has_output)
		rc = put_groups(console, &hosts);
	else
		put_nothing(console, &hosts);
	sshoal__page_section_end(console);
	sshoal__page_hosts_fini(&hosts);
	return rc;
}
