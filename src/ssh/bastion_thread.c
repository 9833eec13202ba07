/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "ssh/bastion.h"

/* libssh2 has one open under way at a time, so requests are served one after
 * the other; while one waits for its answer, all streams go on. */

/* How long an answer is waited for that nobody wants any more. */
#define LATE_MS 60000

/* Wake-ups, the session, the cancel, and the streams. */
enum place { PLACE_WAKE, PLACE_SESSION, PLACE_CANCEL, PLACE_RELAYS };

static void accept_all(struct sshoal_bastion *bastion);

static size_t list_fds(struct sshoal_bastion *bastion)
{
	struct pollfd *fds = bastion->fds;
	fds[PLACE_WAKE] =
		(struct pollfd){ .fd = bastion->wake_fd, .events = POLLIN };
	fds[PLACE_CANCEL] = (struct pollfd){
		.fd = sshoal_cancel_fd(bastion->cancel, SSHOAL_CANCEL_END),
		.events = POLLIN,
	};
	size_t n = PLACE_RELAYS;
	for (struct relay *relay = bastion->relays; relay; relay = relay->next)
		sshoal__relay_wanted(relay, &fds[n++]);
	return n;
}

static void pump_relays(struct sshoal_bastion *bastion)
{
	struct relay **link = &bastion->relays;
	while (*link && !bastion->session->failed) {
		struct relay *relay = *link;
		sshoal__relay_pump(relay);
		if (!relay->gone ||
		    (relay->channel.closed &&
		     !sshoal__channel_release(&relay->channel))) {
			link = &relay->next;
			continue;
		}
		*link = relay->next;
		bastion->relay_count--;
		sshoal__relay_fini(relay);
		free(relay);
	}
}

static bool is_stopping(struct sshoal_bastion *bastion)
{
	(void)pthread_mutex_lock(&bastion->lock);
	bool stopping = bastion->stopping;
	(void)pthread_mutex_unlock(&bastion->lock);
	return stopping;
}

/* When nobody has room for what came, libssh2 is not asked for it, and a
 * server's keepalives stay unanswered: then it is made to take in what there
 * is, of which there is no more than the windows allow. */
static int take_in(struct sshoal_bastion *bastion, sshoal_error *error)
{
	struct session *session = bastion->session;
	const struct relay *relay = bastion->relays;
	if (session->failed || sshoal__session_is_full(session))
		return 0;
	while (relay && !relay->channel.ssh)
		relay = relay->next;
	if (relay && sshoal__buffer_size(&session->in) > 0) {
		bastion->stale = true;
		return sshoal__channel_take_in(&relay->channel, error);
	}
	if (session->nudging || sshoal__buffer_size(&session->in) > 0)
		return sshoal__session_nudge(session, error);
	return 0;
}

/* Waits for anything, and notes of what. */
static int sleep_once(struct sshoal_bastion *bastion, int64_t deadline_ms,
		      sshoal_error *error)
{
	struct pollfd *fds = bastion->fds;
	size_t count = list_fds(bastion);
	/* Its wake-up may have been taken by a wait that was given up. */
	if (is_stopping(bastion))
		return sshoal__error_code(error, SSHOAL_ECANCELLED);
	int rc = sshoal__wait_many(fds, count, deadline_ms);
	if (rc < 0)
		return sshoal__error_code(error, rc);
	uint64_t wakes;
	if (fds[PLACE_WAKE].revents &&
	    read(bastion->wake_fd, &wakes, sizeof wakes) < 0)
		return sshoal__error_code(error, SSHOAL_EIO);
	size_t n = PLACE_RELAYS;
	for (struct relay *relay = bastion->relays; relay; relay = relay->next)
		relay->revents = fds[n++].revents;
	if (fds[PLACE_CANCEL].revents || is_stopping(bastion))
		return sshoal__error_code(error, SSHOAL_ECANCELLED);
	return 0;
}

/* Whether what is at hand is for nobody any more, and others wait for the place
 * where it is late. */
static bool is_left(struct sshoal_bastion *bastion)
{
	if (bastion->is_late)
		return sshoal__bastion_queue_has_some(bastion->queue);
	return bastion->request &&
	       sshoal__bastion_queue_is_left(bastion->queue, bastion->request);
}

