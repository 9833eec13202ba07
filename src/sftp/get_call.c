/* SPDX-License-Identifier: MIT */
#include <sshoal/transfer.h>

#include "base/error.h"
#include "sftp/get.h"
#include "sftp/transfer.h"

/* The caller's way to a download. */

int sshoal_sftp_get(sshoal_sftp *sftp, const char *remote, const char *local,
		    const sshoal_transfer_options *options, sshoal_error *error)
{
	sshoal_transfer_options own;
	sshoal_error what = { .code = 0 };
	if (!local || !*local || !remote || !*remote)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no path here or there");
	int rc = sshoal__transfer_options_take(&own, options, error);
	if (rc)
		return rc;
	struct rate *rate = NULL;
	if (own.bytes_per_second)
		rc = sshoal__rate_new(&rate, own.bytes_per_second);
	if (rc)
		return sshoal__error_code(error, rc);
	rc = sshoal__sftp_enter(sftp);
	if (rc) {
		sshoal__rate_free(rate);
		return sshoal__error_set(error, rc, "%s",
					 sshoal_sftp_error_text(sftp));
	}
	const struct get_plan plan = {
		.sources = &remote,
		.source_count = 1,
		.destination = local,
		.rate = rate,
		.options = &own,
		.may_rename = true,
	};
	rc = sshoal__get(sftp, &plan, &what);
	if (rc) {
		sftp->error = what;
		if (error)
			*error = what;
	}
	sshoal__sftp_leave(sftp);
	sshoal__rate_free(rate);
	return rc;
}
