/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include <sshoal/gate.h>

#include "servers/port.h"
#include "servers/site.h"
#include "ssh/observed.h"

/* A run inside a program that has threads, signal handlers and OpenSSL of its
 * own: neither notices the other. */

#define LONG_MS 60000

/* --- two fleets at once, and cancel from elsewhere --- */

struct party {
	sshoal_fleet *fleet;
	sshoal_gate *here; /* opened when its first output came */
	sshoal_gate *there;
	const char *command;
	struct observed observed;
	pthread_t thread;
	int rc;
};

/* No output is passed over before the other fleet has some, too. */
static int await_other(const sshoal_target *target, int stream,
		       const void *bytes, size_t size_bytes, void *data)
{
	struct party *party = data;
	(void)target, (void)stream, (void)bytes, (void)size_bytes;
	(void)sshoal_gate_open(party->here);
	return sshoal_gate_wait(party->there, LONG_MS);
}

static void *party_main(void *argument)
{
	struct party *party = argument;
	party->rc = observe(&party->observed, party->fleet, party->command);
	return NULL;
}

static void start_party(struct party *party)
{
	party->rc = 1;
	assert_int_equal(
		pthread_create(&party->thread, NULL, party_main, party), 0);
}

static void end_party(struct party *party)
{
	assert_int_equal(pthread_join(party->thread, NULL), 0);
	assert_int_equal(party->rc, 0);
}

static void two_fleets_run_at_once_each_on_its_callers_thread(void **state)
{
	sshoal_gate *gates[2];
	struct party parties[2];
	assert_int_equal(sshoal_gate_new(&gates[0]), 0);
	assert_int_equal(sshoal_gate_new(&gates[1]), 0);
	for (size_t i = 0; i < 2; i++) {
		parties[i] = (struct party){
			.fleet = fleet_of(NULL),
			.here = gates[i],
			.there = gates[1 - i],
			.command = i == 0 ? "echo one" : "echo two",
			.observed = { .on_output = await_other,
				      .data = &parties[i] },
		};
		fleet_with_hosts(parties[i].fleet, *state, 12);
		start_party(&parties[i]);
	}
	end_party(&parties[0]);
	end_party(&parties[1]);
	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < 12; k++)
			assert_seen_ok(&parties[i].observed, k,
				       i == 0 ? "one\n" : "two\n");
		observed_free(&parties[i].observed);
		sshoal_fleet_free(parties[i].fleet);
		sshoal_gate_free(gates[i]);
	}
}

static int tell(const sshoal_target *target, int stream, const void *bytes,
		size_t size_bytes, void *data)
{
	struct party *party = data;
	(void)target, (void)stream, (void)bytes, (void)size_bytes;
	return sshoal_gate_open(party->here);
}

static void another_thread_may_cancel(void **state)
{
	sshoal_fleet_options options = SSHOAL_FLEET_OPTIONS_INIT;
	sshoal_cancel *cancel = NULL;
	assert_int_equal(sshoal_cancel_new(&cancel), 0);
	options.cancel = cancel;
	struct party party = { .fleet = fleet_of(&options),
			       .command = "echo begun; sleep 600",
			       .observed = { .on_output = tell,
					     .data = &party } };
	assert_int_equal(sshoal_gate_new(&party.here), 0);
	fleet_with_hosts(party.fleet, *state, 1);
	start_party(&party);
	assert_int_equal(sshoal_gate_wait(party.here, -1), 0);
	assert_int_equal(sshoal_cancel_trigger(cancel, SSHOAL_CANCEL_END), 0);
	end_party(&party);
	assert_seen_status(&party.observed, 0, SSHOAL_STATUS_CANCELLED);
	observed_free(&party.observed);
	sshoal_fleet_free(party.fleet);
	sshoal_gate_free(party.here);
	sshoal_cancel_free(cancel);
}

/* --- signals --- */

static const int numbers[] = { SIGINT, SIGTERM, SIGALRM, SIGCHLD, SIGPIPE };
#define NUMBERS (sizeof numbers / sizeof *numbers)

/* For the handler: the threads that are the program's, and what came. */
static pid_t programs[64];
static atomic_uint came[NSIG];
static atomic_uint came_elsewhere;

