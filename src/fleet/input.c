/* SPDX-License-Identifier: MIT */
#include "fleet/input.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/path.h"
#include "base/spool.h"

/*
 * A worker that has read all there is joins a tide, whose descriptor becomes
 * readable when more has come and stays so: whoever is late still finds it so.
 * The next ones to wait join another. The scheduler is woken by the first of a
 * tide, and looks at the source only then.
 */

#define READ_BYTES ((size_t)64 * 1024)

struct tide {
	int fd; /* an eventfd */
	size_t users;
	bool has_come;
};

struct input {
	char *name; /* for the texts of errors */
	int fd;
	bool is_file;         /* read at places of its own */
	uint64_t from;        /* of a file: the first byte that counts */
	uint64_t size;        /* and how many of them */
	int wanted_fd;        /* an eventfd: somebody waits for more */
	pthread_mutex_t lock; /* protects the rest */
	struct spool spool;   /* what came; nothing is ever taken out */
	struct tide *tide;    /* who waits for more; NULL: nobody */
	bool is_over;         /* nothing more comes */
	sshoal_error error;   /* why, where it is not the end */
};

/* --- opening --- */

static int refuse(sshoal_error *error, const char *name, int number)
{
	return sshoal__error_set(error, sshoal__error_from_errno(number),
				 "standard input for the hosts: %.300s: %s",
				 name, strerror(number));
}

static int open_path(struct input *input, const char *path, sshoal_error *error)
{
	char *expanded = NULL;
	int rc = sshoal__path_expand(&expanded, path);
	if (rc)
		return sshoal__error_set(error, rc, "%s: %s", path,
					 sshoal_error_text(rc));
	free(input->name);
	input->name = expanded;
	/* O_NONBLOCK: a FIFO without a writer opens at once. */
	input->fd =
		open(expanded, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return input->fd < 0 ? refuse(error, expanded, errno) : 0;
}

/* A file that says it is empty may be one that is made while it is read. */
static int look_at_kind(struct input *input, sshoal_error *error)
{
	struct stat status;
	if (fstat(input->fd, &status) != 0)
		return refuse(error, input->name, errno);
	if (S_ISDIR(status.st_mode))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "standard input for the hosts: "
					 "%.300s: it is a folder",
					 input->name);
	if (!S_ISREG(status.st_mode) || status.st_size == 0)
		return 0;
	off_t from = lseek(input->fd, 0, SEEK_CUR);
	if (from < 0)
		return 0;
	input->is_file = true;
	input->from = (uint64_t)from;
	input->size =
		status.st_size > from ? (uint64_t)(status.st_size - from) : 0;
	return 0;
}

static int open_any(struct input *input, const char *path, int fd,
		    sshoal_error *error)
{
	int rc = 0;
	input->name = strdup("standard input");
	if (!input->name)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	if (path) {
		rc = open_path(input, path, error);
	} else {
		input->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (input->fd < 0)
			rc = refuse(error, "its descriptor", errno);
	}
	if (rc == 0)
		rc = look_at_kind(input, error);
	if (rc || input->is_file)
		return rc;
	input->wanted_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return input->wanted_fd < 0 ? sshoal__error_code(error, SSHOAL_ELOCAL) :
				      0;
}

int sshoal__input_open(struct input **input, const char *path, int fd,
		       sshoal_error *error)
{
	struct input *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	made->fd = -1;
	made->wanted_fd = -1;
	made->spool = (struct spool)SPOOL_INIT;
	made->spool.head.wipe = true;
	(void)pthread_mutex_init(&made->lock, NULL);
	int rc = open_any(made, path, fd, error);
	if (rc) {
		sshoal__input_free(made);
		return rc;
	}
	*input = made;
	return 0;
}

/* --- tides --- */

static void leave_tide(struct tide *tide)
{
	tide->users--;
	if (tide->users > 0)
		return;
	(void)close(tide->fd);
	free(tide);
}

static void signal_fd(int fd)
{
	const uint64_t one = 1;
	ssize_t n;
	do
		n = write(fd, &one, sizeof one);
	while (n < 0 && errno == EINTR);
}

/* Wakes all who wait. The input was one of the tide's users. */
static void let_come(struct input *input)
{
	struct tide *tide = input->tide;
	if (!tide)
		return;
	input->tide = NULL;
	tide->has_come = true;
	signal_fd(tide->fd);
	leave_tide(tide);
}

static struct tide *new_tide(void)
{
	struct tide *made = malloc(sizeof *made);
	if (!made)
		return NULL;
	*made = (struct tide){
		.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.users = 1,
	};
	if (made->fd >= 0)
		return made;
	free(made);
	return NULL;
}

/* Has a reader wait for the next tide, and the scheduler see to it. */
static int join_tide(struct input_reader *reader)
{
	struct input *input = reader->input;
	if (reader->tide && !reader->tide->has_come)
		return 0;
	if (reader->tide)
		leave_tide(reader->tide);
	reader->tide = NULL;
	if (!input->tide) {
		input->tide = new_tide();
		if (!input->tide)
			return SSHOAL_ELOCAL;
		signal_fd(input->wanted_fd);
	}
	input->tide->users++;
	reader->tide = input->tide;
	return 0;
}

