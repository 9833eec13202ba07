/* SPDX-License-Identifier: MIT */
#include "fleet/result.h"

#include <sshoal/command.h>
#include <sshoal/error.h>

/* The words of a result, each in one table. */

static const char *const status_names[] = {
	[SSHOAL_STATUS_OK] = "ok",
	[SSHOAL_STATUS_FAILED] = "failed",
	[SSHOAL_STATUS_SIGNALED] = "signaled",
	[SSHOAL_STATUS_CHECK_FAILED] = "check-failed",
	[SSHOAL_STATUS_DNS] = "dns",
	[SSHOAL_STATUS_REFUSED] = "refused",
	[SSHOAL_STATUS_UNREACHABLE] = "unreachable",
	[SSHOAL_STATUS_CONNECT_TIMEOUT] = "connect-timeout",
	[SSHOAL_STATUS_PROTOCOL] = "protocol",
	[SSHOAL_STATUS_HOST_KEY_UNKNOWN] = "host-key-unknown",
	[SSHOAL_STATUS_HOST_KEY_CHANGED] = "host-key-changed",
	[SSHOAL_STATUS_HOST_KEY_REVOKED] = "host-key-revoked",
	[SSHOAL_STATUS_AUTH] = "auth",
	[SSHOAL_STATUS_CHANNEL] = "channel",
	[SSHOAL_STATUS_TIMEOUT] = "timeout",
	[SSHOAL_STATUS_IDLE_TIMEOUT] = "idle-timeout",
	[SSHOAL_STATUS_LOST] = "lost",
	[SSHOAL_STATUS_NO_STATUS] = "no-status",
	[SSHOAL_STATUS_OUTPUT_LIMIT] = "output-limit",
	[SSHOAL_STATUS_TRANSFER] = "transfer",
	[SSHOAL_STATUS_LOCAL] = "local",
	[SSHOAL_STATUS_CANCELLED] = "cancelled",
	[SSHOAL_STATUS_NOT_STARTED] = "not-started",
};

static const char *const phase_names[] = {
	[SSHOAL_PHASE_QUEUE] = "queue",     [SSHOAL_PHASE_DNS] = "dns",
	[SSHOAL_PHASE_CONNECT] = "connect", [SSHOAL_PHASE_KEX] = "kex",
	[SSHOAL_PHASE_AUTH] = "auth",       [SSHOAL_PHASE_CHANNEL] = "channel",
	[SSHOAL_PHASE_RUN] = "run",         [SSHOAL_PHASE_CLOSE] = "close",
};

static const char *const end_names[] = {
	[SSHOAL_END_KILLED] = "killed",
	[SSHOAL_END_SURVIVED] = "survived",
	[SSHOAL_END_UNKNOWN] = "unknown",
};

static const char *const ran_names[] = {
	[SSHOAL_RAN_NO] = "no",
	[SSHOAL_RAN_UNKNOWN] = "unknown",
	[SSHOAL_RAN_YES] = "yes",
};

_Static_assert(sizeof status_names / sizeof *status_names ==
		       SSHOAL_STATUS_COUNT,
	       "every status has its word");
_Static_assert(sizeof phase_names / sizeof *phase_names == SSHOAL_PHASE_COUNT,
	       "every phase has its word");

const char *sshoal_status_name(int status)
{
	return status >= 0 && status < SSHOAL_STATUS_COUNT ?
		       status_names[status] :
		       NULL;
}

const char *sshoal_phase_name(int phase)
{
	return phase >= 0 && phase < SSHOAL_PHASE_COUNT ? phase_names[phase] :
							  NULL;
}

const char *sshoal_ran_name(int ran)
{
	return ran >= SSHOAL_RAN_NO && ran <= SSHOAL_RAN_YES ? ran_names[ran] :
							       NULL;
}

const char *sshoal_end_name(int end)
{
	return end >= SSHOAL_END_KILLED && end <= SSHOAL_END_UNKNOWN ?
		       end_names[end] :
		       NULL;
}

/* What a file failed with, on either side; but see SSHOAL_STATUS_LOCAL. */
static bool is_about_files(int code)
{
	switch (code) {
	case SSHOAL_ENOENT:
	case SSHOAL_EACCESS:
	case SSHOAL_EFORMAT:
	case SSHOAL_EUNSUPPORTED:
	case SSHOAL_EEXIST:
	case SSHOAL_EREMOTE:
	case SSHOAL_ECHANGED:
	case SSHOAL_EDIFFER:
	case SSHOAL_ETRANSFER:
		return true;
	default:
		return false;
	}
}

