/* SPDX-License-Identifier: MIT */
#include "fleet/questions.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/scheduler.h"
#include "ssh/prompt.h"
#include "work/condition.h"

/*
 * Answers for many hosts are tried on one host, then on a second: what both
 * take is given to all others. What the first takes and the second refuses is
 * good for one login only, and so are answers whose question says so or whose
 * callback does: each host is asked for by itself then. What three hosts refuse
 * is wrong, and asked no more.
 */

#define PROOFS 2
#define REFUSALS_MOST 3

/* Between a worker, which waits, and the scheduler, which answers each one, at
 * the latest when the run ends; whoever lets go last frees it. */
struct question {
	struct event event; /* its owner is the attempt */
	atomic_uint refs;
	struct attempt *attempt;
	struct question *next; /* in its topic's line */
	pthread_mutex_t lock;  /* protects the next two, and that which the
				  second says is answered */
	pthread_cond_t answered;
	bool is_answered;
	int outcome;           /* of a prompt, as its callback returns; of a
				  host key its answer */
	sshoal_prompt *prompt; /* NULL: a host key */
	sshoal_host_key key;
	char *host; /* the strings and bytes of that */
	char *type;
	char *fingerprint;
	unsigned char *blob;
};

/* What is asked, and what is known of the answers. */
struct topic {
	char *text;
	struct question *first; /* those that wait for the prover */
	struct question **last;
	sshoal_prompt *answers;       /* to be given to others; NULL: none */
	const struct attempt *prover; /* whose login tells whether they are
					 right; NULL: nobody's */
	unsigned proofs;
	unsigned refusals;
	int host_key;   /* the answer to one; -1: none yet */
	bool is_single; /* each host is asked for by itself */
	bool is_over;   /* nobody is asked any more */
};

/* --- the worker's side --- */

static void free_question(struct question *question)
{
	if (!question || atomic_fetch_sub(&question->refs, 1) != 1)
		return;
	sshoal__prompt_free(question->prompt);
	free(question->host);
	free(question->type);
	free(question->fingerprint);
	free(question->blob);
	(void)pthread_cond_destroy(&question->answered);
	(void)pthread_mutex_destroy(&question->lock);
	free(question);
}

static struct question *new_question(struct attempt *attempt)
{
	struct question *made = calloc(1, sizeof *made);
	if (!made)
		return NULL;
	atomic_init(&made->refs, 1);
	made->event =
		(struct event){ .owner = attempt, .kind = EVENT_QUESTION };
	made->attempt = attempt;
	(void)pthread_mutex_init(&made->lock, NULL);
	sshoal__condition_init(&made->answered);
	return made;
}

/* Has it answered: the outcome, or SSHOAL_ECANCELLED. */
static int await(struct question *question)
{
	struct attempt *attempt = question->attempt;
	(void)atomic_fetch_add(&question->refs, 1);
	if (!sshoal__events_post(&attempt->run->events, &question->event,
				 &attempt->given_up)) {
		/* It is the caller's still. */
		(void)atomic_fetch_sub(&question->refs, 1);
		return SSHOAL_ECANCELLED;
	}
	(void)pthread_mutex_lock(&question->lock);
	while (!question->is_answered)
		(void)sshoal__condition_wait(&question->answered,
					     &question->lock, INT64_MAX);
	int outcome = question->outcome;
	(void)pthread_mutex_unlock(&question->lock);
	return outcome;
}

int sshoal__questions_prompt(sshoal_prompt *prompt, void *data)
{
	struct question *question = new_question(data);
	if (!question)
		return SSHOAL_ENOMEM;
	question->prompt = sshoal__prompt_ref(prompt);
	int rc = await(question);
	free_question(question);
	return rc;
}

int sshoal__questions_host_key(const sshoal_host_key *key, void *data)
{
	struct question *question = new_question(data);
	if (!question)
		return SSHOAL_HOST_KEY_REFUSE;
	question->key = *key;
	question->host = strdup(key->host);
	question->type = strdup(key->type);
	question->fingerprint = strdup(key->fingerprint);
	question->blob = malloc(key->blob_size ? key->blob_size : 1);
	int answer = SSHOAL_HOST_KEY_REFUSE;
	if (question->host && question->type && question->fingerprint &&
	    question->blob) {
		memcpy(question->blob, key->blob, key->blob_size);
		question->key.host = question->host;
		question->key.type = question->type;
		question->key.fingerprint = question->fingerprint;
		question->key.blob = question->blob;
		answer = await(question);
	}
	free_question(question);
	return answer;
}

