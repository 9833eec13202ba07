/* SPDX-License-Identifier: MIT */
#include "servers/sftp_honest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A handle is its index in four bytes, followed by zeros. */

#define HANDLES_MAX 1000
#define READ_MAX ((size_t)261120)

struct handle {
	int fd;      /* -1: not a file */
	DIR *folder; /* NULL: not a directory */
};

struct sftp_honest {
	const struct sftp_ways *ways;
	struct handle handles[HANDLES_MAX];
};

struct attributes {
	uint32_t flags;
	uint64_t size;
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
	uint32_t atime;
	uint32_t mtime;
};

static const struct {
	const char *name;
	const char *version;
} extensions[] = {
	{ "posix-rename@openssh.com", "1" },
	{ "hardlink@openssh.com", "1" },
	{ "fsync@openssh.com", "1" },
	{ "limits@openssh.com", "1" },
};

struct sftp_honest *sftp_honest_new(const struct sftp_ways *ways)
{
	struct sftp_honest *honest = calloc(1, sizeof *honest);
	if (!honest)
		return NULL;
	honest->ways = ways;
	for (size_t i = 0; i < HANDLES_MAX; i++)
		honest->handles[i].fd = -1;
	return honest;
}

static void close_handle(struct handle *handle)
{
	if (handle->fd >= 0)
		(void)close(handle->fd);
	if (handle->folder)
		(void)closedir(handle->folder);
	*handle = (struct handle){ .fd = -1 };
}

void sftp_honest_free(struct sftp_honest *honest)
{
	if (!honest)
		return;
	for (size_t i = 0; i < HANDLES_MAX; i++)
		close_handle(&honest->handles[i]);
	free(honest);
}

static bool offers(const struct sftp_honest *honest, const char *name)
{
	const char *hidden = honest->ways->hidden;
	return !hidden || (strcmp(hidden, "*") != 0 && strcmp(hidden, name));
}

void sftp_honest_version(const struct sftp_honest *honest,
			 struct sftp_packet *reply, uint32_t version)
{
	sftp_packet_begin(reply, SFTP_VERSION, version);
	for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++) {
		if (!offers(honest, extensions[i].name))
			continue;
		sftp_put_text(reply, extensions[i].name);
		sftp_put_text(reply, extensions[i].version);
	}
}

void sftp_honest_status(const struct sftp_honest *honest,
			struct sftp_packet *reply, uint32_t id, uint32_t code,
			const char *text)
{
	static const char *const texts[] = {
		"Success",           "End of file",     "No such file",
		"Permission denied", "Failure",         "Bad message",
		"No connection",     "Connection lost", "Operation unsupported"
	};
	if (!text)
		text = code <= SFTP_UNSUPPORTED ? texts[code] : "?";
	sftp_packet_begin(reply, SFTP_STATUS, id);
	sftp_put_u32(reply, code);
	if (honest->ways->bare)
		return;
	sftp_put_text(reply, text);
	sftp_put_text(reply, "");
}

/* What a system call came to: 0 or -1 with errno. */
static void report(const struct sftp_honest *honest, struct sftp_packet *reply,
		   uint32_t id, int rc)
{
	int number = errno;
	uint32_t code = SFTP_FAILURE;
	if (rc == 0)
		code = SFTP_OK;
	else if (number == ENOENT || number == ENOTDIR || number == ELOOP)
		code = SFTP_NO_SUCH_FILE;
	else if (number == EACCES || number == EPERM || number == EROFS)
		code = SFTP_PERMISSION_DENIED;
	sftp_honest_status(honest, reply, id, code,
			   code == SFTP_FAILURE ? strerror(number) : NULL);
}

