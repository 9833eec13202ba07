/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>

#include "report/page_sections.h"
#include "report/page_text.h"

/* How many hosts ended how: in one sentence, a bar and a table. */

static const char *const meanings[RECORDED_STATUS_COUNT] = {
	[SSHOAL_STATUS_OK] = "did what was asked",
	[SSHOAL_STATUS_FAILED] = "its exit status is not 0",
	[SSHOAL_STATUS_SIGNALED] = "a signal ended the command",
	[SSHOAL_STATUS_CHECK_FAILED] = "the check afterwards did not pass",
	[SSHOAL_STATUS_DNS] = "the name has no address",
	[SSHOAL_STATUS_REFUSED] = "nothing listens at the port",
	[SSHOAL_STATUS_UNREACHABLE] = "no way leads to the address",
	[SSHOAL_STATUS_CONNECT_TIMEOUT] = "no login within the limits",
	[SSHOAL_STATUS_PROTOCOL] = "no agreement in banner or key exchange",
	[SSHOAL_STATUS_HOST_KEY_UNKNOWN] = "its key is not in known_hosts",
	[SSHOAL_STATUS_HOST_KEY_CHANGED] = "known_hosts has another key",
	[SSHOAL_STATUS_HOST_KEY_REVOKED] = "its key is revoked",
	[SSHOAL_STATUS_AUTH] = "the login was refused",
	[SSHOAL_STATUS_CHANNEL] = "the server refused the command",
	[SSHOAL_STATUS_TIMEOUT] = "it took longer than the time limit",
	[SSHOAL_STATUS_IDLE_TIMEOUT] = "nothing came for too long",
	[SSHOAL_STATUS_LOST] = "the connection broke",
	[SSHOAL_STATUS_NO_STATUS] = "closed without an exit status",
	[SSHOAL_STATUS_OUTPUT_LIMIT] = "it wrote more than allowed",
	[SSHOAL_STATUS_TRANSFER] = "files could not be moved",
	[SSHOAL_STATUS_LOCAL] = "something failed where sshoal ran",
	[SSHOAL_STATUS_CANCELLED] = "ended by an interrupt",
	[SSHOAL_STATUS_NOT_STARTED] = "its turn did not come",
	[RECORDED_UNFINISHED] = "the file ends before its result",
	[RECORDED_OTHER] = "not known to this version",
};

static const char *word_of(int status)
{
	const struct recorded_host host = { .status = status };
	return status == RECORDED_OTHER ? "other" :
					  sshoal__recorded_host_word(&host);
}

/* Parts in the order of the table, each with its words for who points at it. */
static void put_bar(struct console *console, const struct recording *recording)
{
	double at = 0;
	sshoal__page_markup(console,
			    "<svg class=\"bar\" width=\"100%\" height=\"28\" "
			    "role=\"img\" aria-label=\"Shares of the "
			    "outcomes, as in the table below\">");
	for (int i = 0; i < RECORDED_STATUS_COUNT; i++) {
		uint64_t count = recording->counts[i];
		double share =
			(double)count * 100 / (double)recording->host_count;
		if (count == 0)
			continue;
		sshoal__page_format(console,
				    "<rect class=\"f-%c\" x=\"%.3f%%\" y=\"0\" "
				    "width=\"%.3f%%\" height=\"28\"><title>",
				    sshoal__page_class(i), at, share);
		sshoal__page_text(console, word_of(i));
		sshoal__page_format(console, ": %" PRIu64 "</title></rect>",
				    count);
		at += share;
	}
	sshoal__page_markup(console, "</svg>\n");
}

static void put_row(struct console *console, const struct recording *recording,
		    int status)
{
	uint64_t count = recording->counts[status];
	sshoal__page_format(console,
			    "<tr><th scope=\"row\"><span class=\"tag c-%c\">",
			    sshoal__page_class(status));
	sshoal__page_text(console, word_of(status));
	sshoal__page_markup(console, "</span></th><td class=\"n\">");
	sshoal__page_count(console, count);
	sshoal__page_format(console, "</td><td class=\"n\">%.1f&nbsp;%%</td>",
			    (double)count * 100 /
				    (double)recording->host_count);
	sshoal__page_markup(console, "<td>");
	sshoal__page_text(console, meanings[status]);
	sshoal__page_markup(console, "</td></tr>\n");
}

static void put_sentence(struct console *console,
			 const struct recording *recording)
{
	uint64_t ok = recording->counts[SSHOAL_STATUS_OK];
	size_t count = recording->host_count;
	sshoal__page_format(console, "<p class=\"verdict %s\"><strong>",
			    ok == count ? "good" : "bad");
	if (ok == count) {
		sshoal__page_amount(console, count, "host", "hosts");
		sshoal__page_markup(console,
				    count == 1 ? " is ok." : ", all ok.");
	} else {
		sshoal__page_count(console, count - ok);
		sshoal__page_markup(console, " of ");
		sshoal__page_amount(console, count, "host", "hosts");
		sshoal__page_markup(console, count - ok == 1 ? " is not ok." :
							       " are not ok.");
	}
	sshoal__page_markup(console, "</strong></p>\n");
}

/* What the events leave open. */
static void put_warnings(struct console *console,
			 const struct recording *recording)
{
	json_int_t targets = json_integer_value(
		json_object_get(recording->start, "targets"));
	if (!recording->summary)
		sshoal__page_markup(
			console,
			"<p class=\"note\">The run is not over in this file: "
			"it goes on, or sshoal was killed. Hosts without a "
			"result are <em>unfinished</em>: their commands may "
			"have run.</p>\n");
	if (targets > (json_int_t)recording->host_count) {
		sshoal__page_markup(console, "<p class=\"note\">Of ");
		sshoal__page_amount(console,
				    (uint64_t)targets - recording->host_count,
				    "more host", "more hosts");
		sshoal__page_markup(console, " the file says nothing.</p>\n");
	}
}

int sshoal__page_outcome(struct console *console,
			 const struct recording *recording)
{
	sshoal__page_section(console, "outcome", "Outcome");
	if (recording->host_count == 0)
		sshoal__page_markup(console, "<p>No host has a result.</p>\n");
	else
		put_sentence(console, recording);
	put_warnings(console, recording);
	if (recording->host_count > 0) {
		put_bar(console, recording);
		sshoal__page_markup(
			console,
			"<table class=\"outcome\">\n<thead><tr><th "
			"scope=\"col\">Status</th><th scope=\"col\" "
			"class=\"n\">Hosts</th><th scope=\"col\" "
			"class=\"n\">Share</th><th "
			"scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n");
		for (int i = 0; i < RECORDED_STATUS_COUNT; i++)
			if (recording->counts[i] > 0)
				put_row(console, recording, i);
		sshoal__page_markup(console, "</tbody></table>\n");
	}
	sshoal__page_section_end(console);
	return 0;
}
