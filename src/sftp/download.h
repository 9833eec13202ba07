/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_SFTP_DOWNLOAD_H
#define SSHOAL_SFTP_DOWNLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sftp/handle.h"
#include "sftp/landing.h"
#include "sftp/step.h"
#include "sftp/transfer.h"

/* What a file there is compared with: what is here of it. */
struct check {
	struct landing_file *file; /* NULL: nothing is compared */
	uint64_t next;
	uint64_t end;
	bool differs;
};

/*
 * One file on its way down. Answers only note what they say; what follows is
 * done by sshoal__download_run(), which its owner calls after each turn. Its
 * parts: download.c begins, fails and ends; download_open.c looks and opens;
 * download_read.c moves contents.
 */
struct download {
	struct download *following; /* its owner's list */
	struct transfer *transfer;
	struct landing_folder *folder; /* a reference */
	void *owner;                   /* the owner's */
	char *name;                    /* here */
	char *remote;
	void (*next)(struct download *download); /* once nothing is pending and
						  there is nothing to be moved */
	bool (*feed)(struct download *download); /* moves contents: false when
						 all is asked for; NULL: none */
	uint32_t pending;
	uint32_t umask;
	sshoal_attributes
		attributes;         /* of the file there, when it was opened */
	sshoal_attributes after;    /* and when all was read */
	struct landing_place place; /* what is here */
	struct landing_file file;
	struct landing_file old; /* what is here, to be compared */
	struct check check;
	struct handle handle;
	uint64_t part_bytes; /* what an interrupted call left */
	uint64_t size;       /* how much there shall be */
	uint64_t offset;     /* what is asked for next */
	uint64_t came_bytes;
	bool endless;     /* its size says nothing: it is read to its end */
	bool reached_end; /* of such a file */
	bool unchanged;
	bool over;
	bool cleans;
	int failed;
	sshoal_error error;
};

/* Begins one; name and remote become the download's, folder is referred to.
 * attributes: as they are known. NULL: no memory; both are freed. */
struct download *sshoal__download_new(struct transfer *transfer,
				      struct landing_folder *folder, char *name,
				      char *remote,
				      const sshoal_attributes *attributes);

/* Goes on as far as it can without an answer. True: it is over, was told to the
 * transfer, and is to be freed. */
bool sshoal__download_run(struct download *download);

void sshoal__download_free(struct download *download);

/* The parts of it: each is what a member `next` can be. */
void sshoal__download_look(struct download *download);
void sshoal__download_read(struct download *download);
void sshoal__download_check(struct download *download,
			    struct landing_file *file, uint64_t end,
			    void (*next)(struct download *download));
void sshoal__download_finish(struct download *download);
void sshoal__download_done(struct download *download);

void sshoal__download_fail(struct download *download, int code,
			   const sshoal_error *error);

/* Sends sftp->packet; done is given the answer and must call _answered(). */
void sshoal__download_ask(struct download *download,
			  void (*done)(struct step *step,
				       const struct sftp_reply *reply));
struct download *sshoal__download_answered(const struct step *step);

/* Sends CLOSE, whose answer says nothing of what was read. */
void sshoal__download_close(struct download *download);

#endif
