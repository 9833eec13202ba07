/* SPDX-License-Identifier: MIT */
#include "sftp/depot.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

void depot_reopen(struct depot *depot)
{
	sshoal_error error = { .code = 0 };
	sshoal_sftp_close(depot->sftp);
	depot->sftp = NULL;
	int rc = sshoal_sftp_open(&depot->sftp, depot->client, &error);
	assert_code(rc, 0, "sftp", error.text);
}

int depot_start(struct depot *depot, const struct sshd_plan *plan)
{
	if (site_start(&depot->site, plan))
		return -1;
	const char *root = scratch_folder(depot->site.scratch);
	depot->from = path_of("%s/from", root);
	depot->to = path_of("%s/to", root);
	make_folder(depot->from.text);
	make_folder(depot->to.text);
	make_folder(path_of("%s/planted", root).text);
	depot->client = client_at(&depot->site);
	depot_reopen(depot);
	return 0;
}

void depot_stop(struct depot *depot)
{
	sshoal_sftp_close(depot->sftp);
	sshoal_client_close(depot->client);
	site_stop(&depot->site);
}

int depot_setup(void **state)
{
	struct depot *depot = calloc(1, sizeof *depot);
	*state = depot;
	return depot ? depot_start(depot, NULL) : -1;
}

int depot_teardown(void **state)
{
	struct depot *depot = *state;
	depot_stop(depot);
	free(depot);
	return 0;
}

int depot_clear(void **state)
{
	struct depot *depot = *state;
	clear_folder(depot->from.text);
	clear_folder(depot->to.text);
	return 0;
}

struct path from_of(const struct depot *depot, const char *name)
{
	return path_of("%s/%s", depot->from.text, name);
}

struct path to_of(const struct depot *depot, const char *name)
{
	return path_of("%s/%s", depot->to.text, name);
}

struct path only_name(const struct depot *depot)
{
	struct path path = depot->to;
	assert_int_equal(count_names(depot->to.text), 1);
	DIR *folder = opendir(depot->to.text);
	assert_non_null(folder);
	for (const struct dirent *entry = readdir(folder); entry;
	     entry = readdir(folder))
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			path = to_of(depot, entry->d_name);
	(void)closedir(folder);
	return path;
}

static int on_file(const sshoal_transfer_file *file, void *data)
{
	struct witness *witness = data;
	witness->files += !file->code && !file->left_out;
	witness->changed += file->changed;
	witness->failed += file->code != 0;
	witness->left_out += file->left_out;
	witness->sent_bytes += file->sent_bytes;
	witness->size_bytes += file->size_bytes;
	if (file->code) {
		witness->bad_code = file->code;
		(void)snprintf(witness->bad_text, sizeof witness->bad_text,
			       "%s", file->text);
		(void)snprintf(witness->bad_local, sizeof witness->bad_local,
			       "%s", file->local);
	}
	if (file->left_out)
		(void)snprintf(witness->left_out_text,
			       sizeof witness->left_out_text, "%s", file->text);
	return witness->cancel_at_files &&
	       witness->files >= witness->cancel_at_files;
}

static int on_progress(const sshoal_transfer_progress *progress, void *data)
{
	struct witness *witness = data;
	const sshoal_transfer_progress *before = &witness->progress;
	witness->calls++;
	if (progress->bytes < before->bytes ||
	    progress->files < before->files ||
	    progress->bytes > progress->total_bytes ||
	    progress->files > progress->total_files) {
		witness->went_back = true;
		(void)snprintf(witness->went_back_text,
			       sizeof witness->went_back_text,
			       "%llu of %llu bytes, %llu of %llu files after "
			       "%llu and %llu",
			       (unsigned long long)progress->bytes,
			       (unsigned long long)progress->total_bytes,
			       (unsigned long long)progress->files,
			       (unsigned long long)progress->total_files,
			       (unsigned long long)before->bytes,
			       (unsigned long long)before->files);
	}
	witness->progress = *progress;
	if (witness->meddle && progress->bytes >= witness->meddle_at_bytes) {
		witness->meddle(witness->meddle_data);
		witness->meddle = NULL;
	}
	return witness->cancel_at_bytes &&
	       progress->bytes >= witness->cancel_at_bytes;
}

struct witness witness_new(void)
{
	struct witness witness = { .options = SSHOAL_TRANSFER_OPTIONS_INIT };
	return witness;
}

/* What was told one by one is what it came to. */
static void assert_witness(const struct witness *witness, int rc,
			   int64_t took_ms)
{
	const sshoal_transfer_summary *summary = &witness->summary;
	if (witness->went_back)
		fail_msg("progress: %s", witness->went_back_text);
	/* Who cancels is not told what comes of it: others may be in their place
	 * already. */
	if (rc == SSHOAL_ECANCELLED) {
		assert_true(witness->files <= summary->files);
		assert_true(witness->changed <= summary->changed);
	} else {
		assert_int_equal(witness->files, summary->files);
		assert_int_equal(witness->changed, summary->changed);
		assert_int_equal(witness->failed, summary->failed);
	}
	assert_int_equal(witness->left_out, summary->left_out);
	assert_true(witness->calls <= (uint64_t)took_ms / 100 + 2);
	if (rc) {
		assert_int_equal(witness->error.code, rc);
		assert_true(witness->error.text[0] != 0);
		return;
	}
	assert_int_equal(witness->failed, 0);
	assert_int_equal(witness->sent_bytes, summary->bytes);
	assert_true(witness->calls > 0);
	assert_int_equal(witness->progress.bytes,
			 witness->progress.total_bytes);
	assert_int_equal(witness->progress.files,
			 witness->progress.total_files);
}

int carry(struct depot *depot, enum way way, const char *from, const char *to,
	  struct witness *witness)
{
	struct path source = from_of(depot, from);
	struct path target = to_of(depot, to);
	witness->options.file = on_file;
	witness->options.progress = on_progress;
	witness->options.data = witness;
	witness->options.summary = &witness->summary;
	int64_t began_ms = now_ms();
	int rc = way == UP ?
			 sshoal_sftp_put(depot->sftp, source.text, target.text,
					 &witness->options, &witness->error) :
			 sshoal_sftp_get(depot->sftp, source.text, target.text,
					 &witness->options, &witness->error);
	int64_t took_ms = now_ms() - began_ms;
	if (rc == SSHOAL_ETIMEOUT || rc == SSHOAL_ECANCELLED ||
	    rc == SSHOAL_EPROTOCOL || rc == SSHOAL_ELOST)
		depot_reopen(depot);
	assert_witness(witness, rc, took_ms);
	return rc;
}

void carry_to(struct depot *depot, enum way way, const char *from,
	      const char *to, struct witness *witness, int code)
{
	int rc = carry(depot, way, from, to, witness);
	if (rc != code)
		fail_msg("%s %.80s to \"%.80s\": %s, not %s: %s",
			 way == UP ? "put" : "get", from, to,
			 sshoal_error_name(rc), sshoal_error_name(code),
			 witness->error.text);
}

void carry_plain(struct depot *depot, enum way way, const char *from,
		 const char *to)
{
	struct witness witness = witness_new();
	carry_to(depot, way, from, to, &witness, 0);
}
