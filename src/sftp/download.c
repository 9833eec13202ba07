/* SPDX-License-Identifier: MIT */
#include "sftp/download.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* How a download begins, fails and ends. */

struct download *sshoal__download_new(struct transfer *transfer,
				      struct landing_folder *folder, char *name,
				      char *remote,
				      const sshoal_attributes *attributes)
{
	struct download *made = calloc(1, sizeof *made);
	if (!made) {
		free(name);
		free(remote);
		return NULL;
	}
	made->transfer = transfer;
	made->folder = sshoal__landing_ref(folder);
	made->name = name;
	made->remote = remote;
	made->attributes = *attributes;
	made->next = sshoal__download_look;
	transfer->active++;
	return made;
}

void sshoal__download_free(struct download *download)
{
	if (!download)
		return;
	sshoal__landing_drop(&download->old);
	sshoal__landing_drop(&download->file);
	sshoal__landing_leave(download->folder);
	free(download->name);
	free(download->remote);
	free(download);
}

void sshoal__download_fail(struct download *download, int code,
			   const sshoal_error *error)
{
	if (download->failed)
		return;
	download->failed = code;
	if (error && error->code)
		download->error = *error;
	else
		(void)sshoal__error_set(&download->error, code, "%s: %s",
					download->remote,
					sshoal_error_text(code));
}

struct download *sshoal__download_answered(const struct step *step)
{
	struct download *download = step->owner;
	download->pending--;
	return download;
}

void sshoal__download_ask(struct download *download,
			  void (*done)(struct step *step,
				       const struct sftp_reply *reply))
{
	struct step *step = sshoal__step_new(download, done);
	int rc = sshoal__step_send(download->transfer->sftp, step, NULL);
	if (rc)
		sshoal__download_fail(download, rc, NULL);
	else
		download->pending++;
}

static void on_closed(struct step *step, const struct sftp_reply *reply)
{
	(void)reply;
	(void)sshoal__download_answered(step);
}

void sshoal__download_close(struct download *download)
{
	if (download->handle.size == 0)
		return;
	sshoal__handle_begin(&download->handle, download->transfer->sftp,
			     SFTP_CLOSE);
	download->handle.size = 0;
	sshoal__download_ask(download, on_closed);
}

void sshoal__download_done(struct download *download)
{
	struct transfer *transfer = download->transfer;
	bool grew = !download->failed && !download->unchanged &&
		    !download->endless &&
		    download->after.size_bytes > download->size;
	const char *path =
		sshoal__landing_path_to(download->folder, download->name);
	char *local = strdup(path);
	const sshoal_transfer_file file = {
		.local = local ? local : "",
		.remote = download->remote,
		.text = download->failed ? download->error.text :
			grew ? "it grew while it was read, what came later is "
			       "not here" :
			       "",
		.size_bytes = download->size,
		.sent_bytes = download->came_bytes,
		.code = download->failed,
		.kind = SSHOAL_FILE_REGULAR,
		.changed = !download->failed && !download->unchanged,
	};
	download->over = true;
	transfer->active--;
	if (!download->failed && download->unchanged)
		transfer->progress.bytes += download->size;
	sshoal__transfer_tell(transfer, &file);
	free(local);
}

static void clean(struct download *download)
{
	download->cleans = true;
	download->next = sshoal__download_done;
	sshoal__landing_drop(&download->old);
	sshoal__landing_drop(&download->file);
	sshoal__download_close(download);
}

bool sshoal__download_run(struct download *download)
{
	const struct transfer *transfer = download->transfer;
	/* What only waits to be told has its place already. */
	if (transfer->end.code && !download->cleans &&
	    download->next != sshoal__download_done)
		sshoal__download_fail(download, transfer->end.code,
				      &transfer->end);
	for (;;) {
		bool stops = download->failed && !download->cleans;
		if (stops || (download->feed && !download->feed(download)))
			download->feed = NULL;
		if (download->feed || download->pending || download->over)
			return download->over;
		if (download->failed && !download->cleans)
			clean(download);
		else
			download->next(download);
	}
}
