/* SPDX-License-Identifier: MIT */
#ifndef SFTP_EVIL_TRIALS_H
#define SFTP_EVIL_TRIALS_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>

/* What is asked of an SFTP server that misbehaves. */
enum trial_call {
	TRIAL_STAT,
	TRIAL_REALPATH,
	TRIAL_LIST,
	TRIAL_READ,  /* sshoal_file_read() to the end */
	TRIAL_WRITE, /* sshoal_file_write(), and what TRIAL_SYNC says */
	TRIAL_GET,
	TRIAL_PUT,
	TRIAL_GET_STREAM,
	TRIAL_PUT_STREAM,
	TRIAL_GET_TREE,
	TRIAL_PUT_TREE
};

#define TRIAL_OLD 0x1u     /* the destination is there already */
#define TRIAL_STALLS 0x2u  /* a limit of time ends it */
#define TRIAL_SYNC 0x4u    /* options, */
#define TRIAL_VERIFY 0x8u  /* as in */
#define TRIAL_RESUME 0x10u /* sshoal_transfer_options */
#define TRIAL_IN_PLACE 0x20u
#define TRIAL_PRESERVE 0x40u
#define TRIAL_SHY 0x80u      /* the server may have no occasion */
#define TRIAL_PLANTED 0x100u /* a link is in the way at the destination */

#define TRIAL_ANY SIZE_MAX

/* A set of codes. */
#define CODE(code) (1ull << -(code))
#define CODE_OK CODE(0)

/* One of sftp_evils, what is asked of it, and what that must come to. */
struct trial {
	const char *evil;
	enum trial_call call;
	uint32_t flags;    /* TRIAL_ */
	const char *path;  /* below "there" or "here"; NULL: the call's own */
	uint64_t codes;    /* one of them */
	const char *words; /* in the error's text; NULL: any */
	size_t count;      /* names of a list, files of a tree that are there
			      with 0 or SSHOAL_ETRANSFER, bytes of a read; 0:
			      all of them, TRIAL_ANY: any */
};

extern const struct trial trials[];
extern const size_t trial_count;

const char *trial_call_name(enum trial_call call);

#endif
