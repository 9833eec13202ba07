/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <sshoal.h>

/*
 * A program compiled when the options of a client had fewer members: what
 * stands behind them in memory is none of the library's business.
 */

static uint32_t closed_port(void)
{
	struct sockaddr_in own = { .sin_family = AF_INET };
	socklen_t size = sizeof own;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* Bound and not listening, to the end of the program. */
	if (bind(fd, (struct sockaddr *)&own, size) != 0 ||
	    getsockname(fd, (struct sockaddr *)&own, &size) != 0)
		return 0;
	return ntohs(own.sin_port);
}

static int on_result(const sshoal_result *result, void *data)
{
	int *status = data;
	*status = sshoal_result_status(result);
	return 0;
}

static int run_fleet(const sshoal_client_options *options)
{
	sshoal_fleet *fleet = NULL;
	int status = -1;
	sshoal_job job = SSHOAL_JOB_INIT;
	job.kind = SSHOAL_JOB_PING;
	const sshoal_fleet_callbacks callbacks = { .result = on_result };
	if (sshoal_fleet_new(&fleet, NULL, NULL) ||
	    sshoal_fleet_add(fleet, options, NULL) ||
	    sshoal_fleet_run(fleet, &job, &callbacks, &status, NULL))
		return -1;
	sshoal_fleet_free(fleet);
	return status;
}

int main(void)
{
	struct {
		sshoal_client_options options;
		unsigned char behind[512];
	} memory = { .options = SSHOAL_CLIENT_OPTIONS_INIT };
	memset(memory.behind, 0xff, sizeof memory.behind);
	memory.options.host = "127.0.0.1";
	memory.options.port = closed_port();
	memory.options.known_hosts_file = "/dev/null";
	sshoal_client *client = NULL;
	sshoal_error error;
	int rc = sshoal_client_open(&client, &memory.options, &error);
	if (rc != SSHOAL_EREFUSED) {
		(void)printf("client: %s: %s\n", sshoal_error_name(rc),
			     error.text);
		return 1;
	}
	int status = run_fleet(&memory.options);
	if (status != SSHOAL_STATUS_REFUSED) {
		(void)printf("fleet: status %d\n", status);
		return 1;
	}
	(void)printf("%zu\n", sizeof memory.options);
	return 0;
}
