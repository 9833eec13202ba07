/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <sshoal/file.h>
#include <sshoal/transfer.h>

#include "servers/sftp_evil_table.h"
#include "sftp/evil_field.h"
#include "sftp/evil_trials.h"
#include "sftp/files.h"
#include "sftp/watchdog.h"
#include "ssh/client_rig.h"

/* Servers of files that misbehave, each behind a stock sshd: what is asked of
 * them ends with the code it deserves and in time, nothing is written where
 * it should not be, nothing half done is left, and the client goes on. */

/* How long the server may say nothing where it stalls, what nothing takes that
 * does not hang, and when what hangs is cancelled. */
#define STALL_MS 2000
#define BOUND_MS 60000
#define HANG_MS 120000

#define OLD "what was there"

/* After these nothing can be tidied up on the server. */
#define DEAD \
	(CODE(SSHOAL_ELOST) | CODE(SSHOAL_EPROTOCOL) | CODE(SSHOAL_ETIMEOUT))

/* One trial, and what came of it. */
struct run {
	const struct field *field;
	const struct trial *trial;
	struct path source;
	struct path target;    /* as the call is given it */
	struct path target_at; /* the same on this machine */
	struct watchdog watchdog;
	sshoal_client *client;
	sshoal_sftp *sftp;
	sshoal_error error;
	size_t count;         /* names or bytes */
	uint64_t failed;      /* told by the callback */
	uint64_t wrong_bytes; /* that are not as they should be */
	char name[128];
};

static bool is_tree(enum trial_call call)
{
	return call == TRIAL_GET_TREE || call == TRIAL_PUT_TREE;
}

static bool is_put(enum trial_call call)
{
	return call == TRIAL_PUT || call == TRIAL_PUT_TREE ||
	       call == TRIAL_PUT_STREAM || call == TRIAL_WRITE;
}

/* Where a tree goes, with links that lead out of it. */
static void plant(const struct run *run)
{
	const char *root = run->field->root;
	make_folder(path_of("%s/out/tree", root).text);
	assert_int_equal(symlink(path_of("%s/planted", root).text,
				 path_of("%s/out/tree/sub", root).text),
			 0);
	assert_int_equal(symlink(path_of("%s/planted/x", root).text,
				 path_of("%s/out/tree/a", root).text),
			 0);
}

static void prepare(struct run *run)
{
	const struct trial *trial = run->trial;
	const char *root = run->field->root;
	bool put = is_put(trial->call);
	const char *path = trial->path               ? trial->path :
			   is_tree(trial->call)      ? "tree" :
			   trial->call == TRIAL_LIST ? "many" :
						       "file";
	clear_folder(path_of("%s/in", root).text);
	clear_folder(path_of("%s/out", root).text);
	(void)unlink(path_of("%s/met", root).text);
	make_text(path_of("%s/scenario", root).text, trial->evil);
	run->source = put ? path_of("%s/here/%s", root, path) :
			    path_of("there/%s", path);
	run->target_at = path_of("%s/%s%s", root, put ? "in" : "out",
				 is_tree(trial->call) ? "" : "/file");
	run->target = run->target_at;
	if (put)
		run->target =
			path_of("in%s", is_tree(trial->call) ? "/" : "/file");
	if (trial->flags & TRIAL_OLD)
		make_text(run->target_at.text, OLD);
	if (trial->flags & TRIAL_PLANTED)
		plant(run);
}

/* What a file of a name holds, on either side. */
static unsigned seed_of(const struct run *run)
{
	return is_put(run->trial->call) ? 2 : 1;
}

static size_t size_of(const struct run *run)
{
	return strstr(run->source.text, "small") ? SMALL_BYTES : FILE_BYTES;
}

static int on_file(const sshoal_transfer_file *file, void *data)
{
	struct run *run = data;
	run->failed += file->code != 0;
	return strpbrk(file->text, "\r\n\x1b\x07") ? SSHOAL_EFORMAT : 0;
}

