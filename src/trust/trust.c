/* SPDX-License-Identifier: MIT */
#include "trust/trust.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/path.h"
#include "trust/addition.h"
#include "trust/append.h"
#include "trust/known_hosts.h"
#include "trust/lookup.h"
#include "trust/refusal.h"

/*
 * Whether a host's key is good. What was read at the start never changes and is
 * looked up without a lock; what came later is in the overlay. A key is taken
 * for new only by the one thread that is writing, when it has read what other
 * processes have added and while they are locked out. Lines that vanish from a
 * file meanwhile stay known.
 */

/* How long a check waits for other threads and processes that add keys. */
#define WRITE_TIMEOUT_MS 10000

struct trust {
	struct known_hosts *base; /* all files, as they were at the start */
	char **files;
	size_t file_count;
	bool hashes;          /* names that are added */
	int cancel_fd;        /* ends a wait for another process; -1: none */
	pthread_mutex_t lock; /* protects what follows, but for mark */
	pthread_cond_t idle;  /* writing has become false */
	bool writing;
	struct known_hosts *learned;  /* what this process has added */
	struct known_hosts *news;     /* what the first file has got since */
	struct known_hosts_mark mark; /* belongs to the thread that writes */
};

static int init_lock(struct trust *trust)
{
	pthread_condattr_t attributes;
	if (pthread_condattr_init(&attributes) != 0)
		return SSHOAL_ENOMEM;
	int rc = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	if (rc == 0)
		rc = pthread_cond_init(&trust->idle, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	if (rc)
		return SSHOAL_ENOMEM;
	if (pthread_mutex_init(&trust->lock, NULL) == 0)
		return 0;
	(void)pthread_cond_destroy(&trust->idle);
	return SSHOAL_ENOMEM;
}

static int init_members(struct trust *trust, size_t count)
{
	int rc = sshoal__known_hosts_new(&trust->base);
	if (rc == 0)
		rc = sshoal__known_hosts_new(&trust->learned);
	if (rc == 0)
		rc = sshoal__known_hosts_new(&trust->news);
	if (rc)
		return rc;
	trust->files = calloc(count ? count : 1, sizeof *trust->files);
	return trust->files ? 0 : SSHOAL_ENOMEM;
}

static int load_files(struct trust *trust, const char *const *files,
		      size_t count, const struct known_hosts_report *report,
		      sshoal_error *error)
{
	for (size_t i = 0; i < count; i++) {
		char *path = NULL;
		int rc = sshoal__path_expand(&path, files[i]);
		if (rc == SSHOAL_ENOENT)
			return sshoal__error_set(error, SSHOAL_EIO,
						 "%s: you have no home folder",
						 files[i]);
		if (rc)
			return sshoal__error_code(error, rc);
		trust->files[trust->file_count++] = path;
		struct known_hosts_mark mark = { .offset = 0 };
		rc = sshoal__known_hosts_load(trust->base, path, &mark, report,
					      error);
		if (rc)
			return rc;
		if (i == 0)
			trust->mark = mark;
	}
	return 0;
}

int sshoal__trust_load(struct trust **trust, const char *const *files,
		       size_t count, trust_warning_cb *warning, void *data,
		       sshoal_error *error)
{
	struct trust *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	made->cancel_fd = -1;
	int rc = init_lock(made);
	if (rc) {
		free(made);
		return sshoal__error_code(error, rc);
	}
	const struct known_hosts_report report = {
		.warning = warning,
		.data = data,
	};
	rc = init_members(made, count);
	if (rc)
		(void)sshoal__error_code(error, rc);
	else
		rc = load_files(made, files, count, &report, error);
	if (rc) {
		sshoal__trust_free(made);
		return rc;
	}
	*trust = made;
	return 0;
}

const char *const *sshoal__trust_usual_files(size_t *count)
{
	static const char *const files[] = { "~/.ssh/known_hosts",
					     "/etc/ssh/ssh_known_hosts" };
	*count = sizeof files / sizeof *files;
	return files;
}

int sshoal__trust_load_usual(struct trust **trust, const char *file,
			     trust_warning_cb *warning, void *data,
			     sshoal_error *error)
{
	size_t count = 1;
	const char *const *files =
		file ? &file : sshoal__trust_usual_files(&count);
	return sshoal__trust_load(trust, files, count, warning, data, error);
}

void sshoal__trust_set_cancel(struct trust *trust, int cancel_fd)
{
	trust->cancel_fd = cancel_fd;
}

void sshoal__trust_set_hashing(struct trust *trust)
{
	trust->hashes = true;
}

uint32_t sshoal__trust_kinds(struct trust *trust, const char *host,
			     uint32_t port)
{
	struct query query;
	struct findings_kinds kinds = { .named = 0 };
	if (sshoal__query_init(&query, host, port) != 0)
		return 0;
	int rc = sshoal__lookup_kinds(trust->base, &query, &kinds);
	(void)pthread_mutex_lock(&trust->lock);
	if (rc == 0)
		rc = sshoal__lookup_kinds(trust->learned, &query, &kinds);
	if (rc == 0)
		rc = sshoal__lookup_kinds(trust->news, &query, &kinds);
	(void)pthread_mutex_unlock(&trust->lock);
	/* Without memory all kinds are offered, and the check decides. */
	if (rc)
		return 0;
	if (kinds.named)
		return kinds.named;
	return kinds.bare ? kinds.bare | TRUST_BARE : 0;
}

/* A key that accept-new may take is SSHOAL_EHOSTKEY_UNKNOWN without a text. */
static int judge(const struct trust *trust, const struct query *query,
		 const struct findings *findings, uint32_t policy,
		 sshoal_error *error)
{
	if (findings->revoked)
		return sshoal__refuse_revoked(query, findings, error);
	if (findings->same || policy == SSHOAL_HOST_KEY_OFF)
		return 0;
	if (findings->other)
		return sshoal__refuse_changed(query, findings, error);
	if (findings->bare)
		return 0;
	if (policy == SSHOAL_HOST_KEY_ACCEPT_NEW)
		return SSHOAL_EHOSTKEY_UNKNOWN;
	return sshoal__refuse_unknown(
		query, findings, trust->file_count ? trust->files[0] : NULL,
		error);
}

/* Decides with the overlay, of whose entries none may be used without the
 * lock. */
static int decide(struct trust *trust, const struct query *query,
		  const struct findings *base, uint32_t policy,
		  sshoal_error *error)
{
	struct findings findings = *base;
	(void)pthread_mutex_lock(&trust->lock);
	int rc = sshoal__lookup_key(trust->learned, query, &findings);
	if (rc == 0)
		rc = sshoal__lookup_key(trust->news, query, &findings);
	if (rc)
		(void)sshoal__error_code(error, rc);
	else
		rc = judge(trust, query, &findings, policy, error);
	(void)pthread_mutex_unlock(&trust->lock);
	return rc;
}

/* Reads what the file has got since it was read last. By the writing thread. */
static int read_news(struct trust *trust, int fd, sshoal_error *error)
{
	static const struct known_hosts_report silent = { .warning = NULL };
	const char *path = trust->files[0];
	struct known_hosts_mark mark = { .offset = 0 };
	struct known_hosts *news = NULL;
	int rc = 0;
	switch (sshoal__known_hosts_compare(fd, &trust->mark)) {
	case KNOWN_HOSTS_SAME:
		return 0;
	case KNOWN_HOSTS_GROWN:
		(void)pthread_mutex_lock(&trust->lock);
		rc = sshoal__known_hosts_read(trust->news, fd, path,
					      &trust->mark, &silent, error);
		(void)pthread_mutex_unlock(&trust->lock);
		return rc;
	case KNOWN_HOSTS_REPLACED:
		break;
	}
	rc = sshoal__known_hosts_new(&news);
	if (rc)
		return sshoal__error_code(error, rc);
	rc = sshoal__known_hosts_read(news, fd, path, &mark, &silent, error);
	if (rc == 0) {
		(void)pthread_mutex_lock(&trust->lock);
		struct known_hosts *old = trust->news;
		trust->news = news;
		news = old;
		(void)pthread_mutex_unlock(&trust->lock);
		trust->mark = mark;
	}
	sshoal__known_hosts_free(news);
	return rc;
}

/* Adds the line to the file and to what was learned; to both or to none. */
static int write_addition(struct trust *trust, struct append *file,
			  struct addition *addition, sshoal_error *error)
{
	size_t lines = 0;
	int rc = sshoal__append_line(file, addition->text, addition->size,
				     &lines, error);
	if (rc)
		return rc;
	(void)pthread_mutex_lock(&trust->lock);
	rc = sshoal__index_add(trust->learned->lines[LINE_KEY], &addition->line,
			       trust->files[0], trust->mark.lines + lines);
	(void)pthread_mutex_unlock(&trust->lock);
	if (rc) {
		sshoal__append_undo(file);
		return sshoal__error_code(error, rc);
	}
	/* If somebody wrote without the lock, it is read the next time. */
	if (file->size == trust->mark.size)
		sshoal__known_hosts_skip(file->fd, lines,
					 file->size + (off_t)file->added,
					 &trust->mark);
	return 0;
}

static int add(struct trust *trust, const struct query *query,
	       struct append *file, sshoal_error *error)
{
	struct addition *addition = NULL;
	int rc = sshoal__addition_new(&addition, query, trust->hashes);
	if (rc == SSHOAL_EINVAL)
		return sshoal__error_set(error, rc,
					 "%s: the name cannot stand in %s",
					 query->host, file->path);
	if (rc)
		return sshoal__error_code(error, rc);
	rc = write_addition(trust, file, addition, error);
	sshoal__addition_free(addition);
	return rc;
}

/* Decides on a key that was not known, as the only thread that writes. */
static int learn(struct trust *trust, const struct query *query,
		 const struct findings *base, int64_t deadline_ms, bool *added,
		 sshoal_error *error)
{
	const uint32_t policy = SSHOAL_HOST_KEY_ACCEPT_NEW;
	int rc = decide(trust, query, base, policy, error);
	if (rc != SSHOAL_EHOSTKEY_UNKNOWN)
		return rc;
	if (trust->file_count == 0)
		return sshoal__error_set(error, SSHOAL_EIO,
					 "no known-hosts file to add to");
	struct append file;
	rc = sshoal__append_open(&file, trust->files[0], deadline_ms,
				 trust->cancel_fd, error);
	if (rc)
		return rc;
	rc = read_news(trust, file.fd, error);
	if (rc == 0)
		rc = decide(trust, query, base, policy, error);
	if (rc == SSHOAL_EHOSTKEY_UNKNOWN) {
		rc = add(trust, query, &file, error);
		*added = rc == 0;
	}
	sshoal__append_close(&file);
	return rc;
}

/* Waits until no other thread writes; false at the deadline. */
static bool begin_writing(struct trust *trust, int64_t deadline_ms)
{
	const struct timespec until = {
		.tv_sec = deadline_ms / 1000,
		.tv_nsec = deadline_ms % 1000 * 1000000,
	};
	int rc = 0;
	(void)pthread_mutex_lock(&trust->lock);
	while (trust->writing && rc == 0)
		rc = pthread_cond_timedwait(&trust->idle, &trust->lock, &until);
	bool begun = !trust->writing;
	if (begun)
		trust->writing = true;
	(void)pthread_mutex_unlock(&trust->lock);
	return begun;
}

static void end_writing(struct trust *trust)
{
	(void)pthread_mutex_lock(&trust->lock);
	trust->writing = false;
	(void)pthread_cond_signal(&trust->idle);
	(void)pthread_mutex_unlock(&trust->lock);
}

int sshoal__trust_check(struct trust *trust, const char *host, uint32_t port,
			const unsigned char *key, size_t key_size,
			uint32_t policy, bool *added, sshoal_error *error)
{
	struct query query;
	int rc = sshoal__query_init(&query, host, port);
	if (rc)
		return sshoal__error_set(error, rc, "%s: no host or port",
					 host);
	if (!sshoal__query_set_key(&query, key, key_size))
		return sshoal__error_set(error, SSHOAL_EHOSTKEY_UNKNOWN,
					 "host key of %s is damaged", host);
	struct findings base = { .same = NULL };
	rc = sshoal__lookup_key(trust->base, &query, &base);
	if (rc)
		return sshoal__error_code(error, rc);
	bool has_added = false;
	rc = decide(trust, &query, &base, policy, error);
	if (rc == SSHOAL_EHOSTKEY_UNKNOWN &&
	    policy == SSHOAL_HOST_KEY_ACCEPT_NEW) {
		int64_t deadline_ms = sshoal__deadline_in(WRITE_TIMEOUT_MS);
		if (!begin_writing(trust, deadline_ms))
			return sshoal__error_set(error, SSHOAL_EIO,
						 "%s: locked for too long",
						 trust->files[0]);
		rc = learn(trust, &query, &base, deadline_ms, &has_added,
			   error);
		end_writing(trust);
	}
	if (rc == 0)
		*added = has_added;
	return rc;
}

void sshoal__trust_free(struct trust *trust)
{
	if (!trust)
		return;
	sshoal__known_hosts_free(trust->news);
	sshoal__known_hosts_free(trust->learned);
	sshoal__known_hosts_free(trust->base);
	for (size_t i = 0; i < trust->file_count; i++)
		free(trust->files[i]);
	free(trust->files);
	(void)pthread_cond_destroy(&trust->idle);
	(void)pthread_mutex_destroy(&trust->lock);
	free(trust);
}
