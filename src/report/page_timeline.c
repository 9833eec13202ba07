/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "report/page_chart.h"
#include "report/page_sections.h"
#include "report/page_spans.h"
#include "report/page_text.h"

/*
 * When hosts were doing what: all of them in a chart, and each by itself as
 * long as there are not many; else those that are not ok and the slowest.
 */

static void put_legend(struct console *console)
{
	sshoal__page_markup(console, "<ul class=\"legend\">");
	for (int kind = 0; kind < PAGE_SPAN_COUNT; kind++) {
		sshoal__page_format(
			console,
			"<li><svg width=\"14\" height=\"14\" "
			"aria-hidden=\"true\"><rect class=\"%s\" width=\"14\" "
			"height=\"14\"/></svg> %s</li>",
			sshoal__page_span_class((enum page_span_kind)kind),
			sshoal__page_span_name((enum page_span_kind)kind));
	}
	sshoal__page_markup(console, "</ul>\n");
}

/* The lane in words, for those who do not see it and for who points at it. */
static void put_words(struct console *console, const struct recorded_host *host,
		      const struct page_span *spans, size_t count)
{
	sshoal__page_markup(console, "<title>waited ");
	sshoal__page_time(console, host->began_ms);
	for (size_t i = 0; i < count; i++) {
		sshoal__page_format(console, ", %s ",
				    sshoal__page_span_name(spans[i].kind));
		sshoal__page_time(console, spans[i].to_ms - spans[i].from_ms);
	}
	sshoal__page_markup(console, "</title>");
}

static void put_lane(struct console *console, const struct recorded_host *host,
		     double end_ms)
{
	struct page_span spans[PAGE_SPAN_COUNT];
	size_t count = sshoal__page_spans(spans, host, end_ms);
	sshoal__page_markup(console, "<svg width=\"100%\" "
				     "height=\"18\" role=\"img\">");
	put_words(console, host, spans, count);
	sshoal__page_time_grid(console, end_ms);
	if (host->began_ms > 0)
		sshoal__page_format(
			console,
			"<line class=\"wait\" x1=\"0\" x2=\"%.3f%%\" "
			"y1=\"9\" y2=\"9\"/>",
			host->began_ms / end_ms * 100);
	for (size_t i = 0; i < count; i++)
		sshoal__page_format(
			console,
			"<rect class=\"%s\" x=\"%.3f%%\" width=\"%.3f%%\" "
			"y=\"3\" height=\"12\"/>",
			sshoal__page_span_class(spans[i].kind),
			spans[i].from_ms / end_ms * 100,
			(spans[i].to_ms - spans[i].from_ms) / end_ms * 100);
	sshoal__page_markup(console, "</svg>");
}

static void put_row(struct console *console, const struct recorded_host *host,
		    double end_ms)
{
	sshoal__page_markup(console, "<tr class=\"item\"><th scope=\"row\">");
	sshoal__page_line(console, host->label, 200);
	sshoal__page_markup(console, "</th><td class=\"lane\">");
	if (host->began_ms >= 0)
		put_lane(console, host, end_ms);
	sshoal__page_markup(console, "</td><td class=\"n\">");
	sshoal__page_time(console, host->total_ms);
	sshoal__page_markup(console, "</td><td>");
	sshoal__page_status(console, host);
	sshoal__page_markup(console, "</td></tr>\n");
}

static const struct recorded_host *host_at(const void *place)
{
	return *(const struct recorded_host *const *)place;
}

/* What matters first: the failed ones, the longest. */
static int by_weight(const void *a, const void *b)
{
	const struct recorded_host *one = host_at(a);
	const struct recorded_host *other = host_at(b);
	bool is_ok = one->status == SSHOAL_STATUS_OK;
	bool is_other_ok = other->status == SSHOAL_STATUS_OK;
	if (is_ok != is_other_ok)
		return is_ok ? 1 : -1;
	if (one->total_ms != other->total_ms)
		return one->total_ms < other->total_ms ? 1 : -1;
	return (one->index > other->index) - (one->index < other->index);
}

static int by_time(const void *a, const void *b)
{
	const struct recorded_host *one = host_at(a);
	const struct recorded_host *other = host_at(b);
	if (one->total_ms != other->total_ms)
		return one->total_ms < other->total_ms ? 1 : -1;
	return (one->index > other->index) - (one->index < other->index);
}

static int by_start(const void *a, const void *b)
{
	const struct recorded_host *one = host_at(a);
	const struct recorded_host *other = host_at(b);
	if (one->began_ms != other->began_ms)
		return one->began_ms > other->began_ms ? 1 : -1;
	return (one->index > other->index) - (one->index < other->index);
}

/* Puts those that are to be shown first, at most half of them because they
 * failed; returns how many they are. */