/* --- the scheduler's --- */

static void reply(struct question *question, int outcome)
{
	(void)pthread_mutex_lock(&question->lock);
	question->outcome = outcome;
	question->is_answered = true;
	(void)pthread_cond_signal(&question->answered);
	(void)pthread_mutex_unlock(&question->lock);
	free_question(question);
}

static void free_topic(struct topic *topic)
{
	struct question *question = topic->first;
	while (question) {
		struct question *next = question->next;
		reply(question, SSHOAL_ECANCELLED);
		question = next;
	}
	sshoal__prompt_free(topic->answers);
	free(topic->text);
	free(topic);
}

void sshoal__questions_fini(struct questions *questions)
{
	size_t at = 0;
	struct topic *topic = sshoal__map_next(&questions->topics, &at);
	for (; topic; topic = sshoal__map_next(&questions->topics, &at))
		free_topic(topic);
	sshoal__map_fini(&questions->topics);
}

void sshoal__questions_drop(struct event *event)
{
	/* The event is the first member. */
	free_question((struct question *)event);
}

/* What is asked, for free(3). */
static char *text_of(const struct question *question)
{
	if (question->prompt)
		return sshoal__prompt_text_of_all(question->prompt);
	char *text = NULL;
	return asprintf(&text, "%s %u %s", question->host, question->key.port,
			question->fingerprint) < 0 ?
		       NULL :
		       text;
}

static struct topic *topic_of(struct questions *questions,
			      const struct question *question)
{
	char *text = text_of(question);
	if (!text)
		return NULL;
	struct topic *topic = sshoal__map_get(&questions->topics, text);
	if (topic) {
		free(text);
		return topic;
	}
	topic = calloc(1, sizeof *topic);
	if (!topic) {
		free(text);
		return NULL;
	}
	topic->text = text;
	topic->last = &topic->first;
	topic->host_key = -1;
	if (sshoal__map_put(&questions->topics, topic->text, topic) != 0) {
		free_topic(topic);
		return NULL;
	}
	return topic;
}

static const sshoal_target *target_of(const struct question *question)
{
	return question->attempt->task->target;
}

static void ask_host_key(struct scheduler *scheduler, struct topic *topic,
			 struct question *question)
{
	if (scheduler->ending) {
		reply(question, SSHOAL_HOST_KEY_REFUSE);
		return;
	}
	if (topic->host_key < 0)
		topic->host_key = scheduler->callbacks->host_key(
			target_of(question), &question->key, scheduler->data);
	reply(question, topic->host_key);
}

/* Has the callback answer for one host. */
static int ask(struct scheduler *scheduler, const struct question *question,
	       bool is_shared)
{
	sshoal_prompt_set_shared(question->prompt, is_shared);
	return scheduler->callbacks->prompt(target_of(question),
					    question->prompt, scheduler->data);
}

/* Has it answer for all, and the host prove it. */
static void ask_for_all(struct scheduler *scheduler, struct topic *topic,
			struct question *question)
{
	int rc = ask(scheduler, question, true);
	if (rc) {
		topic->is_over = true;
	} else if (sshoal_prompt_is_shared(question->prompt)) {
		topic->answers = sshoal__prompt_ref(question->prompt);
		topic->prover = question->attempt;
		question->attempt->answered = topic;
	} else {
		topic->is_single = true;
	}
	reply(question, rc);
}

/* Gives a host the answers that there are. */
static void pass_on(struct topic *topic, struct question *question)
{
	int rc = sshoal__prompt_copy_answers(question->prompt, topic->answers);
	question->attempt->answered = topic;
	if (topic->proofs < PROOFS)
		topic->prover = question->attempt;
	reply(question, rc);
}

