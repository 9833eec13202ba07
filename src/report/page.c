/* SPDX-License-Identifier: MIT */
#include "report/page.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include <sshoal/error.h>
#include <sshoal/version.h>

#include "report/page_assets.h"
#include "report/page_sections.h"
#include "report/page_text.h"

/*
 * The page from its head to its end. A policy in it forbids everything but its
 * own style and script, which are named by their digests: whatever a host may
 * have got into the page would neither run nor load anything.
 */

void sshoal__page_section(struct console *console, const char *id,
			  const char *title)
{
	sshoal__page_format(console,
			    "<section id=\"%s\" aria-labelledby=\"h-%s\">\n<h2 "
			    "id=\"h-%s\">%s</h2>\n",
			    id, id, id, title);
}

void sshoal__page_section_end(struct console *console)
{
	sshoal__page_markup(console, "</section>\n");
}

/* How a policy names what stands between two tags. */
static int put_source(struct console *console, const char *kind,
		      const struct page_asset *asset)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned char text[2 * EVP_MAX_MD_SIZE];
	unsigned int n = 0;
	if (EVP_Digest(asset->bytes, asset->size_bytes, digest, &n,
		       EVP_sha256(), NULL) != 1)
		return SSHOAL_ENOMEM;
	(void)EVP_EncodeBlock(text, digest, (int)n);
	sshoal__page_format(console, "; %s-src 'sha256-%s'", kind,
			    (const char *)text);
	return 0;
}

static int put_policy(struct console *console)
{
	sshoal__page_markup(console,
			    "<meta http-equiv=\"Content-Security-Policy\" "
			    "content=\"default-src 'none'");
	int rc = put_source(console, "style", &sshoal__page_style);
	if (rc == 0)
		rc = put_source(console, "script", &sshoal__page_script);
	sshoal__page_markup(console, "; base-uri 'none'; form-action "
				     "'none'\">\n");
	return rc;
}

static void put_asset(struct console *console, const struct page_asset *asset)
{
	(void)sshoal__console_write(console, SSHOAL_STDOUT, asset->bytes,
				    asset->size_bytes);
}

static const char *member(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));
	return value ? value : "";
}

/* What was run: the command, else the job. */
static const char *subject_of(const struct recording *recording)
{
	const char *command = member(recording->start, "command");
	const char *job = member(recording->start, "job");
	return *command ? command : *job ? job : "a run";
}

static void put_title(struct console *console,
		      const struct recording *recording)
{
	uint64_t ok = recording->counts[SSHOAL_STATUS_OK];
	sshoal__page_markup(console, "<title>");
	sshoal__page_line(console, subject_of(recording), 60);
	sshoal__page_markup(console, ": ");
	sshoal__page_count(console, ok);
	sshoal__page_markup(console, " of ");
	sshoal__page_count(console, recording->host_count);
	sshoal__page_markup(console, " ok &ndash; sshoal</title>\n");
}

static int put_head(struct console *console, const struct recording *recording)
{
	sshoal__page_markup(console, "<!DOCTYPE html>\n<html lang=\"en\">\n"
				     "<head>\n<meta charset=\"utf-8\">\n");
	int rc = put_policy(console);
	sshoal__page_markup(
		console,
		"<meta name=\"viewport\" content=\"width=device-width, "
		"initial-scale=1\">\n<meta name=\"color-scheme\" "
		"content=\"light dark\">\n<meta name=\"referrer\" "
		"content=\"no-referrer\">\n");
	sshoal__page_format(console,
			    "<meta name=\"generator\" content=\"sshoal %s\">\n",
			    sshoal_version());
	put_title(console, recording);
	sshoal__page_markup(console, "<style>");
	put_asset(console, &sshoal__page_style);
	sshoal__page_markup(console, "</style>\n</head>\n");
	return rc;
}

