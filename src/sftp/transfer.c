/* SPDX-License-Identifier: MIT */
#include "sftp/transfer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/options.h"
#include "sftp/owner.h"

/* Counts and tells; what a file goes through is in upload.c and download.c. */

#define FIRST_SIZE sizeof(sshoal_transfer_options)
#define PROGRESS_MS 100
#define CLEAN_MS 5000
#define PERMISSIONS_MOST 07777u

int sshoal__transfer_options_take(sshoal_transfer_options *own,
				  const sshoal_transfer_options *given,
				  sshoal_error *error)
{
	*own = (sshoal_transfer_options)SSHOAL_TRANSFER_OPTIONS_INIT;
	int rc = sshoal__options_copy(own, sizeof *own, FIRST_SIZE, given,
				      error);
	if (rc)
		return rc;
	if (own->mode > PERMISSIONS_MOST)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "options.mode: more than 07777");
	if (own->skip_unchanged > 2)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "options.skip_unchanged: more than 2");
	if (own->in_place && (own->resume || own->verify))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "options.in_place: resume and verify "
					 "need a file beside it");
	own->has_mode |= own->mode != 0;
	return sshoal__owner_take(own, error);
}

int sshoal__transfer_enter(struct transfer_call *call, struct sshoal_sftp *sftp,
			   const sshoal_transfer_options *given,
			   sshoal_error *error)
{
	call->rate = NULL;
	int rc = sshoal__transfer_options_take(&call->options, given, error);
	if (rc)
		return rc;
	if (call->options.bytes_per_second)
		rc = sshoal__rate_new(&call->rate,
				      call->options.bytes_per_second);
	if (rc)
		return sshoal__error_code(error, rc);
	rc = sshoal__sftp_enter(sftp);
	if (rc == 0)
		return 0;
	sshoal__rate_free(call->rate);
	return sshoal__error_set(error, rc, "%s", sshoal_sftp_error_text(sftp));
}

int sshoal__transfer_leave(struct transfer_call *call, struct sshoal_sftp *sftp,
			   int code, const sshoal_error *what,
			   sshoal_error *error)
{
	if (code)
		sftp->error = *what;
	if (code && error)
		*error = *what;
	sshoal__sftp_leave(sftp);
	sshoal__rate_free(call->rate);
	return code;
}

void sshoal__transfer_init(struct transfer *transfer, struct sshoal_sftp *sftp,
			   const sshoal_transfer_options *options,
			   struct rate *rate)
{
	*transfer = (struct transfer){
		.sftp = sftp,
		.options = options,
		.rate = rate,
	};
}

void sshoal__transfer_fini(struct transfer *transfer)
{
	free(transfer->room);
	transfer->room = NULL;
}

bool sshoal__transfer_has_place(const struct transfer *transfer)
{
	return !transfer->end.code &&
	       transfer->active < transfer->sftp->handles &&
	       sshoal__sftp_has_room(transfer->sftp);
}

bool sshoal__transfer_may_move(struct transfer *transfer, size_t n)
{
	if (transfer->end.code || !sshoal__sftp_make_room(transfer->sftp))
		return false;
	if (!transfer->rate)
		return true;
	if (!transfer->booked)
		transfer->booked_ms = sshoal__rate_book(transfer->rate, n);
	transfer->booked = transfer->booked_ms > sshoal__clock_now_ms();
	return !transfer->booked;
}

unsigned char *sshoal__transfer_room(struct transfer *transfer, size_t n)
{
	if (n > SFTP_CHUNK)
		return NULL;
	if (!transfer->room)
		transfer->room = malloc(SFTP_CHUNK);
	return transfer->room;
}

static void cancelled(struct transfer *transfer)
{
	sshoal_error error;
	transfer->was_cancelled = true;
	(void)sshoal__error_set(&error, SSHOAL_ECANCELLED,
				"a callback ended the transfer");
	sshoal__transfer_end(transfer, SSHOAL_ECANCELLED, &error);
}