static void forget_answers(struct topic *topic)
{
	sshoal__prompt_free(topic->answers);
	topic->answers = NULL;
	topic->prover = NULL;
}

/* What a host was answered is not right for it. */
static void refused(struct topic *topic, struct attempt *attempt)
{
	attempt->answered = NULL;
	if (topic->prover != attempt)
		return;
	if (topic->proofs > 0)
		topic->is_single = true;
	else if (++topic->refusals >= REFUSALS_MOST)
		topic->is_over = true;
	forget_answers(topic);
}

static void settle(struct scheduler *scheduler, struct topic *topic,
		   struct question *question, bool is_again)
{
	if (scheduler->ending)
		reply(question, SSHOAL_ECANCELLED);
	else if (topic->is_over)
		reply(question, SSHOAL_EAUTH);
	else if (topic->is_single || (is_again && topic->proofs > 0))
		reply(question, ask(scheduler, question, false));
	else if (topic->answers && (!topic->prover || topic->proofs >= PROOFS))
		pass_on(topic, question);
	else if (topic->prover) {
		question->next = NULL;
		*topic->last = question;
		topic->last = &question->next;
	} else {
		ask_for_all(scheduler, topic, question);
	}
}

/* Goes on with those that wait, as far as nobody has to prove anything. */
static void advance(struct scheduler *scheduler, struct topic *topic)
{
	while (topic->first &&
	       (topic->is_over || !topic->prover || topic->proofs >= PROOFS)) {
		struct question *question = topic->first;
		topic->first = question->next;
		if (!topic->first)
			topic->last = &topic->first;
		settle(scheduler, topic, question, false);
	}
}

void sshoal__questions_asked(struct scheduler *scheduler, struct event *event)
{
	struct question *question = (struct question *)event;
	struct topic *topic = topic_of(&scheduler->questions, question);
	if (!topic) {
		reply(question, question->prompt ? SSHOAL_ENOMEM :
						   SSHOAL_HOST_KEY_REFUSE);
		return;
	}
	if (!question->prompt) {
		ask_host_key(scheduler, topic, question);
		return;
	}
	/* Who is asked the same again was told that it is wrong. */
	bool is_again = question->attempt->answered == topic;
	if (is_again)
		refused(topic, question->attempt);
	if (sshoal__prompt_is_one_time(question->prompt))
		topic->is_single = true;
	settle(scheduler, topic, question, is_again);
	advance(scheduler, topic);
}

void sshoal__questions_end(struct scheduler *scheduler)
{
	size_t at = 0;
	struct topic *topic =
		sshoal__map_next(&scheduler->questions.topics, &at);
	for (; topic;
	     topic = sshoal__map_next(&scheduler->questions.topics, &at))
		advance(scheduler, topic);
}

void sshoal__questions_logged_in(struct scheduler *scheduler,
				 struct attempt *attempt)
{
	size_t at = 0;
	struct topic *topic =
		sshoal__map_next(&scheduler->questions.topics, &at);
	attempt->answered = NULL;
	while (topic) {
		if (topic->prover == attempt) {
			topic->prover = NULL;
			topic->proofs++;
			advance(scheduler, topic);
		}
		topic = sshoal__map_next(&scheduler->questions.topics, &at);
	}
}

/* Takes out of a line what nobody waits for any more. */
static void leave_line(struct topic *topic, const struct attempt *attempt)
{
	struct question **at = &topic->first;
	while (*at) {
		struct question *question = *at;
		if (question->attempt != attempt) {
			at = &question->next;
			continue;
		}
		*at = question->next;
		reply(question, SSHOAL_ECANCELLED);
	}
	topic->last = at;
}

void sshoal__questions_over(struct scheduler *scheduler,
			    struct attempt *attempt, bool was_refused)
{
	size_t at = 0;
	struct topic *topic =
		sshoal__map_next(&scheduler->questions.topics, &at);
	while (topic) {
		leave_line(topic, attempt);
		if (topic->prover == attempt) {
			/* One that was lost on its way has proven nothing. */
			if (was_refused)
				refused(topic, attempt);
			topic->prover = NULL;
			advance(scheduler, topic);
		}
		topic = sshoal__map_next(&scheduler->questions.topics, &at);
	}
}
