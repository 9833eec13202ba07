/* SPDX-License-Identifier: MIT */
#include "ssh/opening.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/user.h"
#include "ssh/bastion.h"
#include "ssh/client_options.h"
#include "ssh/look_up.h"

/* One host from options to session. Files are read before anything is
 * contacted; every wait has its limit. */

#define CONNECT_MS 10000
#define LOGIN_MS 60000

static void say(const struct opening *opening, int level, const char *text)
{
	if (opening->options.log)
		opening->options.log(level, text, opening->options.data);
}

static void on_warning(const char *text, void *data)
{
	say(data, 0, text);
}

static void on_skipped(void *data, int code, const char *text)
{
	say(data, code == SSHOAL_EPASSPHRASE ? 1 : 0, text);
}

static struct login_key_plan key_plan(struct opening *opening)
{
	return (struct login_key_plan){
		.passphrase = opening->options.passphrase,
		.has_agent = opening->options.use_agent != 0,
		.skipped = on_skipped,
		.data = opening,
	};
}

static int load_key(struct opening *opening, const char *path,
		    sshoal_error *error)
{
	const struct login_key_plan plan = key_plan(opening);
	sshoal_key **key = &opening->keys[opening->key_count];
	int rc = sshoal__login_key_load(key, path, &plan, error);
	if (rc)
		return rc;
	opening->key_count++;
	if (sshoal_key_is_private(*key) ||
	    sshoal__agent_keys_has(&opening->agent, *key))
		return 0;
	return sshoal__error_set(error, SSHOAL_EPASSPHRASE,
				 "%s: it needs a passphrase, and the ssh-agent "
				 "does not have it",
				 path);
}

/* The agent's list is there already. */
static int load_keys(struct opening *opening, sshoal_error *error)
{
	const sshoal_client_options *options = &opening->options;
	opening->keys = calloc(options->key_count + options->key_file_count + 1,
			       sizeof *opening->keys);
	if (!opening->keys)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	for (size_t i = 0; i < options->key_count; i++)
		opening->keys[opening->key_count++] =
			sshoal_key_ref(options->keys[i]);
	int rc = 0;
	if (options->key_file)
		rc = load_key(opening, options->key_file, error);
	for (size_t i = 0; rc == 0 && i < options->key_file_count; i++)
		rc = load_key(opening, options->key_files[i], error);
	return rc;
}

static int load_certificates(struct opening *opening, sshoal_error *error)
{
	const sshoal_client_options *options = &opening->options;
	opening->certificates = calloc(options->certificate_file_count + 1,
				       sizeof *opening->certificates);
	if (!opening->certificates)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < options->certificate_file_count;
	     i++) {
		rc = sshoal__login_key_load_certificate(
			&opening->certificates[opening->certificate_count],
			options->certificate_files[i], error);
		opening->certificate_count += rc == 0;
	}
	return rc;
}

static void load_agent(struct opening *opening)
{
	const sshoal_client_options *options = &opening->options;
	sshoal_error skipped;
	if (!options->use_agent ||
	    sshoal__agent_keys_load(&opening->agent, options->agent_path,
				    opening->cancel_fd, &skipped) == 0)
		return;
	(void)sshoal__error_prefix(&skipped, "ssh-agent not used");
	say(opening, 1, skipped.text);
}

static int load_others(struct opening *opening, sshoal_error *error)
{
	const sshoal_client_options *options = &opening->options;
	const struct login_key_plan plan = key_plan(opening);
	if (options->use_default_keys)
		sshoal__default_keys_load(&opening->default_keys, &plan);
	const struct profile *profile = &opening->profile;
	int rc;
	if (!opening->names_known_hosts && profile->known_hosts)
		rc = sshoal__trust_load(&opening->trust, profile->known_hosts,
					profile->known_hosts_count, on_warning,
					opening, error);
	else
		rc = sshoal__trust_load_usual(&opening->trust,
					      options->known_hosts_file,
					      on_warning, opening, error);
	if (rc)
		return rc;
	sshoal__trust_set_cancel(opening->trust, opening->cancel_fd);
	if (profile->hashes_names)
		sshoal__trust_set_hashing(opening->trust);
	return 0;
}

static void on_note(void *data, int level, const char *text)
{
	say(data, level, text);
}

/* What the configuration says that no member of the options does. */
static int make_profile(struct opening *opening, const char *typed,
			sshoal_error *error)
{
	const sshoal_client_options *given = &opening->options;
	const struct config_query query = {
		.host = typed,
		.user = given->user,
		.port = given->port,
		.cancel_fd = opening->cancel_fd,
	};
	const struct config_values *values = NULL;
	opening->book.note = on_note;
	opening->book.data = opening;
	int rc = sshoal__config_values(&values, opening->config, &query, error);
	if (rc)
		return rc;
	sshoal__opening_configure_way(opening, values);
	return sshoal__profile_make(&opening->profile, &opening->book, values,
				    error);
}

