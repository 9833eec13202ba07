/* SPDX-License-Identifier: MIT */
#include "ssh/session.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "ssh/hello.h"
#include "ssh/keystream.h"
#include "ssh/library.h"
#include "ssh/methods.h"
#include "ssh/proxy_command.h"
#include "trust/trust.h"

/*
 * libssh2 is given callbacks that serve memory and never block, so every sleep
 * is in sshoal__session_wait() with a limit, libssh2 never sees a partial
 * write, and one call of it handles at most one recv(). An end of the
 * connection is told to libssh2 only after it has asked for everything that
 * came before, because it forgets what it holds when it meets an error.
 */

#define RECEIVE_MIN ((size_t)4 * 1024)
#define RECEIVE_MAX ((size_t)64 * 1024)
#define OUT_MAX ((size_t)8 * 1024 * 1024)
#define HELLO_KEPT ((size_t)8 * 1024)
#define HELD_MAX (ARENA_TOTAL_MAX / 2)

static LIBSSH2_ALLOC_FUNC(on_alloc)
{
	struct session *session = *abstract;
	void *block = sshoal__arena_alloc(&session->arena, count);
	if (session->starts)
		session->opening = block;
	session->starts = false;
	return block;
}

static LIBSSH2_REALLOC_FUNC(on_realloc)
{
	struct session *session = *abstract;
	return sshoal__arena_realloc(&session->arena, ptr, count);
}

static LIBSSH2_FREE_FUNC(on_free)
{
	struct session *session = *abstract;
	sshoal__arena_free(&session->arena, ptr);
}

static void on_given(void *data, unsigned char *block)
{
	struct session *session = data;
	if (session->shim && session->shim->given)
		session->shim->given(session->shim, block);
}

static void on_taken(void *data, const unsigned char *block, size_t size)
{
	struct session *session = data;
	if (session->shim && session->shim->taken)
		session->shim->taken(session->shim, block);
	sshoal__tap_look(&session->tap, block, size);
}

static LIBSSH2_SEND_FUNC(on_send)
{
	struct session *session = *abstract;
	(void)flags;
	if (socket != session->fd || session->failed ||
	    atomic_load_explicit(&session->watch->dead, memory_order_relaxed))
		return -ECONNRESET;
	if (sshoal__buffer_append(&session->out, buffer, length) != 0) {
		session->arena.refused = true;
		return -ENOMEM;
	}
	return (ssize_t)length;
}

/* What is served before the login is done is counted, and what comes before
 * the keys is kept for the text of an error. */
static bool count_hello(struct session *session, const void *bytes, size_t n)
{
	if (session->logged_in)
		return true;
	if (n > session->hello_left) {
		session->flooded = true;
		return false;
	}
	session->hello_left -= n;
	size_t kept = sshoal__buffer_size(&session->hello);
	if (!session->key_exchanged && kept + n <= HELLO_KEPT)
		(void)sshoal__buffer_append(&session->hello, bytes, n);
	return true;
}

static LIBSSH2_RECV_FUNC(on_recv)
{
	struct session *session = *abstract;
	(void)flags;
	if (socket != session->fd || session->failed ||
	    atomic_load_explicit(&session->watch->dead, memory_order_relaxed))
		return -ECONNRESET;
	if (session->gives_up) {
		session->gives_up = false;
		return -ECONNRESET;
	}
	if (session->deaf ||
	    (session->paces && sshoal__session_is_full(session)))
		return -EAGAIN;
	size_t n = sshoal__buffer_size(&session->in);
	if (n == 0)
		return !session->end_told ? -EAGAIN :
		       session->io_errno  ? -session->io_errno :
					    0;
	if (n > length)
		n = length;
	const unsigned char *bytes = sshoal__buffer_data(&session->in);
	if (!count_hello(session, bytes, n))
		return -ECONNRESET;
	memcpy(buffer, bytes, n);
	sshoal__buffer_consume(&session->in, n);
	return (ssize_t)n;
}