static void on_signal(int number)
{
	size_t i = 0;
	pid_t id = gettid();
	while (programs[i] && programs[i] != id)
		i++;
	came[number]++;
	if (!programs[i])
		came_elsewhere++;
}

static void list_programs_threads(void)
{
	size_t count = 0;
	DIR *folder = opendir("/proc/self/task");
	assert_non_null(folder);
	const struct dirent *entry = readdir(folder);
	for (; entry; entry = readdir(folder)) {
		if (entry->d_name[0] == '.')
			continue;
		assert_in_range(count, 0, 62);
		programs[count++] = (pid_t)strtol(entry->d_name, NULL, 10);
	}
	programs[count] = 0;
	(void)closedir(folder);
}

static void *child_of_program(void *argument)
{
	(void)argument;
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	return pid > 0 && waitpid(pid, NULL, 0) == pid ? NULL : argument;
}

/* Has every signal sent to the process, as a shell or the kernel does. */
static int send_signals(const sshoal_target *target, int stream,
			const void *bytes, size_t size_bytes, void *data)
{
	(void)target, (void)stream, (void)bytes, (void)size_bytes, (void)data;
	for (size_t i = 0; i < NUMBERS; i++)
		if (kill(getpid(), numbers[i]))
			return 1;
	return child_of_program(data) != NULL;
}

static void set_handlers(struct sigaction *own, struct sigaction *before)
{
	for (size_t i = 0; i < NUMBERS; i++) {
		/* Half of them interrupt what they come into. */
		own[i] = (struct sigaction){ .sa_handler = on_signal,
					     .sa_flags =
						     i % 2 ? SA_RESTART : 0 };
		assert_int_equal(sigaddset(&own[i].sa_mask, SIGUSR1), 0);
		came[numbers[i]] = 0;
		assert_int_equal(sigaction(numbers[i], &own[i], &before[i]), 0);
	}
}

/* Ignoring a signal throws away one that no thread has taken so far. */
static void remove_handlers(const struct sigaction *before)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	for (size_t i = 0; i < NUMBERS; i++) {
		assert_int_equal(sigaction(numbers[i], &ignore, NULL), 0);
		assert_int_equal(sigaction(numbers[i], &before[i], NULL), 0);
	}
}

static void assert_handlers_are(const struct sigaction *own)
{
	for (size_t i = 0; i < NUMBERS; i++) {
		struct sigaction found;
		assert_int_equal(sigaction(numbers[i], NULL, &found), 0);
		assert_true(found.sa_handler == own[i].sa_handler);
		assert_int_equal((unsigned)(found.sa_flags & SA_RESTART),
				 (unsigned)(own[i].sa_flags & SA_RESTART));
		assert_int_equal(sigismember(&found.sa_mask, SIGUSR1), 1);
		assert_int_equal(sigismember(&found.sa_mask, SIGUSR2), 0);
		assert_true(came[numbers[i]] > 0);
	}
}

static void handlers_run_on_the_programs_threads_and_stay(void **state)
{
	struct sigaction own[NUMBERS], before[NUMBERS];
	sigset_t mask, mask_after;
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask), 0);
	list_programs_threads();
	came_elsewhere = 0;
	sshoal_fleet *fleet = fleet_of(NULL);
	fleet_with_hosts(fleet, *state, 20);
	struct observed observed = { .on_output = send_signals };
	set_handlers(own, before);
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	int rc = observe(&observed, fleet, "echo out; sleep 0.2; echo more");
	assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
	assert_handlers_are(own);
	remove_handlers(before);
	assert_int_equal(rc, 0);
	for (size_t i = 0; i < 20; i++)
		assert_seen_ok(&observed, i, "out\nmore\n");
	assert_int_equal(came_elsewhere, 0);
	assert_true(came[SIGALRM] > 1);
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &mask_after), 0);
	for (int number = 1; number < NSIG; number++)
		assert_int_equal(sigismember(&mask, number),
				 sigismember(&mask_after, number));
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

/* --- a peer that goes away --- */

/* Says who it is and resets the connection, or, as an agent, closes it. */
static void *hang_up(void *argument)
{
	const int *listening = argument;
	const struct linger reset = { .l_onoff = 1 };
	for (;;) {
		int fd = accept(*listening, NULL, NULL);
		if (fd < 0)
			return NULL;
		(void)send(fd, "SSH-2.0-gone\r\n", 14, MSG_NOSIGNAL);
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset,
				 sizeof reset);
		(void)close(fd);
	}
}

