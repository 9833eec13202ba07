/* SPDX-License-Identifier: MIT */
#include "fleet/fleet.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "fleet/copy_id.h"
#include "fleet/roster.h"
#include "fleet/run.h"
#include "fleet/running.h"
#include "fleet/scheduler.h"
#include "fleet/settings.h"
#include "ssh/library.h"
#include "work/cancel.h"
#include "work/gate.h"

/* A fleet is its targets and its options; all that happens is in a run, which
 * is made for one job and gone after it. */

#define PARALLEL 64
#define RETRY_DELAY_MS 1000
#define DETACH_GRACE_MS 2000
#define KILL_AFTER_MS 5000

struct sshoal_fleet {
	struct settings *settings;
	struct roster *roster;
	sshoal_cancel *cancel; /* the caller's, or NULL */
	sshoal_cancel *drain;  /* likewise */
	sshoal_gate *gate;     /* likewise */
	struct running running;
	struct profile_book book; /* of sshoal_fleet_known_as() */
	const char *spin_label;
	void (*spin)(void *data);
	void *spin_data;
	sshoal_error error; /* of the last call */
};

int sshoal_fleet_new(sshoal_fleet **fleet, const sshoal_fleet_options *options,
		     sshoal_error *error)
{
	if (!fleet)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	sshoal_fleet *made = calloc(1, sizeof *made);
	if (!made)
		return sshoal__error_code(error, SSHOAL_ENOMEM);
	int rc = sshoal__settings_new(&made->settings, options, error);
	if (rc) {
		free(made);
		return rc;
	}
	rc = sshoal__roster_new(&made->roster);
	if (rc) {
		sshoal__settings_free(made->settings);
		free(made);
		return sshoal__error_code(error, rc);
	}
	made->cancel = sshoal__cancel_ref(made->settings->options.cancel);
	made->drain = sshoal__cancel_ref(made->settings->options.drain);
	made->gate = sshoal__gate_ref(made->settings->options.gate);
	sshoal__running_init(&made->running);
	*fleet = made;
	return 0;
}

static int keep_error(sshoal_fleet *fleet, int rc, sshoal_error *error)
{
	if (rc && error)
		*error = fleet->error;
	return rc;
}

int sshoal_fleet_add(sshoal_fleet *fleet, const sshoal_client_options *options,
		     sshoal_error *error)
{
	if (!fleet || !options)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	sshoal_client_options own;
	int rc = sshoal__settings_client(&own, options, &fleet->error);
	if (rc == 0)
		rc = sshoal__roster_add(fleet->roster, &own, &fleet->error);
	return keep_error(fleet, rc, error);
}

int sshoal_fleet_add_hosts(sshoal_fleet *fleet, const sshoal_hosts *hosts,
			   sshoal_error *error)
{
	if (!fleet || !hosts)
		return sshoal__error_code(error, SSHOAL_EINVAL);
	return keep_error(
		fleet,
		sshoal__roster_add_hosts(fleet->roster, hosts, &fleet->error),
		error);
}

size_t sshoal_fleet_count(const sshoal_fleet *fleet)
{
	return fleet ? fleet->roster->count : 0;
}

int sshoal_fleet_known_as(sshoal_fleet *fleet, size_t index,
			  sshoal_known_as *known_as)
{
	if (!fleet || !known_as)
		return SSHOAL_EINVAL;
	if (index >= fleet->roster->count)
		return sshoal__error_code(&fleet->error, SSHOAL_ENOENT);
	const struct plan_options options = {
		.defaults = &fleet->settings->defaults,
		.overrides = &fleet->settings->overrides,
		.config = fleet->settings->config,
		.cancel_fd = -1,
	};
	return sshoal__plan_known_as(known_as, &fleet->book,
				     &fleet->roster->entries[index], &options,
				     &fleet->error);
}

size_t sshoal_fleet_status(const sshoal_fleet *fleet,
			   sshoal_fleet_running *list, size_t room)
{
	if (!fleet)
		return 0;
	/* const promises the caller that the fleet stays; the lock moves. */
	struct running *running = (struct running *)&fleet->running;
	return sshoal__running_tell(running, list, list ? room : 0);
}

const char *sshoal_fleet_error_text(const sshoal_fleet *fleet)
{
	return fleet ? fleet->error.text : "";
}

void sshoal__fleet_spin(sshoal_fleet *fleet, const char *label,
			void (*call)(void *data), void *data)
{
	fleet->spin_label = label;
	fleet->spin = call;
	fleet->spin_data = data;
}

