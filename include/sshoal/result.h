/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_RESULT_H
#define SSHOAL_RESULT_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/client.h>
#include <sshoal/export.h>
#include <sshoal/inventory.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How one target ended. */
enum sshoal_status {
	SSHOAL_STATUS_OK = 0,
	SSHOAL_STATUS_FAILED,   /* exit status not 0 */
	SSHOAL_STATUS_SIGNALED, /* ended by a signal */
	SSHOAL_STATUS_CHECK_FAILED,
	SSHOAL_STATUS_DNS, /* the name has no address */
	SSHOAL_STATUS_REFUSED,
	SSHOAL_STATUS_UNREACHABLE,
	SSHOAL_STATUS_CONNECT_TIMEOUT, /* a limit before login ended */
	SSHOAL_STATUS_PROTOCOL,        /* banner or key exchange failed */
	SSHOAL_STATUS_HOST_KEY_UNKNOWN,
	SSHOAL_STATUS_HOST_KEY_CHANGED,
	SSHOAL_STATUS_HOST_KEY_REVOKED,
	SSHOAL_STATUS_AUTH,
	SSHOAL_STATUS_CHANNEL, /* the server refused the command */
	SSHOAL_STATUS_TIMEOUT,
	SSHOAL_STATUS_IDLE_TIMEOUT,
	SSHOAL_STATUS_LOST,      /* the connection broke */
	SSHOAL_STATUS_NO_STATUS, /* closed without an exit status */
	SSHOAL_STATUS_OUTPUT_LIMIT,
	SSHOAL_STATUS_TRANSFER,
	SSHOAL_STATUS_LOCAL, /* something on this machine */
	SSHOAL_STATUS_CANCELLED,
	SSHOAL_STATUS_NOT_STARTED,
	SSHOAL_STATUS_COUNT /* how many there are */
};

/** Where a target is, or was when it ended. */
enum sshoal_phase {
	SSHOAL_PHASE_QUEUE = 0, /* its turn has not come */
	SSHOAL_PHASE_DNS,
	SSHOAL_PHASE_CONNECT,
	SSHOAL_PHASE_KEX, /* banner, key exchange, host key */
	SSHOAL_PHASE_AUTH,
	SSHOAL_PHASE_CHANNEL, /* opening the channel, sending the command */
	SSHOAL_PHASE_RUN,
	SSHOAL_PHASE_CLOSE,
	SSHOAL_PHASE_COUNT
};

/** Whether the command can have run on the host. */
enum sshoal_ran {
	SSHOAL_RAN_NO = 0,  /* its request was not sent */
	SSHOAL_RAN_UNKNOWN, /* sent, and neither status nor signal came */
	SSHOAL_RAN_YES      /* an exit status or signal came */
};

/** The word for a status, such as "connect-timeout"; NULL for no status. */
SSHOAL_API const char *sshoal_status_name(int status);

/** The word for a phase, such as "kex"; NULL for no phase. */
SSHOAL_API const char *sshoal_phase_name(int phase);

/** "no", "unknown" or "yes"; NULL for none of them. */
SSHOAL_API const char *sshoal_ran_name(int ran);

/** "killed", "survived" or "unknown", of enum sshoal_end; NULL for none of
 * them. */
SSHOAL_API const char *sshoal_end_name(int end);

/**
 * How one target ended. It is valid inside the callback it is given to.
 */
typedef struct sshoal_result sshoal_result;