static int listen_as_agent(const char *path)
{
	struct sockaddr_un own = { .sun_family = AF_UNIX };
	(void)snprintf(own.sun_path, sizeof own.sun_path, "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
	assert_int_equal(listen(fd, 16), 0);
	return fd;
}

static void run_against_peers_that_hang_up(const struct site *site,
					   uint16_t port)
{
	sshoal_fleet *fleet = fleet_of(NULL);
	sshoal_client_options gone = site_options(site, "127.0.0.1");
	gone.port = port;
	gone.use_agent = 1;
	gone.host_key_policy = SSHOAL_HOST_KEY_OFF;
	for (int i = 0; i < 20; i++)
		fleet_with(fleet, &gone);
	/* One whose connection goes while its command runs. */
	sshoal_client_options killed = site_options(site, "127.0.0.1");
	killed.use_agent = 1;
	fleet_with(fleet, &killed);
	struct observed observed = { .list = NULL };
	assert_int_equal(observe(&observed, fleet, "kill -9 $PPID"), 0);
	for (size_t i = 0; i < 20; i++)
		assert_int_not_equal(observed.list[i].status, SSHOAL_STATUS_OK);
	assert_seen_status(&observed, 20, SSHOAL_STATUS_LOST);
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

static void a_peer_that_goes_away_does_not_kill_the_program(void **state)
{
	const struct site *site = *state;
	uint16_t port = 0;
	char path[SCRATCH_PATH_MAX];
	(void)snprintf(path, sizeof path, "%s/gone.agent",
		       scratch_folder(site->scratch));
	int fds[2] = { port_listen(&port, 64), listen_as_agent(path) };
	assert_true(fds[0] >= 0);
	pthread_t threads[2];
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, hang_up, &fds[i]), 0);
	char *agent = getenv("SSH_AUTH_SOCK");
	char *agent_before = agent ? strdup(agent) : NULL;
	assert_int_equal(setenv("SSH_AUTH_SOCK", path, 1), 0);
	struct sigaction before;
	const struct sigaction fatal = { .sa_handler = SIG_DFL };
	assert_int_equal(sigaction(SIGPIPE, &fatal, &before), 0);
	for (int round = 0; round < 3; round++)
		run_against_peers_that_hang_up(site, port);
	sigset_t pending;
	assert_int_equal(sigpending(&pending), 0);
	assert_int_equal(sigismember(&pending, SIGPIPE), 0);
	assert_int_equal(sigaction(SIGPIPE, &before, NULL), 0);
	if (agent_before)
		(void)setenv("SSH_AUTH_SOCK", agent_before, 1);
	else
		(void)unsetenv("SSH_AUTH_SOCK");
	free(agent_before);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(shutdown(fds[i], SHUT_RDWR), 0);
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		(void)close(fds[i]);
	}
}

/* --- OpenSSL --- */

static const unsigned own_errors[] = { ERR_R_EVP_LIB,
				       ERR_R_PASSED_NULL_PARAMETER,
				       ERR_R_INTERNAL_ERROR };
#define OWN_ERRORS (sizeof own_errors / sizeof *own_errors)

static void push_errors(void)
{
	ERR_clear_error();
	for (size_t i = 0; i < OWN_ERRORS; i++)
		ERR_raise(ERR_LIB_USER, (int)own_errors[i]);
}

static void assert_errors_are_there(void)
{
	for (size_t i = 0; i < OWN_ERRORS; i++) {
		unsigned long error = ERR_get_error();
		assert_int_equal(ERR_GET_LIB(error), ERR_LIB_USER);
		assert_int_equal(ERR_GET_REASON(error),
				 ERR_GET_REASON(own_errors[i]));
	}
	assert_int_equal(ERR_get_error(), 0);
}

