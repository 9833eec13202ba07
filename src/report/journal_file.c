/* SPDX-License-Identifier: MIT */
#include "report/journal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "report/lock.h"
#include "report/write_all.h"

/*
 * Who appends does not wait for the disk: the thread has it take what is there,
 * and then what came meanwhile. A short rest between makes one turn of many.
 */

#define REST_MS 10
#define SYNC_MS_MAX 30000
#define LOOK_MS 100

/* How a file of events begins. */
#define FIRST_BYTES "{\"v\":"

struct journal_file {
	int fd;
	int folder_fd; /* to be brought to the disk once; -1: it was */
	char *path;
	off_t reserved_end; /* up to there the disk has room; 0: not known */
	bool is_new;
	bool has_bytes;
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t lock;  /* of what follows */
	pthread_cond_t wanted; /* the thread has something to do */
	pthread_cond_t moved;  /* something is on the disk, or will not be */
	uint64_t written; /* bytes that were appended, since it was opened */
	uint64_t synced;  /* those that are on the disk */
	int failure;      /* errno of the first one; 0: none */
	bool is_idle;     /* the thread waits until something is appended */
	bool hurries;     /* somebody waits for the disk */
	bool ends;
	bool is_stuck; /* the disk does not answer */
};

static struct timespec in_ms(long ms)
{
	struct timespec when = { .tv_sec = 0 };
	(void)clock_gettime(CLOCK_MONOTONIC, &when);
	when.tv_nsec += ms % 1000 * 1000000;
	when.tv_sec += ms / 1000 + when.tv_nsec / 1000000000;
	when.tv_nsec %= 1000000000;
	return when;
}

/* --- opening --- */

static int fail(const char *path, int number, sshoal_error *error)
{
	int code = SSHOAL_ELOCAL;
	switch (number) {
	case EEXIST:
		code = SSHOAL_EEXIST;
		break;
	case ENOENT:
		code = SSHOAL_ENOENT;
		break;
	case ENOMEM:
		code = SSHOAL_ENOMEM;
		break;
	case EACCES:
	case EPERM:
	case EROFS:
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
	case ENOLCK:
	case EOPNOTSUPP:
		code = SSHOAL_EACCESS;
		break;
	default:
		break;
	}
	*error = (sshoal_error){ .code = code };
	(void)snprintf(error->text, sizeof error->text, "%.400s: %s", path,
		       strerror(number));
	return code;
}

static int refuse(const char *path, int code, const char *why,
		  sshoal_error *error)
{
	*error = (sshoal_error){ .code = code };
	(void)snprintf(error->text, sizeof error->text, "%.300s: %s", path,
		       why);
	return code;
}

static int take_lock(const struct journal_file *file, sshoal_error *error)
{
	char why[80];
	int number = sshoal__lock_try(file->fd);
	if (number == 0)
		return 0;
	if (number != EWOULDBLOCK)
		return fail(file->path, number, error);
	pid_t pid = sshoal__lock_holder(file->fd);
	(void)snprintf(why, sizeof why,
		       pid ? "in use by another sshoal (process %ld)" :
			     "in use by another sshoal",
		       (long)pid);
	return refuse(file->path, SSHOAL_EBUSY, why, error);
}

/* Whether the path still leads to the open file: somebody may have removed it
 * before it was locked. */
static bool is_there(const struct journal_file *file, const struct stat *status)
{
	struct stat there;
	return stat(file->path, &there) == 0 &&
	       there.st_ino == status->st_ino && there.st_dev == status->st_dev;
}

/* Ends a line that a crash has cut off. 0 or an errno. */
static int end_line(const struct journal_file *file, off_t size)
{
	char last = '\0';
	if (pread(file->fd, &last, 1, size - 1) != 1)
		return EIO;
	if (last == '\n')
		return 0;
	ssize_t n = write(file->fd, "\n", 1);
	return n == 1 ? 0 : n < 0 ? errno : EIO;
}

