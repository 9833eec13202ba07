/* SPDX-License-Identifier: MIT */
#include "report/page_chart.h"

#include <stdlib.h>

#include "report/page_spans.h"
#include "report/page_text.h"

/*
 * How many hosts were in which phase over the time of a run: layers on top of
 * each other. Each column is the mean over its part of the time, so that what
 * is shorter than a column counts as much as it lasted.
 */

#define COLUMNS 200
#define HEIGHT 1000.0

struct chart {
	double end_ms;
	/* Hosts that are in a phase all through a column, as differences from
	 * the column before, and for a part of it. */
	double change[PAGE_SPAN_COUNT][COLUMNS + 1];
	double part[PAGE_SPAN_COUNT][COLUMNS + 1];
	/* The layers' upper edges, the last one the highest. */
	double edge[PAGE_SPAN_COUNT + 1][COLUMNS];
	double most;
};

static void add_span(struct chart *chart, const struct page_span *span)
{
	double from = span->from_ms / chart->end_ms * COLUMNS;
	double to = span->to_ms / chart->end_ms * COLUMNS;
	if (!(from >= 0) || !(to > from) || from >= COLUMNS)
		return;
	if (to > COLUMNS)
		to = COLUMNS;
	int first = (int)from;
	int last = (int)to;
	if (first == last) {
		chart->part[span->kind][first] += to - from;
		return;
	}
	chart->part[span->kind][first] += first + 1 - from;
	chart->part[span->kind][last] += to - last;
	chart->change[span->kind][first + 1] += 1;
	chart->change[span->kind][last] -= 1;
}

static void stack(struct chart *chart)
{
	double whole[PAGE_SPAN_COUNT] = { 0 };
	for (int column = 0; column < COLUMNS; column++) {
		for (int kind = 0; kind < PAGE_SPAN_COUNT; kind++) {
			whole[kind] += chart->change[kind][column];
			chart->edge[kind + 1][column] =
				chart->edge[kind][column] + whole[kind] +
				chart->part[kind][column];
		}
		double top = chart->edge[PAGE_SPAN_COUNT][column];
		if (top > chart->most)
			chart->most = top;
	}
}

/* From the layer's upper edge back along its lower one. */
static void put_layer(struct console *console, const struct chart *chart,
		      int kind)
{
	const double *low = chart->edge[kind];
	const double *high = chart->edge[kind + 1];
	double scale = HEIGHT / chart->most;
	double area = 0;
	for (int i = 0; i < COLUMNS; i++)
		area += high[i] - low[i];
	if (area <= 0)
		return;
	sshoal__page_format(console, "<path class=\"%s\" d=\"M0 %.0f",
			    sshoal__page_span_class((enum page_span_kind)kind),
			    HEIGHT);
	for (int i = 0; i < COLUMNS; i++)
		sshoal__page_format(console, "V%.0fH%d",
				    HEIGHT - high[i] * scale, i + 1);
	for (int i = COLUMNS; i > 0; i--)
		sshoal__page_format(console, "V%.0fH%d",
				    HEIGHT - low[i - 1] * scale, i - 1);
	sshoal__page_markup(console, "Z\"/>");
}

/* A round step that divides a range into three to six parts. */
static double step_of(double range)
{
	double step = 1;
	while (step > range)
		step /= 10;
	while (step * 10 <= range)
		step *= 10;
	if (range / step < 1.5)
		return step / 5;
	if (range / step < 3)
		return step / 2;
	return range / step < 6 ? step : 2 * step;
}

/* Marks on the axis of time, in a unit that suits its length. */
struct marks {
	const char *unit;
	double step; /* as are the others, in that unit */
	double end;
};

static struct marks marks_of(double end_ms)
{
	struct marks marks = { .unit = "s", .end = end_ms / 1000 };
	if (end_ms > 3 * 3600000.0)
		marks = (struct marks){ .unit = "h", .end = end_ms / 3600000 };
	else if (end_ms > 5 * 60000.0)
		marks = (struct marks){ .unit = "min", .end = end_ms / 60000 };
	marks.step = step_of(marks.end);
	return marks;
}

void sshoal__page_time_axis(struct console *console, double end_ms)
{
	struct marks marks = marks_of(end_ms);
	sshoal__page_markup(console,
			    "<svg class=\"axis\" width=\"100%\" height=\"18\" "
			    "aria-hidden=\"true\">");
	for (int i = 0; i * marks.step <= marks.end; i++) {
		double at = i * marks.step / marks.end * 100;
		const char *anchor = i == 0  ? "start" :
				     at > 94 ? "end" :
					       "middle";
		sshoal__page_format(console,
				    "<text x=\"%.3f%%\" y=\"13\" "
				    "text-anchor=\"%s\">%g&nbsp;%s</text>",
				    at, anchor, i * marks.step, marks.unit);
	}
	sshoal__page_markup(console, "</svg>");
}

void sshoal__page_time_grid(struct console *console, double end_ms)
{
	struct marks marks = marks_of(end_ms);
	for (int i = 0; i * marks.step <= marks.end; i++) {
		double at = i * marks.step / marks.end * 100;
		sshoal__page_format(console,
				    "<line class=\"grid\" x1=\"%.3f%%\" "
				    "x2=\"%.3f%%\" y1=\"0\" y2=\"100%%\"/>",
				    at, at);
	}
}

static void put_levels(struct console *console, const struct chart *chart)
{
	double step = step_of(chart->most);
	if (step < 1)
		step = 1;
	for (int i = 1; i * step <= chart->most; i++) {
		double y = 100 - i * step / chart->most * 100;
		sshoal__page_format(console,
				    "<line class=\"grid\" x1=\"0\" "
				    "x2=\"100%%\" y1=\"%.2f%%\" y2=\"%.2f%%\"/>"
				    "<text x=\"4\" y=\"%.2f%%\" "
				    "dy=\"12\">%g</text>",
				    y, y, y, i * step);
	}
}

int sshoal__page_chart(struct console *console, const struct page_hosts *hosts,
		       double end_ms)
{
	struct chart *chart = calloc(1, sizeof *chart);
	if (!chart)
		return SSHOAL_ENOMEM;
	chart->end_ms = end_ms;
	for (size_t i = 0; i < hosts->count; i++) {
		struct page_span spans[PAGE_SPAN_COUNT];
		size_t count =
			sshoal__page_spans(spans, hosts->items[i], end_ms);
		for (size_t n = 0; n < count; n++)
			add_span(chart, &spans[n]);
	}
	stack(chart);
	if (chart->most > 0) {
		sshoal__page_format(
			console,
			"<svg class=\"chart\" width=\"100%%\" height=\"170\" "
			"role=\"img\" aria-label=\"Hosts under way over time, "
			"by phase; at most %.0f at once\"><svg "
			"width=\"100%%\" height=\"100%%\" viewBox=\"0 0 %d "
			"%.0f\" preserveAspectRatio=\"none\">",
			chart->most, COLUMNS, HEIGHT);
		for (int kind = PAGE_SPAN_COUNT - 1; kind >= 0; kind--)
			put_layer(console, chart, kind);
		sshoal__page_markup(console, "</svg>");
		put_levels(console, chart);
		sshoal__page_markup(console, "</svg>\n");
		sshoal__page_time_axis(console, end_ms);
	}
	free(chart);
	return 0;
}
