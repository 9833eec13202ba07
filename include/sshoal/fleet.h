/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_FLEET_H
#define SSHOAL_FLEET_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/cancel.h>
#include <sshoal/client.h>
#include <sshoal/command.h>
#include <sshoal/config.h>
#include <sshoal/error.h>
#include <sshoal/gate.h>
#include <sshoal/inventory.h>
#include <sshoal/result.h>
#include <sshoal/transfer.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Many hosts, and how to drive them. One thread at a time, except for
 * sshoal_fleet_status(). */
typedef struct sshoal_fleet sshoal_fleet;

/** What a fleet does otherwise than usual. */
enum sshoal_fleet_flag {
	/** A password that more than 3 hosts share goes to all of them at once,
	 * and not to 3 of them until one is logged in to. */
	SSHOAL_FLEET_NO_PASSWORD_PROBE = 1u << 0,
	/** Output past max_output_bytes is read and dropped, and the command
	 * goes on. */
	SSHOAL_FLEET_CUT_OUTPUT = 1u << 1
};

/** How a fleet is driven. Zero is every other member's default. */
typedef struct sshoal_fleet_options {
	size_t size; /* set by SSHOAL_FLEET_OPTIONS_INIT */
	const sshoal_client_options *defaults;  /* weaker than what a hosts
					file says; passwords too; host and
					keys are ignored. Copied. */
	const sshoal_client_options *overrides; /* stronger than what a hosts
					file says, weaker than user@ and :port
					in an expression: user, port, key
					files, known_hosts_file, policy and
					limits. Copied. */
	sshoal_cancel *cancel;   /* ends the run from another thread or from a
				   signal handler; kept by reference. A
				   callback's non-zero return sets it too. */
	int64_t timeout_ms;      /* the command; 0 and -1: none */
	int64_t idle_timeout_ms; /* no byte either way; 0 and -1: none */
	int64_t detach_grace_ms; /* the status came, the output stays open;
				    0: 2 s, -1: wait for ever */
	int64_t deadline_ms;     /* the whole run; 0 and -1: none */
	int64_t retry_delay_ms;  /* before the first retry, doubled for each
				    further one; 0: 1 s */
	uint32_t parallel;       /* hosts in flight; 0: 64 */
	uint32_t logins;         /* logins under way in all; 0: adaptive */
	uint32_t logins_per_address; /* 0: 8 */
	uint32_t connect_rate;       /* new connections a second; 0: no limit */
	uint32_t retries;            /* after failures before login; 0: none.
					A server that is busy is asked again up
					to 5 times in any case */
	uint32_t flags;              /* set of enum sshoal_fleet_flag */
	sshoal_gate *gate;     /* while it is shut no host is begun and none is
			      tried again; what runs goes on, and so do all
			      time limits. Opening it goes on at once. Kept by
			      reference; NULL: none */
	sshoal_config *config; /* ssh_config, weaker than all the above but for
			      what it was given as of a command line, which is
			      stronger than a hosts file; kept by reference.
			      NULL: none */
	uint64_t max_output_bytes; /* of a host, both streams together; past
			      it the command is ended, with the status
			      SSHOAL_STATUS_OUTPUT_LIMIT. 0: no limit */
	int64_t kill_after_ms; /* from TERM to KILL where a command is ended: at
			      a limit, and when the run is cancelled; 0: 5 s,
			      -1: no KILL */
	sshoal_cancel *drain;  /* once it is set, at any level, no host is
			      begun and none is tried again, but what runs goes
			      on to its end; kept by reference, NULL: none */
	/* Batches: targets in their order, a batch begun once all of the one
	 * before have their results. */
	int64_t pause_ms;         /* between them; 0 and -1: none */
	int64_t check_timeout_ms; /* of the next two, each; 0: 60 s, -1: none */
	const char
		*check; /* a command that is run on each host that is ok, over
			      the same connection if that is there, again every
			      2 s until it exits with 0: SSHOAL_STATUS_CHECK_FAILED
			      if it does not. Its output is nobody's, but for its
			      last words in the result's text. NULL: none.
			      Copied */
	const char *check_local;   /* likewise here, by $SHELL or /bin/sh, once
			      for each batch when all of it has ended; the
			      results of its hosts that are ok come after it,
			      and are check-failed if it failed. NULL: none.
			      Copied */
	uint32_t serial;           /* targets in a batch; 0: all */
	uint32_t serial_percent;   /* likewise, of all; the larger counts */
	uint32_t canary;           /* the first ones, alone in a batch */
	uint32_t has_max_fail;     /* 1: the next two count. 0: any may fail,
				      but none where there are batches */
	uint32_t max_fail;         /* no target is begun once more than so many
				      ended other than ok; what runs goes on */
	uint32_t max_fail_percent; /* likewise, of all, rounded down; the larger
				      counts */
} sshoal_fleet_options;