/* "2026-11-25T10:54:37.850Z" for people. */
static void put_start(struct console *console, const char *time)
{
	char day[11];
	char clock[9];
	if (strlen(time) < 20 || time[10] != 'T')
		return;
	(void)snprintf(day, sizeof day, "%s", time);
	(void)snprintf(clock, sizeof clock, "%s", time + 11);
	sshoal__page_markup(console, "<time datetime=\"");
	sshoal__page_line(console, time, 40);
	sshoal__page_markup(console, "\">");
	sshoal__page_text(console, day);
	sshoal__page_markup(console, " ");
	sshoal__page_text(console, clock);
	sshoal__page_markup(console, " UTC</time> &middot; ");
}

static void put_masthead(struct console *console,
			 const struct recording *recording)
{
	const json_t *exit_status = json_object_get(recording->summary, "exit");
	sshoal__page_markup(console, "<header>\n<p class=\"kind\">sshoal ");
	sshoal__page_line(console, member(recording->start, "job"), 40);
	sshoal__page_markup(console, "</p>\n<h1><code>");
	sshoal__page_line(console, subject_of(recording), 160);
	sshoal__page_markup(console, "</code></h1>\n<p class=\"facts\">");
	put_start(console, member(recording->start, "time"));
	sshoal__page_amount(console, recording->host_count, "host", "hosts");
	sshoal__page_markup(console, " &middot; ");
	sshoal__page_time(console, recording->ended_ms);
	if (json_is_integer(exit_status))
		sshoal__page_format(console, " &middot; exit status %lld",
				    (long long)json_integer_value(exit_status));
	sshoal__page_markup(
		console,
		"</p>\n<nav aria-label=\"Parts of this page\">"
		"<a href=\"#outcome\">Outcome</a> "
		"<a href=\"#failures\">Failures</a> "
		"<a href=\"#timeline\">Timeline</a> "
		"<a href=\"#slowest\">Slowest</a> "
		"<a href=\"#output\">Output</a> "
		"<a href=\"#hosts\">Hosts</a> "
		"<a href=\"#settings\">Settings</a></nav>\n</header>\n");
}

/* The script shows it; without one there is nothing to search with. */
static void put_search(struct console *console)
{
	sshoal__page_markup(
		console,
		"<div id=\"search\" role=\"search\" hidden>\n<label "
		"for=\"words\">Search</label>\n<input id=\"words\" "
		"type=\"search\" placeholder=\"host, status, text of "
		"output\" autocomplete=\"off\" spellcheck=\"false\">\n<label "
		"class=\"check\"><input id=\"bad\" type=\"checkbox\"> not ok "
		"only</label>\n<span id=\"found\" role=\"status\"></span>\n"
		"</div>\n");
}

static int put_sections(struct console *console,
			const struct recording *recording, const char *name)
{
	int rc = sshoal__page_outcome(console, recording);
	if (rc == 0)
		rc = sshoal__page_failures(console, recording);
	if (rc == 0)
		rc = sshoal__page_timeline(console, recording);
	if (rc == 0)
		rc = sshoal__page_slowest(console, recording);
	if (rc == 0)
		rc = sshoal__page_output(console, recording);
	if (rc == 0)
		rc = sshoal__page_host_table(console, recording);
	return rc ? rc : sshoal__page_settings(console, recording, name);
}

int sshoal__page_write(struct console *console,
		       const struct recording *recording, const char *name)
{
	int rc = put_head(console, recording);
	if (rc)
		return rc;
	sshoal__page_markup(console, "<body>\n");
	put_masthead(console, recording);
	put_search(console);
	sshoal__page_markup(console, "<main>\n");
	rc = put_sections(console, recording, name);
	sshoal__page_markup(console, "</main>\n<script>");
	put_asset(console, &sshoal__page_script);
	sshoal__page_markup(console, "</script>\n</body>\n</html>\n");
	if (rc)
		return rc;
	rc = sshoal__console_flush(console);
	return rc ? SSHOAL_EIO : 0;
}
