/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_TRANSFER_H
#define SSHOAL_TRANSFER_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/error.h>
#include <sshoal/sftp.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What became of one file of a transfer. Valid inside the call. */
typedef struct sshoal_transfer_file {
	const char *local; /* its path here */
	const char *remote;
	const char *text;    /* why it failed, or was left out; "" where all
				went well */
	uint64_t size_bytes; /* that are there now */
	uint64_t sent_bytes; /* of them that were moved by this transfer */
	int32_t code;        /* 0, or a code: it is not there, or as it was */
	uint32_t kind;       /* enum sshoal_file_kind */
	uint32_t changed;    /* 1: it was made or replaced; 0: it was as wanted,
				failed or was left out */
	uint32_t left_out;   /* 1: a device, pipe or socket, and the like */
	void *reserved[4];   /* NULL */
} sshoal_transfer_file;

/** How far a transfer is. Valid inside the call. */
typedef struct sshoal_transfer_progress {
	uint64_t bytes;       /* done, those of unchanged files included */
	uint64_t total_bytes; /* of all that are known of */
	uint64_t files;
	uint64_t total_files;
	uint64_t reserved[4]; /* zero */
} sshoal_transfer_progress;

/** Whenever a file is done with. Non-zero cancels the transfer. */
typedef int sshoal_transfer_file_cb(const sshoal_transfer_file *file,
				    void *data);

/** Now and then, at most ten times a second, and once at the end. Non-zero
 * cancels the transfer. */
typedef int
sshoal_transfer_progress_cb(const sshoal_transfer_progress *progress,
			    void *data);

/** What a transfer came to; also written when it failed. */
typedef struct sshoal_transfer_summary {
	uint64_t files;   /* there now, as wanted */
	uint64_t changed; /* of them that were made or replaced */
	uint64_t failed;
	uint64_t left_out;
	uint64_t bytes;       /* moved over the connection, of contents */
	uint64_t reserved[5]; /* zero */
} sshoal_transfer_summary;

/** How files are moved. Zero is every member's default. Times of 1: yes. */
typedef struct sshoal_transfer_options {
	size_t size;               /* set by SSHOAL_TRANSFER_OPTIONS_INIT */
	uint64_t bytes_per_second; /* 0: as fast as it goes */
	sshoal_transfer_file_cb *file;
	sshoal_transfer_progress_cb *progress;
	void *data; /* for both; they may not call the sftp or its client */
	sshoal_transfer_summary *summary; /* receives what it came to */
	uint32_t recursive; /* 1: directories with everything in them; without
			       it a directory is a failure */
	uint32_t preserve;  /* 1: permissions and times; owners by number where
			       the one who writes is root */
	uint32_t in_place;  /* 1: into the file itself, which is cut off first.
			       0: beside it under another name that takes its
			       place once it is whole */
	uint32_t resume;    /* 1: what an interrupted transfer with this option
			       left is compared with the source and gone on
			       with; a failure leaves it */
	uint32_t verify;    /* 1: what was written is read back and compared by
			       SHA-256 before it takes its place */
	uint32_t skip_unchanged; /* 1: a file of the same size and time of
				    modification (in seconds) is left alone;
				    sets times as preserve does. 2: one of the
				    same size and contents */
	uint32_t sync;           /* 1: on the disk before it takes its place */
	uint32_t follow_links; /* 1: what a symbolic link points to; 0: in trees
				  links are made again, as they are */
	uint32_t make_parents; /* 1: missing directories above the destination
				  are made */
	uint32_t mode;         /* permissions of files, 07777; with 0: the
			       source's less the umask, or with preserve the
			       source's, and of what is replaced its own */
	uint32_t has_mode;     /* 1: mode counts, even when it is 0 */
	uint32_t has_owner; /* 1: uid and gid count, of files and directories */
	uint32_t uid;
	uint32_t gid;
	const char *owner; /* "USER" or "USER:GROUP", names or numbers, in place
			      of uid and gid; names as they are known where the
			      files are written: on a host by id(1) and
			      getent(1) */
} sshoal_transfer_options;

#define SSHOAL_TRANSFER_OPTIONS_INIT \
	{ \
		sizeof(sshoal_transfer_options), 0, NULL, NULL, NULL, NULL, 0, \
			0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL \
	}

/**
 * Copies a file or a tree to the server. A file has its place as a whole or
 * not at all, whatever happens on the way, unless in_place is set: needs
 * posix-rename@openssh.com where the file is there already, else
 * SSHOAL_EUNSUPPORTED for that file. A file that changes while it is read
 * fails with SSHOAL_ECHANGED.
 *
 * Failures of single files do not stop the others.
 * @param local a leading "~/" is not replaced
 * @param remote where it goes; when it is a directory there, or ends in "/",
 *        into it under its own name
 * @param options NULL for the defaults
 * @return 0 when everything is there; SSHOAL_ETRANSFER when some files failed
 *         (the text has the first one's), what a single file failed with, or
 *         what ended all of it: SSHOAL_ELOST, SSHOAL_ETIMEOUT,
 *         SSHOAL_ECANCELLED, SSHOAL_EPROTOCOL, SSHOAL_EINVAL, SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_sftp_put(sshoal_sftp *sftp, const char *local,
			       const char *remote,
			       const sshoal_transfer_options *options,
			       sshoal_error *error);

/**
 * Copies a file or a tree from the server, likewise. Names that the server
 * sends never lead out of the destination, and links in the way are not
 * followed. A file whose end comes before its size, or that is written to while
 * it is read, fails with SSHOAL_ECHANGED; one that only grew is fetched as far as
 * its size was, and its text says so.
 * @param local where it goes; when it is a directory, or ends in "/", into it
 *        under its own name. Files are made with the source's permissions less
 *        the umask, and without set-ID bits, unless preserve is set
 */
SSHOAL_API int sshoal_sftp_get(sshoal_sftp *sftp, const char *remote,
			       const char *local,
			       const sshoal_transfer_options *options,
			       sshoal_error *error);

/**
 * Gives the next bytes of a stream.
 * @return how many (at most size_bytes), 0 at the end; a negative code fails
 *         the transfer with it. May wait as it likes: the server waits.
 */
typedef int64_t sshoal_reader_cb(void *buffer, size_t size_bytes, void *data);

/** Takes bytes of a stream, in order. Non-zero fails the transfer: with it
 * where it is a code, else with SSHOAL_ECANCELLED. */
typedef int sshoal_writer_cb(const void *bytes, size_t size_bytes, void *data);

/** Writes what a reader gives to one file there; options as above, of which
 * those for trees, resume, verify and skip_unchanged do not count. */
SSHOAL_API int sshoal_sftp_put_stream(sshoal_sftp *sftp,
				      sshoal_reader_cb *reader, void *data,
				      const char *remote,
				      const sshoal_transfer_options *options,
				      sshoal_error *error);

/** Gives one file's contents to a writer. */
SSHOAL_API int sshoal_sftp_get_stream(sshoal_sftp *sftp, const char *remote,
				      sshoal_writer_cb *writer, void *data,
				      const sshoal_transfer_options *options,
				      sshoal_error *error);

#ifdef __cplusplus
}
#endif
#endif
