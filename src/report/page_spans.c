/* SPDX-License-Identifier: MIT */
#include "report/page_spans.h"

/*
 * Times of phases are those of the last attempt, and a name is looked up before
 * a host's turn comes: where one was tried several times its phases stand at
 * its end, else at its beginning.
 */

static const struct {
	const char *name;
	const char *css_class;
	int phase;
} kinds[PAGE_SPAN_COUNT] = {
	[PAGE_SPAN_DNS] = { "Name look-up", "p-dns", SSHOAL_PHASE_DNS },
	[PAGE_SPAN_CONNECT] = { "Connect", "p-con", SSHOAL_PHASE_CONNECT },
	[PAGE_SPAN_KEX] = { "Key exchange", "p-kex", SSHOAL_PHASE_KEX },
	[PAGE_SPAN_AUTH] = { "Login", "p-auth", SSHOAL_PHASE_AUTH },
	[PAGE_SPAN_RUN] = { "Run", "p-run", SSHOAL_PHASE_RUN },
	[PAGE_SPAN_OTHER] = { "Waits and others", "p-oth", -1 },
};

const char *sshoal__page_span_name(enum page_span_kind kind)
{
	return kinds[kind].name;
}

const char *sshoal__page_span_class(enum page_span_kind kind)
{
	return kinds[kind].css_class;
}

/* Adds a span that begins where the one before ended; never past the end. */
static size_t add(struct page_span *spans, size_t count,
		  enum page_span_kind kind, double *at_ms, double ms,
		  double end_ms)
{
	double to_ms = *at_ms + ms < end_ms ? *at_ms + ms : end_ms;
	if (ms <= 0 || to_ms <= *at_ms)
		return count;
	spans[count] = (struct page_span){ kind, *at_ms, to_ms };
	*at_ms = to_ms;
	return count + 1;
}

size_t sshoal__page_spans(struct page_span spans[PAGE_SPAN_COUNT],
			  const struct recorded_host *host, double end_ms)
{
	if (host->began_ms < 0)
		return 0;
	double at_ms = host->began_ms;
	if (host->total_ms < 0)
		return host->status == RECORDED_UNFINISHED ?
			       add(spans, 0, PAGE_SPAN_OTHER, &at_ms,
				   end_ms - at_ms, end_ms) :
			       0;
	double host_end_ms = at_ms + host->total_ms;
	double known_ms = 0;
	size_t count = 0;
	for (int i = PAGE_SPAN_CONNECT; i <= PAGE_SPAN_RUN; i++)
		if (host->phase_ms[kinds[i].phase] > 0)
			known_ms += host->phase_ms[kinds[i].phase];
	double dns_ms = host->phase_ms[SSHOAL_PHASE_DNS];
	if (known_ms > 0 && dns_ms > 0) {
		at_ms = dns_ms < at_ms ? at_ms - dns_ms : 0;
		count = add(spans, count, PAGE_SPAN_DNS, &at_ms, dns_ms,
			    host->began_ms);
		at_ms = host->began_ms;
	} else if (dns_ms > 0) {
		count = add(spans, count, PAGE_SPAN_DNS, &at_ms, dns_ms,
			    host_end_ms);
	}
	double rest_ms = host->total_ms - known_ms;
	if (host->attempts > 1)
		count = add(spans, count, PAGE_SPAN_OTHER, &at_ms, rest_ms,
			    host_end_ms);
	for (int i = PAGE_SPAN_CONNECT; i <= PAGE_SPAN_RUN; i++)
		count = add(spans, count, (enum page_span_kind)i, &at_ms,
			    host->phase_ms[kinds[i].phase], host_end_ms);
	if (host->attempts <= 1)
		count = add(spans, count, PAGE_SPAN_OTHER, &at_ms, rest_ms,
			    host_end_ms);
	return count;
}
