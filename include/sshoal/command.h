/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_COMMAND_H
#define SSHOAL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/client.h>
#include <sshoal/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The streams of a command. */
#define SSHOAL_STDOUT 1
#define SSHOAL_STDERR 2

/**
 * A command, a shell or a subsystem on a client. It is used by the client's
 * thread: every call on it may move bytes of everything on the same client.
 *
 * What comes for a stream that is not being read is kept: 1 MiB in memory, the
 * rest in an unlinked file in $TMPDIR. So both streams may be read in any
 * order. A call with a time limit that gives SSHOAL_ETIMEOUT may be repeated
 * unless sshoal_command_is_over().
 */
typedef struct sshoal_command sshoal_command;

/** How a command is run. Every member may stay zero. */
typedef struct sshoal_command_options {
	size_t size;            /* set by SSHOAL_COMMAND_OPTIONS_INIT */
	const char *const *env; /* "NAME=VALUE", ended by NULL. For a command
				   they are set by a POSIX shell's words before
				   it, since servers refuse most of SSH's own
				   requests; for a shell or a subsystem by such
				   requests */
	const char *cwd; /* a command's working folder; where it cannot be
			    entered nothing runs and the status is 126 */
	const void *stdin_data; /* sent, then end of file; copied. NULL: end of
				   file at once for _run, else the input stays
				   open */
	size_t stdin_size;
	const char *term;   /* the terminal's name; NULL: $TERM, else "vt100" */
	int64_t timeout_ms; /* the whole command; 0 and -1: none */
	int64_t idle_timeout_ms;   /* no byte either way; 0 and -1: none */
	int64_t detach_grace_ms;   /* the status came, the output stays open:
				    over after so long without a byte;
				    0: 2 s, -1: wait for ever */
	uint64_t max_output_bytes; /* both streams together, past which the
				      command is ended with SSHOAL_ELIMIT;
				      0: 256 MiB for _run, else 16 GiB */
	uint32_t pty;     /* 1: with a terminal; streams are one then. A shell
			     always has one */
	uint32_t columns; /* of the terminal; 0: 80 */
	uint32_t rows;    /* 0: 24 */
	uint32_t merge_stderr; /* 1: standard error comes in standard output,
				  in the order it was sent */
} sshoal_command_options;

#define SSHOAL_COMMAND_OPTIONS_INIT \
	{ \
		sizeof(sshoal_command_options), NULL, NULL, NULL, 0, NULL, 0, \
			0, 0, 0, 0, 0, 0, 0 \
	}

/** How a command ended. */
typedef struct sshoal_outcome {
	int64_t exit_status;   /* 0 to 4294967295, -1 where none came */
	char exit_signal[32];  /* without "SIG", "" where none came */
	uint64_t stdout_bytes; /* that came */
	uint64_t stderr_bytes;
	uint32_t stdout_held; /* 1: it ended, something held its output open */
	uint32_t reserved_number; /* zero */
	uint64_t reserved[8];     /* zero */
} sshoal_outcome;

/** What a command said, and how it ended. */
typedef struct sshoal_output {
	char *stdout_data; /* followed by a NUL that is not counted */
	size_t stdout_size;
	char *stderr_data;
	size_t stderr_size;
	int64_t exit_status;  /* 0 to 4294967295, -1 where none came */
	char *exit_signal;    /* without "SIG", NULL where none came */
	uint32_t stdout_held; /* 1: it ended, something held its output open */
	uint32_t reserved_number; /* zero */
	void *reserved[8];        /* NULL */
} sshoal_output;

/**
 * Runs a command to its end and collects what it says.
 * @param command as the shell there shall see it
 * @param options NULL for the defaults
 * @param output always initialised, to be freed with sshoal_output_fini();
 *        after a limit or a lost connection it holds what came. Its pointers
 *        are never NULL, but exit_signal may be
 * @return 0 when the command ended, whatever its status; SSHOAL_ENOSTATUS (the
 *         server closed without one), SSHOAL_ETIMEOUT, SSHOAL_ELIMIT,
 *         SSHOAL_ECHANNEL (the server refuses), SSHOAL_EFULL (max_channels
 *         are open), SSHOAL_ELOST, SSHOAL_ECANCELLED, SSHOAL_EINVAL,
 *         SSHOAL_EIO or SSHOAL_ELOCAL (the temporary file), SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_client_run(sshoal_client *client, const char *command,
				 const sshoal_command_options *options,
				 sshoal_output *output, sshoal_error *error);

/** Frees what an output holds, which is empty afterwards. NULL is ignored. */
SSHOAL_API void sshoal_output_fini(sshoal_output *output);

/**
 * Starts a command and returns once the server has agreed to run it, for
 * which it has a minute, or the command's own limit. Giving that up (by a limit
 * or a cancel) loses the client: its calls give SSHOAL_ELOST from then on.
 * @return 0, or as sshoal_client_run().
 */
SSHOAL_API int sshoal_command_start(sshoal_command **command,
				    sshoal_client *client, const char *line,
				    const sshoal_command_options *options,
				    sshoal_error *error);

/** Starts the user's login shell on a terminal. @return as above. */
SSHOAL_API int sshoal_shell_open(sshoal_command **shell, sshoal_client *client,
				 const sshoal_command_options *options,
				 sshoal_error *error);

