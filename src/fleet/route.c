/* SPDX-License-Identifier: MIT */
#include "fleet/route.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "fleet/backoff.h"
#include "fleet/run.h"
#include "ssh/bastion.h"
#include "ssh/dial.h"
#include "ssh/look_up.h"
#include "work/cancel.h"
#include "work/thread.h"

/*
 * Connections to a jump host are made when a target needs them, by a thread of
 * their own, so that no worker is held by a host that is slow to log in to. How
 * it failed is remembered: five hundred targets do not ask it again.
 */

/* A request that waits so long wants another connection. */
#define QUEUED_MS 300

/* When one more connection was not to be had, the next is not asked for before
 * this. */
#define AGAIN_MS 5000

/* The reason of SSH_MSG_CHANNEL_OPEN_FAILURE (RFC 4254 section 5.1). */
#define REASON_CONNECT_FAILED 2

/* How long a thread has to end once it is to, and again when it is cut off. */
#define STOP_MS 5000
#define CUT_MS 3000

/* How often one request is tried on another connection. */
#define LOST_TRIES 2

/* How long after its limit a connection may take to say so. */
#define ANSWER_MS 2000

static int end_fd(const struct route *route)
{
	return sshoal_cancel_fd(route->run->routes.cancel, SSHOAL_CANCEL_END);
}

/* --- one connection --- */

/* What is dialed, step by step. */
struct step {
	struct route *route;
	struct addresses addresses;
	int64_t connect_deadline_ms;
	int fd; /* the way through the jump hosts before it; -1: none */
	int phase;
	bool key_added;
};

static void on_enter(void *data, int phase)
{
	struct step *step = data;
	step->phase = phase;
}

static int64_t limit_from(const struct route *route, int64_t from_ms)
{
	return sshoal__deadline_min(
		sshoal__deadline_after(from_ms, route->plan.connect_timeout_ms),
		route->run->deadline_ms);
}

static int reach(struct step *step, sshoal_error *error)
{
	struct route *route = step->route;
	const struct plan *plan = &route->plan;
	step->connect_deadline_ms = limit_from(route, sshoal__clock_now_ms());
	if (!route->outer && plan->proxy_command)
		return 0;
	if (!route->outer) {
		step->phase = SSHOAL_PHASE_DNS;
		return sshoal__look_up(
			&step->addresses, plan->host, plan->profile.family,
			step->connect_deadline_ms, end_fd(route), error);
	}
	const struct route_wish wish = {
		.host = plan->host,
		.port = plan->port,
		.open_ms = plan->connect_timeout_ms,
		.deadline_ms = route->run->deadline_ms,
		.cancel_fd = end_fd(route),
	};
	int64_t taken_ms = 0;
	step->phase = SSHOAL_PHASE_CONNECT;
	int rc = sshoal__route_connect(route->outer, &wish, &step->fd,
				       &taken_ms, error);
	step->connect_deadline_ms = limit_from(route, taken_ms);
	return rc;
}

static int dial(struct step *step, struct session **session,
		struct watch *watch, sshoal_error *error)
{
	const struct route *route = step->route;
	const struct plan *plan = &route->plan;
	const struct login login =
		sshoal__credentials_login(&route->run->credentials, plan);
	const struct dial_events events = { .enter = on_enter, .data = step };
	const struct dial dial = {
		.host = plan->known_host,
		.host_port = plan->known_port,
		.addresses = step->fd < 0 ? &step->addresses : NULL,
		.proxy_command = route->outer ? NULL : plan->proxy_command,
		.algorithms = &plan->profile.algorithms,
		.bind = plan->profile.bind.size ? &plan->profile.bind : NULL,
		.attempts = plan->profile.attempts,
		.trust = plan->trust,
		.login = &login,
		.events = &events,
		.watch = watch,
		.connect_deadline_ms = step->connect_deadline_ms,
		.login_timeout_ms = plan->login_timeout_ms,
		.deadline_ms = route->run->deadline_ms,
		.cancel_fd = end_fd(route),
		.fd = step->fd,
		.policy = plan->policy,
		.port = plan->port,
	};
	struct dialed dialed;
	int rc = sshoal__dial(session, &dial, &dialed, error);
	step->key_added = dialed.key_added;
	return rc;
}

static void set_dialed(struct route *route, struct sshoal_bastion *bastion)
{
	(void)pthread_mutex_lock(&route->lock);
	route->dialed = bastion;
	(void)pthread_mutex_unlock(&route->lock);
}

