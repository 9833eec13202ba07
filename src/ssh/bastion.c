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

/* How often a server that is silent is asked for a sign of life. */
#define PROBE_MS 2000

/* How long its thread has to end, and then once more when it is cut off. */
#define STOP_MS 5000
#define CUT_MS 3000

/* What callers of any thread see of a bastion: requests and descriptors. */

sshoal_bastion *sshoal__bastion_ref(sshoal_bastion *bastion)
{
	if (bastion)
		(void)atomic_fetch_add(&bastion->refs, 1);
	return bastion;
}

void sshoal__bastion_wake(const struct sshoal_bastion *bastion)
{
	uint64_t one = 1;
	/* It is full only when it was woken often enough. */
	if (write(bastion->wake_fd, &one, sizeof one) < 0)
		return;
}

bool sshoal__bastion_is_over(struct sshoal_bastion *bastion)
{
	(void)pthread_mutex_lock(&bastion->lock);
	bool over = bastion->fate.code != 0;
	(void)pthread_mutex_unlock(&bastion->lock);
	return over;
}

/* Hands a request in and waits until it is done or given up, when the thread
 * frees it. 0: it is the caller's again, done. */
static int ask(struct sshoal_bastion *bastion, struct bastion_request *request,
	       int64_t deadline_ms, int cancel_fd)
{
	struct bastion_queue *queue = bastion->queue;
	request->deadline_ms = deadline_ms;
	sshoal__bastion_queue_put(queue, request);
	int rc = sshoal__bastion_request_wait(queue, request, deadline_ms,
					      cancel_fd);
	if (rc == 0 || !sshoal__bastion_queue_leave(queue, request))
		return 0;
	return rc;
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

int sshoal__bastion_connect(struct sshoal_bastion *bastion, const char *host,
			    uint32_t port, int64_t deadline_ms, int cancel_fd,
			    int *fd, sshoal_error *error)
{
	struct bastion_request *request = NULL;
	int rc = sshoal__bastion_request_new(&request, BASTION_CONNECT, host,
					     port);
	if (rc)
		return sshoal__error_code(error, rc);
	rc = ask(bastion, request, deadline_ms, cancel_fd);
	if (rc) {
		(void)sshoal__error_code(error, rc);
	} else {
		rc = outcome(request, error);
		if (rc == 0) {
			*fd = request->fd;
			request->fd = -1;
		}
		sshoal__bastion_request_free(request);
	}
	if (rc)
		(void)sshoal__error_prefix(error,
					   "%.200s port %u by the "
					   "bastion",
					   host, port);
	return rc;
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
	return sshoal__bastion_connect(bastion, host, port,
				       sshoal__deadline_in(timeout_ms), -1, fd,
				       error);
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
	int rc = sshoal__bastion_request_new(&request, BASTION_LISTEN,
					     host ? host : "localhost", *port);
	if (rc == 0)
		rc = ask(bastion, request, sshoal__deadline_in(timeout_ms), -1);
	if (rc)
		return sshoal__error_code(error, rc);
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
	sshoal__bastion_queue_free(bastion->queue);
	free(bastion->fds);
	sshoal_cancel_free(bastion->cancel);
	sshoal__watch_fini(&bastion->watch);
	(void)pthread_cond_destroy(&bastion->changed);
	(void)pthread_mutex_destroy(&bastion->lock);
	free(bastion);
}

int sshoal__bastion_new(struct sshoal_bastion **bastion,
			struct bastion_queue *queue, sshoal_error *error)
{
	struct sshoal_bastion *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	atomic_init(&made->refs, 1);
	(void)pthread_mutex_init(&made->lock, NULL);
	sshoal__condition_init(&made->changed);
	sshoal__watch_init(&made->watch);
	made->window_bytes = BASTION_WINDOWS;
	made->keepalive = (struct keepalive){ .due_ms = DEADLINE_NONE };
	made->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	made->fds = calloc(BASTION_STREAMS_MAX + 4, sizeof *made->fds);
	int rc = 0;
	if (queue)
		made->queue = sshoal__bastion_queue_ref(queue);
	else
		rc = sshoal__bastion_queue_new(&made->queue);
	if (made->wake_fd >= 0 && made->fds && rc == 0) {
		*bastion = made;
		return 0;
	}
	rc = made->wake_fd < 0 ? SSHOAL_ELOCAL : SSHOAL_ENOMEM;
	fini(made);
	return sshoal__error_code(error, rc);
}

void sshoal__bastion_drop(struct sshoal_bastion *bastion)
{
	fini(bastion);
}

void sshoal__bastion_set_patience(struct sshoal_bastion *bastion,
				  struct session *session, int64_t limit_ms)
{
	int64_t times = limit_ms / PROBE_MS;
	if (limit_ms < 0)
		return;
	sshoal__keepalive_init(&bastion->keepalive, session, PROBE_MS,
			       times < 1   ? 1 :
			       times > 300 ? 300 :
					     (uint32_t)times);
}

void sshoal__bastion_keep_alive(struct sshoal_bastion *bastion,
				struct session *session, int64_t interval_ms,
				uint32_t most)
{
	sshoal__keepalive_init(&bastion->keepalive, session, interval_ms, most);
	bastion->keeps_alive = true;
}

int sshoal__bastion_start(struct sshoal_bastion *bastion,
			  struct session *session, sshoal_error *error)
{
	bastion->session = session;
	int rc = sshoal__bastion_queue_join(bastion->queue, bastion);
	if (rc == 0 &&
	    sshoal__thread_start(&bastion->thread, NULL, sshoal__bastion_thread,
				 bastion) == 0)
		return 0;
	const struct sshoal_error fate = { .code = SSHOAL_ELOST };
	sshoal__bastion_queue_quit(bastion->queue, bastion, &fate);
	sshoal__session_free(session);
	return sshoal__error_set(error, SSHOAL_ELOCAL,
				 "a thread for the bastion was refused");
}

static int open_bastion(struct sshoal_bastion *bastion, struct opening *opening,
			sshoal_error *error)
{
	struct dialed dialed;
	struct session *session = NULL;
	int rc = sshoal__opening_dial(opening, &session, &bastion->watch,
				      &dialed, error);
	if (rc)
		return sshoal__error_prefix(error, "%.200s", opening->typed);
	bastion->cancel = sshoal__cancel_ref(opening->options.cancel);
	rc = sshoal__bastion_start(bastion, session, error);
	if (rc == 0)
		bastion->outer = sshoal__bastion_ref(opening->options.bastion);
	return rc;
}

static int open_and_start(struct sshoal_bastion **bastion,
			  struct opening *opening, sshoal_error *error)
{
	struct sshoal_bastion *made = NULL;
	int rc = sshoal__bastion_new(&made, NULL, error);
	if (!made)
		return rc;
	rc = open_bastion(made, opening, error);
	if (rc)
		fini(made);
	else
		*bastion = made;
	return rc;
}

int sshoal__bastion_open(sshoal_bastion **bastion,
			 const sshoal_client_options *options, size_t depth,
			 sshoal_error *error)
{
	if (!bastion || !options)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "no room for the bastion, or no "
					 "options");
	struct opening opening;
	sshoal_error own = { .code = 0 };
	int rc = sshoal__opening_init(&opening, options, &own);
	opening.depth = depth;
	if (rc == 0)
		rc = open_and_start(bastion, &opening, &own);
	if (rc == 0)
		sshoal__opening_done(&opening);
	sshoal__opening_fini(&opening);
	if (rc && error)
		*error = own;
	return rc;
}

