/* SPDX-License-Identifier: MIT */
#include "ssh/bastion_queue.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "ssh/bastion.h"

/* Each request has a descriptor of its own: of many that wait nobody is woken
 * for another one's. */

int sshoal__bastion_queue_new(struct bastion_queue **queue)
{
	struct bastion_queue *made = calloc(1, sizeof *made);
	if (!made)
		return SSHOAL_ENOMEM;
	atomic_init(&made->refs, 1);
	(void)pthread_mutex_init(&made->lock, NULL);
	made->last = &made->first;
	*queue = made;
	return 0;
}

struct bastion_queue *sshoal__bastion_queue_ref(struct bastion_queue *queue)
{
	(void)atomic_fetch_add(&queue->refs, 1);
	return queue;
}

void sshoal__bastion_queue_free(struct bastion_queue *queue)
{
	if (!queue || atomic_fetch_sub(&queue->refs, 1) != 1)
		return;
	(void)pthread_mutex_destroy(&queue->lock);
	free(queue);
}

int sshoal__bastion_request_new(struct bastion_request **request,
				enum bastion_deed deed, const char *host,
				uint32_t port)
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
	made->deadline_ms = DEADLINE_NONE;
	made->open_ms = -1;
	made->fd = -1;
	made->told_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (made->told_fd < 0) {
		sshoal__bastion_request_free(made);
		return SSHOAL_ELOCAL;
	}
	*request = made;
	return 0;
}

void sshoal__bastion_request_free(struct bastion_request *request)
{
	if (request->fd >= 0)
		(void)close(request->fd);
	if (request->told_fd >= 0)
		(void)close(request->told_fd);
	free(request->host);
	free(request);
}

/* Under the lock: done, or freed where nobody waits for it. */
static void settle(struct bastion_request *request, int code,
		   const sshoal_error *error)
{
	if (request->left) {
		sshoal__bastion_request_free(request);
		return;
	}
	uint64_t one = 1;
	request->code = code;
	request->error = *error;
	request->stage = BASTION_DONE;
	/* It cannot be full. */
	if (write(request->told_fd, &one, sizeof one) < 0)
		return;
}

static void fail_all(struct bastion_queue *queue, const sshoal_error *error)
{
	struct bastion_request *request = queue->first;
	queue->first = NULL;
	queue->last = &queue->first;
	while (request) {
		struct bastion_request *next = request->next;
		settle(request, error->code, error);
		request = next;
	}
}

static void wake_all(const struct bastion_queue *queue)
{
	for (size_t i = 0; i < queue->member_count; i++)
		sshoal__bastion_wake(queue->members[i]);
}

void sshoal__bastion_queue_put(struct bastion_queue *queue,
			       struct bastion_request *request)
{
	(void)pthread_mutex_lock(&queue->lock);
	request->queued_ms = sshoal__clock_now_ms();
	if (queue->fate.code) {
		settle(request, queue->fate.code, &queue->fate);
	} else {
		request->next = NULL;
		*queue->last = request;
		queue->last = &request->next;
		wake_all(queue);
	}
	(void)pthread_mutex_unlock(&queue->lock);
}

int sshoal__bastion_request_wait(struct bastion_queue *queue,
				 const struct bastion_request *request,
				 int64_t deadline_ms, int cancel_fd)
{
	struct pollfd wanted = { .fd = request->told_fd, .events = POLLIN };
	int n = sshoal__wait_any(&wanted, 1, deadline_ms, cancel_fd);
	if (n < 0)
		return n;
	/* Who tells of it does so under the lock. */
	(void)pthread_mutex_lock(&queue->lock);
	bool done = request->stage == BASTION_DONE;
	(void)pthread_mutex_unlock(&queue->lock);
	return done ? 0 : SSHOAL_ELOCAL;
}

