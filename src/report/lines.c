/* SPDX-License-Identifier: MIT */
#include "report/lines.h"

#include <stdlib.h>
#include <string.h>

#include "report/splitter.h"

/*
 * Every line of a host begins with its label, so that no host can speak for
 * another: "web1: " before a line, "web1+ " before each piece of a line that
 * is longer than 64 KiB. Each stream of each host is cut into lines on its own.
 */

struct lines {
	struct console *console;
	struct lines_options options;
	struct splitter splitters[]; /* two for each host */
};

/* Whose part a splitter hands on. */
struct sink {
	const struct lines *lines;
	const char *label;
	int stream;
};

static bool is_visible(const struct lines *lines, int stream)
{
	return !lines->options.raw &&
	       sshoal__console_is_terminal(lines->console, stream);
}

static int put(const struct sink *sink, const char *bytes, size_t n)
{
	if (is_visible(sink->lines, sink->stream))
		return sshoal__console_write_visible(sink->lines->console,
						     sink->stream, bytes, n);
	return sshoal__console_write(sink->lines->console, sink->stream, bytes,
				     n);
}

static int put_label(const struct sink *sink, const char *mark)
{
	struct console *console = sink->lines->console;
	size_t n = strlen(sink->label);
	size_t padding = 1;
	if (sshoal__console_is_terminal(console, sink->stream) &&
	    n < sink->lines->options.label_width)
		padding += sink->lines->options.label_width - n;
	(void)sshoal__console_write(console, sink->stream, sink->label, n);
	(void)sshoal__console_print(console, sink->stream, mark);
	int rc = 0;
	for (; padding > 0; padding--)
		rc = sshoal__console_print(console, sink->stream, " ");
	return rc;
}

/* One line or piece, completed. */
static int put_labelled(const struct sink *sink, const char *mark,
			const char *bytes, size_t n)
{
	(void)put_label(sink, mark);
	int rc = put(sink, bytes, n);
	if (bytes[n - 1] == '\n')
		return rc;
	return sshoal__console_print(sink->lines->console, sink->stream, "\n");
}

static int on_part(int part, const char *bytes, size_t n, void *data)
{
	const struct sink *sink = data;
	int rc = 0;
	if (sink->lines->options.no_label)
		return put(sink, bytes, n);
	if (part == SPLITTER_PIECE || part == SPLITTER_LAST)
		return put_labelled(sink, "+", bytes, n);
	while (n > 0 && rc == 0) {
		const char *end = memchr(bytes, '\n', n);
		size_t length = end ? (size_t)(end - bytes) + 1 : n;
		rc = put_labelled(sink, ":", bytes, length);
		bytes += length;
		n -= length;
	}
	return rc;
}

static struct splitter *splitter_of(struct lines *lines, size_t index,
				    int stream)
{
	return &lines->splitters[2 * index + (stream == SSHOAL_STDERR)];
}

static int on_output(void *state, const struct host *host, int stream,
		     const void *bytes, size_t size_bytes)
{
	struct lines *lines = state;
	struct sink sink = { lines, host->label, stream };
	return sshoal__splitter_feed(splitter_of(lines, host->index, stream),
				     bytes, size_bytes, on_part, &sink);
}

static int on_result(void *state, const struct outcome *outcome)
{
	struct lines *lines = state;
	const struct host *host = &outcome->host;
	struct sink out = { lines, host->label, SSHOAL_STDOUT };
	struct sink err = { lines, host->label, SSHOAL_STDERR };
	int out_rc = sshoal__splitter_end(
		splitter_of(lines, host->index, SSHOAL_STDOUT), on_part, &out);
	int err_rc = sshoal__splitter_end(
		splitter_of(lines, host->index, SSHOAL_STDERR), on_part, &err);
	return out_rc ? out_rc : err_rc;
}

static void free_lines(void *state)
{
	struct lines *lines = state;
	for (size_t i = 0; i < 2 * lines->options.host_count; i++)
		sshoal__splitter_fini(&lines->splitters[i]);
	free(lines);
}

int sshoal__lines_new(struct reporter *reporter, struct console *console,
		      const struct lines_options *options)
{
	size_t count = 2 * options->host_count;
	struct lines *lines =
		calloc(1, sizeof *lines + count * sizeof *lines->splitters);
	if (!lines)
		return SSHOAL_ENOMEM;
	lines->console = console;
	lines->options = *options;
	for (size_t i = 0; i < count; i++)
		lines->splitters[i].whole_characters = is_visible(
			lines, i % 2 ? SSHOAL_STDERR : SSHOAL_STDOUT);
	*reporter = (struct reporter){
		.output = on_output,
		.result = on_result,
		.free = free_lines,
		.state = lines,
	};
	return 0;
}
