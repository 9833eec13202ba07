/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_JOURNAL_H
#define SSHOAL_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A file of events (sshoal_journal(5)), read from its beginning on. One thread
 * at a time. */
typedef struct sshoal_journal sshoal_journal;

/** What an event tells. */
enum sshoal_journal_kind {
	SSHOAL_JOURNAL_OTHER =
		0,             /* something that this version does not know */
	SSHOAL_JOURNAL_START,  /* a run begins */
	SSHOAL_JOURNAL_BEGIN,  /* a host's turn has come */
	SSHOAL_JOURNAL_OUTPUT, /* a host said something */
	SSHOAL_JOURNAL_NOTE,   /* something that a person should know */
	SSHOAL_JOURNAL_FILE,   /* a file of a transfer is done with */
	SSHOAL_JOURNAL_RESULT, /* a host has ended */
	SSHOAL_JOURNAL_SUMMARY /* the run is over */
};

/**
 * One event. What it points to is valid until the next call for the journal.
 * What an event does not have, or does not know, is NULL, 0, or what stands
 * beside the member.
 */
typedef struct sshoal_journal_event {
	const char *text; /* all of it, as it stands in the file: JSON */
	const char *name; /* the word for what it tells, such as "result" */
	const char *run;  /* the name of its run */
	const char *time; /* RFC 3339, in UTC */
	const char *host; /* a host's label */
	/* of a start */
	const char *job;          /* "run", "put" and the like */
	const char *command;      /* what is run */
	const char *origin;       /* the run that this one goes on with */
	const char *directory;    /* where it was begun */
	const char *const *words; /* what was written beside options */
	const char *const
		*options; /* each in one word, such as "--retries=2" */
	const char *const *targets; /* as sshoal_target_expression() */
	/* of a result */
	const char *address;
	const char *signal;
	const char *error;
	size_t text_bytes;
	size_t word_count;
	size_t option_count;
	size_t target_count;
	uint64_t line;     /* its number in the file, from 1 */
	uint64_t sequence; /* its number in its run, from 1 */
	uint64_t index;    /* a host's, from 0; UINT64_MAX: it is of no host */
	uint64_t total;    /* of a start and a summary: how many targets */
	int64_t exit_status; /* of a result and a summary; -1: none */
	double duration_ms;  /* likewise; -1: not known */
	int32_t kind;        /* enum sshoal_journal_kind */
	int32_t status;      /* of a result, enum sshoal_status; -1: none, or a
				word that this version does not know */
	int32_t phase;       /* likewise, enum sshoal_phase */
	int32_t ran;         /* likewise, enum sshoal_ran */
	uint32_t attempts;   /* of a result */
	uint32_t cut;        /* past the last event: 1 where the file's last
				line is not whole */
	void *reserved[8];   /* NULL */
} sshoal_journal_event;

/** Opens a file to read it; "-" is standard input, which stays open. @return 0, SSHOAL_ENOENT, SSHOAL_EACCESS,
 * SSHOAL_ELOCAL, SSHOAL_EIO, SSHOAL_EINVAL or SSHOAL_ENOMEM. */
SSHOAL_API int sshoal_journal_open(sshoal_journal **journal, const char *path,
				   sshoal_error *error);

/**
 * Reads the next event. A line that is not whole is passed over at the end of a
 * run, where a crash leaves it: before the end of the file or the start of
 * another run.
 * @return 0; SSHOAL_ENOENT past the last event; SSHOAL_EFORMAT where a line is
 *         none ("FILE:LINE: why"), or is longer than 64 MiB;
 *         SSHOAL_EUNSUPPORTED where a later version wrote it; SSHOAL_EIO,
 *         SSHOAL_EINVAL or SSHOAL_ENOMEM. After SSHOAL_EFORMAT the next call
 *         goes on behind the line; after anything else but 0 the journal may
 *         only be closed. With SSHOAL_ENOENT the event has line, how many lines
 *         there are, and cut.
 */
SSHOAL_API int sshoal_journal_next(sshoal_journal *journal,
				   sshoal_journal_event *event,
				   sshoal_error *error);

/** Closes a journal. NULL is ignored. */
SSHOAL_API void sshoal_journal_close(sshoal_journal *journal);

#ifdef __cplusplus
}
#endif
#endif
