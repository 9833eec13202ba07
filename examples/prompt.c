/* SPDX-License-Identifier: MIT */
/*
 * Answers what a server asks (keyboard-interactive), as a program that has a
 * terminal would ask its user.
 *
 * usage: prompt HOST PORT USER KNOWN-HOSTS-FILE
 *        and the answer to each hidden question in $SSHOAL_PASSWORD
 */
#include <stdio.h>
#include <stdlib.h>

#include <sshoal.h>

/* Shows each question and answers it. */
static int on_prompt(sshoal_prompt *prompt, void *data)
{
	const char *secret = data;
	for (size_t i = 0; i < sshoal_prompt_count(prompt); i++) {
		(void)printf("asked: %s\n", sshoal_prompt_text(prompt, i));
		/* An answer that may be shown is no secret. */
		const char *answer =
			sshoal_prompt_echo(prompt, i) ? "" : secret;
		if (sshoal_prompt_answer(prompt, i, answer))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	char *secret = getenv("SSHOAL_PASSWORD");
	if (argc != 5 || !secret)
		return 2;
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = argv[1];
	options.port = (uint32_t)strtoul(argv[2], NULL, 10);
	options.user = argv[3];
	options.known_hosts_file = argv[4];
	options.prompt = on_prompt;
	options.data = secret;
	sshoal_client *client = NULL;
	sshoal_output output = { .exit_status = -1 };
	sshoal_error error;
	int rc = sshoal_client_open(&client, &options, &error);
	if (rc == 0)
		rc = sshoal_client_run(client, "echo logged in", NULL, &output,
				       &error);
	if (rc)
		(void)fprintf(stderr, "prompt: %s\n", error.text);
	else
		(void)fwrite(output.stdout_data, 1, output.stdout_size, stdout);
	sshoal_output_fini(&output);
	sshoal_client_close(client);
	return rc ? 1 : 0;
}