static void put_attributes(const struct sftp_honest *honest,
			   struct sftp_packet *reply, const struct stat *st)
{
	const struct sftp_ways *ways = honest->ways;
	if (ways->no_attributes) {
		sftp_put_u32(reply, 0);
		return;
	}
	bool lie = ways->has_size && S_ISREG(st->st_mode);
	sftp_put_u32(reply, ways->pairs ? 0x8000000f : 0xf);
	sftp_put_u64(reply, lie ? ways->said_size : (uint64_t)st->st_size);
	sftp_put_u32(reply, st->st_uid);
	sftp_put_u32(reply, st->st_gid);
	sftp_put_u32(reply, st->st_mode);
	sftp_put_u32(reply, (uint32_t)st->st_atime);
	sftp_put_u32(reply, (uint32_t)st->st_mtime);
	if (!ways->pairs)
		return;
	sftp_put_u32(reply, 2);
	sftp_put_text(reply, "newline@example.org");
	sftp_put_text(reply, "\r\n");
	sftp_put_text(reply, "nothing@example.org");
	sftp_put_text(reply, "");
}

static struct attributes take_attributes(struct sftp_packet *request)
{
	struct attributes attributes = { .flags = sftp_take_u32(request) };
	if (attributes.flags & 1)
		attributes.size = sftp_take_u64(request);
	if (attributes.flags & 2) {
		attributes.uid = sftp_take_u32(request);
		attributes.gid = sftp_take_u32(request);
	}
	if (attributes.flags & 4)
		attributes.mode = sftp_take_u32(request) & 07777;
	if (attributes.flags & 8) {
		attributes.atime = sftp_take_u32(request);
		attributes.mtime = sftp_take_u32(request);
	}
	return attributes;
}

/* Of an open file; the one of a path is opened by whoever calls this. */
static int apply(int fd, const struct attributes *attributes)
{
	const struct timespec times[2] = { { .tv_sec = attributes->atime },
					   { .tv_sec = attributes->mtime } };
	if ((attributes->flags & 1) && ftruncate(fd, (off_t)attributes->size))
		return -1;
	if ((attributes->flags & 4) && fchmod(fd, attributes->mode))
		return -1;
	if ((attributes->flags & 8) && futimens(fd, times))
		return -1;
	if ((attributes->flags & 2) &&
	    fchown(fd, attributes->uid, attributes->gid))
		return -1;
	return 0;
}

