/* SPDX-License-Identifier: MIT */
#include <string.h>

#include <sshoal/transfer.h>

#include "base/error.h"
#include "sftp/owner.h"
#include "sftp/put.h"
#include "sftp/transfer.h"

/* The caller's way to an upload: what a fleet's hosts share is made for one. */

/* What one host has sent is asked for again at most to be compared. */
#define OWN_MEMORY ((size_t)2 * 1024 * 1024)

static int put_all(struct sshoal_sftp *sftp, const struct manifest *manifest,
		   const char *remote, sshoal_transfer_options *options,
		   sshoal_error *error)
{
	struct source *source = NULL;
	struct rate *rate = NULL;
	int rc = sshoal__owner_there(sftp, options, error);
	if (rc)
		return rc;
	rc = sshoal__source_new(&source, manifest, OWN_MEMORY);
	if (rc == 0 && options->bytes_per_second)
		rc = sshoal__rate_new(&rate, options->bytes_per_second);
	if (rc) {
		sshoal__source_free(source);
		return sshoal__error_code(error, rc);
	}
	const struct put_plan plan = {
		.manifest = manifest,
		.source = source,
		.rate = rate,
		.destination = remote,
		.options = options,
	};
	rc = sshoal__put(sftp, &plan, error);
	sshoal__rate_free(rate);
	sshoal__source_free(source);
	return rc;
}

int sshoal_sftp_put(sshoal_sftp *sftp, const char *local, const char *remote,
		    const sshoal_transfer_options *options, sshoal_error *error)
{
	sshoal_transfer_options own;
	sshoal_error what = { .code = 0 };
	if (!local || !remote || !*remote)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no path here or there");
	int rc = sshoal__transfer_options_take(&own, options, error);
	if (rc)
		return rc;
	const struct manifest_options manifest_options = {
		.recursive = own.recursive != 0,
		.follow_links = own.follow_links != 0,
	};
	struct manifest *manifest = NULL;
	rc = sshoal__manifest_new(&manifest, &local, 1, &manifest_options,
				  error);
	if (rc)
		return rc;
	rc = sshoal__sftp_enter(sftp);
	if (rc) {
		sshoal__manifest_free(manifest);
		return sshoal__error_set(error, rc, "%s",
					 sshoal_sftp_error_text(sftp));
	}
	rc = put_all(sftp, manifest, remote, &own, &what);
	if (rc)
		sftp->error = what;
	if (rc && error)
		*error = what;
	sshoal__sftp_leave(sftp);
	sshoal__manifest_free(manifest);
	return rc;
}