int sshoal_bastion_open(sshoal_bastion **bastion,
			const sshoal_client_options *options,
			sshoal_error *error)
{
	return sshoal__bastion_open(bastion, options, 0, error);
}

void sshoal__bastion_end(sshoal_bastion *bastion)
{
	(void)pthread_mutex_lock(&bastion->lock);
	bastion->stopping = true;
	sshoal__bastion_wake(bastion);
	(void)pthread_mutex_unlock(&bastion->lock);
}

/* False: its thread is in a call that does not return. It is left behind, and
 * what it uses with it. */
static bool stop(struct sshoal_bastion *bastion)
{
	sshoal__bastion_end(bastion);
	if (sshoal__thread_join(bastion->thread, STOP_MS))
		return true;
	sshoal__watch_cut(&bastion->watch);
	if (sshoal__thread_join(bastion->thread, CUT_MS))
		return true;
	(void)pthread_detach(bastion->thread);
	return false;
}

bool sshoal__bastion_close(sshoal_bastion *bastion)
{
	while (bastion && atomic_fetch_sub(&bastion->refs, 1) == 1) {
		sshoal_bastion *outer = bastion->outer;
		if (!stop(bastion))
			return false;
		fini(bastion);
		bastion = outer;
	}
	return true;
}

void sshoal_bastion_close(sshoal_bastion *bastion)
{
	(void)sshoal__bastion_close(bastion);
}