/* What a stream consists of, count being how far it is. */
static int64_t give(void *buffer, size_t size_bytes, void *data)
{
	struct run *run = data;
	size_t left = size_of(run) - run->count;
	size_t part = size_bytes < left ? size_bytes : left;
	pattern_fill(buffer, part, run->count, seed_of(run));
	run->count += part;
	return (int64_t)part;
}

static int take(const void *bytes, size_t size_bytes, void *data)
{
	struct run *run = data;
	if (!pattern_is(bytes, size_bytes, run->count, seed_of(run)))
		run->wrong_bytes += size_bytes;
	run->count += size_bytes;
	return 0;
}

static int transfer(struct run *run)
{
	const uint32_t flags = run->trial->flags;
	enum trial_call call = run->trial->call;
	const char *source = run->source.text;
	const char *target = run->target.text;
	sshoal_transfer_summary summary = { .failed = 0 };
	sshoal_transfer_options options = SSHOAL_TRANSFER_OPTIONS_INIT;
	options.recursive = is_tree(call);
	options.sync = (flags & TRIAL_SYNC) != 0;
	options.verify = (flags & TRIAL_VERIFY) != 0;
	options.resume = (flags & TRIAL_RESUME) != 0;
	options.in_place = (flags & TRIAL_IN_PLACE) != 0;
	options.preserve = (flags & TRIAL_PRESERVE) != 0;
	options.file = on_file;
	options.data = run;
	options.summary = &summary;
	if (call == TRIAL_GET_STREAM)
		return sshoal_sftp_get_stream(run->sftp, source, take, run,
					      &options, &run->error);
	if (call == TRIAL_PUT_STREAM)
		return sshoal_sftp_put_stream(run->sftp, give, run, target,
					      &options, &run->error);
	int rc = call == TRIAL_GET || call == TRIAL_GET_TREE ?
			 sshoal_sftp_get(run->sftp, source, target, &options,
					 &run->error) :
			 sshoal_sftp_put(run->sftp, source, target, &options,
					 &run->error);
	if (rc == 0 || rc == SSHOAL_ETRANSFER) {
		assert_int_equal(summary.failed, run->failed);
		assert_int_equal(summary.failed > 0, rc != 0);
	}
	return rc;
}

static int list(struct run *run)
{
	sshoal_listing *listing = NULL;
	const sshoal_entry *entry = NULL;
	int rc = sshoal_sftp_list(&listing, run->sftp, run->source.text);
	if (rc)
		return rc;
	for (rc = sshoal_listing_next(listing, &entry); rc == 0 && entry;
	     rc = sshoal_listing_next(listing, &entry))
		run->count++;
	/* Closing may make a text of its own. */
	if (rc)
		(void)snprintf(run->error.text, sizeof run->error.text, "%s",
			       sshoal_sftp_error_text(run->sftp));
	sshoal_listing_close(listing);
	return rc;
}

static int read_all(struct run *run, sshoal_file *file)
{
	static unsigned char block[50000];
	int64_t n = 1;
	while (n > 0) {
		n = sshoal_file_read(file, block, sizeof block);
		if (n > 0)
			(void)take(block, (size_t)n, run);
	}
	return (int)n;
}

static int write_all(struct run *run, sshoal_file *file)
{
	static unsigned char bytes[FILE_BYTES];
	pattern_fill(bytes, FILE_BYTES, 0, seed_of(run));
	int64_t n = sshoal_file_write(file, bytes, FILE_BYTES);
	if (n < 0)
		return (int)n;
	assert_int_equal(n, FILE_BYTES);
	return (run->trial->flags & TRIAL_SYNC) ? sshoal_file_sync(file) : 0;
}

static int use_file(struct run *run)
{
	bool write = run->trial->call == TRIAL_WRITE;
	sshoal_file *file = NULL;
	int rc = sshoal_file_open(
		&file, run->sftp, write ? run->target.text : run->source.text,
		write ? SSHOAL_FILE_WRITE | SSHOAL_FILE_CREATE :
			SSHOAL_FILE_READ,
		0644, &run->error);
	if (rc)
		return rc;
	rc = write ? write_all(run, file) : read_all(run, file);
	if (rc)
		(void)snprintf(run->error.text, sizeof run->error.text, "%s",
			       sshoal_sftp_error_text(run->sftp));
	int close_rc = sshoal_file_close(file);
	return rc ? rc : close_rc;
}

