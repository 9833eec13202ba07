/* SPDX-License-Identifier: MIT */
#include "report/progress.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "report/amount.h"

/* Counts as it goes, so that a draw costs the same however many hosts there
 * are. */

#define DRAW_MS 200

/* The rate is that of about the last so many milliseconds. */
#define RATE_MS 3000.0

/* A time left is told when it has been measured for so long. */
#define SURE_MS 1000

struct progress_host {
	uint64_t bytes;
	uint64_t total_bytes;
	bool has_begun;
};

struct progress {
	struct console *console;
	size_t host_count;
	size_t begun;
	size_t ok;
	size_t failed;
	size_t moving;        /* hosts whose total is known */
	uint64_t bytes;       /* of all hosts */
	uint64_t total_bytes; /* likewise */
	uint64_t drawn_bytes;
	int64_t drawn_ms;
	int64_t since_ms; /* when the first byte was moved; 0: none was */
	int64_t begun_ms; /* when the first host began; 0: none has */
	double rate;      /* bytes a millisecond */
	struct progress_host hosts[];
};

static int64_t now_ms(void)
{
	struct timespec now = { .tv_sec = 0 };
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int sshoal__progress_new(struct progress **progress, struct console *console,
			 size_t host_count)
{
	struct progress *made = calloc(
		1, sizeof *made + host_count * sizeof(struct progress_host));
	if (!made)
		return SSHOAL_ENOMEM;
	made->console = console;
	made->host_count = host_count;
	made->drawn_ms = now_ms();
	*progress = made;
	return 0;
}

void sshoal__progress_begin(struct progress *progress, size_t index)
{
	if (!progress->begun_ms)
		progress->begun_ms = now_ms();
	progress->begun += !progress->hosts[index].has_begun;
	progress->hosts[index].has_begun = true;
}

void sshoal__progress_move(struct progress *progress, size_t index,
			   const sshoal_transfer_progress *moved)
{
	struct progress_host *host = &progress->hosts[index];
	progress->moving += host->total_bytes == 0 && moved->total_bytes > 0;
	progress->bytes += moved->bytes - host->bytes;
	progress->total_bytes += moved->total_bytes - host->total_bytes;
	host->bytes = moved->bytes;
	host->total_bytes = moved->total_bytes;
	if (!progress->since_ms && moved->bytes > 0) {
		progress->since_ms = now_ms();
		progress->drawn_bytes = progress->bytes;
	}
}

void sshoal__progress_end(struct progress *progress, size_t index, bool is_ok)
{
	sshoal__progress_begin(progress, index);
	if (is_ok)
		progress->ok++;
	else
		progress->failed++;
}

/* Moves the rate towards that since the last draw, the more the longer that
 * is. */
static void measure(struct progress *progress, int64_t time_ms)
{
	double took_ms = (double)(time_ms - progress->drawn_ms);
	uint64_t bytes = progress->bytes > progress->drawn_bytes ?
				 progress->bytes - progress->drawn_bytes :
				 0;
	double share = took_ms / (took_ms + RATE_MS);
	if (progress->rate <= 0)
		share = 1;
	progress->rate += share * ((double)bytes / took_ms - progress->rate);
	progress->drawn_bytes = progress->bytes;
	progress->drawn_ms = time_ms;
}

/* ", 12 s left", or nothing where that is not known. */
static void describe_time(double left_s, char *text, size_t size)
{
	text[0] = '\0';
	if (left_s >= 1 && left_s < 1e6)
		(void)snprintf(text, size,
			       left_s < 120 ? ", %.0f s left" :
					      ", %.0f min left",
			       left_s < 120 ? left_s : left_s / 60);
}

/* What is to come, where hosts that have not begun are like those that have. */
static void describe_left(const struct progress *progress, char *text,
			  size_t size)
{
	text[0] = '\0';
	if (progress->moving == 0 || progress->rate <= 0 ||
	    progress->drawn_ms - progress->since_ms < SURE_MS)
		return;
	double each = (double)progress->total_bytes / (double)progress->moving;
	double all = (double)progress->total_bytes +
		     each * (double)(progress->host_count - progress->begun);
	double left_s =
		(all - (double)progress->bytes) / progress->rate / 1000 + 0.5;
	describe_time(left_s, text, size);
}

/* ", 2.5 hosts/s, 12 s left" where commands run: the rate is that of the run so
 * far, since hosts come to their end in bursts. */
static void describe_hosts(const struct progress *progress, char *text,
			   size_t size)
{
	char left[32];
	size_t over = progress->ok + progress->failed;
	int64_t took_ms = progress->drawn_ms - progress->begun_ms;
	text[0] = '\0';
	if (!progress->begun_ms || over == 0 || took_ms < SURE_MS)
		return;
	double rate = (double)over * 1000 / (double)took_ms;
	describe_time((double)(progress->host_count - over) / rate + 0.5, left,
		      sizeof left);
	(void)snprintf(text, size,
		       rate < 10 ? ", %.1f hosts/s%s" : ", %.0f hosts/s%s",
		       rate, left);
}

static void describe_bytes(const struct progress *progress, char *text,
			   size_t size)
{
	char moved[AMOUNT_SIZE];
	char rate[AMOUNT_SIZE];
	char left[32];
	describe_left(progress, left, sizeof left);
	(void)snprintf(
		text, size, ", %s, %s/s%s",
		sshoal__amount_of(moved, progress->bytes),
		sshoal__amount_of(rate, (uint64_t)(progress->rate * 1000)),
		left);
}

void sshoal__progress_draw(struct progress *progress)
{
	int64_t time_ms = now_ms();
	char pace[96];
	char line[256];
	if (time_ms - progress->drawn_ms < DRAW_MS)
		return;
	measure(progress, time_ms);
	if (progress->since_ms)
		describe_bytes(progress, pace, sizeof pace);
	else
		describe_hosts(progress, pace, sizeof pace);
	size_t over = progress->ok + progress->failed;
	(void)snprintf(line, sizeof line,
		       "sshoal: %zu done, %zu failed, %zu running, %zu left%s",
		       progress->ok, progress->failed, progress->begun - over,
		       progress->host_count - progress->begun, pace);
	sshoal__console_status(progress->console, line);
}

void sshoal__progress_free(struct progress *progress)
{
	if (!progress)
		return;
	sshoal__console_status(progress->console, NULL);
	free(progress);
}
