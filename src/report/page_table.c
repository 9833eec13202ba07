/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "report/page_sections.h"
#include "report/page_text.h"

/* Every host in a table, those first that are not ok where there are too many
 * for all. */

static const struct recorded_host *host_at(const void *place)
{
	return *(const struct recorded_host *const *)place;
}

static int by_place(const void *a, const void *b)
{
	size_t one = host_at(a)->index;
	size_t other = host_at(b)->index;
	return (one > other) - (one < other);
}

static int by_need(const void *a, const void *b)
{
	bool is_ok = host_at(a)->status == SSHOAL_STATUS_OK;
	bool is_other_ok = host_at(b)->status == SSHOAL_STATUS_OK;
	return is_ok != is_other_ok ? (int)is_ok - (int)is_other_ok :
				      by_place(a, b);
}

static void put_count_cell(struct console *console, uint64_t count)
{
	sshoal__page_format(console, "<td class=\"n\">%llu</td>",
			    (unsigned long long)count);
}

static void put_row(struct console *console, const struct recorded_host *host,
		    bool moves_files)
{
	sshoal__page_markup(console, "<tr class=\"item\"><th scope=\"row\">");
	sshoal__page_line(console, host->label, 200);
	sshoal__page_markup(console, "</th><td>");
	sshoal__page_status(console, host);
	sshoal__page_markup(console, "</td><td class=\"n\">");
	if (host->exit_status >= 0)
		sshoal__page_format(console, "%lld",
				    (long long)host->exit_status);
	else if (host->signal)
		sshoal__page_line(console, host->signal, 60);
	sshoal__page_markup(console, "</td><td>");
	if (host->address)
		sshoal__page_line(console, host->address, 100);
	sshoal__page_markup(console, "</td>");
	put_count_cell(console, host->attempts);
	sshoal__page_seconds_cell(console, host->began_ms);
	sshoal__page_seconds_cell(console, host->total_ms);
	if (moves_files) {
		put_count_cell(console, host->files);
		put_count_cell(console, host->changed);
		put_count_cell(console, host->bytes);
	} else {
		put_count_cell(console, host->stdout_bytes);
		put_count_cell(console, host->stderr_bytes);
	}
	sshoal__page_markup(console, "</tr>\n");
}

static void put_head(struct console *console, bool moves_files)
{
	sshoal__page_markup(
		console,
		"<div class=\"wide\"><table class=\"sortable\" "
		"id=\"all\">\n<thead><tr><th scope=\"col\">Host</th><th "
		"scope=\"col\">Status</th><th scope=\"col\" "
		"class=\"n\">Exit</th><th scope=\"col\">Address</th><th "
		"scope=\"col\" class=\"n\">Tries</th><th scope=\"col\" "
		"class=\"n\">Began, s</th><th scope=\"col\" "
		"class=\"n\">Took, s</th>");
	sshoal__page_markup(
		console,
		moves_files ? "<th scope=\"col\" class=\"n\">Files</th><th "
			      "scope=\"col\" class=\"n\">Changed</th><th "
			      "scope=\"col\" class=\"n\">Bytes</th>" :
			      "<th scope=\"col\" class=\"n\">Stdout, B</th><th "
			      "scope=\"col\" class=\"n\">Stderr, B</th>");
	sshoal__page_markup(console, "</tr></thead>\n<tbody>\n");
}

int sshoal__page_host_table(struct console *console,
			    const struct recording *recording)
{
	struct page_hosts hosts;
	int rc = sshoal__page_hosts_init(&hosts, recording);
	if (rc)
		return rc;
	size_t shown = hosts.count;
	bool moves_files = hosts.count > 0 && hosts.items[0]->moves_files;
	sshoal__page_section(console, "hosts", "Hosts");
	if (shown > PAGE_HOSTS_MAX) {
		qsort(hosts.items, shown, sizeof *hosts.items, by_need);
		shown = PAGE_HOSTS_MAX;
		sshoal__page_markup(console,
				    "<p class=\"more\">Those that are not ok "
				    "come first. Left out: ");
		sshoal__page_amount(console, hosts.count - shown, "host",
				    "hosts");
		sshoal__page_markup(console, ".</p>\n");
	}
	put_head(console, moves_files);
	for (size_t i = 0; i < shown; i++)
		put_row(console, hosts.items[i], moves_files);
	sshoal__page_markup(console, "</tbody></table></div>\n");
	sshoal__page_section_end(console);
	sshoal__page_hosts_fini(&hosts);
	return 0;
}