static int query(struct run *run)
{
	sshoal_attributes attributes = { .flags = 0 };
	char *resolved = NULL;
	int rc = 0;
	if (run->trial->call == TRIAL_STAT) {
		rc = sshoal_sftp_stat(run->sftp, run->source.text, &attributes);
		if (rc == 0 && strcmp(run->trial->evil, "no-attributes") != 0) {
			assert_int_equal(attributes.size_bytes, FILE_BYTES);
			assert_int_equal(attributes.mode, 0100644);
		}
	} else {
		rc = sshoal_sftp_realpath(run->sftp, run->source.text,
					  &resolved);
		if (rc == 0)
			assert_string_equal(resolved,
					    path_of("%s/%s", run->field->root,
						    run->source.text)
						    .text);
		free(resolved);
	}
	return rc;
}

/* Everything from the opening to what the call came to. */
static int perform(struct run *run)
{
	int rc = sshoal_sftp_open(&run->sftp, run->client, &run->error);
	if (rc)
		return rc;
	if (run->trial->flags & TRIAL_STALLS)
		assert_int_equal(sshoal_sftp_set_timeout(run->sftp, STALL_MS),
				 0);
	switch (run->trial->call) {
	case TRIAL_STAT:
	case TRIAL_REALPATH:
		rc = query(run);
		break;
	case TRIAL_LIST:
		rc = list(run);
		break;
	case TRIAL_READ:
	case TRIAL_WRITE:
		rc = use_file(run);
		break;
	case TRIAL_GET:
	case TRIAL_PUT:
	case TRIAL_GET_STREAM:
	case TRIAL_PUT_STREAM:
	case TRIAL_GET_TREE:
	case TRIAL_PUT_TREE:
		rc = transfer(run);
		break;
	}
	if (rc && !run->error.text[0])
		(void)snprintf(run->error.text, sizeof run->error.text, "%s",
			       sshoal_sftp_error_text(run->sftp));
	return rc;
}

/* A text is one line that no terminal minds, and says what it should. */
static void assert_words(const struct run *run)
{
	const char *text = run->error.text;
	assert_true(text[0] != 0);
	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;
		if (c < 0x20 || c == 0x7f || c == 0x9b || c == 0x85)
			fail_msg("0x%02x in \"%s\"", c, text);
	}
	if (run->trial->words && !strstr(text, run->trial->words))
		fail_msg("no \"%s\" in \"%s\"", run->trial->words, text);
}

/* A single file: whole, or as it was; and nothing beside it. */
static void assert_target(const struct run *run, int rc)
{
	const uint32_t flags = run->trial->flags;
	bool dead = (CODE(rc) & DEAD) && is_put(run->trial->call);
	struct path folder = path_of("%s/%s", run->field->root,
				     is_put(run->trial->call) ? "in" : "out");
	if (run->trial->call == TRIAL_WRITE && rc)
		return;
	size_t names = count_names(folder.text);
	if (rc == 0) {
		assert_file(run->target_at.text, size_of(run), seed_of(run));
		assert_int_equal(names, 1);
		return;
	}
	size_t expected = (flags & TRIAL_OLD) != 0;
	if (expected)
		assert_text(run->target_at.text, OLD);
	else if (access(run->target_at.text, F_OK) == 0)
		fail_msg("%s is there", run->target_at.text);
	/* What resume leaves is for the next time. */
	expected += dead || (flags & TRIAL_RESUME);
	if (names > expected)
		fail_msg("%s: %zu names", folder.text, names);
}

