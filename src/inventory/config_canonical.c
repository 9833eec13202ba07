/* SPDX-License-Identifier: MIT */
#include "inventory/config_lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/pattern.h"
#include "inventory/canonical.h"
#include "inventory/config_words.h"

/*
 * CanonicalizeHostname: a short name becomes the first one of
 * CanonicalDomains' that the name server knows, and an alias what it is one
 * of, where CanonicalizePermittedCNAMEs says so.
 */

#define DOTS_USUAL 1

static const char *word(const struct lookup *lookup, enum config_id id,
			const char *usual)
{
	const char *text = sshoal__config_so_far(lookup, id);
	return text ? text : usual;
}

static bool is_always(const struct lookup *lookup)
{
	return strcmp(word(lookup, CONFIG_CANONICALIZE_HOSTNAME, "no"),
		      "always") == 0;
}

/* Whether the name is looked up here, and not by a proxy. */
static bool is_direct(const struct lookup *lookup)
{
	return !sshoal__config_is_jump(
		       sshoal__config_so_far(lookup, CONFIG_PROXY_JUMP)) &&
	       !sshoal__config_is_jump(
		       sshoal__config_so_far(lookup, CONFIG_PROXY_COMMAND));
}

static int ask(char canonical[NI_MAXHOST], const struct lookup *lookup,
	       const char *host, sshoal_error *why)
{
	const char *family = word(lookup, CONFIG_ADDRESS_FAMILY, "any");
	const struct canonical_query query = {
		.host = host,
		.family = strcmp(family, "inet") == 0  ? AF_INET :
			  strcmp(family, "inet6") == 0 ? AF_INET6 :
							 AF_UNSPEC,
		.timeout_ms = CANONICAL_MS,
		.cancel_fd = lookup->query->cancel_fd,
		.late = lookup->late,
	};
	return sshoal__canonical_ask(canonical, &query, why);
}

/* Whether "SOURCES:TARGETS" lets one name become the other. */
static bool permits(const char *rule, const char *name, const char *canonical)
{
	const char *colon = strchr(rule, ':');
	if (!colon)
		return strcmp(rule, "*") == 0;
	char *sources = strndup(rule, (size_t)(colon - rule));
	bool is_permitted = sources &&
			    sshoal__pattern_list_match(sources, name) &&
			    sshoal__pattern_list_match(colon + 1, canonical);
	free(sources);
	return is_permitted;
}

/* Takes the name that host is an alias of, if that is allowed. */
static void follow(char host[NI_MAXHOST], const struct lookup *lookup,
		   const char *canonical)
{
	const struct config_keyword *rules =
		sshoal__config_keyword_of(CONFIG_CANONICALIZE_PERMITTED_CNAMES);
	if (!*canonical || strcmp(host, canonical) == 0)
		return;
	for (size_t i = 0;; i++) {
		const struct config_value *rule =
			sshoal__config_values_get(lookup->values, rules, i);
		if (!rule)
			return;
		if (permits(rule->text, host, canonical)) {
			(void)snprintf(host, NI_MAXHOST, "%s", canonical);
			return;
		}
	}
}

/* Tries one name, which ends with a dot. Returns 1 when it is one. */
static int attempt(char host[NI_MAXHOST], const struct lookup *lookup,
		   const char *full, sshoal_error *why)
{
	char canonical[NI_MAXHOST];
	int rc = ask(canonical, lookup, full, why);
	if (rc == SSHOAL_EDNS)
		return 0;
	if (rc)
		return rc;
	(void)snprintf(host, NI_MAXHOST, "%.*s", (int)strlen(full) - 1, full);
	follow(host, lookup, canonical);
	return 1;
}

static int try_domains(char host[NI_MAXHOST], const struct lookup *lookup,
		       sshoal_error *why)
{
	const struct config_keyword *domains =
		sshoal__config_keyword_of(CONFIG_CANONICAL_DOMAINS);
	for (size_t i = 0;; i++) {
		const struct config_value *domain =
			sshoal__config_values_get(lookup->values, domains, i);
		if (!domain || strcasecmp(domain->text, "none") == 0)
			return 0;
		char full[2 * NI_MAXHOST];
		int n = snprintf(full, sizeof full, "%s.%s.", host,
				 domain->text);
		if (n >= NI_MAXHOST)
			continue;
		int rc = attempt(host, lookup, full, why);
		if (rc)
			return rc;
	}
}

static bool has_dots(const struct lookup *lookup, const char *host)
{
	const char *most =
		sshoal__config_so_far(lookup, CONFIG_CANONICALIZE_MAX_DOTS);
	long allowed = most ? strtol(most, NULL, 10) : DOTS_USUAL;
	long dots = 0;
	for (const char *p = host; *p; p++)
		dots += *p == '.';
	return dots > allowed;
}

/* Follows an alias of a name that no domain was added to. */
static int follow_bare(char host[NI_MAXHOST], const struct lookup *lookup,
		       sshoal_error *why)
{
	const char *rule = sshoal__config_so_far(
		lookup, CONFIG_CANONICALIZE_PERMITTED_CNAMES);
	if (!rule || strcasecmp(rule, "none") == 0)
		return 0;
	char canonical[NI_MAXHOST];
	int rc = ask(canonical, lookup, host, why);
	if (rc == 0)
		follow(host, lookup, canonical);
	/* Who connects says of a name that it is none. */
	return rc == SSHOAL_EDNS ? 0 : rc;
}

static int find(char host[NI_MAXHOST], const struct lookup *lookup,
		sshoal_error *why)
{
	size_t n = strlen(host);
	int rc = 0;
	if (host[n - 1] == '.') {
		char full[NI_MAXHOST];
		memcpy(full, host, n + 1);
		rc = attempt(host, lookup, full, why);
	} else if (has_dots(lookup, host)) {
		return follow_bare(host, lookup, why);
	} else {
		rc = try_domains(host, lookup, why);
	}
	if (rc)
		return rc > 0 ? 0 : rc;
	if (strcmp(word(lookup, CONFIG_CANONICALIZE_FALLBACK_LOCAL, "yes"),
		   "no") == 0)
		return sshoal__error_set(why, SSHOAL_EUNSUPPORTED,
					 "%.200s is in no domain of "
					 "CanonicalDomains, and "
					 "CanonicalizeFallbackLocal is no",
					 host);
	return follow_bare(host, lookup, why);
}

/* Whether it is an address, or means to be one. */
static bool is_address(const char *host)
{
	return strpbrk(host, "%:") || host[strspn(host, "0123456789.")] == '\0';
}

int sshoal__config_canonicalize(char host[NI_MAXHOST], struct lookup *lookup)
{
	const struct config_value *value = sshoal__config_values_get(
		lookup->values,
		sshoal__config_keyword_of(CONFIG_CANONICALIZE_HOSTNAME), 0);
	if (!value || strcmp(value->text, "no") == 0)
		return 0;
	lookup->wants_final = true;
	if (is_address(host) || (!is_direct(lookup) && !is_always(lookup)))
		return 0;
	sshoal_error why = { .code = 0 };
	int rc = find(host, lookup, &why);
	if (rc == SSHOAL_ENOMEM || rc == SSHOAL_ECANCELLED)
		return sshoal__error_code(lookup->error, rc);
	return rc ? sshoal__config_at_line(lookup, value->line, rc, &why) : 0;
}