/* Looks at what is in the file. Nothing is appended to what is no journal. */
static int check(struct journal_file *file, sshoal_error *error)
{
	static const char first[] = FIRST_BYTES;
	char bytes[sizeof first] = { '\0' };
	struct stat status;
	if (fstat(file->fd, &status) != 0)
		return fail(file->path, errno, error);
	if (!S_ISREG(status.st_mode))
		return refuse(file->path, SSHOAL_EFORMAT,
			      "no plain file, which a journal has to be",
			      error);
	int rc = take_lock(file, error);
	if (rc)
		return rc;
	if (!is_there(file, &status) || fstat(file->fd, &status) != 0)
		return fail(file->path, ENOENT, error);
	if (status.st_size == 0)
		return 0;
	file->has_bytes = true;
	ssize_t n = pread(file->fd, bytes, sizeof first - 1, 0);
	if (n < 0)
		return fail(file->path, errno, error);
	if (strncmp(bytes, first, (size_t)n) != 0 || n == 0)
		return refuse(file->path, SSHOAL_EFORMAT,
			      "is no journal: nothing is appended to it",
			      error);
	int number = end_line(file, status.st_size);
	return number ? fail(file->path, number, error) : 0;
}

/* The folder of a path, which is opened for its file's sake. */
static int open_folder(const char *path)
{
	char *folder = strdup(path);
	if (!folder)
		return -1;
	char *slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(folder);
	return fd;
}

/* --- the thread --- */

/* Has the disk take what is there. 0 or an errno. */
static int bring(struct journal_file *file)
{
	int number = fdatasync(file->fd) == 0 ? 0 : errno;
	if (file->folder_fd < 0 || number)
		return number;
	/* Not every file system can, and then it need not. */
	(void)fsync(file->folder_fd);
	(void)close(file->folder_fd);
	file->folder_fd = -1;
	return 0;
}

static void rest(struct journal_file *file)
{
	const struct timespec until = in_ms(REST_MS);
	while (!file->ends && !file->hurries &&
	       pthread_cond_timedwait(&file->wanted, &file->lock, &until) !=
		       ETIMEDOUT)
		;
}

static void wait_for_work(struct journal_file *file)
{
	file->is_idle = true;
	while (file->written == file->synced && !file->ends)
		(void)pthread_cond_wait(&file->wanted, &file->lock);
	file->is_idle = false;
}

static void *sync_all(void *data)
{
	struct journal_file *file = data;
	(void)pthread_mutex_lock(&file->lock);
	for (;;) {
		wait_for_work(file);
		if (file->written == file->synced || file->failure)
			break;
		uint64_t written = file->written;
		(void)pthread_mutex_unlock(&file->lock);
		int number = bring(file);
		(void)pthread_mutex_lock(&file->lock);
		file->synced = written;
		if (number && !file->failure)
			file->failure = number;
		(void)pthread_cond_broadcast(&file->moved);
		rest(file);
	}
	(void)pthread_mutex_unlock(&file->lock);
	return NULL;
}