int sshoal__status_of(int code, int phase)
{
	static const struct {
		int code, status;
	} table[] = {
		{ SSHOAL_OK, SSHOAL_STATUS_OK },
		{ SSHOAL_EDNS, SSHOAL_STATUS_DNS },
		{ SSHOAL_EREFUSED, SSHOAL_STATUS_REFUSED },
		{ SSHOAL_EUNREACHABLE, SSHOAL_STATUS_UNREACHABLE },
		{ SSHOAL_EPROTOCOL, SSHOAL_STATUS_PROTOCOL },
		{ SSHOAL_EBUSY, SSHOAL_STATUS_PROTOCOL },
		{ SSHOAL_EHOSTKEY_UNKNOWN, SSHOAL_STATUS_HOST_KEY_UNKNOWN },
		{ SSHOAL_EHOSTKEY_CHANGED, SSHOAL_STATUS_HOST_KEY_CHANGED },
		{ SSHOAL_EHOSTKEY_REVOKED, SSHOAL_STATUS_HOST_KEY_REVOKED },
		{ SSHOAL_EAUTH, SSHOAL_STATUS_AUTH },
		{ SSHOAL_ECHANNEL, SSHOAL_STATUS_CHANNEL },
		{ SSHOAL_ENOSTATUS, SSHOAL_STATUS_NO_STATUS },
		{ SSHOAL_ECANCELLED, SSHOAL_STATUS_CANCELLED },
	};
	if (code == SSHOAL_ETIMEOUT)
		return phase <= SSHOAL_PHASE_AUTH ?
			       SSHOAL_STATUS_CONNECT_TIMEOUT :
			       SSHOAL_STATUS_TIMEOUT;
	if (code == SSHOAL_ELOST)
		return phase <= SSHOAL_PHASE_KEX ? SSHOAL_STATUS_PROTOCOL :
						   SSHOAL_STATUS_LOST;
	if (phase >= SSHOAL_PHASE_CHANNEL && is_about_files(code))
		return SSHOAL_STATUS_TRANSFER;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].code == code)
			return table[i].status;
	return SSHOAL_STATUS_LOCAL;
}

/* What is known of no result at all. */
static const struct sshoal_result nothing = {
	.address = "",
	.exit_signal = "",
	.text = "",
	.exit_status = -1,
	.status = SSHOAL_STATUS_NOT_STARTED,
};

static const struct sshoal_result *of(const sshoal_result *r)
{
	return r ? r : &nothing;
}

const sshoal_target *sshoal_result_target(const sshoal_result *r)
{
	return of(r)->target;
}

const char *sshoal_result_host(const sshoal_result *r)
{
	return sshoal_target_label(of(r)->target);
}

size_t sshoal_result_index(const sshoal_result *r)
{
	return sshoal_target_index(of(r)->target);
}

const char *sshoal_result_address(const sshoal_result *r)
{
	return *of(r)->address ? of(r)->address : NULL;
}

int sshoal_result_status(const sshoal_result *r)
{
	return of(r)->status;
}

int64_t sshoal_result_exit_status(const sshoal_result *r)
{
	return of(r)->exit_status;
}

const char *sshoal_result_exit_signal(const sshoal_result *r)
{
	return *of(r)->exit_signal ? of(r)->exit_signal : NULL;
}

int sshoal_result_phase(const sshoal_result *r)
{
	return of(r)->phase;
}

int sshoal_result_ran(const sshoal_result *r)
{
	return of(r)->ran;
}

const char *sshoal_result_error_text(const sshoal_result *r)
{
	return *of(r)->text ? of(r)->text : NULL;
}

int sshoal_result_error_code(const sshoal_result *r)
{
	return of(r)->code;
}

uint32_t sshoal_result_attempts(const sshoal_result *r)
{
	return of(r)->attempts;
}

double sshoal_result_phase_ms(const sshoal_result *r, int phase)
{
	return phase >= 0 && phase < SSHOAL_PHASE_COUNT ?
		       of(r)->phase_ms[phase] :
		       -1;
}

double sshoal_result_duration_ms(const sshoal_result *r)
{
	return of(r)->duration_ms;
}

uint64_t sshoal_result_stdout_bytes(const sshoal_result *r)
{
	return of(r)->stdout_bytes;
}

uint64_t sshoal_result_stderr_bytes(const sshoal_result *r)
{
	return of(r)->stderr_bytes;
}

int sshoal_result_cut(const sshoal_result *r)
{
	return r->cut;
}

int sshoal_result_stdout_held(const sshoal_result *r)
{
	return of(r)->held;
}

uint32_t sshoal_result_batch(const sshoal_result *r)
{
	return of(r)->batch;
}

int sshoal_result_kill(const sshoal_result *r)
{
	return of(r)->kill;
}

uint64_t sshoal_result_files(const sshoal_result *r)
{
	return of(r)->files;
}

uint64_t sshoal_result_changed(const sshoal_result *r)
{
	return of(r)->changed;
}

uint64_t sshoal_result_bytes(const sshoal_result *r)
{
	return of(r)->bytes;
}

size_t sshoal_result_host_key_count(const sshoal_result *r)
{
	return of(r)->host_key_count;
}

const sshoal_host_key *sshoal_result_host_key(const sshoal_result *r,
					      size_t index)
{
	return index < of(r)->host_key_count ? &of(r)->host_keys[index] : NULL;
}

uint32_t sshoal_result_copy_id(const sshoal_result *r)
{
	return of(r)->copy_id;
}