static void set_patience(struct sshoal_bastion *bastion,
			 struct session *session, const struct plan *plan)
{
	const struct profile *profile = &plan->profile;
	if (profile->keepalive_interval_ms)
		sshoal__bastion_keep_alive(bastion, session,
					   profile->keepalive_interval_ms,
					   profile->keepalive_count);
	else
		sshoal__bastion_set_patience(bastion, session,
					     plan->connect_timeout_ms);
}

/* Connects, logs in, and has the connection serve the queue. */
static int open_one(struct step *step, struct sshoal_bastion **opened,
		    sshoal_error *error)
{
	struct route *route = step->route;
	struct sshoal_bastion *bastion = NULL;
	step->fd = -1;
	int rc = reach(step, error);
	if (rc)
		return rc;
	rc = sshoal__bastion_new(&bastion, route->queue, error);
	if (rc) {
		if (step->fd >= 0)
			(void)close(step->fd);
		return rc;
	}
	struct session *session = NULL;
	set_dialed(route, bastion);
	rc = dial(step, &session, &bastion->watch, error);
	set_dialed(route, NULL);
	if (rc == 0) {
		set_patience(bastion, session, &route->plan);
		rc = sshoal__bastion_start(bastion, session, error);
	}
	if (rc)
		sshoal__bastion_drop(bastion);
	else
		*opened = bastion;
	return rc;
}

/* The same, again and again where that may help, as for a target. */
static int open_patiently(struct step *step, struct sshoal_bastion **opened,
			  sshoal_error *error)
{
	const struct route *route = step->route;
	const sshoal_fleet_options *options = &route->run->settings->options;
	int64_t retry_ms =
		options->retry_delay_ms > 0 ? options->retry_delay_ms : 1000;
	uint32_t busy = 0;
	uint32_t retries = 0;
	for (;;) {
		*error = (sshoal_error){ .code = 0 };
		int rc = open_one(step, opened, error);
		if (rc == 0)
			return 0;
		int64_t delay_ms = -1;
		if (sshoal__backoff_is_busy(rc, step->phase) &&
		    busy < BACKOFF_BUSY_TRIES)
			delay_ms = sshoal__backoff_ms(BACKOFF_BUSY_MS, busy++);
		else if (sshoal__backoff_is_worth(rc, step->phase) &&
			 retries < options->retries)
			delay_ms = sshoal__backoff_ms(retry_ms, retries++);
		int64_t due_ms = sshoal__deadline_in(delay_ms);
		if (delay_ms < 0 || due_ms >= route->run->deadline_ms ||
		    sshoal__wait_any(NULL, 0, due_ms, end_fd(route)) ==
			    SSHOAL_ECANCELLED)
			return rc;
	}
}

/* --- the thread --- */

/* Under the lock: connections that are lost are let go. */
static size_t count_live(struct route *route)
{
	size_t i = 0;
	while (i < route->bastion_count) {
		struct sshoal_bastion *bastion = route->bastions[i];
		if (!sshoal__bastion_is_over(bastion)) {
			i++;
			continue;
		}
		route->bastions[i] = route->bastions[--route->bastion_count];
		sshoal_bastion_close(bastion);
	}
	return route->bastion_count;
}

static void note_opened(struct route *route, const struct step *step,
			struct sshoal_bastion *bastion)
{
	route->bastions[route->bastion_count++] = bastion;
	route->state = ROUTE_OPEN;
	route->key_added |= step->key_added;
}

/* While others serve, it is enough to ask for one more a little later. */
static bool note_failed(struct route *route, const struct step *step, int code,
			const sshoal_error *error)
{
	route->again_ms = sshoal__deadline_in(AGAIN_MS);
	if (count_live(route) > 0)
		return false;
	route->state = ROUTE_FAILED;
	route->code = code;
	route->phase = step->phase;
	route->error = *error;
	route->error.code = code;
	(void)sshoal__error_prefix(&route->error, "jump host %.200s",
				   route->name);
	return true;
}