static void install_callbacks(LIBSSH2_SESSION *ssh)
{
#if LIBSSH2_VERSION_NUM >= 0x010b01
	libssh2_session_callback_set2(ssh, LIBSSH2_CALLBACK_SEND,
				      (libssh2_cb_generic *)on_send);
	libssh2_session_callback_set2(ssh, LIBSSH2_CALLBACK_RECV,
				      (libssh2_cb_generic *)on_recv);
#else
	libssh2_session_callback_set(ssh, LIBSSH2_CALLBACK_SEND,
				     (void *)on_send);
	libssh2_session_callback_set(ssh, LIBSSH2_CALLBACK_RECV,
				     (void *)on_recv);
#endif
}

int sshoal__session_new(struct session **session, int fd, struct watch *watch,
			int cancel_fd, sshoal_error *error)
{
	int rc = sshoal__library_start();
	struct session *made = rc ? NULL : calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	made->fd = fd;
	made->watch = watch;
	made->cancel_fd = cancel_fd;
	made->wake_fd = -1;
	made->hello_left = SESSION_HELLO_MAX;
	made->receive_bytes = RECEIVE_MIN;
	made->in = (struct buffer)BUFFER_INIT(RECEIVE_MAX);
	made->out = (struct buffer)BUFFER_INIT(OUT_MAX);
	made->hello = (struct buffer)BUFFER_INIT(HELLO_KEPT);
	made->arena = (struct arena){
		.given = on_given,
		.taken = on_taken,
		.data = made,
		.wipe = true,
	};
	made->ssh =
		libssh2_session_init_ex(on_alloc, on_free, on_realloc, made);
	if (!made->ssh) {
		(void)sshoal__arena_fini(&made->arena);
		free(made);
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	}
	libssh2_session_set_blocking(made->ssh, 0);
	install_callbacks(made->ssh);
	sshoal__watch_set_fd(watch, fd);
	*session = made;
	return 0;
}

bool sshoal__session_is_full(const struct session *session)
{
	return session->arena.total_bytes > HELD_MAX;
}

void sshoal__session_limit(struct session *session, int64_t deadline_ms)
{
	atomic_store_explicit(&session->watch->deadline_ms, deadline_ms,
			      memory_order_relaxed);
}