/* Signals are for the threads that are there already. */
static void start_thread(struct journal_file *file)
{
	sigset_t all;
	sigset_t before;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	file->has_thread =
		pthread_create(&file->thread, NULL, sync_all, file) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static int init_locks(struct journal_file *file)
{
	pthread_condattr_t attributes;
	if (pthread_mutex_init(&file->lock, NULL) != 0)
		return ENOMEM;
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&file->wanted, &attributes);
	(void)pthread_cond_init(&file->moved, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	return 0;
}

static void free_file(struct journal_file *file)
{
	if (file->fd >= 0)
		(void)close(file->fd);
	if (file->folder_fd >= 0)
		(void)close(file->folder_fd);
	free(file->path);
	free(file);
}

int sshoal__journal_file_open(struct journal_file **file,
			      const struct journal_file_options *options,
			      sshoal_error *error)
{
	struct journal_file *made = calloc(1, sizeof *made);
	char *path = strdup(options->path);
	if (!made || !path) {
		free(path);
		free(made);
		return fail(options->path, ENOMEM, error);
	}
	/* Not waiting is for pipes, which are refused. */
	int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY |
		    O_NONBLOCK | (options->is_new ? O_EXCL | O_NOFOLLOW : 0);
	made->path = path;
	made->is_new = options->is_new;
	made->folder_fd = -1;
	made->fd = open(path, flags, 0600);
	int rc = made->fd < 0 ? fail(path, errno, error) : check(made, error);
	if (rc == 0) {
		int number = init_locks(made);
		if (number)
			rc = fail(path, number, error);
	}
	if (rc) {
		free_file(made);
		return rc;
	}
	made->folder_fd = open_folder(path);
	start_thread(made);
	*file = made;
	return 0;
}

/* --- use --- */

const char *sshoal__journal_file_path(const struct journal_file *file)
{
	return file->path;
}

/* Appends all or, as far as the system lets us, nothing. */
static int write_whole(const struct journal_file *file, const void *bytes,
		       size_t n)
{
	struct stat before;
	int number = fstat(file->fd, &before) == 0 ? 0 : errno;
	if (number == 0)
		number = sshoal__write_all(file->fd, bytes, n);
	else
		return number;
	if (number && ftruncate(file->fd, before.st_size) != 0)
		return number; /* a reader passes over what is left */
	return number;
}

int sshoal__journal_file_append(struct journal_file *file, const void *bytes,
				size_t size_bytes)
{
	(void)pthread_mutex_lock(&file->lock);
	int number = file->failure;
	(void)pthread_mutex_unlock(&file->lock);
	if (number)
		return number;
	number = write_whole(file, bytes, size_bytes);
	if (number == 0 && !file->has_thread)
		number = bring(file);
	(void)pthread_mutex_lock(&file->lock);
	if (number)
		file->failure = number;
	else
		file->written += size_bytes;
	if (!file->has_thread)
		file->synced = file->written;
	file->has_bytes = file->has_bytes || number == 0;
	if (file->is_idle)
		(void)pthread_cond_signal(&file->wanted);
	(void)pthread_mutex_unlock(&file->lock);
	return number;
}

int sshoal__journal_file_reserve(struct journal_file *file, size_t size_bytes)
{
	struct stat status;
	if (fstat(file->fd, &status) != 0)
		return 0;
	off_t end = status.st_size;
	off_t size = (off_t)size_bytes;
	if (end + size <= file->reserved_end)
		return 0;
	/* More than is wanted, so that it is not asked for each time. */
	if (fallocate(file->fd, FALLOC_FL_KEEP_SIZE, end, 2 * size) == 0) {
		file->reserved_end = end + 2 * size;
		return 0;
	}
	return errno == ENOSPC || errno == EDQUOT ? errno : 0;
}

/* Gives back what was set aside and not used. */
static void release(const struct journal_file *file)
{
	struct stat status;
	if (file->reserved_end > 0 && fstat(file->fd, &status) == 0)
		(void)!ftruncate(file->fd, status.st_size);
}

int sshoal__journal_file_sync(struct journal_file *file, sshoal_cancel *cancel)
{
	int number = 0;
	int left_ms = SYNC_MS_MAX;
	(void)pthread_mutex_lock(&file->lock);
	file->hurries = true;
	(void)pthread_cond_signal(&file->wanted);
	while (number == 0 && file->synced < file->written && !file->failure) {
		if (cancel &&
		    sshoal_cancel_is_triggered(cancel, SSHOAL_CANCEL_ABORT))
			number = ECANCELED;
		else if (left_ms <= 0)
			number = ETIMEDOUT;
		const struct timespec until = in_ms(LOOK_MS);
		if (pthread_cond_timedwait(&file->moved, &file->lock, &until) ==
		    ETIMEDOUT)
			left_ms -= LOOK_MS;
	}
	file->hurries = false;
	if (file->synced >= file->written)
		number = 0;
	file->is_stuck = number != 0;
	if (number == 0)
		number = file->failure;
	(void)pthread_mutex_unlock(&file->lock);
	return number;
}

void sshoal__journal_file_close(struct journal_file *file)
{
	if (!file)
		return;
	if (!file->is_stuck)
		(void)sshoal__journal_file_sync(file, NULL);
	/* A disk that does not answer keeps the thread and what it uses. */
	if (file->is_stuck) {
		(void)pthread_detach(file->thread);
		return;
	}
	(void)pthread_mutex_lock(&file->lock);
	file->ends = true;
	(void)pthread_cond_signal(&file->wanted);
	(void)pthread_mutex_unlock(&file->lock);
	if (file->has_thread)
		(void)pthread_join(file->thread, NULL);
	release(file);
	if (file->is_new && !file->has_bytes)
		(void)unlink(file->path);
	(void)pthread_cond_destroy(&file->moved);
	(void)pthread_cond_destroy(&file->wanted);
	(void)pthread_mutex_destroy(&file->lock);
	free_file(file);
}
