/* SPDX-License-Identifier: MIT */
#include "report/verdict.h"

/* Turns a tally into an exit status. Every status word belongs to exactly one
 * class. */

int sshoal__verdict_class(enum sshoal_status status)
{
	switch (status) {
	case SSHOAL_STATUS_OK:
	case SSHOAL_STATUS_COUNT:
		return VERDICT_OK;
	case SSHOAL_STATUS_FAILED:
	case SSHOAL_STATUS_SIGNALED:
	case SSHOAL_STATUS_CHECK_FAILED:
	case SSHOAL_STATUS_TRANSFER:
	case SSHOAL_STATUS_OUTPUT_LIMIT:
		return VERDICT_FAILED;
	case SSHOAL_STATUS_DNS:
	case SSHOAL_STATUS_REFUSED:
	case SSHOAL_STATUS_UNREACHABLE:
	case SSHOAL_STATUS_CONNECT_TIMEOUT:
	case SSHOAL_STATUS_PROTOCOL:
	case SSHOAL_STATUS_HOST_KEY_UNKNOWN:
	case SSHOAL_STATUS_HOST_KEY_CHANGED:
	case SSHOAL_STATUS_HOST_KEY_REVOKED:
	case SSHOAL_STATUS_AUTH:
	case SSHOAL_STATUS_CHANNEL:
	case SSHOAL_STATUS_LOST:
	case SSHOAL_STATUS_NO_STATUS:
		return VERDICT_UNREACHED;
	case SSHOAL_STATUS_TIMEOUT:
	case SSHOAL_STATUS_IDLE_TIMEOUT:
	case SSHOAL_STATUS_CANCELLED:
	case SSHOAL_STATUS_NOT_STARTED:
		return VERDICT_UNFINISHED;
	case SSHOAL_STATUS_LOCAL:
		return VERDICT_LOCAL;
	}
	return VERDICT_LOCAL;
}

/* A command that a signal ended has no status: it counts as 1. */
static int largest_remote(const struct tally *tally)
{
	if (tally->largest_exit > 255)
		return 255;
	return tally->largest_exit > 1 ? (int)tally->largest_exit : 1;
}

int sshoal__verdict_of(const struct tally *tally,
		       const struct circumstances *circumstances)
{
	bool has[VERDICT_LOCAL + 1] = { false };
	for (int status = 0; status < SSHOAL_STATUS_COUNT; status++)
		if (tally->counts[status] > 0)
			has[sshoal__verdict_class((enum sshoal_status)status)] =
				true;
	if (circumstances->failed_locally || has[VERDICT_LOCAL])
		return VERDICT_LOCAL;
	if (circumstances->signal)
		return VERDICT_SIGNAL + circumstances->signal;
	if (has[VERDICT_UNREACHED])
		return VERDICT_UNREACHED;
	if (has[VERDICT_UNFINISHED])
		return VERDICT_UNFINISHED;
	if (!has[VERDICT_FAILED])
		return VERDICT_OK;
	return circumstances->maximum ? largest_remote(tally) : VERDICT_FAILED;
}
