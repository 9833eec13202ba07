/* SPDX-License-Identifier: MIT */
#include "ssh/bastion.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "ssh/opening.h"
#include "work/cancel.h"
#include "work/condition.h"
#include "work/thread.h"

/* What callers of any thread see of a bastion: requests and descriptors. */

sshoal_bastion *sshoal__bastion_ref(sshoal_bastion *bastion)
{
	if (bastion)
		(void)atomic_fetch_add(&bastion->refs, 1);
	return bastion;
}

void sshoal__bastion_request_free(struct bastion_request *request)
{
	if (request->fd >= 0)
		(void)close(request->fd);
	free(request->host);
	free(request);
}

static void wake(const struct sshoal_bastion *bastion)
{
	uint64_t one = 1;
	/* It is full only when it was woken often enough. */
	if (write(bastion->wake_fd, &one, sizeof one) < 0)
		return;
}

/* Adds a request for the thread; false when that serves nobody any more. */
static bool hand_in(struct sshoal_bastion *bastion,
		    struct bastion_request *request)
{
	if (bastion->fate.code)
		return false;
	if (bastion->first)
		bastion->last->next = request;
	else
		bastion->first = request;
	bastion->last = request;
	wake(bastion);
	return true;
}

/* Hands a request in and waits until it is done or the time is over, when the
 * thread frees it. Whether it is the caller's again, done. */
static bool ask(struct sshoal_bastion *bastion, struct bastion_request *request,
		int64_t timeout_ms)
{
	int64_t limit_us = sshoal__condition_limit_us(timeout_ms);
	int rc = 0;
	(void)pthread_mutex_lock(&bastion->lock);
	bool served = hand_in(bastion, request);
	while (served && !request->done && rc == 0)
		rc = sshoal__condition_wait(&bastion->changed, &bastion->lock,
					    limit_us);
	if (!served) {
		request->code = bastion->fate.code;
		request->error = bastion->fate;
		request->done = true;
	}
	bool done = request->done;
	request->left = !done;
	(void)pthread_mutex_unlock(&bastion->lock);
	return done;
}

/* What came of a request that is done; its descriptor stays in it. */
static int outcome(const struct bastion_request *request, sshoal_error *error)
{
	if (request->code && error) {
		*error = request->error;
		error->code = request->code;
	}
	return request->code;
}

static int new_request(struct bastion_request **request, enum bastion_deed deed,
		       const char *host, uint32_t port, int64_t timeout_ms)
{
	struct bastion_request *made = calloc(1, sizeof *made);
	char *copy = strdup(host);
	if (!made || !copy) {
		free(made);
		free(copy);
		return SSHOAL_ENOMEM;
	}
	made->deed = deed;
	made->host = copy;
	made->port = port;
	made->deadline_ms = sshoal__deadline_in(timeout_ms);
	made->fd = -1;
	*request = made;
	return 0;
}

int sshoal_bastion_connect(sshoal_bastion *bastion, const char *host,
			   uint32_t port, int64_t timeout_ms, int *fd,
			   sshoal_error *error)
{
	if (!bastion || !host || !*host || strlen(host) > DIRECT_HOST_MAX ||
	    port == 0 || port > 65535 || timeout_ms < -1 || !fd)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no bastion, host, port or time "
					 "limit");
	struct bastion_request *request = NULL;
	int rc = new_request(&request, BASTION_CONNECT, host, port, timeout_ms);
	if (rc)
		return sshoal__error_code(error, rc);
	if (ask(bastion, request, timeout_ms)) {
		rc = outcome(request, error);
		if (rc == 0) {
			*fd = request->fd;
			request->fd = -1;
		}
		sshoal__bastion_request_free(request);
	} else {
		rc = sshoal__error_code(error, SSHOAL_ETIMEOUT);
	}
	if (rc)
		(void)sshoal__error_prefix(error,
					   "%.200s port %u by the "
					   "bastion",
					   host, port);
	return rc;
}

int sshoal_bastion_listen(sshoal_bastion *bastion, const char *host,
			  uint32_t *port, int64_t timeout_ms,
			  sshoal_error *error)
{
	if (!bastion || !port || *port > 65535 || timeout_ms < -1 ||
	    (host && strlen(host) > DIRECT_HOST_MAX))
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no bastion, port or time limit");
	struct bastion_request *request = NULL;
	int rc = new_request(&request, BASTION_LISTEN,
			     host ? host : "localhost", *port, timeout_ms);
	if (rc)
		return sshoal__error_code(error, rc);
	if (!ask(bastion, request, timeout_ms))
		return sshoal__error_code(error, SSHOAL_ETIMEOUT);
	rc = outcome(request, error);
	if (rc == 0)
		*port = request->port;
	sshoal__bastion_request_free(request);
	return rc;
}

/* Under the lock; NULL where nothing listens. */
static struct bastion_listener *find(const struct sshoal_bastion *bastion,
				     uint32_t port)
{
	struct bastion_listener *listener = bastion->listeners;
	while (listener && listener->port != port)
		listener = listener->next;
	return listener;
}

