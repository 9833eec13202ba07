/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "cli/drive.h"
#include "cli/host_keys.h"
#include "cli/prompt.h"
#include "cli/refusal.h"

/*
 * trust: collects the keys of hosts, shows those that are not on file and
 * writes what was agreed to. A changed key is taken only for a host that is
 * named by --replace, whoever says yes.
 */

struct trust {
	const struct options *options;
	struct host_keys keys;
};

/* The members of a part: targets of the same name and port. */
static int mark_replaced(struct trust *trust, const struct drive_view *view,
			 sshoal_error *error)
{
	for (size_t i = 0; i < sshoal_hosts_count(view->part); i++) {
		const sshoal_target *some = sshoal_hosts_target(view->part, i);
		bool is_found = false;
		for (size_t k = 0; k < trust->keys.count; k++) {
			const sshoal_target *target =
				sshoal_hosts_target(view->hosts, k);
			if (strcmp(sshoal_target_name(target),
				   sshoal_target_name(some)) != 0 ||
			    sshoal_target_port(target) !=
				    sshoal_target_port(some))
				continue;
			trust->keys.hosts[k].is_replaced = true;
			is_found = true;
		}
		if (!is_found)
			return sshoal__refuse(error,
					      "--replace: %.200s is not among "
					      "the hosts that are named; write "
					      "it with the port that it has "
					      "there",
					      sshoal_target_label(some));
	}
	return 0;
}

static bool asks(const struct trust_options *options)
{
	return !options->yes && !options->check && !options->remove;
}

static int prepare(const struct drive_view *view, void *data,
		   sshoal_error *error)
{
	struct trust *trust = data;
	if (asks(&trust->options->trust) && !sshoal__prompt_is_possible())
		return sshoal__refuse(error,
				      "trust: there is no terminal to ask on; "
				      "use --check to look, --yes to take keys "
				      "that are not known");
	int rc = sshoal__host_keys_init(&trust->keys, view->fleet, view->hosts,
					error);
	return rc ? rc : mark_replaced(trust, view, error);
}

static int hold(const sshoal_result *result, void *data)
{
	struct trust *trust = data;
	return sshoal__host_keys_hold(&trust->keys, result);
}

/* Takes those hosts whose keys may be written. How many keys that are. */
static size_t take(struct host_keys *keys, size_t *host_count)
{
	size_t key_count = 0;
	*host_count = 0;
	for (size_t i = 0; i < keys->count; i++) {
		struct keyed_host *host = &keys->hosts[i];
		int status = host->outcome.status;
		host->is_taken = status == SSHOAL_STATUS_HOST_KEY_UNKNOWN ||
				 (status == SSHOAL_STATUS_HOST_KEY_CHANGED &&
				  host->is_replaced);
		if (!host->is_taken)
			continue;
		for (size_t k = 0; k < host->key_count; k++)
			key_count += host->keys[k].state != KEY_KNOWN;
		(*host_count)++;
	}
	return key_count;
}

/* Where they go: the one file, or how many. */
static void name_files(char *text, size_t size, const struct host_keys *keys)
{
	if (keys->stores && !keys->stores->next)
		(void)snprintf(text, size, "%.200s", keys->stores->name);
	else
		(void)snprintf(text, size, "the known-hosts files");
}

static int ask(const struct drive_view *view, const struct host_keys *keys,
	       bool *agreed, sshoal_error *error)
{
	char question[400];
	char files[220];
	size_t host_count = 0;
	size_t replaced = 0;
	size_t key_count = take((struct host_keys *)keys, &host_count);
	for (size_t i = 0; i < keys->count; i++)
		replaced += keys->hosts[i].is_taken &&
			    sshoal__host_keys_has(&keys->hosts[i], KEY_CHANGED);
	char in_place[80] = "";
	if (replaced > 0)
		(void)snprintf(in_place, sizeof in_place,
			       ", in the place of those that %zu of them had",
			       replaced);
	name_files(files, sizeof files, keys);
	(void)snprintf(question, sizeof question,
		       "sshoal: write these %zu key%s of %zu host%s to %s%s? "
		       "(yes/no) ",
		       key_count, key_count == 1 ? "" : "s", host_count,
		       host_count == 1 ? "" : "s", files, in_place);
	(void)sshoal__console_flush(view->console);
	return sshoal__prompt_yes(agreed, view->cancel, question, error);
}