static size_t choose(struct page_hosts *hosts)
{
	const struct recorded_host **items = hosts->items;
	size_t count = hosts->count;
	if (count > PAGE_LANES_MAX) {
		size_t half = PAGE_LANES_MAX / 2;
		qsort(items, count, sizeof *items, by_weight);
		qsort(items + half, count - half, sizeof *items, by_time);
		count = PAGE_LANES_MAX;
	}
	qsort(items, count, sizeof *items, by_start);
	return count;
}

static void put_lanes(struct console *console, struct page_hosts *hosts,
		      double end_ms)
{
	size_t shown = choose(hosts);
	if (shown < hosts->count) {
		sshoal__page_format(console,
				    "<p class=\"more\">These are %zu hosts: "
				    "some that are not ok, and the slowest. "
				    "Left out: ",
				    shown);
		sshoal__page_amount(console, hosts->count - shown, "host",
				    "hosts");
		sshoal__page_markup(console, ".</p>\n");
	}
	sshoal__page_markup(console,
			    "<div class=\"wide\"><table "
			    "class=\"lanes\">\n<thead><tr><th "
			    "scope=\"col\">Host</th><th scope=\"col\" "
			    "class=\"lane\"><span class=\"hidden\">Time since "
			    "the run began</span>");
	sshoal__page_time_axis(console, end_ms);
	sshoal__page_markup(
		console, "</th><th scope=\"col\" class=\"n\">Time</th><th "
			 "scope=\"col\">Status</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < shown; i++)
		put_row(console, hosts->items[i], end_ms);
	sshoal__page_markup(console, "</tbody></table></div>\n");
}

int sshoal__page_timeline(struct console *console,
			  const struct recording *recording)
{
	struct page_hosts hosts;
	int rc = sshoal__page_hosts_init(&hosts, recording);
	if (rc)
		return rc;
	sshoal__page_section(console, "timeline", "Timeline");
	if (recording->ended_ms > 0) {
		sshoal__page_markup(console, "<h3>Hosts under way</h3>\n");
		put_legend(console);
		rc = sshoal__page_chart(console, &hosts, recording->ended_ms);
		sshoal__page_markup(console, "<h3>Host by host</h3>\n");
		put_lanes(console, &hosts, recording->ended_ms);
	} else {
		sshoal__page_markup(console, "<p>No times are known.</p>\n");
	}
	sshoal__page_section_end(console);
	sshoal__page_hosts_fini(&hosts);
	return rc;
}

static void put_slow_row(struct console *console,
			 const struct recorded_host *host)
{
	static const int phases[] = { SSHOAL_PHASE_QUEUE,   SSHOAL_PHASE_DNS,
				      SSHOAL_PHASE_CONNECT, SSHOAL_PHASE_KEX,
				      SSHOAL_PHASE_AUTH,    SSHOAL_PHASE_RUN };
	sshoal__page_markup(console, "<tr class=\"item\"><th scope=\"row\">");
	sshoal__page_line(console, host->label, 200);
	sshoal__page_markup(console, "</th><td>");
	sshoal__page_status(console, host);
	sshoal__page_markup(console, "</td>");
	for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
		sshoal__page_seconds_cell(console, host->phase_ms[phases[i]]);
	sshoal__page_seconds_cell(console, host->total_ms);
	sshoal__page_markup(console, "</tr>\n");
}

int sshoal__page_slowest(struct console *console,
			 const struct recording *recording)
{
	struct page_hosts hosts;
	int rc = sshoal__page_hosts_init(&hosts, recording);
	if (rc)
		return rc;
	qsort(hosts.items, hosts.count, sizeof *hosts.items, by_time);
	sshoal__page_section(console, "slowest", "Slowest hosts");
	sshoal__page_markup(
		console,
		"<p class=\"soft\">Seconds. What a host waits for its turn is "
		"not part of its total.</p>\n<div class=\"wide\"><table "
		"class=\"sortable\">\n<thead><tr><th "
		"scope=\"col\">Host</th><th scope=\"col\">Status</th><th "
		"scope=\"col\" class=\"n\">Waited</th><th scope=\"col\" "
		"class=\"n\">Look-up</th><th scope=\"col\" "
		"class=\"n\">Connect</th><th scope=\"col\" class=\"n\">Key "
		"exch.</th><th scope=\"col\" class=\"n\">Login</th><th "
		"scope=\"col\" class=\"n\">Run</th><th scope=\"col\" "
		"class=\"n\">Total</th></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < hosts.count && i < PAGE_SLOWEST_MAX; i++)
		if (hosts.items[i]->total_ms >= 0)
			put_slow_row(console, hosts.items[i]);
	sshoal__page_markup(console, "</tbody></table></div>\n");
	sshoal__page_section_end(console);
	sshoal__page_hosts_fini(&hosts);
	return 0;
}
