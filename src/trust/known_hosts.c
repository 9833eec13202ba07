/* SPDX-License-Identifier: MIT */
#include "trust/known_hosts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

/*
 * Reads known-hosts files line by line. A bad line is skipped and reported; a
 * file that cannot be read to its end is an error, because what is missing
 * could be the line that matters.
 */

#define FILE_SIZE_MAX ((off_t)256 * 1024 * 1024)

/* Cuts what comes from a descriptor into lines. */
struct reader {
	int fd;
	const char *file;
	bool at_end;
	bool too_long;   /* the line's beginning was dropped */
	off_t line_size; /* bytes of the line so far, with its newline */
	off_t total;
	size_t start;
	size_t end;
	struct line line;
	char bytes[LINE_SIZE_MAX + 2];
};

struct span {
	char *text;
	size_t size;
};

int sshoal__known_hosts_new(struct known_hosts **hosts)
{
	struct known_hosts *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	for (size_t i = 0; i < LINE_MARKERS; i++) {
		int rc = sshoal__index_new(&made->lines[i]);
		if (rc) {
			sshoal__known_hosts_free(made);
			return rc;
		}
	}
	*hosts = made;
	return 0;
}

void sshoal__known_hosts_free(struct known_hosts *hosts)
{
	if (!hosts)
		return;
	for (size_t i = 0; i < LINE_MARKERS; i++)
		sshoal__index_free(hosts->lines[i]);
	free(hosts);
}

/* Reads more bytes behind those that are there. 0 or a negative errno. */
static int fill(struct reader *reader)
{
	size_t kept = reader->end - reader->start;
	if (kept == sizeof reader->bytes) {
		reader->too_long = true;
		reader->line_size += (off_t)kept;
		kept = 0;
	} else {
		memmove(reader->bytes, reader->bytes + reader->start, kept);
	}
	reader->start = 0;
	reader->end = kept;
	ssize_t n;
	do
		n = read(reader->fd, reader->bytes + kept,
			 sizeof reader->bytes - kept);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	reader->at_end = n == 0;
	reader->end += (size_t)n;
	reader->total += n;
	return reader->total > FILE_SIZE_MAX ? -EFBIG : 0;
}

/* 1 and the next line without its newline; 0 at the end; a negative errno.
 * at_end is set with the last line where that has no newline. */
static int next_line(struct reader *reader, struct span *span)
{
	reader->line_size = 0;
	reader->too_long = false;
	for (;;) {
		char *text = reader->bytes + reader->start;
		size_t left = reader->end - reader->start;
		const char *newline = memchr(text, '\n', left);
		if (newline || reader->at_end) {
			size_t size = newline ? (size_t)(newline - text) : left;
			size_t used = newline ? size + 1 : left;
			*span = (struct span){ .text = text, .size = size };
			reader->start += used;
			reader->line_size += (off_t)used;
			return reader->line_size > 0;
		}
		int rc = fill(reader);
		if (rc)
			return rc;
	}
}

static void warn(const struct known_hosts_report *report, const char *file,
		 size_t number, const char *why)
{
	if (!report->warning)
		return;
	sshoal_error text;
	(void)sshoal__error_set(&text, SSHOAL_EFORMAT, "%s:%zu: %s", file,
				number, why);
	report->warning(text.text, report->data);
}

/* Adds one line, or reports what is wrong with it. 0 or SSHOAL_ENOMEM. */
static int add_line(struct known_hosts *hosts, struct reader *reader,
		    struct span span, size_t number,
		    const struct known_hosts_report *report)
{
	const char *why = "longer than 64 KiB";
	int rc = SSHOAL_EFORMAT;
	if (!reader->too_long)
		rc = sshoal__line_parse(&reader->line, span.text, span.size,
					&why);
	if (rc > 0)
		return sshoal__index_add(hosts->lines[reader->line.marker],
					 &reader->line, reader->file, number);
	if (rc < 0)
		warn(report, reader->file, number, why);
	return 0;
}