static int take(struct sshoal_bastion *bastion, uint32_t port,
		int64_t timeout_ms, int *fd, sshoal_error *error)
{
	int64_t limit_us = sshoal__condition_limit_us(timeout_ms);
	struct bastion_listener *listener = find(bastion, port);
	if (!listener)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "the bastion does not listen on port "
					 "%u",
					 port);
	int rc = 0;
	while (listener->fd_count == 0) {
		if (bastion->fate.code)
			return sshoal__error_set(error, bastion->fate.code,
						 "%s", bastion->fate.text);
		if (rc)
			return sshoal__error_code(error, rc);
		rc = sshoal__condition_wait(&bastion->changed, &bastion->lock,
					    limit_us);
	}
	*fd = listener->fds[0];
	listener->fd_count--;
	for (size_t i = 0; i < listener->fd_count; i++)
		listener->fds[i] = listener->fds[i + 1];
	return 0;
}

int sshoal_bastion_accept(sshoal_bastion *bastion, uint32_t port,
			  int64_t timeout_ms, int *fd, sshoal_error *error)
{
	if (!bastion || !fd || timeout_ms < -1)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no bastion or time limit");
	(void)pthread_mutex_lock(&bastion->lock);
	int rc = take(bastion, port, timeout_ms, fd, error);
	(void)pthread_mutex_unlock(&bastion->lock);
	return rc;
}

static void fini(struct sshoal_bastion *bastion)
{
	while (bastion->listeners) {
		struct bastion_listener *listener = bastion->listeners;
		bastion->listeners = listener->next;
		for (size_t i = 0; i < listener->fd_count; i++)
			(void)close(listener->fds[i]);
		free(listener);
	}
	if (bastion->wake_fd >= 0)
		(void)close(bastion->wake_fd);
	free(bastion->fds);
	sshoal_cancel_free(bastion->cancel);
	sshoal__watch_fini(&bastion->watch);
	(void)pthread_cond_destroy(&bastion->changed);
	(void)pthread_mutex_destroy(&bastion->lock);
	free(bastion);
}

static int new_bastion(struct sshoal_bastion **bastion, sshoal_error *error)
{
	struct sshoal_bastion *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	atomic_init(&made->refs, 1);
	(void)pthread_mutex_init(&made->lock, NULL);
	sshoal__condition_init(&made->changed);
	sshoal__watch_init(&made->watch);
	made->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	made->fds = calloc(BASTION_STREAMS_MAX + 4, sizeof *made->fds);
	if (made->wake_fd >= 0 && made->fds) {
		*bastion = made;
		return 0;
	}
	int rc = made->fds ? SSHOAL_ELOCAL : SSHOAL_ENOMEM;
	fini(made);
	return sshoal__error_code(error, rc);
}

static int open_bastion(struct sshoal_bastion *bastion, struct opening *opening,
			sshoal_error *error)
{
	struct dialed dialed;
	int rc = sshoal__opening_dial(opening, &bastion->session,
				      &bastion->watch, &dialed, error);
	if (rc)
		return sshoal__error_prefix(error, "%.200s",
					    opening->options.host);
	bastion->cancel = sshoal__cancel_ref(opening->options.cancel);
	if (sshoal__thread_start(&bastion->thread, NULL, sshoal__bastion_thread,
				 bastion) == 0) {
		bastion->outer = sshoal__bastion_ref(opening->options.bastion);
		return 0;
	}
	sshoal__session_free(bastion->session);
	return sshoal__error_set(error, SSHOAL_ELOCAL,
				 "a thread for the bastion was refused");
}

static int open_and_start(struct sshoal_bastion **bastion,
			  struct opening *opening, sshoal_error *error)
{
	struct sshoal_bastion *made = NULL;
	int rc = new_bastion(&made, error);
	if (!made)
		return rc;
	rc = open_bastion(made, opening, error);
	if (rc)
		fini(made);
	else
		*bastion = made;
	return rc;
}

int sshoal_bastion_open(sshoal_bastion **bastion,
			const sshoal_client_options *options,
			sshoal_error *error)
{
	if (!bastion || !options)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no room for the bastion, or no "
					 "options");
	struct opening opening;
	sshoal_error own = { .code = 0 };
	int rc = sshoal__opening_init(&opening, options, &own);
	if (rc == 0)
		rc = open_and_start(bastion, &opening, &own);
	if (rc == 0)
		sshoal__opening_done(&opening);
	sshoal__opening_fini(&opening);
	if (rc && error)
		*error = own;
	return rc;
}

static void stop(struct sshoal_bastion *bastion)
{
	(void)pthread_mutex_lock(&bastion->lock);
	bastion->stopping = true;
	wake(bastion);
	(void)pthread_mutex_unlock(&bastion->lock);
	(void)pthread_join(bastion->thread, NULL);
}

void sshoal_bastion_close(sshoal_bastion *bastion)
{
	while (bastion && atomic_fetch_sub(&bastion->refs, 1) == 1) {
		sshoal_bastion *outer = bastion->outer;
		stop(bastion);
		fini(bastion);
		bastion = outer;
	}
}