static bool is_cancelled(const struct drive_view *view)
{
	return sshoal_cancel_is_triggered(view->cancel, SSHOAL_CANCEL_END);
}

/* Whether what may be written is to be; what is shown before is on the stream
 * where the person looks. */
static int decide(const struct trust *trust, const struct drive_view *view,
		  bool *agreed, sshoal_error *error)
{
	const struct trust_options *options = &trust->options->trust;
	*agreed = options->yes != 0;
	if (options->yes || options->check)
		return 0;
	bool on_output = trust->options->display.output == OUTPUT_LINES;
	int rc = sshoal__host_keys_show(
		&trust->keys, view->console,
		on_output ? SSHOAL_STDOUT : SSHOAL_STDERR, true);
	return rc ? rc : ask(view, &trust->keys, agreed, error);
}

/* Says what was written. */
static void tell_written(const struct host_keys *keys, struct console *console)
{
	const struct key_store *store = keys->stores;
	for (; store; store = store->next) {
		char text[400];
		if (store->added == 0)
			continue;
		(void)snprintf(text, sizeof text,
			       "wrote %zu key%s of %zu host%s to %.200s\n",
			       store->added, store->added == 1 ? "" : "s",
			       store->added_hosts,
			       store->added_hosts == 1 ? "" : "s", store->name);
		(void)sshoal__console_print(console, SSHOAL_STDOUT, text);
	}
}

static int tell_all(const struct trust *trust, const struct drive_view *view,
		    bool shown)
{
	int rc = 0;
	if (trust->options->display.output == OUTPUT_LINES) {
		if (!shown)
			rc = sshoal__host_keys_show(&trust->keys, view->console,
						    SSHOAL_STDOUT, false);
		tell_written(&trust->keys, view->console);
	}
	int told = sshoal__host_keys_tell(&trust->keys, view->report);
	return rc ? rc : told;
}

static int settle(const struct drive_view *view, void *data,
		  sshoal_error *error)
{
	struct trust *trust = data;
	struct host_keys *keys = &trust->keys;
	size_t host_count = 0;
	bool agreed = false;
	bool asked = false;
	if (trust->options->trust.remove) {
		int rc = sshoal__host_keys_remove(keys);
		int told = tell_all(trust, view, false);
		return rc ? rc : told;
	}
	int rc = sshoal__host_keys_compare(keys);
	if (rc == 0 && take(keys, &host_count) > 0 && !is_cancelled(view)) {
		asked = asks(&trust->options->trust);
		rc = decide(trust, view, &agreed, error);
	}
	if (rc == 0 && agreed && !is_cancelled(view))
		rc = sshoal__host_keys_write(keys,
					     trust->options->trust.hash != 0);
	/* What was shown before a question is not shown again. */
	int told = tell_all(trust, view, asked);
	if (rc == SSHOAL_ECANCELLED && is_cancelled(view))
		rc = 0; /* the signal is the exit status */
	return rc ? rc : told;
}

int sshoal__cli_trust(struct console *console, const struct options *options)
{
	struct options own = *options;
	struct trust trust = { .options = options };
	const struct drive_step step = {
		.part = options->trust.replaced,
		.contacts_none = options->trust.remove != 0,
		.prepare = prepare,
		.hold = hold,
		.settle = settle,
		.data = &trust,
	};
	sshoal_job job = SSHOAL_JOB_INIT;
	job.kind = SSHOAL_JOB_SCAN;
	struct text_list *named = &own.selection.expressions;
	const char *replaced[] = { options->trust.replaced };
	if (options->trust.replaced && named->count == 0 &&
	    own.selection.files.count == 0)
		*named = (struct text_list){ .items = replaced, .count = 1 };
	int status = sshoal__cli_drive_step(console, &own, &job, NULL, &step);
	sshoal__host_keys_fini(&trust.keys);
	return status;
}