static void *thread(void *argument)
{
	struct route *route = argument;
	struct run *run = route->run;
	struct step step = { .route = route, .fd = -1 };
	struct sshoal_bastion *bastion = NULL;
	sshoal_error error = { .code = 0 };
	int rc = open_patiently(&step, &bastion, &error);
	bool failed = false;
	(void)pthread_mutex_lock(&route->lock);
	if (rc == 0)
		note_opened(route, &step, bastion);
	else
		failed = note_failed(route, &step, rc, &error);
	route->dialing = false;
	bool awaited = route->is_awaited;
	route->is_awaited = false;
	(void)pthread_mutex_unlock(&route->lock);
	if (failed)
		sshoal__bastion_queue_fail(route->queue, &route->error);
	if (awaited)
		(void)sshoal__events_post(&run->events, &route->event, NULL);
	sshoal__run_free(run);
	return NULL;
}

/* Under the lock. */
static void start_thread(struct route *route)
{
	if (route->has_thread)
		(void)pthread_join(route->thread, NULL);
	route->has_thread = false;
	(void)sshoal__run_ref(route->run);
	route->dialing = true;
	if (sshoal__thread_start(&route->thread, NULL, thread, route) == 0) {
		route->has_thread = true;
		return;
	}
	const struct step step = { .phase = SSHOAL_PHASE_CONNECT };
	sshoal_error error;
	route->dialing = false;
	(void)sshoal__error_set(&error, SSHOAL_ELOCAL,
				"no thread could be made");
	(void)note_failed(route, &step, SSHOAL_ELOCAL, &error);
	sshoal__run_free(route->run);
}

/* Under the lock: where it is, as of now. */
static enum route_state settle(struct route *route)
{
	if (count_live(route) > 0)
		return ROUTE_OPEN;
	if (route->dialing)
		return ROUTE_OPENING;
	if (route->state == ROUTE_OPEN)
		route->state = ROUTE_CLOSED;
	return route->state;
}

enum route_state sshoal__route_start(struct route *route, bool awaited)
{
	(void)pthread_mutex_lock(&route->lock);
	enum route_state state = settle(route);
	if (state == ROUTE_CLOSED) {
		start_thread(route);
		state = route->dialing ? ROUTE_OPENING : ROUTE_FAILED;
	}
	if (state == ROUTE_OPENING && awaited)
		route->is_awaited = true;
	(void)pthread_mutex_unlock(&route->lock);
	return state;
}

enum route_state sshoal__route_look(struct route *route, sshoal_error *error,
				    int *phase)
{
	(void)pthread_mutex_lock(&route->lock);
	enum route_state state = settle(route);
	if (state == ROUTE_FAILED) {
		*error = route->error;
		*phase = route->phase;
	}
	(void)pthread_mutex_unlock(&route->lock);
	return state;
}

/* --- for a worker --- */

/* Asks for one more connection, where there may be more. */
static enum route_state grow(struct route *route, sshoal_error *error)
{
	int phase = 0;
	enum route_state state = sshoal__route_start(route, false);
	if (state == ROUTE_FAILED)
		(void)sshoal__route_look(route, error, &phase);
	if (state != ROUTE_OPEN)
		return state;
	(void)pthread_mutex_lock(&route->lock);
	if (!route->dialing && route->bastion_count < BASTION_MEMBERS_MAX &&
	    sshoal__deadline_left_ms(route->again_ms) == 0)
		start_thread(route);
	(void)pthread_mutex_unlock(&route->lock);
	return state;
}

/* Waits until a request is done; or gives it up. 0: it is done. */
static int await(struct route *route, struct bastion_request *request,
		 const struct route_wish *wish, sshoal_error *error)
{
	for (;;) {
		int64_t since_ms = 0;
		enum bastion_stage stage = sshoal__bastion_queue_stage(
			route->queue, request, &since_ms);
		int64_t limit_ms = sshoal__deadline_in(QUEUED_MS);
		if (stage == BASTION_TAKEN)
			limit_ms = sshoal__deadline_after(
				since_ms, wish->open_ms < 0 ?
						  -1 :
						  wish->open_ms + ANSWER_MS);
		limit_ms = sshoal__deadline_min(limit_ms, wish->deadline_ms);
		int rc = sshoal__bastion_request_wait(
			route->queue, request, limit_ms, wish->cancel_fd);
		if (rc == 0)
			return 0;
		bool over = sshoal__deadline_left_ms(wish->deadline_ms) == 0;
		if (rc == SSHOAL_ETIMEOUT && stage == BASTION_QUEUED && !over) {
			if (grow(route, error) != ROUTE_FAILED)
				continue;
			rc = error->code;
		} else {
			(void)sshoal__error_code(error, rc);
		}
		return sshoal__bastion_queue_leave(route->queue, request) ? rc :
									    0;
	}
}

