/* SPDX-License-Identifier: MIT */
#include "report/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/write_all.h"

/*
 * However many hosts there are, one file is open at a time, and buffers have a
 * limit for each and one for all: who finds no room writes what it has.
 */

#define BUFFER_LEAST_BYTES ((size_t)512)
#define HELD_BYTES_MAX ((size_t)16 * 1024 * 1024)

#define FILE_NAME_SIZE 256

static int fail(const struct log_folder *folder, const char *name, int number,
		sshoal_error *error)
{
	*error = (sshoal_error){ .code = SSHOAL_ELOCAL };
	(void)snprintf(error->text, sizeof error->text, "%.200s%s%s: %s",
		       folder->path, *name ? "/" : "", name, strerror(number));
	return SSHOAL_ELOCAL;
}

/* Each folder of a path that is not there. 0 or an errno. */
static int make_folders(const char *path)
{
	char *copy = strdup(path);
	int number = 0;
	if (!copy)
		return ENOMEM;
	for (char *p = copy; number == 0 && *p; p++) {
		size_t n = strcspn(p, "/");
		char behind = p[n];
		p += n;
		*p = '\0';
		if (*copy && mkdir(copy, 0777) != 0 && errno != EEXIST)
			number = errno;
		*p = behind;
		if (!behind)
			break;
	}
	free(copy);
	return number;
}

static int open_folder(struct log_folder *folder, sshoal_error *error)
{
	int number = make_folders(folder->path);
	/* Not every folder above can be made, or is to be. */
	int fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(folder, "", number ? number : errno, error);
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0) {
		number = errno;
		(void)close(fd);
		return fail(folder, "", number, error);
	}
	folder->fd = fd;
	return 0;
}

int sshoal__log_folder_open(struct log_folder *folder, const char *path,
			    bool compress, sshoal_error *error)
{
	uint32_t tag;
	*folder = (struct log_folder){ .path = path, .fd = -1 };
	if (getrandom(&tag, sizeof tag, 0) != (ssize_t)sizeof tag)
		return fail(folder, "", errno, error);
	(void)snprintf(folder->tag, sizeof folder->tag, "%08x", tag);
	if (compress && sshoal__gzip_new(&folder->gzip))
		return fail(folder, "", ENOMEM, error);
	int rc = open_folder(folder, error);
	if (rc)
		sshoal__log_folder_close(folder);
	return rc;
}

void sshoal__log_folder_close(struct log_folder *folder)
{
	if (folder->fd >= 0)
		(void)close(folder->fd);
	sshoal__gzip_free(folder->gzip);
	folder->gzip = NULL;
	folder->fd = -1;
}

static void write_name(char text[FILE_NAME_SIZE], const struct log_name *name,
		       bool is_compressed)
{
	(void)snprintf(text, FILE_NAME_SIZE, "%s%s%s", name->label,
		       name->suffix, is_compressed ? ".gz" : "");
}

/* Hidden, so that no pattern for the whole ones matches it. */
static void write_other_name(char text[FILE_NAME_SIZE],
			     const struct log_folder *folder,
			     const struct log_name *name)
{
	(void)snprintf(text, FILE_NAME_SIZE, ".%s%s%s.%s", name->label,
		       name->suffix, folder->gzip ? ".gz" : "", folder->tag);
}

static int write_packed(struct gzip *gzip, int fd, const char *bytes, size_t n)
{
	int number = 0;
	do {
		const void *member;
		size_t piece = n < GZIP_PIECE_BYTES ? n : GZIP_PIECE_BYTES;
		size_t size = sshoal__gzip_pack(gzip, bytes, piece, &member);
		number = sshoal__write_all(fd, member, size);
		bytes += piece;
		n -= piece;
	} while (number == 0 && n > 0);
	return number;
}