/* When a server that does not answer an open is asked for a sign of life: one
 * that waits for a host behind it gives it. */
static int64_t probe_due(const struct sshoal_bastion *bastion)
{
	return bastion->request || bastion->keeps_alive ?
		       bastion->keepalive.due_ms :
		       DEADLINE_NONE;
}

/* What to wait for; *ready: nothing. */
static int before_wait(struct sshoal_bastion *bastion, bool *ready,
		       sshoal_error *error)
{
	struct session *session = bastion->session;
	struct pollfd *wanted = &bastion->fds[PLACE_SESSION];
	int rc = sshoal__session_before_wait(session, wanted, ready, error);
	if (rc)
		return rc;
	if (*ready && bastion->relays && sshoal__session_is_full(session)) {
		*ready = false;
		bool writing = sshoal__buffer_size(&session->out) > 0;
		*wanted = (struct pollfd){ .fd = writing ? session->fd : -1,
					   .events = POLLOUT };
	}
	*ready |= bastion->stale;
	return 0;
}

/* Sleeps until something is to be done. SSHOAL_EEMPTY: nothing, but a sign of
 * life was asked for. */
static int wait_once(struct sshoal_bastion *bastion, int64_t deadline_ms,
		     sshoal_error *error)
{
	struct session *session = bastion->session;
	int64_t until_ms =
		sshoal__deadline_min(deadline_ms, probe_due(bastion));
	int rc = sleep_once(bastion, until_ms, error);
	if (rc == 0)
		return sshoal__session_after_wait(
			session, &bastion->fds[PLACE_SESSION], error);
	if (rc != SSHOAL_ETIMEOUT || sshoal__deadline_left_ms(deadline_ms) == 0)
		return rc;
	rc = sshoal__keepalive_due(&bastion->keepalive, session, error);
	return rc ? rc : SSHOAL_EEMPTY;
}

/* Serves all streams once, waiting for something to do at most until the
 * deadline. As sshoal__session_wait(). */
static int turn(void *data, int64_t deadline_ms, sshoal_error *error)
{
	struct sshoal_bastion *bastion = data;
	struct session *session = bastion->session;
	bool ready = false;
	sshoal__session_limit(session, deadline_ms);
	int rc = before_wait(bastion, &ready, error);
	if (rc == 0 && !ready)
		rc = wait_once(bastion, deadline_ms, error);
	if (rc)
		return rc == SSHOAL_EEMPTY ? 0 : rc;
	sshoal__keepalive_heard(&bastion->keepalive, session);
	bastion->stale = false;
	accept_all(bastion);
	pump_relays(bastion);
	rc = take_in(bastion, error);
	sshoal__session_flush(session);
	/* Streams may be so busy that it never sleeps. */
	if (rc == 0 &&
	    (sshoal__deadline_left_ms(deadline_ms) == 0 || is_left(bastion)))
		rc = sshoal__error_code(error, SSHOAL_ETIMEOUT);
	return rc;
}

/* Gives a channel that is open to a caller, as a descriptor. */
static int give_stream(struct sshoal_bastion *bastion, struct relay *relay,
		       int *fd)
{
	int rc = sshoal__relay_attach(relay, fd);
	if (rc)
		return rc;
	relay->next = bastion->relays;
	bastion->relays = relay;
	bastion->relay_count++;
	bastion->stale = true;
	return 0;
}

static struct relay *new_relay(struct sshoal_bastion *bastion)
{
	struct relay *relay = calloc(1, sizeof *relay);
	if (relay)
		sshoal__relay_init(relay, bastion->session, &bastion->wait,
				   &bastion->window_bytes);
	return relay;
}

/* Closes a channel that nobody wants, without waiting. */
static void discard(struct relay *relay)
{
	(void)sshoal__channel_close(&relay->channel);
	sshoal__relay_fini(relay);
	free(relay);
}

/* --- listening --- */

