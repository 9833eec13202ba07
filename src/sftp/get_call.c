/* SPDX-License-Identifier: MIT */
#include <sshoal/transfer.h>

#include "base/error.h"
#include "sftp/get.h"
#include "sftp/owner.h"
#include "sftp/transfer.h"

/* The caller's way to a download. */

int sshoal_sftp_get(sshoal_sftp *sftp, const char *remote, const char *local,
		    const sshoal_transfer_options *options, sshoal_error *error)
{
	struct transfer_call call;
	sshoal_error what = { .code = 0 };
	if (!local || !*local || !remote || !*remote)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no path here or there");
	int rc = sshoal__transfer_enter(&call, sftp, options, error);
	if (rc)
		return rc;
	rc = sshoal__owner_here(&call.options, &what);
	if (rc)
		return sshoal__transfer_leave(&call, sftp, rc, &what, error);
	const struct get_plan plan = {
		.sources = &remote,
		.source_count = 1,
		.destination = local,
		.rate = call.rate,
		.options = &call.options,
		.may_rename = true,
	};
	rc = sshoal__get(sftp, &plan, &what);
	return sshoal__transfer_leave(&call, sftp, rc, &what, error);
}
