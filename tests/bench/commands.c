/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include <sshoal.h>

/*
 * commands PORT USER KEY KNOWN_HOSTS COUNT
 *
 * Runs `true` so many times on one connection to 127.0.1.1 and prints how many
 * seconds one took: of processor time, and on the wall.
 */

static double cpu_seconds(void)
{
	struct rusage used;
	(void)getrusage(RUSAGE_SELF, &used);
	return (double)used.ru_utime.tv_sec + (double)used.ru_stime.tv_sec +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static double wall_seconds(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int run(sshoal_client *client, int count)
{
	double cpu = cpu_seconds();
	double wall = wall_seconds();
	for (int i = 0; i < count; i++) {
		sshoal_output output;
		sshoal_error error;
		int rc = sshoal_client_run(client, "true", NULL, &output,
					   &error);
		int64_t status = output.exit_status;
		sshoal_output_fini(&output);
		if (rc || status != 0) {
			(void)fprintf(stderr, "%s\n",
				      rc ? error.text : "true failed");
			return 1;
		}
	}
	(void)printf("%.9f %.9f\n", (cpu_seconds() - cpu) / count,
		     (wall_seconds() - wall) / count);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = "127.0.1.1";
	options.port = (uint32_t)strtoul(argv[1], NULL, 10);
	options.user = argv[2];
	options.key_file = argv[3];
	/* A proxy's port is in no known-hosts file. */
	options.known_hosts_file = argv[4];
	options.host_key_policy = SSHOAL_HOST_KEY_OFF;
	sshoal_client *client = NULL;
	sshoal_error error;
	if (sshoal_client_open(&client, &options, &error)) {
		(void)fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	int rc = run(client, atoi(argv[5]));
	sshoal_client_close(client);
	return rc;
}
