/* SPDX-License-Identifier: MIT */
#include "ssh/client_rig.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "servers/evil_table.h"

sshoal_client *client_of(const sshoal_client_options *options)
{
	sshoal_client *client = NULL;
	sshoal_error error = { .code = 0 };
	int rc = sshoal_client_open(&client, options, &error);
	if (rc)
		fail_msg("open: %s: %s", sshoal_error_name(rc), error.text);
	assert_non_null(client);
	return client;
}

sshoal_client *client_at(const struct site *site)
{
	const sshoal_client_options options = site_options(site, "127.0.0.1");
	return client_of(&options);
}

sshoal_command *started(sshoal_client *client, const char *line,
			const sshoal_command_options *options)
{
	sshoal_command *command = NULL;
	sshoal_error error = { .code = 0 };
	int rc = sshoal_command_start(&command, client, line, options, &error);
	if (rc)
		fail_msg("%s: %s: %s", line, sshoal_error_name(rc), error.text);
	assert_non_null(command);
	return command;
}

size_t read_bytes(sshoal_command *command, int stream, void *bytes,
		  size_t size_bytes)
{
	size_t n = 0;
	int64_t got = 1;
	while (n < size_bytes && got > 0) {
		got = sshoal_command_read(command, stream, (char *)bytes + n,
					  size_bytes - n, LONG_MS);
		if (got < 0)
			fail_msg("read: %s: %s", sshoal_error_name((int)got),
				 sshoal_command_error_text(command));
		n += (size_t)got;
	}
	return n;
}

void await_text(sshoal_command *command, const char *text)
{
	char bytes[512];
	size_t size = strlen(text);
	assert_true(size <= sizeof bytes);
	size_t n = read_bytes(command, SSHOAL_STDOUT, bytes, size);
	if (n != size || memcmp(bytes, text, n) != 0)
		fail_msg("\"%.*s\" came, not \"%s\"", (int)n, bytes, text);
}

void write_bytes(sshoal_command *command, const void *bytes, size_t size_bytes)
{
	int64_t n = sshoal_command_write(command, bytes, size_bytes, LONG_MS);
	if (n != (int64_t)size_bytes)
		fail_msg("write: %lld of %zu: %s", (long long)n, size_bytes,
			 sshoal_command_error_text(command));
}

void write_text(sshoal_command *command, const char *text)
{
	write_bytes(command, text, strlen(text));
}

void await_status(sshoal_command *command, int64_t exit_status)
{
	sshoal_outcome outcome;
	int rc = sshoal_command_wait(command, &outcome, LONG_MS);
	assert_code(rc, 0, "wait", sshoal_command_error_text(command));
	assert_int_equal(outcome.exit_status, exit_status);
	assert_string_equal(outcome.exit_signal, "");
}

void assert_says(sshoal_client *client, const char *line,
		 const sshoal_command_options *options, const char *words)
{
	sshoal_output output;
	sshoal_error error = { .code = 0 };
	int rc = sshoal_client_run(client, line, options, &output, &error);
	assert_code(rc, 0, line, error.text);
	if (*output.stderr_data || strcmp(output.stdout_data, words) != 0)
		fail_msg("%s: \"%s\", and \"%s\" on stderr", line,
			 output.stdout_data, output.stderr_data);
	assert_int_equal(output.exit_status, 0);
	sshoal_output_fini(&output);
}

void assert_fine(sshoal_client *client)
{
	assert_says(client, "echo fine", NULL, "fine\n");
}

void assert_code(int64_t code, int64_t expected, const char *what,
		 const char *text)
{
	if (code != expected)
		fail_msg("%s: %lld (%s), not %lld (%s): %s", what,
			 (long long)code, sshoal_error_name((int)code),
			 (long long)expected, sshoal_error_name((int)expected),
			 text ? text : "");
}

void assert_tells(const sshoal_error *error, int code, const char *host)
{
	assert_int_equal(error->code, code);
	const char *colon = strstr(error->text, ": ");
	if (!strstr(error->text, host) || !colon || !colon[2] ||
	    strpbrk(error->text, "\n\r\x1b"))
		fail_msg("%s: \"%s\"", host, error->text);
}

static unsigned char pattern_byte(uint64_t offset, unsigned seed)
{
	uint64_t x = (offset + 1) * 0x9e3779b97f4a7c15u + seed;
	return (unsigned char)((x >> 56) ^ (x >> 21));
}

void pattern_fill(unsigned char *bytes, size_t size_bytes, uint64_t offset,
		  unsigned seed)
{
	for (size_t i = 0; i < size_bytes; i++)
		bytes[i] = pattern_byte(offset + i, seed);
}

