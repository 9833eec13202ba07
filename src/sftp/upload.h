/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_UPLOAD_H
#define SSHOAL_SFTP_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sshoal/file.h>

#include "sftp/compare.h"
#include "sftp/manifest.h"
#include "sftp/source.h"
#include "sftp/step.h"
#include "sftp/transfer.h"

/* What the uploads of one call share. */
struct upload_context {
	struct transfer *transfer;
	const struct manifest *manifest;
	struct source *source;
};

/*
 * One file or link on its way up. Answers only note what they say; what follows
 * is done by sshoal__upload_run(), which its owner calls after each turn. Its
 * parts: upload.c begins, fails and ends; upload_open.c looks and opens;
 * upload_send.c moves contents; upload_finish.c gives it its place.
 */
struct upload {
	struct upload *following; /* its owner's list */
	const struct upload_context *context;
	const struct manifest_entry *entry;
	size_t index; /* of the entry */
	char *path;   /* where it goes */
	char *other;  /* the name it has until it is whole; path where it is
			    written in place */
	void (*next)(
		struct upload *upload); /* once nothing is pending and there
						is nothing to be moved */
	bool (*feed)(struct upload *upload); /* moves contents: false when all
						is asked for; NULL: none */
	uint32_t pending;                    /* requests without an answer */
	uint64_t offset;     /* of the contents that are sent next */
	uint64_t sent_bytes; /* that the server has agreed to */
	struct compare compare;
	sshoal_attributes old;  /* what is at path */
	sshoal_attributes part; /* what an interrupted upload left */
	unsigned char handle[SFTP_HANDLE_MAX];
	size_t handle_size; /* 0: nothing is open */
	size_t base;        /* where the last name in path begins */
	bool fresh;         /* nothing can be at path */
	bool exists;        /* something is at path */
	bool has_part;
	bool made;    /* other is there and ours */
	bool owned;   /* the owner was set as wanted */
	bool resumed; /* other may be longer than the file */
	bool unchanged;
	bool verified;
	bool discard; /* what was sent is of no use */
	bool cleans;
	bool over;
	int failed;
	sshoal_error error;
};

/* Begins one; path becomes the upload's. fresh: nothing is there. NULL: no
 * memory, path is freed. */
struct upload *sshoal__upload_new(const struct upload_context *context,
				  size_t entry, char *path, bool fresh);

/* Goes on as far as it can without an answer. True: it is over, was told to the
 * transfer, and is to be freed. */
bool sshoal__upload_run(struct upload *upload);

void sshoal__upload_free(struct upload *upload);

/* The parts of it: each is what a member `next` can be. */
void sshoal__upload_look(struct upload *upload);
void sshoal__upload_opened(struct upload *upload);
void sshoal__upload_send(struct upload *upload);
void sshoal__upload_dress(struct upload *upload);
void sshoal__upload_name(struct upload *upload);
void sshoal__upload_done(struct upload *upload);

/* Gives it another path, which becomes the upload's. False: no memory. */
bool sshoal__upload_move(struct upload *upload, char *path);

/* Notes a failure; the first counts. Where there is an error it has the
 * text. */
void sshoal__upload_fail(struct upload *upload, int code,
			 const sshoal_error *error);

/* Sends sftp->packet; done is given the answer and must call _answered(). */
void sshoal__upload_ask(struct upload *upload,
			void (*done)(struct step *step,
				     const struct sftp_reply *reply));

/* The upload a step is of, which has one answer less to wait for. */
struct upload *sshoal__upload_answered(const struct step *step);

/* An answer that must be "ok". */
void sshoal__upload_must(struct step *step, const struct sftp_reply *reply);

/* One that says how a file was opened. */
void sshoal__upload_on_handle(struct step *step,
			      const struct sftp_reply *reply);

/* Sends CLOSE. Its answer is noted only where contents were written. */
void sshoal__upload_close(struct upload *upload);

#endif