void sshoal_fleet_free(sshoal_fleet *fleet)
{
	if (!fleet)
		return;
	sshoal__running_fini(&fleet->running);
	sshoal__profile_book_fini(&fleet->book);
	sshoal_gate_free(fleet->gate);
	sshoal_cancel_free(fleet->drain);
	sshoal_cancel_free(fleet->cancel);
	sshoal__roster_free(fleet->roster);
	sshoal__settings_free(fleet->settings);
	free(fleet);
}

static int init_cancel(struct run *run, const sshoal_fleet *fleet)
{
	if (!fleet->cancel)
		return sshoal_cancel_new(&run->cancel);
	run->cancel = sshoal__cancel_ref(fleet->cancel);
	return 0;
}

/* What is left at zero is freed as such. */
static int init_run(struct run *run, const sshoal_fleet *fleet,
		    const sshoal_fleet_callbacks *callbacks, void *data)
{
	const sshoal_fleet_options *options = &fleet->settings->options;
	int rc = sshoal__credentials_init(&run->credentials,
					  &fleet->settings->defaults,
					  callbacks->note, data);
	if (rc)
		return rc;
	run->settings = sshoal__settings_ref(fleet->settings);
	run->roster = sshoal__roster_ref(fleet->roster);
	run->count = run->roster->count;
	run->tasks = calloc(run->count ? run->count : 1, sizeof *run->tasks);
	if (!run->tasks)
		return SSHOAL_ENOMEM;
	run->started_us = sshoal__clock_now_us();
	run->deadline_ms = sshoal__deadline_in(
		options->deadline_ms > 0 ? options->deadline_ms : -1);
	run->idle_ms =
		options->idle_timeout_ms > 0 ? options->idle_timeout_ms : -1;
	run->kill_after_ms =
		options->kill_after_ms ? options->kill_after_ms : KILL_AFTER_MS;
	run->detach_grace_ms = options->detach_grace_ms ?
				       options->detach_grace_ms :
				       DETACH_GRACE_MS;
	run->max_output_bytes = options->max_output_bytes ?
					options->max_output_bytes :
					UINT64_MAX;
	run->cuts_output = options->flags & SSHOAL_FLEET_CUT_OUTPUT;
	run->wants_phases = callbacks->phase != NULL;
	run->wants_notes = callbacks->note != NULL;
	run->wants_files = callbacks->file != NULL;
	run->wants_progress = callbacks->progress != NULL;
	run->wants_prompts = callbacks->prompt != NULL;
	run->wants_host_keys = callbacks->host_key != NULL;
	run->spin_label = fleet->spin_label;
	run->spin = fleet->spin;
	run->spin_data = fleet->spin_data;
	rc = sshoal__routes_init(&run->routes);
	if (rc == 0)
		rc = init_cancel(run, fleet);
	if (rc)
		return rc;
	run->credentials.cancel_fd =
		sshoal_cancel_fd(run->cancel, SSHOAL_CANCEL_END);
	return 0;
}

static struct run *make_run(const sshoal_fleet *fleet, const sshoal_job *job,
			    const sshoal_fleet_callbacks *callbacks, void *data,
			    sshoal_error *error)
{
	struct run *run = calloc(1, sizeof *run);
	if (!run) {
		(void)sshoal__error_code(error, SSHOAL_ENOMEM);
		return NULL;
	}
	int rc = sshoal__events_init(&run->events);
	if (rc) {
		free(run);
		(void)sshoal__error_set(error, rc, "no descriptor is left");
		return NULL;
	}
	atomic_init(&run->refs, 1);
	rc = sshoal__job_take(&run->job, job, error);
	if (rc == 0) {
		rc = init_run(run, fleet, callbacks, data);
		if (rc == 0)
			return run;
		(void)sshoal__error_code(error, rc);
	}
	sshoal__run_free(run);
	return NULL;
}

/* Settles every target's plan; what a file is to blame for is said with the
 * first target that names it. A run that is ended meanwhile starts no host and
 * needs no more of them. */