enum bastion_stage
sshoal__bastion_queue_stage(struct bastion_queue *queue,
			    const struct bastion_request *request,
			    int64_t *since_ms)
{
	(void)pthread_mutex_lock(&queue->lock);
	enum bastion_stage stage = request->stage;
	*since_ms = stage == BASTION_QUEUED ? request->queued_ms :
					      request->taken_ms;
	(void)pthread_mutex_unlock(&queue->lock);
	return stage;
}

/* Takes one out of the list, if it is there. */
static bool unlink_request(struct bastion_queue *queue,
			   const struct bastion_request *request)
{
	struct bastion_request **link = &queue->first;
	while (*link && *link != request)
		link = &(*link)->next;
	if (!*link)
		return false;
	*link = request->next;
	if (!*link)
		queue->last = link;
	return true;
}

bool sshoal__bastion_queue_leave(struct bastion_queue *queue,
				 struct bastion_request *request)
{
	(void)pthread_mutex_lock(&queue->lock);
	bool done = request->stage == BASTION_DONE;
	bool queued = request->stage == BASTION_QUEUED &&
		      unlink_request(queue, request);
	if (!done && !queued) {
		request->left = true;
		/* Who is at it is to see that it is for nobody. */
		wake_all(queue);
	}
	(void)pthread_mutex_unlock(&queue->lock);
	if (queued)
		sshoal__bastion_request_free(request);
	return !done;
}

int sshoal__bastion_queue_join(struct bastion_queue *queue,
			       struct sshoal_bastion *member)
{
	(void)pthread_mutex_lock(&queue->lock);
	bool room = queue->member_count < BASTION_MEMBERS_MAX;
	if (room)
		queue->members[queue->member_count++] = member;
	(void)pthread_mutex_unlock(&queue->lock);
	return room ? 0 : SSHOAL_EFULL;
}

void sshoal__bastion_queue_quit(struct bastion_queue *queue,
				const struct sshoal_bastion *member,
				const sshoal_error *fate)
{
	(void)pthread_mutex_lock(&queue->lock);
	size_t i = 0;
	while (i < queue->member_count && queue->members[i] != member)
		i++;
	if (i < queue->member_count)
		queue->members[i] = queue->members[--queue->member_count];
	if (queue->member_count == 0 && !queue->stays) {
		queue->fate = *fate;
		fail_all(queue, fate);
	}
	(void)pthread_mutex_unlock(&queue->lock);
}

struct bastion_request *sshoal__bastion_queue_take(struct bastion_queue *queue)
{
	(void)pthread_mutex_lock(&queue->lock);
	struct bastion_request *request = queue->first;
	if (request) {
		(void)unlink_request(queue, request);
		request->taken_ms = sshoal__clock_now_ms();
		request->stage = BASTION_TAKEN;
	}
	(void)pthread_mutex_unlock(&queue->lock);
	return request;
}

bool sshoal__bastion_queue_has_some(struct bastion_queue *queue)
{
	(void)pthread_mutex_lock(&queue->lock);
	bool some = queue->first != NULL;
	(void)pthread_mutex_unlock(&queue->lock);
	return some;
}

bool sshoal__bastion_queue_is_left(struct bastion_queue *queue,
				   const struct bastion_request *request)
{
	(void)pthread_mutex_lock(&queue->lock);
	bool left = request->left;
	(void)pthread_mutex_unlock(&queue->lock);
	return left;
}

void sshoal__bastion_queue_done(struct bastion_queue *queue,
				struct bastion_request *request, int code,
				const sshoal_error *error)
{
	(void)pthread_mutex_lock(&queue->lock);
	settle(request, code, error);
	(void)pthread_mutex_unlock(&queue->lock);
}

void sshoal__bastion_queue_fail(struct bastion_queue *queue,
				const sshoal_error *error)
{
	(void)pthread_mutex_lock(&queue->lock);
	fail_all(queue, error);
	(void)pthread_mutex_unlock(&queue->lock);
}