/* What the configuration says of the host, where members are unset. */
static int configure(struct opening *opening, sshoal_error *error)
{
	sshoal_client_options *own = &opening->options;
	const char *typed = own->host;
	opening->typed = typed;
	opening->given_known_hosts = own->known_hosts_file;
	opening->given_policy = own->host_key_policy;
	opening->given_connect_ms = own->connect_timeout_ms;
	if (!own->ssh_config_file)
		return 0;
	opening->names_known_hosts = own->known_hosts_file != NULL;
	int rc = sshoal_config_load(&opening->config, own->ssh_config_file,
				    error);
	if (rc == 0)
		rc = make_profile(opening, typed, error);
	if (rc == 0)
		rc = sshoal_config_lookup(opening->config, typed, own, error);
	if (rc)
		return rc;
	if (opening->profile.known_host) {
		opening->known_host = opening->profile.known_host;
		opening->known_port = 22;
	}
	return 0;
}

static int find_user(struct opening *opening, sshoal_error *error)
{
	const char *given = opening->options.user;
	int rc = 0;
	if (given)
		opening->user = strdup(given);
	else
		rc = sshoal__user_name(&opening->user);
	if (rc == SSHOAL_ENOENT)
		return sshoal__error_set(error, rc,
					 "options.user: it is missing, and who "
					 "runs this has no name either");
	return opening->user ? 0 : sshoal__error_code(error, SSHOAL_ENOMEM);
}

static int check_fd(int fd, sshoal_error *error)
{
	int type = 0;
	struct sockaddr_storage peer;
	socklen_t type_size = sizeof type, peer_size = sizeof peer;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) ||
	    getpeername(fd, (struct sockaddr *)&peer, &peer_size))
		return sshoal__error_set(error, SSHOAL_EINVAL, "options.fd: %s",
					 strerror(errno));
	if (type != SOCK_STREAM)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "options.fd: no stream socket");
	return 0;
}

/* A descriptor stays its owner's until all went well, so a copy is used. */
static int copy_fd(struct opening *opening, sshoal_error *error)
{
	if (!opening->options.fd)
		return 0;
	int given = *opening->options.fd;
	int one = 1;
	int rc = check_fd(given, error);
	if (rc)
		return rc;
	opening->fd_flags = fcntl(given, F_GETFL);
	opening->fd = fcntl(given, F_DUPFD_CLOEXEC, 3);
	if (opening->fd < 0)
		return sshoal__error_set(error, sshoal__error_from_errno(errno),
					 "options.fd: %s", strerror(errno));
	(void)fcntl(opening->fd, F_SETFL, opening->fd_flags | O_NONBLOCK);
	/* Not every socket is one of TCP. */
	(void)setsockopt(opening->fd, IPPROTO_TCP, TCP_NODELAY, &one,
			 sizeof one);
	return 0;
}

int sshoal__opening_init(struct opening *opening,
			 const sshoal_client_options *options,
			 sshoal_error *error)
{
	*opening = (struct opening){
		.profile = PROFILE_INIT,
		.agent = AGENT_KEYS_INIT,
		.cancel_fd = -1,
		.fd = -1,
		.fd_flags = -1,
	};
	sshoal_client_options *own = &opening->options;
	int rc = sshoal__client_options_take(own, options, error);
	if (rc)
		return rc;
	if (!own->host || !*own->host)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "options.host: it is missing");
	if (own->fd && own->bastion)
		return sshoal__error_set(error, SSHOAL_EINVAL,
					 "options.fd and options.bastion: only "
					 "one of them can be used");
	if (own->cancel)
		opening->cancel_fd =
			sshoal_cancel_fd(own->cancel, SSHOAL_CANCEL_END);
	rc = configure(opening, error);
	if (rc)
		return rc;
	if (own->port == 0)
		own->port = 22;
	if (!opening->known_host) {
		opening->known_host = own->host;
		opening->known_port = own->port;
	}
	rc = find_user(opening, error);
	if (rc)
		return rc;
	load_agent(opening);
	rc = load_keys(opening, error);
	if (rc == 0)
		rc = sshoal__opening_find_way(opening, error);
	if (rc == 0)
		rc = load_certificates(opening, error);
	if (rc == 0)
		rc = load_others(opening, error);
	return rc ? rc : copy_fd(opening, error);
}

/* --- the way to the host --- */