static void accept_one(struct sshoal_bastion *bastion,
		       struct bastion_listener *listener,
		       LIBSSH2_CHANNEL *channel)
{
	struct relay *relay = new_relay(bastion);
	int fd = -1;
	if (!relay)
		return;
	relay->channel.ssh = channel;
	if (bastion->relay_count >= BASTION_STREAMS_MAX ||
	    give_stream(bastion, relay, &fd)) {
		discard(relay);
		return;
	}
	(void)pthread_mutex_lock(&bastion->lock);
	bool room = listener->fd_count < BASTION_BACKLOG;
	if (room)
		listener->fds[listener->fd_count++] = fd;
	(void)pthread_cond_broadcast(&bastion->changed);
	(void)pthread_mutex_unlock(&bastion->lock);
	/* The relay notices that its other end is gone. */
	if (!room)
		(void)close(fd);
}

static void accept_all(struct sshoal_bastion *bastion)
{
	/* Only this thread changes the list. */
	for (struct bastion_listener *listener = bastion->listeners; listener;
	     listener = listener->next) {
		LIBSSH2_CHANNEL *channel =
			libssh2_channel_forward_accept(listener->ssh);
		for (; channel;
		     channel = libssh2_channel_forward_accept(listener->ssh))
			accept_one(bastion, listener, channel);
	}
}

static int do_listen(struct sshoal_bastion *bastion,
		     struct bastion_request *request, sshoal_error *error)
{
	struct session *session = bastion->session;
	struct bastion_listener *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int bound = 0;
	int rc = 0;
	while (!made->ssh && rc == 0) {
		made->ssh = libssh2_channel_forward_listen_ex(
			session->ssh, request->host, (int)request->port, &bound,
			BASTION_BACKLOG);
		int code = made->ssh ? 0 :
				       libssh2_session_last_errno(session->ssh);
		if (made->ssh)
			break;
		if (code == LIBSSH2_ERROR_REQUEST_DENIED)
			rc = sshoal__error_set(error, SSHOAL_ECHANNEL,
					       "the server refused to listen");
		else if (code == LIBSSH2_ERROR_EAGAIN)
			rc = turn(bastion, bastion->limit_ms, error);
		else
			rc = sshoal__session_fail(session, code, SSHOAL_ELOST,
						  error);
	}
	/* Its answer would be taken for the next one's. */
	if (rc == SSHOAL_ETIMEOUT)
		session->failed = SSHOAL_ELOST;
	if (rc) {
		free(made);
		return rc;
	}
	made->port = bound ? (uint32_t)bound : request->port;
	request->port = made->port;
	(void)pthread_mutex_lock(&bastion->lock);
	made->next = bastion->listeners;
	bastion->listeners = made;
	(void)pthread_mutex_unlock(&bastion->lock);
	return 0;
}

/* --- connecting --- */

/* What the caller has given up is waited for as long as nobody else needs the
 * place: were it forgotten here, the server would keep it when it came.
 * SSHOAL_ETIMEOUT, or SSHOAL_ECANCELLED: nobody is served any more. */
static int wait_for_late(struct sshoal_bastion *bastion, struct relay *relay,
			 const struct channel_plan *plan)
{
	sshoal_error error;
	struct bastion_request *request = bastion->request;
	(void)sshoal__error_code(&error, SSHOAL_ETIMEOUT);
	bastion->request = NULL;
	sshoal__bastion_queue_done(bastion->queue, request, SSHOAL_ETIMEOUT,
				   &error);
	int rc = SSHOAL_ETIMEOUT;
	/* Whoever comes after this look wakes the wait. */
	bastion->is_late = !sshoal__bastion_queue_has_some(bastion->queue);
	if (bastion->is_late)
		rc = sshoal__channel_open(&relay->channel, plan,
					  sshoal__deadline_in(LATE_MS), &error);
	bastion->is_late = false;
	if (rc == SSHOAL_ETIMEOUT &&
	    !sshoal__channel_give_up(&relay->channel, plan))
		bastion->session->failed = SSHOAL_ELOST;
	return rc == SSHOAL_ECANCELLED ? rc : SSHOAL_ETIMEOUT;
}

static int open_stream(struct sshoal_bastion *bastion, struct relay *relay,
		       const struct bastion_request *request,
		       sshoal_error *error)
{
	struct direct direct;
	int rc = sshoal__direct_init(&direct, request->host, request->port);
	direct.plan.window_bytes = RELAY_WINDOW;
	if (rc)
		rc = sshoal__error_code(error, rc);
	else
		rc = sshoal__channel_open(&relay->channel, &direct.plan,
					  bastion->limit_ms, error);
	/* libssh2 gives up by itself after a minute. */
	if (rc == SSHOAL_ETIMEOUT && bastion->session->opening)
		rc = wait_for_late(bastion, relay, &direct.plan);
	sshoal__direct_fini(&direct);
	return rc;
}