/* Reads to the end. 0 or a negative errno. */
static int read_lines(struct known_hosts *hosts, struct reader *reader,
		      struct known_hosts_mark *mark,
		      const struct known_hosts_report *report)
{
	for (;;) {
		struct span span = { .text = NULL };
		int rc = next_line(reader, &span);
		if (rc <= 0)
			return rc;
		if (add_line(hosts, reader, span, mark->lines + 1, report))
			return -ENOMEM;
		if (reader->at_end)
			return 0;
		mark->offset += reader->line_size;
		mark->lines++;
	}
}

/* How many bytes of its tail a mark has. */
static size_t tail_size(const struct known_hosts_mark *mark)
{
	return mark->offset < KNOWN_HOSTS_TAIL ? (size_t)mark->offset :
						 KNOWN_HOSTS_TAIL;
}

static bool read_tail(int fd, const struct known_hosts_mark *mark,
		      char tail[KNOWN_HOSTS_TAIL])
{
	size_t size = tail_size(mark);
	return pread(fd, tail, size, mark->offset - (off_t)size) ==
	       (ssize_t)size;
}

/* Fills in what the file is at this moment; false where that fails, and where
 * it is not a regular one. */
static bool set_identity(int fd, struct known_hosts_mark *mark)
{
	struct stat status;
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return false;
	mark->device = status.st_dev;
	mark->inode = status.st_ino;
	mark->size = status.st_size;
	mark->modified = status.st_mtim;
	return true;
}

int sshoal__known_hosts_read(struct known_hosts *hosts, int fd,
			     const char *file, struct known_hosts_mark *mark,
			     const struct known_hosts_report *report,
			     sshoal_error *error)
{
	struct reader *reader = malloc(sizeof *reader);
	if (!reader)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	reader->fd = fd;
	reader->file = file;
	reader->at_end = false;
	reader->total = 0;
	reader->start = 0;
	reader->end = 0;
	struct known_hosts_mark moved = *mark;
	bool is_regular = set_identity(fd, &moved);
	int rc = 0;
	if (is_regular && lseek(fd, moved.offset, SEEK_SET) < 0)
		rc = -errno;
	if (rc == 0)
		rc = read_lines(hosts, reader, &moved, report);
	free(reader);
	if (rc == 0 && is_regular && !read_tail(fd, &moved, moved.tail))
		rc = -EIO;
	if (rc == -ENOMEM)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	if (rc)
		return sshoal__error_set(error, SSHOAL_EIO, "%s: %s", file,
					 rc == -EFBIG ? "larger than 256 MiB" :
							strerror(-rc));
	*mark = moved;
	return 0;
}

int sshoal__known_hosts_load(struct known_hosts *hosts, const char *file,
			     struct known_hosts_mark *mark,
			     const struct known_hosts_report *report,
			     sshoal_error *error)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0) {
		int code = sshoal__error_from_errno(errno);
		return sshoal__error_set(
			error, code == SSHOAL_ENOENT ? SSHOAL_EIO : code,
			"%s: %s", file, strerror(errno));
	}
	int rc = sshoal__known_hosts_read(hosts, fd, file, mark, report, error);
	(void)close(fd);
	return rc;
}

enum known_hosts_change
sshoal__known_hosts_compare(int fd, const struct known_hosts_mark *mark)
{
	struct known_hosts_mark present = *mark;
	if (!set_identity(fd, &present))
		return KNOWN_HOSTS_SAME;
	if (present.device != mark->device || present.inode != mark->inode)
		return KNOWN_HOSTS_REPLACED;
	if (present.size == mark->size &&
	    present.modified.tv_sec == mark->modified.tv_sec &&
	    present.modified.tv_nsec == mark->modified.tv_nsec)
		return KNOWN_HOSTS_SAME;
	if (present.size <= mark->size || !read_tail(fd, mark, present.tail) ||
	    memcmp(present.tail, mark->tail, tail_size(mark)) != 0)
		return KNOWN_HOSTS_REPLACED;
	return KNOWN_HOSTS_GROWN;
}

void sshoal__known_hosts_skip(int fd, size_t lines, off_t size,
			      struct known_hosts_mark *mark)
{
	struct known_hosts_mark moved = *mark;
	if (!set_identity(fd, &moved) || moved.size != size)
		return;
	moved.offset = size;
	moved.lines += lines;
	if (read_tail(fd, &moved, moved.tail))
		*mark = moved;
}
