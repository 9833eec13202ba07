/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <sshoal/command.h>
#include <sshoal/tunnel.h>

#include "servers/site.h"
#include "unit/scarcity.h"

/* Memory that runs out, at each allocation in turn, comes back as a code, and
 * nothing is left behind. */

#define MOST 5000

static void opening_runs_out(void **state)
{
	const sshoal_client_options options = site_options(*state, "127.0.0.1");
	sshoal_client *client = NULL;
	int n = 0;
	for (; n < MOST && !client; n++) {
		sshoal_error error = { .code = 0 };
		scarcity_of_memory(n);
		int rc = sshoal_client_open(&client, &options, &error);
		scarcity_of_memory(NO_SCARCITY);
		if (rc != (client ? 0 : SSHOAL_ENOMEM))
			fail_msg("after %d: %s: %s", n, sshoal_error_name(rc),
				 error.text);
	}
	assert_in_range(n, 50, MOST - 1);
	sshoal_client_close(client);
}

static sshoal_client *open_client(const struct site *site)
{
	const sshoal_client_options options = site_options(site, "127.0.0.1");
	sshoal_client *client = NULL;
	sshoal_error error = { .code = 0 };
	if (sshoal_client_open(&client, &options, &error))
		fail_msg("%s", error.text);
	return client;
}

/* Whether the call went through; the client may be lost by it. */
typedef int call_fn(sshoal_client *client);

static int run(sshoal_client *client)
{
	sshoal_output output;
	int rc = sshoal_client_run(client, "echo out; echo err >&2", NULL,
				   &output, NULL);
	if (rc == 0)
		assert_string_equal(output.stderr_data, "err\n");
	sshoal_output_fini(&output);
	return rc;
}

static int start_and_read(sshoal_client *client)
{
	sshoal_command *command = NULL;
	char bytes[100];
	int64_t n = sshoal_command_start(&command, client, "cat", NULL, NULL);
	if (n == 0)
		n = sshoal_command_write(command, "hello", 5, -1);
	if (n == 5)
		n = sshoal_command_close_stdin(command);
	if (n == 0)
		n = sshoal_command_read(command, SSHOAL_STDOUT, bytes,
					sizeof bytes, -1);
	sshoal_command_free(command);
	return n == 5 ? 0 : (int)n;
}

static const struct site *here;

static int use_tunnel(sshoal_client *client)
{
	sshoal_tunnel *tunnel = NULL;
	char bytes[100];
	int64_t n = sshoal_tunnel_open(&tunnel, client, "127.0.0.1",
				       here->sshd.port, NULL);
	if (n == 0)
		n = sshoal_tunnel_read(tunnel, bytes, sizeof bytes, -1);
	sshoal_tunnel_close(tunnel);
	return n > 0 ? 0 : (int)n;
}

static void using_it_runs_out(void **state)
{
	static call_fn *const calls[] = { run, start_and_read, use_tunnel };
	here = *state;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		int rc = SSHOAL_ENOMEM;
		int n = 0;
		for (; n < MOST && rc; n++) {
			sshoal_client *client = open_client(*state);
			scarcity_of_memory(n);
			rc = calls[i](client);
			scarcity_of_memory(NO_SCARCITY);
			if (rc != 0 && rc != SSHOAL_ENOMEM &&
			    rc != SSHOAL_ELOST)
				fail_msg("call %zu after %d: %s", i, n,
					 sshoal_error_name(rc));
			sshoal_client_close(client);
		}
		assert_in_range(n, 5, MOST - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening_runs_out),
		cmocka_unit_test(using_it_runs_out),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