static int plan_all(struct run *run, sshoal_error *error)
{
	const struct settings *settings = run->settings;
	const struct plan_options options = {
		.defaults = &settings->defaults,
		.overrides = &settings->overrides,
		.config = settings->config,
		.cancel_fd = run->credentials.cancel_fd,
		.timeout_ms = settings->options.timeout_ms,
		.sudo_password = run->job.surroundings.sudo_password,
		.wants_sudo = run->job.surroundings.sudo_user != NULL,
		.without_login = run->job.kind == SSHOAL_JOB_SCAN,
	};
	bool default_keys = false;
	for (size_t i = 0; i < run->count; i++) {
		run->tasks[i].target = run->roster->entries[i].target;
		run->tasks[i].dns_us = -1;
	}
	sshoal__plan_prepare(run->roster, &options);
	for (size_t i = 0; i < run->count; i++) {
		struct task *task = &run->tasks[i];
		int rc = sshoal__credentials_plan(&run->credentials,
						  &run->roster->entries[i],
						  &options, &task->plan, error);
		if (rc == 0 && !task->plan.code)
			rc = sshoal__routes_find(&task->plan, run,
						 &run->roster->entries[i],
						 error);
		if (rc == SSHOAL_ECANCELLED)
			return 0;
		if (rc)
			return rc;
		default_keys |= task->plan.use_default_keys;
	}
	for (const struct route *route = run->routes.first; route;
	     route = route->next)
		default_keys |= route->plan.use_default_keys;
	sshoal__credentials_load_agents(&run->credentials);
	if (default_keys)
		sshoal__credentials_load_default_keys(&run->credentials);
	int rc = 0;
	if (sshoal_cancel_is_triggered(run->cancel, SSHOAL_CANCEL_END))
		return 0;
	for (size_t i = 0; i < run->count && rc == 0; i++)
		rc = sshoal__credentials_check(&run->tasks[i].plan, error);
	if (rc)
		return rc;
	return run->job.old_key ? sshoal__copy_id_check(run, error) : 0;
}

/* As above for what the job needs. */
static int prepare_job(struct run *run, sshoal_error *error)
{
	int cancel_fd = sshoal_cancel_fd(run->cancel, SSHOAL_CANCEL_END);
	if (sshoal_cancel_is_triggered(run->cancel, SSHOAL_CANCEL_END))
		return 0;
	int rc = sshoal__job_prepare(&run->job, run->roster, cancel_fd, error);
	return rc == SSHOAL_ECANCELLED ? 0 : rc;
}

static int drive(sshoal_fleet *fleet, struct run *run,
		 const sshoal_fleet_callbacks *callbacks, void *data,
		 sshoal_summary *summary, sshoal_error *error)
{
	const sshoal_fleet_options *options = &fleet->settings->options;
	const struct scheduler_options scheduler_options = {
		.parallel = options->parallel ? options->parallel : PARALLEL,
		.retries = options->retries,
		.retry_delay_ms = options->retry_delay_ms > 0 ?
					  options->retry_delay_ms :
					  RETRY_DELAY_MS,
		.logins = options->logins,
		.logins_per_address = options->logins_per_address,
		.connect_rate = options->connect_rate,
	};
	struct scheduler scheduler = {
		.run = run,
		.callbacks = callbacks,
		.data = data,
		.options = &scheduler_options,
		.running = &fleet->running,
		.gate = fleet->gate,
		.drain = fleet->drain,
		.summary = summary,
	};
	return sshoal__scheduler_run(&scheduler, error);
}

int sshoal_fleet_run(sshoal_fleet *fleet, const sshoal_job *job,
		     const sshoal_fleet_callbacks *callbacks, void *data,
		     sshoal_summary *summary)
{
	static const sshoal_fleet_callbacks none = { .output = NULL };
	if (!fleet || !job)
		return SSHOAL_EINVAL;
	if (!callbacks)
		callbacks = &none;
	sshoal_error *error = &fleet->error;
	int rc = sshoal__library_start();
	if (rc == 0)
		rc = sshoal__roster_label(fleet->roster);
	if (rc)
		return sshoal__error_code(error, rc);
	error->code = 0;
	struct run *run = make_run(fleet, job, callbacks, data, error);
	if (!run)
		return error->code;
	sshoal_summary counted = { .targets = run->count };
	rc = plan_all(run, error);
	if (rc == 0)
		rc = prepare_job(run, error);
	if (rc == 0)
		rc = drive(fleet, run, callbacks, data, &counted, error);
	counted.duration_ms =
		(double)(sshoal__clock_now_us() - run->started_us) / 1000;
	sshoal__run_free(run);
	if (rc == 0 && summary)
		*summary = counted;
	return rc;
}