/* The names that files and folders of a tree have. */
static void assert_tree(const struct run *run, int rc)
{
	const struct trial *trial = run->trial;
	bool many = strstr(run->source.text, "many") != NULL;
	bool dead = (CODE(rc) & DEAD) && is_put(trial->call);
	size_t most = many ? MANY : 3;
	size_t expected = trial->count ? trial->count : most;
	size_t found = count_files(run->target_at.text);
	if (trial->count == TRIAL_ANY)
		return;
	if ((rc == 0 || rc == SSHOAL_ETRANSFER) && found != expected)
		fail_msg("%zu files, not %zu", found, expected);
	/* One that was under way may be there twice for each request. */
	if (found > most && !dead)
		fail_msg("%zu files of %zu", found, most);
	if (rc == 0) {
		struct path source =
			path_of("%s/%s/%s", run->field->root,
				is_put(trial->call) ? "here" : "there",
				many ? "many" : "tree");
		assert_same_tree(source.text,
				 path_of("%s/%s", run->target_at.text,
					 many ? "many" : "tree")
					 .text,
				 false);
	}
}

static void assert_outcome(const struct run *run, int rc)
{
	const struct trial *trial = run->trial;
	size_t count = trial->count;
	switch (trial->call) {
	case TRIAL_STAT:
	case TRIAL_REALPATH:
		return;
	case TRIAL_LIST:
		if (rc == 0)
			assert_int_equal(run->count, count ? count : MANY);
		return;
	case TRIAL_READ:
	case TRIAL_GET_STREAM:
		assert_int_equal(run->wrong_bytes, 0);
		if (rc == 0)
			assert_int_equal(run->count,
					 count ? count : size_of(run));
		return;
	case TRIAL_WRITE:
	case TRIAL_GET:
	case TRIAL_PUT:
	case TRIAL_PUT_STREAM:
		assert_target(run, rc);
		return;
	case TRIAL_GET_TREE:
	case TRIAL_PUT_TREE:
		assert_tree(run, rc);
		return;
	}
}

static int begin(void **state)
{
	struct run *run = *state;
	watchdog_start(&run->watchdog, HANG_MS);
	sshoal_client_options options =
		site_options(&run->field->site, "127.0.0.1");
	options.cancel = run->watchdog.cancel;
	run->client = client_of(&options);
	return 0;
}

/* What failed may have left some of it. */
static int end(void **state)
{
	struct run *run = *state;
	sshoal_sftp_close(run->sftp);
	sshoal_client_close(run->client);
	watchdog_end(&run->watchdog);
	return 0;
}

static void try(void **state)
{
	struct run *run = *state;
	prepare(run);
	uint64_t before = field_digest(run->field);
	int64_t began_ms = now_ms();
	int rc = perform(run);
	int64_t took_ms = now_ms() - began_ms;
	sshoal_sftp_close(run->sftp);
	run->sftp = NULL;
	if (took_ms <= BOUND_MS)
		assert_says(run->client, "true", NULL, "");
	if (!(run->trial->codes & CODE(rc)))
		fail_msg("%s: %s", sshoal_error_name(rc), run->error.text);
	if (took_ms > BOUND_MS)
		fail_msg("took %lld ms", (long long)took_ms);
	if (rc)
		assert_words(run);
	assert_outcome(run, rc);
	assert_true(field_digest(run->field) == before);
	assert_int_not_equal(access(OUTSIDE, F_OK), 0);
	const struct sftp_evil *evil = sftp_evil_find(run->trial->evil);
	if (evil->act != SFTP_ACT_NONE && !(run->trial->flags & TRIAL_SHY))
		assert_int_equal(
			access(path_of("%s/met", run->field->root).text, F_OK),
			0);
}

/* No call limits the opening: a cancel ends it, and the client with it. */
static void an_opening_that_stalls_is_cancelled(void **state)
{
	const struct field *field = *state;
	struct trigger trigger = { .process = field->site.sshd.process,
				   .words = "subsystem 'sftp'" };
	make_text(path_of("%s/scenario", field->root).text, "version-stalls");
	trigger.times = process_count(trigger.process, trigger.words) + 1;
	trigger_start(&trigger);
	sshoal_client_options options = site_options(&field->site, "127.0.0.1");
	options.cancel = trigger.cancel;
	sshoal_client *client = client_of(&options);
	sshoal_sftp *sftp = NULL;
	sshoal_error error = { .code = 0 };
	int rc = sshoal_sftp_open(&sftp, client, &error);
	assert_code(rc, SSHOAL_ECANCELLED, "open", error.text);
	assert_null(sftp);
	sshoal_client_close(client);
	trigger_end(&trigger);
}