#define SSHOAL_FLEET_OPTIONS_INIT \
	{ \
		sizeof(sshoal_fleet_options), NULL, NULL, NULL, 0, 0, 0, 0, 0, \
			0, 0, 0, 0, 0, 0, NULL, NULL, 0, 0, NULL, 0, 0, NULL, \
			NULL, 0, 0, 0, 0, 0, 0 \
	}

enum sshoal_job_kind {
	SSHOAL_JOB_COMMAND = 1, /* run a command */
	SSHOAL_JOB_PING = 2,    /* connect and log in, no more */
	SSHOAL_JOB_SCRIPT = 3,  /* upload a script, run it, remove it */
	SSHOAL_JOB_PUT = 4,     /* upload files */
	SSHOAL_JOB_GET = 5,     /* download files */
	SSHOAL_JOB_SCAN = 6,    /* collect host keys: connect, exchange keys, no
				   more. Nothing is checked, no login is begun
				   and no user is named */
	SSHOAL_JOB_COPY_ID = 7  /* install a public key, and prove it */
};

/** What is done on every host. */
typedef struct sshoal_job {
	size_t size;         /* set by SSHOAL_JOB_INIT */
	const char *command; /* for SSHOAL_JOB_COMMAND, as the shell there
				shall see it */
	uint32_t kind;       /* enum sshoal_job_kind */
	uint32_t flags;      /* zero */
	const char *const *sources; /* _PUT: files and directories here, each
			read once for all hosts. _GET: there, where * ? [ ] in
			them match names, but for a leading dot. _SCRIPT: one
			file here */
	size_t source_count;
	const char *destination; /* _PUT: there; a directory where it ends in
			"/", is one there, or there are several sources; a
			leading "~/" is the login's home. _GET: a directory here
			that is made; each host's files go into one in it that
			is named after the host's label */
	const sshoal_transfer_options *transfer; /* for _PUT and _GET; NULL: the
			defaults. Its callbacks, data and summary do not count;
			bytes_per_second is for all hosts together */
	const char *interpreter;      /* _SCRIPT: a command that is given the
			script's path; NULL: what the script's first line names,
			else /bin/sh */
	const char *const *arguments; /* _SCRIPT: quoted for the shell */
	size_t argument_count;
	const char *then_command; /* _PUT: run where something changed, after
			all of it is there; its status is the host's */
	uint32_t whole_paths;   /* _GET, 1: with all directories of the source's
			path, not the last name alone */
	uint32_t allow_missing; /* _GET, 1: a source that is not there is no
			failure */
	sshoal_key *key; /* _COPY_ID: its public line is added to the login's
			~/.ssh/authorized_keys unless it is there. A private
			key, or one that the agent has, then logs in alone,
			which proves it; else that is left out. By reference */
	sshoal_key *old_key; /* _COPY_ID: taken out of that file once the other
			is proven; NULL: none. By reference */
	/* The rest is for _COMMAND and _SCRIPT. */
	const char *stdin_path; /* a file here whose bytes are the standard
			input on every host, up to the size that it has at the
			start. Of a pipe or a device they are kept, in memory
			and past 1 MiB in an unlinked file in $TMPDIR, since a
			host may start late: so much of it is read as the host
			that is furthest needs. NULL: stdin_fd, else the end of
			file at once */
	const int *stdin_fd; /* likewise of a descriptor, from where it stands;
			a copy of it is used. Both: SSHOAL_EINVAL */
	const char *const *env; /* "NAME=VALUE", ended by NULL: set by a POSIX
			shell's words before the command; NULL: none */
	const char *cwd;  /* the working folder; where it cannot be entered
			nothing runs and the status is 126; NULL: the login's */
	const char *term; /* the terminal's name; NULL: $TERM, else "vt100" */
	uint32_t pty;     /* 1: with a terminal. Both streams come as
				 standard output then */
	uint32_t columns; /* of the terminal; 0: 80 */
	uint32_t rows;    /* 0: 24 */
	uint32_t reserved_number;  /* zero */
	const char *sudo_user;     /* run by sudo(8) as this user, the variables
				  and the folder, too; NULL: not */
	const char *sudo_password; /* what sudo is told, once a host, where the
				  hosts files have no sudo-password-file;
				  NULL: none */
} sshoal_job;