/* Writing is only for what cannot be had with less. */
static int apply_to_path(const char *path, const struct attributes *attributes)
{
	int fd = open(path, ((attributes->flags & 1) ? O_WRONLY : O_RDONLY) |
				    O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	int rc = apply(fd, attributes);
	int number = errno;
	(void)close(fd);
	errno = number;
	return rc;
}

/* Where a new handle goes, NULL when all are in use. */
static struct handle *free_handle(struct sftp_honest *honest)
{
	size_t most = honest->ways->handles_most;
	for (size_t i = 0; i < (most ? most : HANDLES_MAX); i++)
		if (honest->handles[i].fd < 0 && !honest->handles[i].folder)
			return &honest->handles[i];
	errno = EMFILE;
	return NULL;
}

static struct handle *take_handle(struct sftp_honest *honest,
				  struct sftp_packet *request)
{
	size_t size = 0;
	const unsigned char *p = sftp_take_string(request, &size);
	if (size < 4)
		return NULL;
	uint32_t index = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
			 (uint32_t)p[2] << 8 | p[3];
	if (index >= HANDLES_MAX)
		return NULL;
	struct handle *handle = &honest->handles[index];
	return handle->fd >= 0 || handle->folder ? handle : NULL;
}

static void reply_handle(const struct sftp_honest *honest,
			 struct sftp_packet *reply, uint32_t id,
			 const struct handle *handle)
{
	const struct sftp_ways *ways = honest->ways;
	size_t size = ways->handle_bytes ? ways->handle_bytes : 4;
	sftp_packet_begin(reply, SFTP_HANDLE, id);
	if (ways->empty_handle) {
		sftp_put_u32(reply, 0);
		return;
	}
	sftp_put_u32(reply, (uint32_t)size);
	memset(sftp_packet_grow(reply, size), 0, size);
	sftp_set_u32(reply, reply->size - size,
		     (uint32_t)(handle - honest->handles));
}

static void answer_open(struct sftp_honest *honest, struct sftp_packet *request,
			struct sftp_packet *reply, uint32_t id)
{
	char *path = sftp_take_text(request);
	uint32_t wanted = sftp_take_u32(request);
	struct attributes attributes = take_attributes(request);
	bool both = (wanted & 3) == 3;
	int flags = both ? O_RDWR : (wanted & 2) ? O_WRONLY : O_RDONLY;
	mode_t mode = (attributes.flags & 4) ? attributes.mode : 0666;
	flags |= O_CLOEXEC | ((wanted & 4) ? O_APPEND : 0) |
		 ((wanted & 8) ? O_CREAT : 0) | ((wanted & 16) ? O_TRUNC : 0) |
		 ((wanted & 32) ? O_EXCL : 0);
	struct handle *handle = free_handle(honest);
	if (handle)
		handle->fd = open(path, flags, mode);
	if (handle && handle->fd >= 0)
		reply_handle(honest, reply, id, handle);
	else
		report(honest, reply, id, -1);
	free(path);
}

static void answer_opendir(struct sftp_honest *honest,
			   struct sftp_packet *request,
			   struct sftp_packet *reply, uint32_t id)
{
	char *path = sftp_take_text(request);
	struct handle *handle = free_handle(honest);
	if (handle)
		handle->folder = opendir(path);
	if (handle && handle->folder)
		reply_handle(honest, reply, id, handle);
	else
		report(honest, reply, id, -1);
	free(path);
}

static void answer_read(struct sftp_honest *honest, struct sftp_packet *request,
			struct sftp_packet *reply, uint32_t id)
{
	const struct sftp_ways *ways = honest->ways;
	const struct handle *handle = take_handle(honest, request);
	uint64_t offset = sftp_take_u64(request);
	size_t size = sftp_take_u32(request);
	size = size < READ_MAX ? size : READ_MAX;
	if (ways->read_most && size > ways->read_most)
		size = ways->read_most;
	if (ways->has_end && offset >= ways->end)
		size = 0;
	else if (ways->has_end && size > ways->end - offset)
		size = (size_t)(ways->end - offset);
	sftp_packet_begin(reply, SFTP_DATA, id);
	sftp_put_u32(reply, 0);
	unsigned char *bytes = sftp_packet_grow(reply, size);
	ssize_t n = handle ? pread(handle->fd, bytes, size, (off_t)offset) : -1;
	if (n < 0) {
		report(honest, reply, id, -1);
		return;
	}
	if (ways->endless) {
		memset(bytes + n, 'e', size - (size_t)n);
		n = (ssize_t)size;
	}
	if (n == 0) {
		sftp_honest_status(honest, reply, id, SFTP_EOF, NULL);
		return;
	}
	sftp_set_u32(reply, 5, (uint32_t)n);
	reply->size = 9 + (size_t)n;
}

static void answer_write(struct sftp_honest *honest,
			 struct sftp_packet *request, struct sftp_packet *reply,
			 uint32_t id)
{
	const struct handle *handle = take_handle(honest, request);
	uint64_t offset = sftp_take_u64(request);
	size_t size = 0;
	const unsigned char *bytes = sftp_take_string(request, &size);
	ssize_t n =
		handle ? pwrite(handle->fd, bytes, size, (off_t)offset) : -1;
	report(honest, reply, id, n == (ssize_t)size ? 0 : -1);
}

static void put_name(const struct sftp_honest *honest,
		     struct sftp_packet *reply, const struct handle *handle,
		     const char *name)
{
	struct stat st;
	if (fstatat(dirfd(handle->folder), name, &st, AT_SYMLINK_NOFOLLOW))
		st = (struct stat){ .st_mode = 0 };
	sftp_put_text(reply, name);
	sftp_put_text(reply, "?rwx------ 1 who ever 0 Jan 1 1970 name");
	put_attributes(honest, reply, &st);
}

static void answer_readdir(struct sftp_honest *honest,
			   struct sftp_packet *request,
			   struct sftp_packet *reply, uint32_t id)
{
	size_t most = honest->ways->names_most;
	const struct handle *handle = take_handle(honest, request);
	uint32_t count = 0;
	sftp_packet_begin(reply, SFTP_NAME, id);
	sftp_put_u32(reply, 0);
	while (handle && handle->folder && count < (most ? most : 100)) {
		const struct dirent *entry = readdir(handle->folder);
		if (!entry)
			break;
		put_name(honest, reply, handle, entry->d_name);
		count++;
	}
	sftp_set_u32(reply, 5, count);
	if (count == 0)
		sftp_honest_status(honest, reply, id, SFTP_EOF, NULL);
}

static void answer_close(struct sftp_honest *honest,
			 struct sftp_packet *request, struct sftp_packet *reply,
			 uint32_t id)
{
	struct handle *handle = take_handle(honest, request);
	sftp_honest_status(honest, reply, id, handle ? SFTP_OK : SFTP_FAILURE,
			   NULL);
	if (handle)
		close_handle(handle);
}

static void reply_stat(const struct sftp_honest *honest,
		       struct sftp_packet *reply, uint32_t id,
		       const struct stat *st, int rc)
{
	if (rc) {
		report(honest, reply, id, -1);
		return;
	}
	sftp_packet_begin(reply, SFTP_ATTRS, id);
	put_attributes(honest, reply, st);
}

static void reply_name(struct sftp_packet *reply, uint32_t id, const char *name)
{
	sftp_packet_begin(reply, SFTP_NAME, id);
	sftp_put_u32(reply, 1);
	sftp_put_text(reply, name);
	sftp_put_text(reply, name);
	sftp_put_u32(reply, 0);
}

/* Requests of an open file. */
static void answer_handle(struct sftp_honest *honest, int type,
			  struct sftp_packet *request,
			  struct sftp_packet *reply, uint32_t id)
{
	struct stat st = { .st_mode = 0 };
	const struct handle *handle = take_handle(honest, request);
	int fd = handle ? handle->fd : -1;
	if (type == SFTP_FSTAT) {
		int rc = fstat(fd, &st);
		reply_stat(honest, reply, id, &st, rc);
	} else {
		struct attributes attributes = take_attributes(request);
		int rc = apply(fd, &attributes);
		report(honest, reply, id, rc);
	}
}

/* Requests that are answered with what a path is. */
static void answer_query(const struct sftp_honest *honest, int type,
			 struct sftp_packet *reply, uint32_t id,
			 const char *path)
{
	char text[PATH_MAX] = "";
	struct stat st = { .st_mode = 0 };
	if (type == SFTP_STAT) {
		int rc = stat(path, &st);
		reply_stat(honest, reply, id, &st, rc);
	} else if (type == SFTP_LSTAT) {
		int rc = lstat(path, &st);
		reply_stat(honest, reply, id, &st, rc);
	} else if (type == SFTP_REALPATH) {
		if (realpath(*path ? path : ".", text))
			reply_name(reply, id, text);
		else
			report(honest, reply, id, -1);
	} else if (readlink(path, text, sizeof text - 1) >= 0) {
		reply_name(reply, id, text);
	} else {
		report(honest, reply, id, -1);
	}
}

/* As version 3 has it: what is there stays. */
static int rename_away(const char *from, const char *to)
{
	struct stat st;
	if (lstat(to, &st) == 0) {
		errno = EEXIST;
		return -1;
	}
	return rename(from, to);
}

/* Requests that change what a path is. */
static int change(int type, const char *path, struct sftp_packet *request)
{
	if (type == SFTP_REMOVE)
		return unlink(path);
	if (type == SFTP_RMDIR)
		return rmdir(path);
	if (type == SFTP_SETSTAT || type == SFTP_MKDIR) {
		struct attributes attributes = take_attributes(request);
		return type == SFTP_SETSTAT ?
			       apply_to_path(path, &attributes) :
			       mkdir(path, (attributes.flags & 4) ?
						   attributes.mode :
						   0777);
	}
	char *second = sftp_take_text(request);
	int rc = type == SFTP_RENAME ? rename_away(path, second) :
				       symlink(path, second);
	int number = errno;
	free(second);
	errno = number;
	return rc;
}

static void reply_limits(const struct sftp_honest *honest,
			 struct sftp_packet *reply, uint32_t id)
{
	static const uint64_t ours[4] = { 262144, 261120, 261120, HANDLES_MAX };
	const struct sftp_ways *ways = honest->ways;
	sftp_packet_begin(reply, SFTP_EXTENDED_REPLY, id);
	for (size_t i = 0; i < 4; i++)
		sftp_put_u64(reply,
			     ways->has_limits ? ways->limits[i] : ours[i]);
}

static void answer_two_paths(const struct sftp_honest *honest, bool is_link,
			     struct sftp_packet *request,
			     struct sftp_packet *reply, uint32_t id)
{
	char *from = sftp_take_text(request);
	char *to = sftp_take_text(request);
	report(honest, reply, id, is_link ? link(from, to) : rename(from, to));
	free(from);
	free(to);
}

static void answer_extended(struct sftp_honest *honest,
			    struct sftp_packet *request,
			    struct sftp_packet *reply, uint32_t id)
{
	char *name = sftp_take_text(request);
	bool is_link = strcmp(name, "hardlink@openssh.com") == 0;
	if (!offers(honest, name)) {
		sftp_honest_status(honest, reply, id, SFTP_UNSUPPORTED, NULL);
	} else if (is_link || strcmp(name, "posix-rename@openssh.com") == 0) {
		answer_two_paths(honest, is_link, request, reply, id);
	} else if (strcmp(name, "limits@openssh.com") == 0) {
		reply_limits(honest, reply, id);
	} else if (strcmp(name, "fsync@openssh.com") == 0) {
		const struct handle *handle = take_handle(honest, request);
		report(honest, reply, id, handle ? fsync(handle->fd) : -1);
	} else {
		sftp_honest_status(honest, reply, id, SFTP_UNSUPPORTED, NULL);
	}
	free(name);
}

static void answer_path(const struct sftp_honest *honest, int type,
			struct sftp_packet *request, struct sftp_packet *reply,
			uint32_t id)
{
	char *path = sftp_take_text(request);
	if (type == SFTP_STAT || type == SFTP_LSTAT || type == SFTP_READLINK ||
	    type == SFTP_REALPATH)
		answer_query(honest, type, reply, id, path);
	else
		report(honest, reply, id, change(type, path, request));
	free(path);
}

void sftp_honest_answer(struct sftp_honest *honest, struct sftp_packet *request,
			struct sftp_packet *reply)
{
	int type = request->bytes[0];
	request->place = 1;
	uint32_t id = sftp_take_u32(request);
	switch (type) {
	case SFTP_INIT:
		sftp_honest_version(honest, reply, 3);
		return;
	case SFTP_OPEN:
		answer_open(honest, request, reply, id);
		return;
	case SFTP_CLOSE:
		answer_close(honest, request, reply, id);
		return;
	case SFTP_READ:
		answer_read(honest, request, reply, id);
		return;
	case SFTP_WRITE:
		answer_write(honest, request, reply, id);
		return;
	case SFTP_FSTAT:
	case SFTP_FSETSTAT:
		answer_handle(honest, type, request, reply, id);
		return;
	case SFTP_OPENDIR:
		answer_opendir(honest, request, reply, id);
		return;
	case SFTP_READDIR:
		answer_readdir(honest, request, reply, id);
		return;
	case SFTP_EXTENDED:
		answer_extended(honest, request, reply, id);
		return;
	default:
		break;
	}
	if (type > SFTP_INIT && type <= SFTP_SYMLINK)
		answer_path(honest, type, request, reply, id);
	else
		sftp_honest_status(honest, reply, id, SFTP_UNSUPPORTED, NULL);
}