/* --- the scheduler's end --- */

int sshoal__input_fd(struct input *input)
{
	if (!input || input->is_file)
		return -1;
	(void)pthread_mutex_lock(&input->lock);
	int fd = input->is_over ? -1 :
		 input->tide    ? input->fd :
				  input->wanted_fd;
	(void)pthread_mutex_unlock(&input->lock);
	return fd;
}

/* Nothing was wanted the last time it was asked. */
static void forget_wish(const struct input *input)
{
	uint64_t count;
	while (read(input->wanted_fd, &count, sizeof count) < 0 &&
	       errno == EINTR)
		;
}

static void keep(struct input *input, const unsigned char *bytes, ssize_t n,
		 int number)
{
	int rc = 0;
	if (n > 0)
		rc = sshoal__spool_put(&input->spool, bytes, (size_t)n,
				       &input->error);
	if (n < 0)
		rc = refuse(&input->error, input->name, number);
	input->error.code = rc;
	input->is_over = rc || n == 0;
}

void sshoal__input_serve(struct input *input)
{
	unsigned char bytes[READ_BYTES];
	bool is_wanted;
	(void)pthread_mutex_lock(&input->lock);
	is_wanted = input->tide && !input->is_over;
	(void)pthread_mutex_unlock(&input->lock);
	forget_wish(input);
	if (!is_wanted)
		return;
	ssize_t n = read(input->fd, bytes, sizeof bytes);
	int number = errno;
	if (n < 0 && (number == EAGAIN || number == EINTR))
		return;
	(void)pthread_mutex_lock(&input->lock);
	keep(input, bytes, n, number);
	let_come(input);
	(void)pthread_mutex_unlock(&input->lock);
}

void sshoal__input_free(struct input *input)
{
	if (!input)
		return;
	if (input->tide)
		leave_tide(input->tide);
	sshoal__spool_fini(&input->spool);
	(void)pthread_mutex_destroy(&input->lock);
	if (input->wanted_fd >= 0)
		(void)close(input->wanted_fd);
	if (input->fd >= 0)
		(void)close(input->fd);
	free(input->name);
	free(input);
}

/* --- a host's end --- */

static int fail(struct input_reader *reader, int code)
{
	reader->failed = true;
	return code;
}

static int read_file(struct input_reader *reader, void *bytes, size_t *n,
		     sshoal_error *error)
{
	const struct input *input = reader->input;
	uint64_t left = input->size - reader->offset;
	size_t size = left < *n ? (size_t)left : *n;
	ssize_t got = 0;
	if (size > 0)
		do
			got = pread(input->fd, bytes, size,
				    (off_t)(input->from + reader->offset));
		while (got < 0 && errno == EINTR);
	if (got < 0)
		return fail(reader, refuse(error, input->name, errno));
	if (got == 0 && size > 0)
		return fail(reader,
			    sshoal__error_set(error, SSHOAL_ECHANGED,
					      "standard input for the hosts: "
					      "%.300s: it has become shorter",
					      input->name));
	reader->offset += (uint64_t)got;
	*n = (size_t)got;
	return 0;
}

static int read_kept(struct input_reader *reader, void *bytes, size_t *n,
		     int *wake_fd, sshoal_error *error)
{
	struct input *input = reader->input;
	int rc = sshoal__spool_peek(&input->spool, reader->offset, bytes, *n, n,
				    error);
	if (rc)
		return fail(reader, rc);
	reader->offset += *n;
	if (*n > 0 || (input->is_over && !input->error.code))
		return 0;
	if (input->is_over) {
		if (error)
			*error = input->error;
		return fail(reader, input->error.code);
	}
	rc = join_tide(reader);
	if (rc)
		return fail(reader, sshoal__error_set(error, rc,
						      "no descriptor is left"));
	*wake_fd = reader->tide->fd;
	return SSHOAL_EEMPTY;
}

static int read_next(void *data, void *bytes, size_t *n, int *wake_fd,
		     sshoal_error *error)
{
	struct input_reader *reader = data;
	struct input *input = reader->input;
	if (input->is_file)
		return read_file(reader, bytes, n, error);
	(void)pthread_mutex_lock(&input->lock);
	int rc = read_kept(reader, bytes, n, wake_fd, error);
	(void)pthread_mutex_unlock(&input->lock);
	return rc;
}

struct feed_source sshoal__input_reader_init(struct input_reader *reader,
					     struct input *input)
{
	*reader = (struct input_reader){ .input = input };
	return (struct feed_source){ .read = read_next, .data = reader };
}

void sshoal__input_reader_fini(struct input_reader *reader)
{
	if (!reader->tide)
		return;
	(void)pthread_mutex_lock(&reader->input->lock);
	leave_tide(reader->tide);
	(void)pthread_mutex_unlock(&reader->input->lock);
	reader->tide = NULL;
}