static void the_programs_openssl_errors_stay(void **state)
{
	const struct site *site = *state;
	const sshoal_client_options good = site_options(site, "127.0.0.1");
	/* One whose key is none, which is found out on this thread. */
	sshoal_client_options bad = good;
	bad.key_file = site->known_hosts;
	sshoal_fleet *fleet = fleet_of(NULL);
	fleet_with(fleet, &good);
	struct observed observed = { .list = NULL };
	push_errors();
	assert_int_equal(observe(&observed, fleet, "echo x"), 0);
	assert_errors_are_there();
	assert_seen_ok(&observed, 0, "x\n");
	observed_free(&observed);
	fleet_with(fleet, &bad);
	push_errors();
	assert_int_not_equal(observe(&observed, fleet, "echo x"), 0);
	assert_errors_are_there();
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

struct digester {
	atomic_bool *stop;
	unsigned rounds;
	unsigned wrong;
};

/* Uses OpenSSL by a context of its own, as its thread's default, too. */
static void *digest(void *argument)
{
	static const unsigned char first[] = { 0xba, 0x78, 0x16, 0xbf };
	struct digester *digester = argument;
	OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
	OSSL_PROVIDER *provider = OSSL_PROVIDER_load(context, "default");
	OSSL_LIB_CTX *before = OSSL_LIB_CTX_set0_default(context);
	do {
		unsigned char out[EVP_MAX_MD_SIZE] = { 0 };
		size_t size = 0;
		ERR_raise(ERR_LIB_USER, ERR_R_EVP_LIB);
		if (!EVP_Q_digest(context, "SHA256", NULL, "abc", 3, out,
				  &size) ||
		    size != 32 || memcmp(out, first, sizeof first) != 0 ||
		    ERR_GET_LIB(ERR_get_error()) != ERR_LIB_USER ||
		    ERR_get_error() != 0)
			digester->wrong++;
		digester->rounds++;
	} while (!*digester->stop);
	(void)OSSL_LIB_CTX_set0_default(before);
	(void)OSSL_PROVIDER_unload(provider);
	OSSL_LIB_CTX_free(context);
	return NULL;
}

static void other_threads_use_openssl_meanwhile(void **state)
{
	atomic_bool stop = false;
	struct digester digesters[3];
	pthread_t threads[3];
	for (size_t i = 0; i < 3; i++) {
		digesters[i] = (struct digester){ .stop = &stop };
		assert_int_equal(pthread_create(&threads[i], NULL, digest,
						&digesters[i]),
				 0);
	}
	sshoal_fleet *fleet = fleet_of(NULL);
	fleet_with_hosts(fleet, *state, 10);
	struct observed observed = { .list = NULL };
	int rc = observe(&observed, fleet, "echo x");
	stop = true;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_true(digesters[i].rounds > 0);
		assert_int_equal(digesters[i].wrong, 0);
	}
	assert_int_equal(rc, 0);
	for (size_t i = 0; i < 10; i++)
		assert_seen_ok(&observed, i, "x\n");
	observed_free(&observed);
	sshoal_fleet_free(fleet);
}

static void a_run_works_in_a_thread_with_its_own_context(void **state)
{
	OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
	assert_non_null(context);
	OSSL_PROVIDER *provider = OSSL_PROVIDER_load(context, "default");
	assert_non_null(provider);
	OSSL_LIB_CTX *before = OSSL_LIB_CTX_set0_default(context);
	sshoal_fleet *fleet = fleet_of(NULL);
	fleet_with_hosts(fleet, *state, 3);
	struct observed observed = { .list = NULL };
	int rc = observe(&observed, fleet, "echo x");
	sshoal_fleet_free(fleet);
	assert_ptr_equal(OSSL_LIB_CTX_set0_default(before), context);
	assert_int_equal(OSSL_PROVIDER_unload(provider), 1);
	OSSL_LIB_CTX_free(context);
	assert_int_equal(rc, 0);
	for (size_t i = 0; i < 3; i++)
		assert_seen_ok(&observed, i, "x\n");
	observed_free(&observed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			two_fleets_run_at_once_each_on_its_callers_thread),
		cmocka_unit_test(another_thread_may_cancel),
		cmocka_unit_test(handlers_run_on_the_programs_threads_and_stay),
		cmocka_unit_test(
			a_peer_that_goes_away_does_not_kill_the_program),
		cmocka_unit_test(the_programs_openssl_errors_stay),
		cmocka_unit_test(other_threads_use_openssl_meanwhile),
		cmocka_unit_test(a_run_works_in_a_thread_with_its_own_context),
	};
	return cmocka_run_group_tests(tests, site_setup, site_teardown);
}