/* What a jump host that refuses a stream says of the host behind it, which
 * OpenSSH has from its system. */
static int code_of(const struct bastion_request *request)
{
	static const struct {
		const char *words;
		int code;
	} table[] = {
		{ "refused", SSHOAL_EREFUSED },
		{ "timed out", SSHOAL_ETIMEOUT },
		{ "not known", SSHOAL_EDNS },
		{ "unknown host", SSHOAL_EDNS },
		{ "resolve", SSHOAL_EDNS },
		{ "name resolution", SSHOAL_EDNS },
		{ "No address", SSHOAL_EDNS },
	};
	if (request->code != SSHOAL_ECHANNEL ||
	    request->reason != REASON_CONNECT_FAILED)
		return request->code;
	const char *why = strrchr(request->error.text, ':');
	for (size_t i = 0; why && i < sizeof table / sizeof *table; i++)
		if (strcasestr(why, table[i].words))
			return table[i].code;
	return SSHOAL_EUNREACHABLE;
}

static int outcome(const struct route *route, struct bastion_request *request,
		   int *fd, int64_t *taken_ms, sshoal_error *error)
{
	int rc = code_of(request);
	*taken_ms = request->taken_ms;
	if (rc == 0) {
		*fd = request->fd;
		request->fd = -1;
		(void)fcntl(*fd, F_SETFL, O_NONBLOCK);
	} else {
		*error = request->error;
		error->code = rc;
		if (request->taken_ms)
			(void)sshoal__error_prefix(error, "jump host %.200s",
						   route->name);
	}
	sshoal__bastion_request_free(request);
	return rc;
}

/* One request, from the queue to its outcome. */
static int ask(struct route *route, const struct route_wish *wish, int *fd,
	       int64_t *taken_ms, sshoal_error *error)
{
	struct bastion_request *request = NULL;
	int phase = 0;
	if (sshoal__route_start(route, false) == ROUTE_FAILED) {
		(void)sshoal__route_look(route, error, &phase);
		return error->code;
	}
	int rc = sshoal__bastion_request_new(&request, BASTION_CONNECT,
					     wish->host, wish->port);
	if (rc)
		return sshoal__error_code(error, rc);
	request->open_ms = wish->open_ms;
	request->deadline_ms = wish->deadline_ms;
	sshoal__bastion_queue_put(route->queue, request);
	rc = await(route, request, wish, error);
	return rc ? rc : outcome(route, request, fd, taken_ms, error);
}

int sshoal__route_connect(struct route *route, const struct route_wish *wish,
			  int *fd, int64_t *taken_ms, sshoal_error *error)
{
	*taken_ms = 0;
	int rc = ask(route, wish, fd, taken_ms, error);
	/* A connection that is lost takes the one open with it that it is at,
	 * of which nothing is known: another connection may do it. */
	for (int i = 0; rc == SSHOAL_ELOST && *taken_ms && i < LOST_TRIES; i++)
		rc = ask(route, wish, fd, taken_ms, error);
	return rc;
}

/* --- the end --- */

void sshoal__routes_end(struct routes *routes)
{
	(void)sshoal_cancel_trigger(routes->cancel, SSHOAL_CANCEL_END);
}

/* Whether the thread that dials is over. */
static bool join(struct route *route)
{
	if (!route->has_thread || sshoal__thread_join(route->thread, STOP_MS))
		return true;
	(void)pthread_mutex_lock(&route->lock);
	if (route->dialed)
		sshoal__watch_cut(&route->dialed->watch);
	(void)pthread_mutex_unlock(&route->lock);
	if (sshoal__thread_join(route->thread, CUT_MS))
		return true;
	(void)pthread_detach(route->thread);
	return false;
}

size_t sshoal__routes_close(struct routes *routes)
{
	size_t left = 0;
	sshoal__routes_end(routes);
	for (struct route *route = routes->first; route; route = route->next) {
		left += !join(route);
		route->has_thread = false;
		for (size_t i = 0; i < route->bastion_count; i++)
			sshoal__bastion_end(route->bastions[i]);
		while (route->bastion_count > 0)
			left += !sshoal__bastion_close(
				route->bastions[--route->bastion_count]);
	}
	return left;
}