/* Likewise in the middle of a transfer, which leaves nothing here. */
static void a_transfer_that_stalls_is_cancelled(void **state)
{
	const struct field *field = *state;
	struct trigger trigger = { .process = field->site.sshd.process,
				   .words = "subsystem 'sftp'" };
	struct path out = path_of("%s/out", field->root);
	struct path target = path_of("%s/file", out.text);
	make_text(path_of("%s/scenario", field->root).text, "read-stalls");
	clear_folder(out.text);
	make_text(target.text, OLD);
	trigger.times = process_count(trigger.process, trigger.words) + 1;
	trigger_start(&trigger);
	sshoal_client_options options = site_options(&field->site, "127.0.0.1");
	options.cancel = trigger.cancel;
	sshoal_client *client = client_of(&options);
	sshoal_sftp *sftp = NULL;
	sshoal_error error = { .code = 0 };
	int rc = sshoal_sftp_open(&sftp, client, &error);
	if (rc == 0)
		rc = sshoal_sftp_get(sftp, "there/file", target.text, NULL,
				     &error);
	assert_code(rc, SSHOAL_ECANCELLED, "get", error.text);
	assert_text(target.text, OLD);
	assert_int_equal(count_names(out.text), 1);
	sshoal_sftp_close(sftp);
	sshoal_client_close(client);
	trigger_end(&trigger);
}

static void every_behaviour_is_tried(void **state)
{
	(void)state;
	for (size_t i = 0; i < sftp_evil_count; i++) {
		const char *name = sftp_evils[i].name;
		bool tried = strcmp(name, "version-stalls") == 0;
		for (size_t j = 0; j < trial_count; j++)
			tried = tried || strcmp(trials[j].evil, name) == 0;
		if (!tried)
			fail_msg("nobody asks %s", name);
	}
	for (size_t j = 0; j < trial_count; j++)
		if (!sftp_evil_find(trials[j].evil))
			fail_msg("there is no %s", trials[j].evil);
}

/* Each trial is a test of its own; argv[1] chooses those of one behaviour. */
int main(int argc, char **argv)
{
	static const struct CMUnitTest others[] = {
		cmocka_unit_test(every_behaviour_is_tried),
		cmocka_unit_test(an_opening_that_stalls_is_cancelled),
		cmocka_unit_test(a_transfer_that_stalls_is_cancelled),
	};
	struct field field = { .root = NULL };
	size_t other_count = sizeof others / sizeof *others;
	struct CMUnitTest *tests = calloc(trial_count, sizeof *tests);
	struct run *runs = calloc(trial_count, sizeof *runs);
	size_t count = 0;
	if (!tests || !runs || field_start(&field))
		return 1;
	for (size_t i = 0; i < trial_count; i++) {
		struct run *run = &runs[count];
		if (argc > 1 && strcmp(argv[1], trials[i].evil) != 0)
			continue;
		run->field = &field;
		run->trial = &trials[i];
		(void)snprintf(run->name, sizeof run->name, "%s: %s, flags %x",
			       trials[i].evil, trial_call_name(trials[i].call),
			       trials[i].flags);
		tests[count++] = (struct CMUnitTest){ .name = run->name,
						      .test_func = try,
						      .setup_func = begin,
						      .teardown_func = end,
						      .initial_state = run };
	}
	int failed =
		_cmocka_run_group_tests("sftp_evil", tests, count, NULL, NULL);
	struct CMUnitTest more[sizeof others / sizeof *others];
	for (size_t i = 0; i < other_count; i++) {
		more[i] = others[i];
		more[i].initial_state = &field;
	}
	failed += _cmocka_run_group_tests("sftp_evil_more", more, other_count,
					  NULL, NULL);
	free(tests);
	free(runs);
	field_stop(&field);
	return failed;
}