/* Appends to what there is under the other name, or makes it. */
static int put(const struct log_folder *folder, struct log_file *file,
	       const struct log_name *name, const char *bytes, size_t n,
	       sshoal_error *error)
{
	char other[FILE_NAME_SIZE];
	int flags = O_WRONLY | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC;
	write_other_name(other, folder, name);
	if (!file->is_begun)
		flags |= O_CREAT | O_EXCL;
	int fd = openat(folder->fd, other, flags, 0666);
	int number = errno;
	if (fd >= 0) {
		file->is_begun = true;
		number = folder->gzip ?
				 write_packed(folder->gzip, fd, bytes, n) :
				 sshoal__write_all(fd, bytes, n);
		/* Some file systems tell only here that there is no room. */
		if (close(fd) != 0 && number == 0 && errno != EINTR)
			number = errno;
	}
	if (number == 0 && fd >= 0)
		return 0;
	char own[FILE_NAME_SIZE];
	write_name(own, name, folder->gzip != NULL);
	return fail(folder, own, number, error);
}

static void release(struct log_folder *folder, struct log_file *file)
{
	folder->held_bytes -= file->room;
	free(file->bytes);
	file->bytes = NULL;
	file->room = 0;
	file->used = 0;
}

/* Whether n more bytes fit into the buffer. */
static bool make_room(struct log_folder *folder, struct log_file *file,
		      size_t n)
{
	size_t wanted = file->used + n;
	if (wanted <= file->room)
		return true;
	if (n > GZIP_PIECE_BYTES || wanted > GZIP_PIECE_BYTES)
		return false;
	size_t room = file->room ? file->room : BUFFER_LEAST_BYTES;
	while (room < wanted)
		room *= 2;
	if (folder->held_bytes - file->room + room > HELD_BYTES_MAX)
		return false;
	char *grown = realloc(file->bytes, room);
	if (!grown)
		return false;
	folder->held_bytes += room - file->room;
	file->bytes = grown;
	file->room = room;
	return true;
}

/* Writes what the buffer has. */
static int flush(const struct log_folder *folder, struct log_file *file,
		 const struct log_name *name, sshoal_error *error)
{
	size_t n = file->used;
	if (n == 0)
		return 0;
	file->used = 0;
	return put(folder, file, name, file->bytes, n, error);
}

int sshoal__log_append(struct log_folder *folder, struct log_file *file,
		       const struct log_name *name, const void *bytes,
		       size_t size_bytes, sshoal_error *error)
{
	if (!make_room(folder, file, size_bytes)) {
		int rc = flush(folder, file, name, error);
		if (rc)
			return rc;
		if (!make_room(folder, file, size_bytes)) {
			release(folder, file);
			return put(folder, file, name, bytes, size_bytes,
				   error);
		}
	}
	memcpy(file->bytes + file->used, bytes, size_bytes);
	file->used += size_bytes;
	return 0;
}

int sshoal__log_finish(struct log_folder *folder, struct log_file *file,
		       const struct log_name *name, sshoal_error *error)
{
	char own[FILE_NAME_SIZE];
	char other[FILE_NAME_SIZE];
	bool is_compressed = folder->gzip != NULL;
	int rc = flush(folder, file, name, error);
	if (rc == 0 && !file->is_begun)
		rc = put(folder, file, name, "", 0, error);
	release(folder, file);
	if (rc)
		return rc;
	write_name(own, name, is_compressed);
	write_other_name(other, folder, name);
	if (renameat(folder->fd, other, folder->fd, own) != 0)
		return fail(folder, own, errno, error);
	file->is_begun = false;
	/* What an earlier run left would pass for this one's. */
	write_name(other, name, !is_compressed);
	(void)unlinkat(folder->fd, other, 0);
	return 0;
}

void sshoal__log_discard(struct log_folder *folder, struct log_file *file,
			 const struct log_name *name)
{
	char other[FILE_NAME_SIZE];
	release(folder, file);
	if (!file->is_begun)
		return;
	write_other_name(other, folder, name);
	(void)unlinkat(folder->fd, other, 0);
	file->is_begun = false;
}
