/* SPDX-License-Identifier: MIT */
#include "sftp/upload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>

#include "base/error.h"

/* How an upload begins, fails and ends. */

/* ".sshoal-", 16 digits, ".part". */
#define OTHER_SIZE ((size_t)32)

/* The name a file has until it is whole: one that nobody else has, or, where
 * an interrupted upload may be gone on with, one that depends on the name. */
static char *other_name(const char *path, size_t base, bool resume)
{
	uint64_t number = 0;
	if (!resume) {
		if (getrandom(&number, sizeof number, 0) !=
		    (ssize_t)sizeof number)
			return NULL;
	} else {
		unsigned char digest[EVP_MAX_MD_SIZE];
		unsigned int digest_size = 0;
		const char *name = path + base;
		if (EVP_Digest(name, strlen(name), digest, &digest_size,
			       EVP_sha256(), NULL) != 1)
			return NULL;
		for (size_t i = 0; i < sizeof number; i++)
			number = number << 8 | digest[i];
	}
	char *other = malloc(base + OTHER_SIZE);
	if (!other)
		return NULL;
	memcpy(other, path, base);
	(void)snprintf(other + base, OTHER_SIZE, ".sshoal-%016" PRIx64 "%s",
		       number, resume ? ".part" : "");
	return other;
}

/* Gives it a name beside its path. */
static bool set_path(struct upload *upload, char *path)
{
	const sshoal_transfer_options *options =
		upload->context->transfer->options;
	const char *slash = strrchr(path, '/');
	free(upload->other);
	free(upload->path);
	upload->path = path;
	upload->base = slash ? (size_t)(slash - path) + 1 : 0;
	upload->other = options->in_place ? strdup(path) :
					    other_name(path, upload->base,
						       options->resume != 0);
	return upload->other != NULL;
}

struct upload *sshoal__upload_new(const struct upload_context *context,
				  size_t entry, char *path, bool fresh)
{
	struct upload *made = calloc(1, sizeof *made);
	if (!made) {
		free(path);
		return NULL;
	}
	made->context = context;
	made->index = entry;
	made->entry = &context->manifest->entries[entry];
	made->fresh = fresh;
	made->next = sshoal__upload_look;
	if (!set_path(made, path)) {
		sshoal__upload_free(made);
		return NULL;
	}
	context->transfer->active++;
	return made;
}

bool sshoal__upload_move(struct upload *upload, char *path)
{
	return set_path(upload, path);
}

void sshoal__upload_free(struct upload *upload)
{
	if (!upload)
		return;
	free(upload->other);
	free(upload->path);
	free(upload);
}

void sshoal__upload_fail(struct upload *upload, int code,
			 const sshoal_error *error)
{
	if (upload->failed)
		return;
	upload->failed = code;
	if (error)
		upload->error = *error;
	else
		(void)sshoal__error_set(&upload->error, code, "%s: %s",
					upload->path, sshoal_error_text(code));
}

struct upload *sshoal__upload_answered(const struct step *step)
{
	struct upload *upload = step->owner;
	upload->pending--;
	return upload;
}

void sshoal__upload_must(struct step *step, const struct sftp_reply *reply)
{
	struct upload *upload = sshoal__upload_answered(step);
	sshoal_error error = { .code = 0 };
	int rc = sshoal__sftp_judge(reply, SFTP_STATUS, upload->path, &error);
	if (rc)
		sshoal__upload_fail(upload, rc, error.code ? &error : NULL);
}

void sshoal__upload_on_handle(struct step *step, const struct sftp_reply *reply)
{
	struct upload *upload = sshoal__upload_answered(step);
	sshoal_error error = { .code = 0 };
	int rc = sshoal__sftp_judge(reply, SFTP_HANDLE, upload->path, &error);
	if (rc) {
		sshoal__upload_fail(upload, rc, error.code ? &error : NULL);
		return;
	}
	struct wire body = reply->body;
	size_t n;
	const unsigned char *handle = sshoal__wire_string(&body, &n);
	if (!handle || n == 0 || n > sizeof upload->handle) {
		(void)sshoal__error_set(&error, SSHOAL_EPROTOCOL,
					"%s: the server's handle is damaged",
					upload->path);
		sshoal__upload_fail(upload, SSHOAL_EPROTOCOL, &error);
		return;
	}
	memcpy(upload->handle, handle, n);
	upload->handle_size = n;
}

void sshoal__upload_ask(struct upload *upload,
			void (*done)(struct step *step,
				     const struct sftp_reply *reply))
{
	struct sshoal_sftp *sftp = upload->context->transfer->sftp;
	struct step *step = sshoal__step_new(upload, done);
	int rc = sshoal__step_send(sftp, step, NULL);
	if (rc)
		sshoal__upload_fail(upload, rc, NULL);
	else
		upload->pending++;
}

static void on_ignored(struct step *step, const struct sftp_reply *reply)
{
	(void)reply;
	(void)sshoal__upload_answered(step);
}

void sshoal__upload_close(struct upload *upload)
{
	struct sshoal_sftp *sftp = upload->context->transfer->sftp;
	if (upload->handle_size == 0)
		return;
	sshoal__packet_begin(&sftp->packet, SFTP_CLOSE);
	sshoal__packet_string(&sftp->packet, upload->handle,
			      upload->handle_size);
	upload->handle_size = 0;
	sshoal__upload_ask(upload, upload->made && !upload->cleans ?
					   sshoal__upload_must :
					   on_ignored);
}

/* After a failure: nothing of it is left, but for what may be gone on with. */
static void clean(struct upload *upload)
{
	const sshoal_transfer_options *options =
		upload->context->transfer->options;
	struct sshoal_sftp *sftp = upload->context->transfer->sftp;
	upload->cleans = true;
	upload->next = sshoal__upload_done;
	sshoal__upload_close(upload);
	if (!upload->made || options->in_place ||
	    (options->resume && !upload->discard))
		return;
	sshoal__packet_begin(&sftp->packet, SFTP_REMOVE);
	sshoal__packet_text(&sftp->packet, upload->other);
	sshoal__upload_ask(upload, on_ignored);
}

void sshoal__upload_done(struct upload *upload)
{
	struct transfer *transfer = upload->context->transfer;
	char *local =
		sshoal__manifest_path(upload->context->manifest, upload->index);
	const sshoal_transfer_file file = {
		.local = local ? local : "",
		.remote = upload->path,
		.text = upload->failed ? upload->error.text : "",
		.size_bytes = upload->entry->size_bytes,
		.sent_bytes = upload->sent_bytes,
		.code = upload->failed,
		.kind = (uint32_t)upload->entry->kind,
		.changed = !upload->failed && !upload->unchanged,
	};
	upload->over = true;
	transfer->active--;
	if (!upload->failed && upload->unchanged)
		transfer->progress.bytes += upload->entry->size_bytes;
	sshoal__transfer_tell(transfer, &file);
	free(local);
}

bool sshoal__upload_run(struct upload *upload)
{
	const struct transfer *transfer = upload->context->transfer;
	/* What only waits to be told has its place already. */
	if (transfer->end.code && !upload->cleans &&
	    upload->next != sshoal__upload_done)
		sshoal__upload_fail(upload, transfer->end.code, &transfer->end);
	for (;;) {
		bool stops = upload->failed && !upload->cleans;
		if (stops || (upload->feed && !upload->feed(upload)))
			upload->feed = NULL;
		if (upload->feed || upload->pending ||
		    upload->compare.pending || upload->over)
			return upload->over;
		if (upload->failed && !upload->cleans)
			clean(upload);
		else
			upload->next(upload);
	}
}