#define SSHOAL_JOB_INIT \
	{ \
		sizeof(sshoal_job), NULL, 0, 0, NULL, 0, NULL, NULL, NULL, \
			NULL, 0, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, \
			NULL, NULL, 0, 0, 0, 0, NULL, NULL \
	}

/**
 * Output of a host, as it came. The bytes are valid inside the call.
 * @param stream SSHOAL_STDOUT or SSHOAL_STDERR
 * @return non-zero cancels the run.
 */
typedef int sshoal_output_cb(const sshoal_target *target, int stream,
			     const void *bytes, size_t size_bytes, void *data);

/** A target ended. Called exactly once for each. Non-zero cancels the run. */
typedef int sshoal_result_cb(const sshoal_result *result, void *data);

/** A target's turn came (first attempt only). Non-zero cancels the run. */
typedef int sshoal_start_cb(const sshoal_target *target, void *data);

/** A target entered a phase, one of enum sshoal_phase. Non-zero cancels. */
typedef int sshoal_phase_cb(const sshoal_target *target, int phase, void *data);

/**
 * Something a person should know: a warning, or a detail.
 * @param target NULL where the whole run is meant
 * @param level 0 a warning, 1 a detail (-v), 2 more (-vv)
 * @param text one line without newline, free of control characters
 */
typedef int sshoal_note_cb(const sshoal_target *target, int level,
			   const char *text, void *data);

/** A file of a host's transfer is done with: for those that changed, failed or
 * were left out. Non-zero cancels the run. */
typedef int sshoal_file_cb(const sshoal_target *target,
			   const sshoal_transfer_file *file, void *data);

/** How far a host's transfer is, at most twice a second and when it is over.
 * Non-zero cancels the run. */
typedef int sshoal_progress_cb(const sshoal_target *target,
			       const sshoal_transfer_progress *progress,
			       void *data);

/**
 * Answers the questions of hosts' servers, as sshoal_prompt_cb. The same
 * questions (all texts, in order) are answered once for all hosts that ask
 * them: the answers are given to this host first, once it is logged in to a
 * second one, and then to all others, which wait. Once they were refused three
 * times nobody is asked any more.
 *
 * Answers that are good for one login only are asked for each host by itself.
 * Which those are is told by the words of a question (such as "OTP", "one-time",
 * "token", "passcode", "code", "PIN"), by sshoal_prompt_set_shared(), which the
 * callback may call for any, and, failing both, by the second host, if it
 * refuses what the first one took. sshoal_prompt_is_shared() tells who the
 * answers are for. A host that refuses what others take may ask again
 * (password_prompts), which is for it alone.
 *
 * The time of the callback and of waiting for it is in no limit of a host but
 * that of the run.
 * @param target the host that asks
 * @return non-zero gives the login up, of all that ask the same if the answers
 *         would have been shared.
 */
typedef int sshoal_fleet_prompt_cb(const sshoal_target *target,
				   sshoal_prompt *prompt, void *data);

/**
 * Decides on a host key that is not known, as sshoal_host_key_cb: once for each
 * name, port and key. Its time counts as that of sshoal_fleet_prompt_cb.
 * @return one of enum sshoal_host_key_answer.
 */
typedef int sshoal_fleet_host_key_cb(const sshoal_target *target,
				     const sshoal_host_key *key, void *data);

/** Nothing more to say at this moment: a good time to flush buffers. */
typedef int sshoal_idle_cb(void *data);

/**
 * All callbacks of a run; any may be NULL. They run on the thread that called
 * sshoal_fleet_run(), one at a time; they may read targets and results, ask
 * for sshoal_fleet_status(), trigger the cancel and move the gate, but not
 * call the fleet else. While one runs, results and output of the hosts wait
 * (bounded), and time limits go on.
 */
typedef struct sshoal_fleet_callbacks {
	sshoal_output_cb *output;
	sshoal_result_cb *result;
	sshoal_start_cb *start;
	sshoal_phase_cb *phase;
	sshoal_note_cb *note;
	sshoal_idle_cb *idle;
	sshoal_file_cb *file;
	sshoal_progress_cb *progress;
	sshoal_fleet_prompt_cb *prompt;     /* NULL: nobody is asked */
	sshoal_fleet_host_key_cb *host_key; /* NULL: what is not known is
					       refused, if strict */
	void (*reserved[6])(void);          /* NULL */
} sshoal_fleet_callbacks;

/** The outcome of a run. */
typedef struct sshoal_summary {
	uint64_t targets;
	uint64_t statuses[40]; /* by enum sshoal_status */
	uint64_t given_up;     /* threads left behind in a call that does not
				  return */
	double duration_ms;
	uint64_t reserved[21]; /* zero */
} sshoal_summary;

