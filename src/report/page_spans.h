/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_REPORT_PAGE_SPANS_H
#define SSHOAL_REPORT_PAGE_SPANS_H

#include <stddef.h>

#include "report/recording.h"

/* What a host is shown to be doing. */
enum page_span_kind {
	PAGE_SPAN_DNS = 0,
	PAGE_SPAN_CONNECT,
	PAGE_SPAN_KEX,
	PAGE_SPAN_AUTH,
	PAGE_SPAN_RUN,
	PAGE_SPAN_OTHER, /* earlier attempts, waits, opening and closing */
	PAGE_SPAN_COUNT
};

/* From when to when, of the run. */
struct page_span {
	enum page_span_kind kind;
	double from_ms;
	double to_ms;
};

/* Where a host's time went, in order; returns how many there are. What has no
 * result lasts until the run's end. */
size_t sshoal__page_spans(struct page_span spans[PAGE_SPAN_COUNT],
			  const struct recorded_host *host, double end_ms);

/* Its name for people, and its class in the style. */
const char *sshoal__page_span_name(enum page_span_kind kind);
const char *sshoal__page_span_class(enum page_span_kind kind);

#endif
