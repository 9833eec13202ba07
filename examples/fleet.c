/* SPDX-License-Identifier: MIT */
/*
 * A command on many hosts at once, with the results collected into a list.
 *
 * usage: fleet USER PORT KEY-FILE KNOWN-HOSTS-FILE COMMAND HOST...
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sshoal.h>

/* What is kept of a host; its place in the list is that of its adding. */
struct entry {
	int status;
	int64_t exit_status;
	char output[256];
};

/* Both are called by sshoal_fleet_run(), on this thread: no lock is needed. */
static int on_output(const sshoal_target *target, int stream, const void *bytes,
		     size_t size_bytes, void *data)
{
	struct entry *entry =
		(struct entry *)data + sshoal_target_index(target);
	size_t had = strlen(entry->output);
	size_t room = sizeof entry->output - 1 - had;
	if (stream == SSHOAL_STDOUT)
		memcpy(entry->output + had, bytes,
		       size_bytes < room ? size_bytes : room);
	return 0;
}

static int on_result(const sshoal_result *result, void *data)
{
	struct entry *entry =
		(struct entry *)data + sshoal_result_index(result);
	entry->status = sshoal_result_status(result);
	entry->exit_status = sshoal_result_exit_status(result);
	return 0;
}

static int run(sshoal_fleet *fleet, const char *command, char **hosts)
{
	size_t count = sshoal_fleet_count(fleet);
	struct entry *list = calloc(count, sizeof *list);
	sshoal_job job = SSHOAL_JOB_INIT;
	job.kind = SSHOAL_JOB_COMMAND;
	job.command = command;
	const sshoal_fleet_callbacks callbacks = { .output = on_output,
						   .result = on_result };
	sshoal_summary summary = { .targets = 0 };
	int rc = list ? sshoal_fleet_run(fleet, &job, &callbacks, list,
					 &summary) :
			SSHOAL_ENOMEM;
	for (size_t i = 0; rc == 0 && i < count; i++)
		(void)printf("%s: %s, exit status %lld: %s\n", hosts[i],
			     sshoal_status_name(list[i].status),
			     (long long)list[i].exit_status, list[i].output);
	if (rc == 0)
		(void)printf(
			"%llu of %llu ok\n",
			(unsigned long long)summary.statuses[SSHOAL_STATUS_OK],
			(unsigned long long)summary.targets);
	free(list);
	return rc;
}

int main(int argc, char **argv)
{
	if (argc < 7)
		return 2;
	sshoal_fleet *fleet = NULL;
	sshoal_error error = { .code = 0 };
	int rc = sshoal_fleet_new(&fleet, NULL, &error);
	for (int i = 6; rc == 0 && i < argc; i++) {
		sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
		options.host = argv[i];
		options.user = argv[1];
		options.port = (uint32_t)strtoul(argv[2], NULL, 10);
		options.key_file = argv[3];
		options.known_hosts_file = argv[4];
		rc = sshoal_fleet_add(fleet, &options, &error);
	}
	if (rc == 0) {
		rc = run(fleet, argv[5], argv + 6);
		if (rc)
			(void)snprintf(error.text, sizeof error.text, "%s",
				       sshoal_fleet_error_text(fleet));
	}
	if (rc)
		(void)fprintf(stderr, "fleet: %s\n", error.text);
	sshoal_fleet_free(fleet);
	return rc ? 1 : 0;
}