bool pattern_is(const unsigned char *bytes, size_t size_bytes, uint64_t offset,
		unsigned seed)
{
	unsigned different = 0;
	for (size_t i = 0; i < size_bytes; i++)
		different |= bytes[i] ^ pattern_byte(offset + i, seed);
	return !different;
}

void pattern_file(char path[SCRATCH_PATH_MAX], const struct site *site,
		  size_t size_bytes, unsigned seed)
{
	static unsigned char block[65536];
	scratch_path(path, site->scratch, "pattern-%zu-%u", size_bytes, seed);
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	for (size_t n = 0; n < size_bytes; n += sizeof block) {
		size_t part = size_bytes - n < sizeof block ? size_bytes - n :
							      sizeof block;
		pattern_fill(block, part, n, seed);
		assert_int_equal(fwrite(block, 1, part, file), part);
	}
	assert_int_equal(fclose(file), 0);
}

long memory_kib(const char *name)
{
	char line[256];
	long kib = -1;
	FILE *file = fopen("/proc/self/status", "re");
	while (file && fgets(line, sizeof line, file))
		if (strncmp(line, name, strlen(name)) == 0)
			(void)sscanf(line + strlen(name), "%ld", &kib);
	if (file)
		(void)fclose(file);
	return kib;
}

size_t count_fds(void)
{
	size_t count = 0;
	DIR *folder = opendir("/proc/self/fd");
	assert_non_null(folder);
	for (const struct dirent *entry = readdir(folder); entry;
	     entry = readdir(folder))
		count += entry->d_name[0] != '.';
	(void)closedir(folder);
	return count - 1;
}

int64_t now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void *pull(void *argument)
{
	struct trigger *trigger = argument;
	if (trigger->process)
		(void)process_wait(trigger->process, trigger->words,
				   trigger->times, LONG_MS);
	(void)sshoal_cancel_trigger(trigger->cancel, SSHOAL_CANCEL_END);
	return NULL;
}

void trigger_start(struct trigger *trigger)
{
	assert_int_equal(sshoal_cancel_new(&trigger->cancel), 0);
	assert_int_equal(pthread_create(&trigger->thread, NULL, pull, trigger),
			 0);
}

void trigger_end(struct trigger *trigger)
{
	assert_int_equal(pthread_join(trigger->thread, NULL), 0);
	sshoal_cancel_free(trigger->cancel);
}

/* The number that a server said after a word at the start of a line. */
static uint32_t number_after(struct process *process, const char *word)
{
	unsigned number = 0;
	size_t size = strlen(word);
	char *log = process_log(process);
	for (const char *line = log; line && !number;) {
		if (strncmp(line, word, size) == 0 && line[size] == ' ')
			(void)sscanf(line + size, "%u", &number);
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	free(log);
	return number;
}

int peers_start(struct peers *peers, const struct site *site)
{
	const char *const raw[] = { RAW_PROGRAM, NULL };
	const char *const evil[] = { EVIL_PROGRAM, peers->evil_key, NULL };
	const struct process_plan raw_plan = { .command = raw };
	const struct process_plan evil_plan = { .command = evil };
	const struct keypair_plan key = { .type = "ed25519" };
	*peers = (struct peers){ .raw = NULL };
	scratch_path(peers->evil_key, site->scratch, "evil_key");
	if (keypair_make(peers->evil_key, &key) ||
	    process_start(&peers->raw, &raw_plan) ||
	    process_start(&peers->evil, &evil_plan) ||
	    !process_wait(peers->raw, "ready\n", 1, LONG_MS) ||
	    !process_wait(peers->evil, "port ", 1, LONG_MS))
		return -1;
	peers->evil_port = number_after(peers->evil, "port");
	return keypair_publish(peers->evil_key, site->known_hosts,
			       "[127.0.0.1]:%u ", peers->evil_port);
}

void peers_stop(struct peers *peers)
{
	process_stop(peers->evil);
	process_stop(peers->raw);
}

sshoal_client_options raw_options(const struct peers *peers,
				  const struct site *site, const char *name)
{
	sshoal_client_options options = site_options(site, "127.0.0.1");
	options.port = number_after(peers->raw, name);
	assert_true(options.port > 0);
	return options;
}

sshoal_client_options evil_options(const struct peers *peers,
				   const struct site *site, const char *user)
{
	sshoal_client_options options = site_options(site, "127.0.0.1");
	options.port = peers->evil_port;
	options.key_file = NULL;
	options.password = EVIL_PASSWORD;
	options.user = user;
	return options;
}