/** The target; valid as long as the fleet. */
SSHOAL_API const sshoal_target *sshoal_result_target(const sshoal_result *r);
/** The target's label. */
SSHOAL_API const char *sshoal_result_host(const sshoal_result *r);
/** The target's place in the fleet, from 0. */
SSHOAL_API size_t sshoal_result_index(const sshoal_result *r);
/** The address last tried, numeric, without port; NULL when none was. */
SSHOAL_API const char *sshoal_result_address(const sshoal_result *r);
/** One of enum sshoal_status. */
SSHOAL_API int sshoal_result_status(const sshoal_result *r);
/** 0 to 4294967295, -1 where none came. */
SSHOAL_API int64_t sshoal_result_exit_status(const sshoal_result *r);
/** The signal's name without "SIG", NULL where none came. */
SSHOAL_API const char *sshoal_result_exit_signal(const sshoal_result *r);
/** One of enum sshoal_phase: where it ended. */
SSHOAL_API int sshoal_result_phase(const sshoal_result *r);
/** One of enum sshoal_ran. */
SSHOAL_API int sshoal_result_ran(const sshoal_result *r);
/** Why it is not ok: "what: why". NULL where status and exit say it all. */
SSHOAL_API const char *sshoal_result_error_text(const sshoal_result *r);
/** One of enum sshoal_error_code; 0 where a command ended by itself. */
SSHOAL_API int sshoal_result_error_code(const sshoal_result *r);
/** How many times it was tried: 0 when it was never started. */
SSHOAL_API uint32_t sshoal_result_attempts(const sshoal_result *r);
/** Milliseconds in a phase (last attempt), -1 for one that did not begin. */
SSHOAL_API double sshoal_result_phase_ms(const sshoal_result *r, int phase);
/** Milliseconds from the moment its turn came, all attempts and the waits
 * between them included. */
SSHOAL_API double sshoal_result_duration_ms(const sshoal_result *r);
/** Bytes of standard output that came. */
SSHOAL_API uint64_t sshoal_result_stdout_bytes(const sshoal_result *r);
/** Bytes of standard error that came. */
SSHOAL_API uint64_t sshoal_result_stderr_bytes(const sshoal_result *r);
/** 1 where the command ended but something on the host held its output open
 * past the grace; 0 else. */
SSHOAL_API int sshoal_result_stdout_held(const sshoal_result *r);
/** What became of a command that was ended, at a limit or because the run was
 * cancelled: one of enum sshoal_end; 0 where none was. */
SSHOAL_API int sshoal_result_kill(const sshoal_result *r);
/** 1 where output was dropped, past max_output_bytes or while the command was
 * ended and there was no room for it; 0 else. The bytes of both streams count
 * all that came. */
SSHOAL_API int sshoal_result_cut(const sshoal_result *r);
/** The number of its batch, from 1; 0 where the run has none. */
SSHOAL_API uint32_t sshoal_result_batch(const sshoal_result *r);
/** Files of a transfer that are as wanted now. */
SSHOAL_API uint64_t sshoal_result_files(const sshoal_result *r);
/** Those of them that were made or replaced. */
SSHOAL_API uint64_t sshoal_result_changed(const sshoal_result *r);
/** Bytes of contents that were moved. */
SSHOAL_API uint64_t sshoal_result_bytes(const sshoal_result *r);
/** How many host keys SSHOAL_JOB_SCAN found: one of each type that the host
 * has and the libssh2 in use speaks (1.10 speaks RSA with SHA-1 only). */
SSHOAL_API size_t sshoal_result_host_key_count(const sshoal_result *r);
/** One of them, valid as long as the result; NULL past the last. */
SSHOAL_API const sshoal_host_key *sshoal_result_host_key(const sshoal_result *r,
							 size_t index);

/** What SSHOAL_JOB_COPY_ID has done. */
enum sshoal_copy_id {
	SSHOAL_COPY_ID_ADDED = 1u << 0,  /* the key was not there before */
	SSHOAL_COPY_ID_PROVEN = 1u << 1, /* it alone has logged in */
	SSHOAL_COPY_ID_REMOVED = 1u
				 << 2 /* the old key was there, and is gone */
};

/** What a copy-id has done, of enum sshoal_copy_id; also of one that failed. */
SSHOAL_API uint32_t sshoal_result_copy_id(const sshoal_result *r);

#ifdef __cplusplus
}
#endif
#endif