/** Starts a subsystem, such as "netconf". @return as above. */
SSHOAL_API int sshoal_subsystem_open(sshoal_command **subsystem,
				     sshoal_client *client, const char *name,
				     const sshoal_command_options *options,
				     sshoal_error *error);

/**
 * Writes to a command's standard input, and takes in output while it waits.
 * Bytes are on their way when the call returns, but for at most 256 KiB that
 * the server has no room for yet and that go out in later calls.
 * @param timeout_ms for all of them; 0 does not wait, -1 for ever
 * @return how many were taken, all unless the time was over; SSHOAL_ETIMEOUT
 *         when none was, SSHOAL_ECLOSED when its input is closed or it has
 *         ended, SSHOAL_ELOST, SSHOAL_ECANCELLED, SSHOAL_EINVAL,
 *         SSHOAL_ENOMEM.
 */
SSHOAL_API int64_t sshoal_command_write(sshoal_command *command,
					const void *data, size_t size_bytes,
					int64_t timeout_ms);

/** Ends a command's standard input, after what was written.
 * @return 0, SSHOAL_EINVAL, SSHOAL_ELOST or SSHOAL_ECLOSED (the client is
 *         closed). */
SSHOAL_API int sshoal_command_close_stdin(sshoal_command *command);

/**
 * Reads one stream, waiting until something comes on it.
 * @param stream SSHOAL_STDOUT or SSHOAL_STDERR
 * @return how many bytes came, 0 at the end of that stream, SSHOAL_ETIMEOUT,
 *         SSHOAL_ELIMIT, SSHOAL_ELOST, SSHOAL_ECLOSED (the client is closed),
 *         SSHOAL_ECANCELLED, SSHOAL_EINVAL, SSHOAL_EIO, SSHOAL_ELOCAL or
 *         SSHOAL_ENOMEM. What came before a failure is read first.
 */
SSHOAL_API int64_t sshoal_command_read(sshoal_command *command, int stream,
				       void *buffer, size_t size_bytes,
				       int64_t timeout_ms);

/**
 * Reads whichever stream has something first; *stream tells which.
 * @return as sshoal_command_read(); 0 when both have ended.
 */
SSHOAL_API int64_t sshoal_command_read_any(sshoal_command *command, int *stream,
					   void *buffer, size_t size_bytes,
					   int64_t timeout_ms);

/**
 * Waits for a command of the client that has something to be read or has
 * ended. A command's end is told once, after its output was read. Commands
 * take turns.
 * @return 0, SSHOAL_ENOENT when no command is left to wait for, or as
 *         sshoal_client_pump().
 */
SSHOAL_API int sshoal_client_next(sshoal_client *client,
				  sshoal_command **command, int64_t timeout_ms);

/**
 * Waits until the command has ended, dropping what is not read by then; what
 * comes after a wait that ended by its time can be read. Its standard input
 * should be closed.
 * @param outcome may be NULL; written also when the connection broke or a
 *        limit came after the status did
 * @return 0, SSHOAL_ENOSTATUS, or as sshoal_command_read().
 */
SSHOAL_API int sshoal_command_wait(sshoal_command *command,
				   sshoal_outcome *outcome, int64_t timeout_ms);

/** What became of a command that was ended. */
enum sshoal_end {
	SSHOAL_END_KILLED = 1, /* it is gone */
	SSHOAL_END_SURVIVED,   /* it was told and is still there */
	SSHOAL_END_UNKNOWN     /* nobody can tell */
};

/**
 * Ends a command: TERM, then KILL if it is still there after the grace. The
 * server is asked to send the signals (RFC 4254 section 6.9); where it does
 * not, or libssh2 is older than 1.11, they are sent by a second command, if
 * this one is the only one on the client and the server's banner is OpenSSH's
 * or Dropbear's: to the process groups beside it, which there are those of the
 * first, and to all that came from them and has not become init's, as a service
 * has. Where the login is bound to one command (ForceCommand, command= in
 * authorized_keys) the second one would be that command again: do not use this
 * there. Its output is dropped. A client that was cancelled with
 * SSHOAL_CANCEL_END can still end its commands. One that a limit of its own has
 * ended gets no signal any more.
 * @param grace_ms from TERM to KILL; 0: KILL at once
 * @param how receives one of enum sshoal_end; may be NULL
 * @return 0, or as sshoal_command_wait() but for a missing status.
 */
SSHOAL_API int sshoal_command_end(sshoal_command *command, int64_t grace_ms,
				  int *how);

/** Tells the terminal's new size. @return 0, SSHOAL_EINVAL (no terminal),
 * SSHOAL_ELOST or SSHOAL_ECLOSED. */
SSHOAL_API int sshoal_command_resize(sshoal_command *command, uint32_t columns,
				     uint32_t rows);

/** Whether nothing more will come: it ended, a limit of its own did, or the
 * connection broke. What came may still be unread. */
SSHOAL_API bool sshoal_command_is_over(const sshoal_command *command);

/** What the last failing call on the command met; valid until the next one. */
SSHOAL_API const char *sshoal_command_error_text(const sshoal_command *command);

/**
 * Frees a command. Where it has not ended, its channel is closed, which most
 * programs take for the end; its place among max_channels is free once the
 * server has closed it, too. Never waits. NULL is ignored.
 */
SSHOAL_API void sshoal_command_free(sshoal_command *command);

#ifdef __cplusplus
}
#endif
#endif