/**
 * Makes a fleet without targets.
 * @param options NULL for the defaults; copied
 * @return 0, SSHOAL_EINVAL (the text names the member) or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_fleet_new(sshoal_fleet **fleet,
				const sshoal_fleet_options *options,
				sshoal_error *error);

/** Adds one target. @return 0, SSHOAL_EINVAL or SSHOAL_ENOMEM. */
SSHOAL_API int sshoal_fleet_add(sshoal_fleet *fleet,
				const sshoal_client_options *options,
				sshoal_error *error);

/** Adds a list of targets; the list may be freed afterwards.
 * @return 0, SSHOAL_EINVAL or SSHOAL_ENOMEM. */
SSHOAL_API int sshoal_fleet_add_hosts(sshoal_fleet *fleet,
				      const sshoal_hosts *hosts,
				      sshoal_error *error);

/**
 * Says in which batch a target would be, from 1.
 * @param options of the fleet; NULL: the defaults
 * @param targets how many the fleet has
 * @param index the target's place among them
 * @return 0 where there are no batches, or no such target.
 */
SSHOAL_API uint32_t sshoal_fleet_options_batch(
	const sshoal_fleet_options *options, size_t targets, size_t index);

/** How many targets the fleet has. */
SSHOAL_API size_t sshoal_fleet_count(const sshoal_fleet *fleet);

/**
 * Does a job on every target and returns when each has its result. Keys,
 * secrets and known hosts are read before anything is contacted. The calling
 * thread drives the run and runs the callbacks; up to options.parallel
 * threads of the library do the work. May be called again.
 *
 * @param callbacks may be NULL
 * @param summary may be NULL; written on success
 * @return 0 when the run itself went through, however the hosts fared;
 *         SSHOAL_EINVAL (the job), SSHOAL_ENOENT, SSHOAL_EACCESS,
 *         SSHOAL_EFORMAT, SSHOAL_EPASSPHRASE or SSHOAL_EUNSUPPORTED (a key,
 *         password or known-hosts file: nothing was contacted), SSHOAL_ELOCAL
 *         or SSHOAL_ENOMEM; sshoal_fleet_error_text() says more.
 */
SSHOAL_API int sshoal_fleet_run(sshoal_fleet *fleet, const sshoal_job *job,
				const sshoal_fleet_callbacks *callbacks,
				void *data, sshoal_summary *summary);

/** Where the keys of a target's host are on file. */
typedef struct sshoal_known_as {
	const char *host;             /* as sshoal_known_hosts_check() takes
					 it, with the port */
	const char *known_hosts_file; /* NULL: the usual ones */
	uint32_t port;
	uint32_t hash_names;     /* 1: ssh_config wants HashKnownHosts */
	const void *reserved[5]; /* NULL */
} sshoal_known_as;

/**
 * Says where a run looks a target's host key up, after all settings; of several
 * known-hosts files that an ssh_config names, the first. What it points to is
 * valid until a target is added.
 * @param index the target's place in the fleet
 * @return 0, SSHOAL_ENOENT (past the last), SSHOAL_EINVAL, or as
 *         sshoal_fleet_run() for an ssh_config; sshoal_fleet_error_text() says
 *         more.
 */
SSHOAL_API int sshoal_fleet_known_as(sshoal_fleet *fleet, size_t index,
				     sshoal_known_as *known_as);

/** A host that is running. */
typedef struct sshoal_fleet_running {
	const sshoal_target *target; /* may be used until the run is over */
	int64_t running_ms;   /* since its turn came, earlier tries included */
	int32_t phase;        /* enum sshoal_phase; _QUEUE: no thread yet */
	uint32_t attempt;     /* which try this is, from 1 */
	uint64_t reserved[5]; /* zero */
} sshoal_fleet_running;

/**
 * Says which hosts are running at this moment, those that began first before
 * others; none where the fleet is not in a run. Hosts that have not begun, or
 * wait for their next try, do not count. Any thread, at any time before
 * sshoal_fleet_free(); never waits for a host.
 * @param list receives as many as there are, and room for; NULL where room
 *        is 0
 * @return how many hosts are running, which may be more than room; 0 for NULL.
 */
SSHOAL_API size_t sshoal_fleet_status(const sshoal_fleet *fleet,
				      sshoal_fleet_running *list, size_t room);

/** What the last failing call on the fleet met; valid until the next call. */
SSHOAL_API const char *sshoal_fleet_error_text(const sshoal_fleet *fleet);

/** Frees a fleet. NULL is ignored. */
SSHOAL_API void sshoal_fleet_free(sshoal_fleet *fleet);

#ifdef __cplusplus
}
#endif
#endif