static int reach(struct opening *opening, sshoal_error *error)
{
	const sshoal_client_options *options = &opening->options;
	if (opening->fd >= 0 || opening->proxy_command)
		return 0;
	if (!options->bastion && opening->jump.count > 0) {
		opening->phase = SSHOAL_PHASE_CONNECT;
		int rc = sshoal__opening_jump(opening, error);
		if (rc)
			return rc;
	}
	if (!options->bastion) {
		opening->phase = SSHOAL_PHASE_DNS;
		return sshoal__look_up(&opening->addresses, options->host,
				       opening->profile.family,
				       opening->connect_deadline_ms,
				       opening->cancel_fd, error);
	}
	opening->phase = SSHOAL_PHASE_CONNECT;
	int rc = sshoal__bastion_connect(
		options->bastion, options->host, options->port,
		opening->connect_deadline_ms, opening->cancel_fd, &opening->fd,
		error);
	if (rc == 0)
		(void)fcntl(opening->fd, F_SETFL, O_NONBLOCK);
	return rc;
}

static void on_enter(void *data, int phase)
{
	struct opening *opening = data;
	opening->phase = phase;
}

static int on_host_key(const sshoal_host_key *key, void *data)
{
	const struct opening *opening = data;
	return opening->options.host_key(key, opening->options.data);
}

static int64_t limit_of(int64_t timeout_ms, int64_t usual_ms)
{
	return timeout_ms ? timeout_ms : usual_ms;
}

int sshoal__opening_dial(struct opening *opening, struct session **session,
			 struct watch *watch, struct dialed *dialed,
			 sshoal_error *error)
{
	const sshoal_client_options *options = &opening->options;
	opening->connect_timeout_ms =
		limit_of(options->connect_timeout_ms, CONNECT_MS);
	opening->connect_deadline_ms =
		sshoal__deadline_in(opening->connect_timeout_ms);
	if (sshoal_cancel_is_triggered(options->cancel, SSHOAL_CANCEL_END))
		return sshoal__error_code(error, SSHOAL_ECANCELLED);
	int rc = reach(opening, error);
	if (rc)
		return rc;
	const struct login login = {
		.user = opening->user,
		.password = options->password,
		.keys = opening->keys,
		.key_count = opening->key_count,
		.agent = options->use_agent ? &opening->agent : NULL,
		.default_keys = opening->default_keys.list,
		.default_key_count = opening->default_keys.count,
		.certificates = opening->certificates,
		.certificate_count = opening->certificate_count,
		.prompt = options->batch_mode ? NULL : options->prompt,
		.prompt_data = options->data,
		.ways = sshoal__login_ways_of(options),
	};
	const struct dial_events events = {
		.enter = on_enter,
		.host_key = options->host_key && !options->batch_mode ?
				    on_host_key :
				    NULL,
		.data = opening,
	};
	const struct dial dial = {
		.host = opening->known_host,
		.host_port = opening->known_port,
		.addresses = opening->fd >= 0 ? NULL : &opening->addresses,
		.proxy_command = opening->proxy_command,
		.algorithms = &opening->profile.algorithms,
		.bind = opening->profile.bind.size ? &opening->profile.bind :
						     NULL,
		.attempts = opening->profile.attempts,
		.trust = opening->trust,
		.login = &login,
		.events = &events,
		.watch = watch,
		.connect_deadline_ms = opening->connect_deadline_ms,
		.login_timeout_ms =
			limit_of(options->login_timeout_ms, LOGIN_MS),
		.deadline_ms = DEADLINE_NONE,
		.cancel_fd = opening->cancel_fd,
		.fd = opening->fd,
		.policy = options->host_key_policy ? options->host_key_policy :
						     SSHOAL_HOST_KEY_STRICT,
		.port = (uint16_t)options->port,
	};
	opening->fd = -1;
	rc = sshoal__dial(session, &dial, dialed, error);
	if (rc == 0 && dialed->key_added)
		say(opening, 0,
		    "its host key is new and was added to the known hosts");
	return rc;
}

void sshoal__opening_done(struct opening *opening)
{
	if (opening->options.fd)
		(void)close(*opening->options.fd);
	opening->options.fd = NULL;
}

void sshoal__opening_fini(struct opening *opening)
{
	if (opening->options.fd && opening->fd_flags >= 0)
		(void)fcntl(*opening->options.fd, F_SETFL, opening->fd_flags);
	if (opening->fd >= 0)
		(void)close(opening->fd);
	for (size_t i = 0; i < opening->key_count; i++)
		sshoal_key_free(opening->keys[i]);
	free(opening->keys);
	for (size_t i = 0; i < opening->certificate_count; i++)
		sshoal_key_free(opening->certificates[i]);
	free(opening->certificates);
	sshoal__default_keys_fini(&opening->default_keys);
	sshoal__agent_keys_fini(&opening->agent);
	sshoal__trust_free(opening->trust);
	sshoal_bastion_close(opening->jumped);
	sshoal__jump_fini(&opening->jump);
	free(opening->proxy_command);
	free(opening->user);
	sshoal__profile_book_fini(&opening->book);
	sshoal_config_free(opening->config);
}