void sshoal__session_flush(struct session *session)
{
	size_t n = sshoal__buffer_size(&session->out);
	while (n > 0) {
		ssize_t sent =
			send(session->fd, sshoal__buffer_data(&session->out), n,
			     MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (sent < 0) {
			/* What the peer said before may still be read. */
			session->io_errno = errno;
			sshoal__buffer_consume(&session->out, n);
			break;
		}
		session->sent_bytes += (uint64_t)sent;
		sshoal__buffer_consume(&session->out, (size_t)sent);
		n -= (size_t)sent;
		session->wrote = true;
	}
}

/* Asks for more at a time while the peer fills what is asked for. */
static int receive(struct session *session, sshoal_error *error)
{
	unsigned char *room =
		sshoal__buffer_reserve(&session->in, session->receive_bytes);
	if (!room)
		return sshoal__session_fail(session, 0, SSHOAL_ENOMEM, error);
	ssize_t n = recv(session->fd, room, session->receive_bytes, 0);
	if (n > 0) {
		session->received_bytes += (uint64_t)n;
		sshoal__buffer_fill(&session->in, (size_t)n);
		if ((size_t)n == session->receive_bytes &&
		    session->receive_bytes < RECEIVE_MAX)
			session->receive_bytes *= 2;
		return 0;
	}
	if (n < 0 &&
	    (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	session->ended = true;
	if (n < 0)
		session->io_errno = errno;
	return 0;
}

/* A server that has said one thing may hold back the answer that is waited for
 * until the first is acknowledged (RFC 896), which the system would do 40 ms
 * late. */
static void acknowledge(const struct session *session)
{
	const int on = 1;
	(void)setsockopt(session->fd, IPPROTO_TCP, TCP_QUICKACK, &on,
			 sizeof on);
}

int sshoal__session_before_wait(struct session *session, struct pollfd *wanted,
				bool *ready, sshoal_error *error)
{
	if (session->failed || atomic_load(&session->watch->dead))
		return sshoal__session_fail(session, 0, SSHOAL_ELOST, error);
	sshoal__session_flush(session);
	*ready = true;
	if (sshoal__buffer_size(&session->in) > 0)
		return 0;
	if (session->held_back &&
	    sshoal__buffer_size(&session->out) <= SESSION_OUT_ENOUGH) {
		session->held_back = false;
		return 0;
	}
	if (session->end_told)
		return sshoal__session_fail(session, 0, SSHOAL_ELOST, error);
	if (session->ended) {
		session->end_told = true;
		return 0;
	}
	*ready = false;
	if (session->asking)
		acknowledge(session);
	/* An idle session holds no buffers; one that sends all the time keeps
	 * what it sends from. */
	sshoal__buffer_fini(&session->in);
	bool writing = sshoal__buffer_size(&session->out) > 0;
	if (!writing &&
	    (!session->wrote || session->out.capacity < SESSION_OUT_ENOUGH))
		sshoal__buffer_fini(&session->out);
	session->wrote = false;
	*wanted = (struct pollfd){
		.fd = session->fd,
		.events = (short)(POLLIN | (writing ? POLLOUT : 0)),
	};
	return 0;
}

int sshoal__session_after_wait(struct session *session,
			       const struct pollfd *wanted, sshoal_error *error)
{
	if (session->proxy)
		sshoal__proxy_command_listen(session->proxy);
	return (wanted->revents & ~POLLOUT) ? receive(session, error) : 0;
}

int sshoal__session_wait(struct session *session, int64_t deadline_ms,
			 sshoal_error *error)
{
	struct pollfd wanted[2];
	bool ready = false;
	sshoal__session_limit(session, deadline_ms);
	int rc = sshoal__session_before_wait(session, wanted, &ready, error);
	if (rc || ready)
		return rc;
	wanted[1] = (struct pollfd){
		.fd = session->wake_fd,
		.events = POLLIN,
	};
	int n = sshoal__wait_any(wanted, 2, deadline_ms, session->cancel_fd);
	if (n < 0)
		return sshoal__error_code(error, n);
	return sshoal__session_after_wait(session, wanted, error);
}

static int fail_text(struct session *session, int code, sshoal_error *error)
{
	const struct tap *tap = &session->tap;
	if (session->flooded)
		return sshoal__error_set(error, SSHOAL_EPROTOCOL,
					 "the server sent more than %zu bytes "
					 "before the login was done",
					 SESSION_HELLO_MAX);
	if (session->arena.refused)
		return sshoal__error_set(error, SSHOAL_ENOMEM,
					 "memory for the session was refused "
					 "or its limit was hit");
	if (tap->disconnect_reason)
		return sshoal__error_set(error, code,
					 "the server disconnected: %s",
					 tap->disconnect);
	if (session->ended && session->io_errno)
		return sshoal__error_set(error, code, "connection lost: %s",
					 strerror(session->io_errno));
	if (session->ended)
		return sshoal__error_set(error, code,
					 "the server closed the connection");
	return 0;
}

int sshoal__session_fail(struct session *session, int libssh2_code, int code,
			 sshoal_error *error)
{
	/* The words belong to libssh2 and are taken before anything else. */
	char *words = NULL;
	if (libssh2_code)
		(void)libssh2_session_last_error(session->ssh, &words, NULL, 0);
	if (!session->failed)
		session->failed = code;
	if (atomic_load(&session->watch->dead))
		return sshoal__error_set(error, SSHOAL_ETIMEOUT,
					 "it went on long after its time limit "
					 "and was cut off");
	if (libssh2_code == LIBSSH2_ERROR_INVALID_MAC)
		return sshoal__error_set(error, SSHOAL_ELOST,
					 "a packet was damaged on the way: the "
					 "message authentication code is "
					 "wrong");
	int rc = fail_text(session, code, error);
	if (rc && session->proxy && session->logged_in)
		sshoal__proxy_command_add_text(session->proxy, error);
	if (rc)
		return rc;
	if (libssh2_code && words && *words)
		return sshoal__error_set(error, code, "%s (libssh2 %d)", words,
					 libssh2_code);
	return sshoal__error_code(error, code);
}

/* No algorithm in common: either the server has no key of the kind that is on
 * file, which is a changed key, or libssh2 is too old for it. */
static int no_common(const struct session *session, uint32_t kinds,
		     sshoal_error *error)
{
	const void *hello = sshoal__buffer_data(&session->hello);
	size_t n = sshoal__buffer_size(&session->hello);
	char list[1024];
	char offer[420] = "nothing that can be read";
	(void)sshoal__hello_offer(offer, sizeof offer, hello, n);
	bool listed = sshoal__hello_host_keys(list, sizeof list, hello, n);
	if (listed && kinds && !(kinds & TRUST_BARE) &&
	    !sshoal__methods_offers(list, kinds))
		return sshoal__error_set(
			error, SSHOAL_EHOSTKEY_CHANGED,
			"HOST KEY CHANGED: the server has no key of the kind "
			"that is known of it any more; it offers %.200s; "
			"somebody may be listening in",
			list);
	if (listed && sshoal__library_is_1_10() &&
	    !sshoal__methods_offers(list, TRUST_ED25519 | TRUST_ECDSA_256 |
						  TRUST_ECDSA_384 |
						  TRUST_ECDSA_521))
		return sshoal__error_set(
			error, SSHOAL_EPROTOCOL,
			"the server has RSA host keys alone, which need "
			"libssh2 1.11; give it an Ed25519 key: it offers "
			"%.200s",
			list);
	return sshoal__error_set(error, SSHOAL_EPROTOCOL,
				 "no common algorithm: the server offers %s",
				 offer);
}

/* Whether the server closed, or was refused, for what it sent instead of a
 * banner; 0 if not. */
static int no_banner(const struct session *session, int libssh2_code,
		     sshoal_error *error)
{
	const void *hello = sshoal__buffer_data(&session->hello);
	size_t n = sshoal__buffer_size(&session->hello);
	const char *banner = sshoal__session_banner(session);
	char line[240];
	sshoal__hello_line(line, sizeof line, hello, n);
	if (sshoal__hello_is_busy(hello, n))
		return sshoal__error_set(error, SSHOAL_EBUSY,
					 "the server is busy: %s", line);
	if (session->ended && n == 0)
		return sshoal__error_set(error, SSHOAL_EBUSY,
					 "the server closed the connection "
					 "before its banner");
	if (libssh2_code == LIBSSH2_ERROR_BANNER_RECV ||
	    (session->ended && !*banner && strncmp(line, "SSH-", 4) != 0))
		return sshoal__error_set(error, SSHOAL_EPROTOCOL,
					 "not an SSH-2 server: it said "
					 "\"%.200s\"",
					 *banner ? banner : line);
	return 0;
}

static int handshake_failed(struct session *session, uint32_t kinds,
			    int libssh2_code, sshoal_error *error)
{
	session->failed = SSHOAL_EPROTOCOL;
	if (session->flooded || session->arena.refused ||
	    atomic_load(&session->watch->dead))
		return sshoal__session_fail(session, 0, SSHOAL_EPROTOCOL,
					    error);
	int rc = no_banner(session, libssh2_code, error);
	if (rc)
		return rc;
	if (libssh2_code == LIBSSH2_ERROR_KEX_FAILURE && !session->ended)
		return no_common(session, kinds, error);
	if (session->ended || session->tap.disconnect_reason)
		return fail_text(session, SSHOAL_ELOST, error);
	return sshoal__session_fail(session, libssh2_code, SSHOAL_EPROTOCOL,
				    error);
}

/* A banner must begin with "SSH-2.0" or "SSH-1.99" (RFC 4253 section 5.1);
 * libssh2 goes on with any version. */
static bool speaks_ssh2(const struct session *session)
{
	const char *banner = sshoal__session_banner(session);
	return !*banner || strncmp(banner, "SSH-2.0-", 8) == 0 ||
	       strncmp(banner, "SSH-1.99-", 9) == 0;
}

/* Before what came in the clear is forgotten. */
static void note_host_keys(struct session *session)
{
	char list[1024];
	if (sshoal__hello_host_keys(list, sizeof list,
				    sshoal__buffer_data(&session->hello),
				    sshoal__buffer_size(&session->hello)))
		session->host_key_kinds =
			sshoal__methods_common(session->ssh, list);
}

int sshoal__session_handshake(struct session *session, uint32_t kinds,
			      const struct algorithms *algorithms,
			      int64_t deadline_ms, sshoal_error *error)
{
	sshoal__session_limit(session, deadline_ms);
	int methods = sshoal__methods_set(session->ssh, kinds, algorithms);
	if (methods && session->arena.refused)
		return sshoal__session_fail(session, 0, SSHOAL_ENOMEM, error);
	if (methods == SSHOAL_EUNSUPPORTED)
		return sshoal__error_set(
			error, methods,
			"HostKeyAlgorithms %.200s: the host is "
			"known by a key of another kind",
			algorithms->lists[ALGORITHM_HOST_KEYS]);
	if (methods)
		return sshoal__error_set(error, SSHOAL_EPROTOCOL,
					 "the host is known by a kind of key "
					 "that libssh2 does not speak");
	for (;;) {
		OSSL_LIB_CTX *before = sshoal__keystream_enter();
		int rc = libssh2_session_handshake(session->ssh, session->fd);
		sshoal__keystream_leave(before);
		if (rc == 0)
			break;
		if (rc != LIBSSH2_ERROR_EAGAIN)
			return handshake_failed(session, kinds, rc, error);
		if (!speaks_ssh2(session))
			return handshake_failed(session, kinds,
						LIBSSH2_ERROR_BANNER_RECV,
						error);
		int waited = sshoal__session_wait(session, deadline_ms, error);
		if (waited == SSHOAL_ELOST)
			return handshake_failed(session, kinds, 0, error);
		if (waited)
			return waited;
	}
	session->key_exchanged = true;
	note_host_keys(session);
	session->hello_left = SESSION_HELLO_MAX;
	sshoal__buffer_fini(&session->hello);
	return 0;
}

const unsigned char *sshoal__session_host_key(const struct session *session,
					      size_t *size_bytes)
{
	int type;
	return (const unsigned char *)libssh2_session_hostkey(
		session->ssh, size_bytes, &type);
}

const char *sshoal__session_banner(const struct session *session)
{
	/* Until it comes, libssh2 takes the lines before it for it. */
	const char *banner = libssh2_session_banner_get(session->ssh);
	return banner && strncmp(banner, "SSH-", 4) == 0 ? banner : "";
}

void sshoal__session_free(struct session *session)
{
	if (!session)
		return;
	session->arena.wipe = true;
	if (session->key_exchanged && !session->failed && !session->ended &&
	    !atomic_load(&session->watch->dead)) {
		(void)libssh2_session_disconnect(session->ssh, "bye");
		sshoal__session_flush(session);
	}
	/* On a dead transport libssh2 frees everything without waiting. */
	session->failed = SSHOAL_ECLOSED;
	session->arena.taken = NULL;
	(void)libssh2_session_free(session->ssh);
	(void)sshoal__arena_fini(&session->arena);
	sshoal__watch_set_fd(session->watch, -1);
	(void)close(session->fd);
	sshoal__proxy_command_end(session->proxy);
	sshoal__buffer_fini(&session->in);
	sshoal__buffer_fini(&session->out);
	sshoal__buffer_fini(&session->hello);
	free(session);
}