static void tell_progress(struct transfer *transfer)
{
	const sshoal_transfer_options *options = transfer->options;
	transfer->told_ms = sshoal__clock_now_ms();
	if (!options->progress || transfer->was_cancelled)
		return;
	if (options->progress(&transfer->progress, options->data))
		cancelled(transfer);
}

void sshoal__transfer_tell(struct transfer *transfer,
			   const sshoal_transfer_file *file)
{
	const sshoal_transfer_options *options = transfer->options;
	sshoal_transfer_summary *summary = &transfer->summary;
	summary->bytes += file->sent_bytes;
	if (file->code) {
		summary->failed++;
		if (!transfer->first.code)
			(void)sshoal__error_set(&transfer->first, file->code,
						"%s", file->text);
	} else if (file->left_out) {
		summary->left_out++;
	} else if (file->kind != SSHOAL_FILE_DIRECTORY) {
		summary->files++;
		summary->changed += file->changed;
		transfer->progress.files++;
	}
	if (options->file && !transfer->was_cancelled &&
	    options->file(file, options->data))
		cancelled(transfer);
}

void sshoal__transfer_end(struct transfer *transfer, int code,
			  const sshoal_error *error)
{
	if (transfer->end.code)
		return;
	transfer->end = *error;
	transfer->end.code = code;
	/* The ending is what goes on when work is cancelled. */
	struct sshoal_client *client = transfer->sftp->duplex.client;
	if (client)
		transfer->ends = sshoal__client_wind_up(client, DEADLINE_NONE);
	transfer->clean_ms = sshoal__deadline_in(CLEAN_MS);
}

static void clean(struct transfer *transfer)
{
	struct sshoal_sftp *sftp = transfer->sftp;
	int rc = sshoal__sftp_turn(sftp, transfer->clean_ms);
	if (rc || sshoal__deadline_left_ms(transfer->clean_ms) == 0)
		(void)sshoal__sftp_fail(sftp, transfer->end.code,
					&transfer->end);
}

void sshoal__transfer_turn(struct transfer *transfer)
{
	struct sshoal_sftp *sftp = transfer->sftp;
	if (transfer->end.code) {
		clean(transfer);
		return;
	}
	/* With nothing under way there is nothing to wait for: whoever was held
	 * back goes on. */
	if (sftp->outstanding == 0 && !transfer->booked)
		return;
	int rc = sshoal__sftp_turn(
		sftp, transfer->booked ? transfer->booked_ms : DEADLINE_NONE);
	if (rc)
		sshoal__transfer_end(transfer, rc,
				     sftp->fate.code ? &sftp->fate :
						       &sftp->error);
	else if (sshoal__clock_now_ms() >=
		 sshoal__deadline_after(transfer->told_ms, PROGRESS_MS))
		tell_progress(transfer);
}

int sshoal__transfer_outcome(struct transfer *transfer, sshoal_error *error)
{
	const sshoal_transfer_options *options = transfer->options;
	const sshoal_transfer_summary *summary = &transfer->summary;
	if (!transfer->end.code)
		tell_progress(transfer);
	else if (transfer->sftp->duplex.client)
		sshoal__client_wound_up(transfer->sftp->duplex.client,
					&transfer->ends);
	if (options->summary)
		*options->summary = *summary;
	if (transfer->end.code)
		return sshoal__error_set(error, transfer->end.code, "%s",
					 transfer->end.text);
	uint64_t all = summary->failed + summary->files + summary->left_out;
	if (summary->failed == 0)
		return 0;
	if (summary->failed == 1 && summary->files + summary->left_out == 0)
		return sshoal__error_set(error, transfer->first.code, "%s",
					 transfer->first.text);
	return sshoal__error_set(error, SSHOAL_ETRANSFER,
				 "%llu of %llu files failed; the first: %s",
				 (unsigned long long)summary->failed,
				 (unsigned long long)all, transfer->first.text);
}