static int do_connect(struct sshoal_bastion *bastion,
		      struct bastion_request *request, sshoal_error *error)
{
	if (bastion->relay_count >= BASTION_STREAMS_MAX)
		return sshoal__error_set(error, SSHOAL_ELIMIT,
					 "%d streams are open already",
					 BASTION_STREAMS_MAX);
	struct relay *relay = new_relay(bastion);
	if (!relay)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int fd = -1;
	int rc = open_stream(bastion, relay, request, error);
	if (rc == SSHOAL_ECHANNEL && bastion->request)
		request->reason = bastion->session->tap.refused_reason;
	if (rc == 0) {
		rc = give_stream(bastion, relay, &fd);
		if (rc)
			(void)sshoal__error_code(error, rc);
	}
	if (rc == 0) {
		request->fd = fd;
		return 0;
	}
	/* One that came late is closed in order by its relay. */
	if (relay->channel.ssh && rc == SSHOAL_ETIMEOUT &&
	    give_stream(bastion, relay, &fd) == 0)
		(void)close(fd);
	else
		discard(relay);
	return rc;
}

/* --- the thread --- */

static int serve(struct sshoal_bastion *bastion,
		 struct bastion_request *request)
{
	sshoal_error error = { .code = 0 };
	int rc = 0;
	bastion->request = request;
	if (bastion->keepalive.interval_ms && !bastion->keeps_alive &&
	    bastion->keepalive.unanswered == 0)
		bastion->keepalive.due_ms =
			sshoal__deadline_in(bastion->keepalive.interval_ms);
	bastion->limit_ms = sshoal__deadline_min(
		request->deadline_ms, sshoal__deadline_in(request->open_ms));
	while (rc == 0 && bastion->session->nudging)
		rc = turn(bastion, bastion->limit_ms, &error);
	if (rc == 0)
		rc = request->deed == BASTION_CONNECT ?
			     do_connect(bastion, request, &error) :
			     do_listen(bastion, request, &error);
	if (bastion->request)
		sshoal__bastion_queue_done(bastion->queue, request, rc, &error);
	bastion->request = NULL;
	return rc == SSHOAL_ECANCELLED || bastion->session->failed ? rc : 0;
}

/* Nobody is served any more: everyone who waits is told why. */
static void give_up(struct sshoal_bastion *bastion, const sshoal_error *error)
{
	sshoal_error fate = *error;
	if (!fate.code)
		fate.code = SSHOAL_ELOST;
	(void)pthread_mutex_lock(&bastion->lock);
	bastion->fate = fate;
	(void)pthread_cond_broadcast(&bastion->changed);
	(void)pthread_mutex_unlock(&bastion->lock);
	sshoal__bastion_queue_quit(bastion->queue, bastion, &fate);
}

static void free_streams(struct sshoal_bastion *bastion)
{
	while (bastion->relays) {
		struct relay *relay = bastion->relays;
		bastion->relays = relay->next;
		sshoal__relay_fini(relay);
		free(relay);
	}
}

void *sshoal__bastion_thread(void *argument)
{
	struct sshoal_bastion *bastion = argument;
	sshoal_error error = { .code = 0 };
	int rc = 0;
	bastion->wait = (struct channel_wait){ .wait = turn, .data = bastion };
	bastion->session->paces = true;
	while (rc == 0) {
		struct bastion_request *request =
			sshoal__bastion_queue_take(bastion->queue);
		rc = request ? serve(bastion, request) :
			       turn(bastion, DEADLINE_NONE, &error);
	}
	if (!error.code)
		(void)sshoal__session_fail(bastion->session, 0,
					   rc == SSHOAL_ECANCELLED ?
						   SSHOAL_ECANCELLED :
						   SSHOAL_ELOST,
					   &error);
	give_up(bastion, &error);
	free_streams(bastion);
	sshoal__session_free(bastion->session);
	return NULL;
}
