/* SPDX-License-Identifier: MIT */
#include "ssh/yard.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ssh/client_rig.h"
#include "ssh/observed.h"

void yard_start(struct yard *yard, const struct sshd_plan *plan)
{
	*yard = (struct yard){ .pids = "" };
	assert_int_equal(site_start(&yard->behind, NULL), 0);
	assert_int_equal(site_start(&yard->gates[0], plan), 0);
	assert_int_equal(site_start(&yard->gates[1], NULL), 0);
	scratch_path(yard->config_path, yard->behind.scratch, "config");
	scratch_path(yard->pids, yard->behind.scratch, "pids");
	assert_int_equal(scratch_write(yard->pids, 0600, "%s", ""), 0);
}

void yard_stop(struct yard *yard)
{
	site_stop(&yard->gates[1]);
	site_stop(&yard->gates[0]);
	site_stop(&yard->behind);
}

int yard_setup(void **state)
{
	struct yard *yard = calloc(1, sizeof *yard);
	if (!yard)
		return -1;
	yard_start(yard, NULL);
	*state = yard;
	return 0;
}

int yard_teardown(void **state)
{
	yard_stop(*state);
	free(*state);
	return 0;
}

sshoal_config *yard_config(const struct yard *yard, const char *more)
{
	char hosts[2][4 * SCRATCH_PATH_MAX];
	for (size_t i = 0; i < 2; i++) {
		const struct site *gate = &yard->gates[i];
		(void)snprintf(hosts[i], sizeof hosts[i],
			       "Host gate%zu\n"
			       "  HostName 127.0.0.1\n"
			       "  Port %u\n"
			       "  User %s\n"
			       "  IdentityFile %s\n"
			       "  UserKnownHostsFile %s\n",
			       i, (unsigned)gate->sshd.port, gate->user,
			       gate->key, gate->known_hosts);
	}
	assert_int_equal(scratch_write(yard->config_path, 0600, "%s%s%s",
				       more ? more : "", hosts[0], hosts[1]),
			 0);
	sshoal_config *config = NULL;
	sshoal_error error = { .code = 0 };
	if (sshoal_config_load(&config, yard->config_path, &error))
		fail_msg("config: %s", error.text);
	return config;
}

sshoal_fleet *yard_fleet(const struct yard *yard,
			 const sshoal_fleet_options *options, const char *jump,
			 unsigned count, const char *more)
{
	sshoal_fleet_options own = SSHOAL_FLEET_OPTIONS_INIT;
	if (options)
		own = *options;
	sshoal_client_options defaults = SSHOAL_CLIENT_OPTIONS_INIT;
	if (!own.defaults) {
		defaults.connect_timeout_ms = SITE_LIMIT_MS;
		defaults.login_timeout_ms = SITE_LIMIT_MS;
		own.defaults = &defaults;
	}
	own.config = yard_config(yard, more);
	sshoal_fleet *fleet = fleet_of(&own);
	sshoal_config_free(own.config);
	for (unsigned i = 0; i < count; i++) {
		char host[32];
		(void)snprintf(host, sizeof host, "127.0.%u.%u", 1 + i / 250,
			       1 + i % 250);
		sshoal_client_options target =
			site_options(&yard->behind, host);
		target.jump = jump;
		fleet_with(fleet, &target);
	}
	return fleet;
}

size_t yard_logins(const struct site *site)
{
	return process_count(site->sshd.process, "Accepted publickey ");
}

size_t yard_connections(const struct site *site)
{
	return process_count(site->sshd.process, "Connection from ");
}

/* The text of the file's index-th line, or NULL; *text is to be freed. */
static const char *line_of(char **text, const struct yard *yard, size_t index)
{
	*text = scratch_read(yard->pids);
	const char *line = *text;
	while (line && index > 0) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
		index--;
	}
	return line && strchr(line, '\n') ? line : NULL;
}

pid_t yard_relay(const struct yard *yard, size_t index)
{
	for (int i = 0; i < 6000; i++) {
		char *text = NULL;
		const char *line = line_of(&text, yard, index);
		pid_t pid = line ? (pid_t)strtol(line, NULL, 10) : 0;
		free(text);
		if (pid > 0)
			return pid;
		(void)poll(NULL, 0, 10);
	}
	fail_msg("relay %zu did not begin", index);
	return -1;
}

size_t yard_relay_count(const struct yard *yard)
{
	size_t count = 0;
	char *text = scratch_read(yard->pids);
	for (const char *c = text; c && *c; c++)
		count += *c == '\n';
	free(text);
	return count;
}

void yard_expect_no_relay(const struct yard *yard)
{
	size_t count = yard_relay_count(yard);
	for (size_t i = 0; i < count; i++) {
		pid_t pid = yard_relay(yard, i);
		if (kill(pid, 0) == 0 || errno != ESRCH)
			fail_msg("relay %zu, process %ld, is still there", i,
				 (long)pid);
	}
}

void yard_run(struct observed *observed, sshoal_fleet *fleet,
	      const char *command)
{
	if (observe(observed, fleet, command))
		fail_msg("%s", sshoal_fleet_error_text(fleet));
	sshoal_fleet_free(fleet);
}

void assert_own_addresses(const struct observed *observed)
{
	for (unsigned i = 0; i < observed->count; i++) {
		char line[64];
		(void)snprintf(line, sizeof line, "127.0.%u.%u\n", 1 + i / 250,
			       1 + i % 250);
		assert_seen_ok(observed, i, line);
	}
}

void assert_seen_all(const struct observed *observed, int status,
		     const char *text)
{
	const struct expected expected = { .status = status,
					   .phase = ANY_PHASE,
					   .ran = SSHOAL_RAN_NO,
					   .exit = -1,
					   .text = text };
	for (size_t i = 0; i < observed->count; i++)
		assert_seen(observed, i, &expected);
}
