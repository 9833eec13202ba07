/* SPDX-License-Identifier: MIT */
#include "report/replay.h"

#include <string.h>

#include "report/splitter.h"

/* Where a stream of a host goes on its way out. */
struct outlet {
	const struct replay *replay;
	struct splitter splitter;
	int stream;
};

/* Both of them, and which are wanted. */
struct outlets {
	struct outlet of[2];
	unsigned int streams;
};

static bool is_visible(const struct replay *replay, int stream)
{
	return !replay->raw &&
	       sshoal__console_is_terminal(replay->console, stream);
}

int sshoal__replay_bytes(const struct replay *replay, int stream,
			 const char *bytes, size_t n)
{
	if (is_visible(replay, stream))
		return sshoal__console_write_visible(replay->console, stream,
						     bytes, n);
	return sshoal__console_write(replay->console, stream, bytes, n);
}

static int on_part(int part, const char *bytes, size_t n, void *data)
{
	const struct outlet *outlet = data;
	int rc = sshoal__replay_bytes(outlet->replay, outlet->stream, bytes, n);
	if (part == SPLITTER_PIECE || bytes[n - 1] == '\n')
		return rc;
	return sshoal__console_print(outlet->replay->console, outlet->stream,
				     "\n");
}

static int on_bytes(int stream, const char *bytes, size_t n, void *data)
{
	struct outlets *outlets = data;
	bool is_error = stream == SSHOAL_STDERR;
	struct outlet *outlet = &outlets->of[is_error];
	/* A file takes all of it without a wait that an abort could end. */
	if (sshoal_cancel_is_triggered(outlet->replay->console->cancel,
				       SSHOAL_CANCEL_ABORT))
		return SSHOAL_EIO;
	if (!(outlets->streams & (is_error ? REPLAY_STDERR : REPLAY_STDOUT)))
		return 0;
	return sshoal__splitter_feed(&outlet->splitter, bytes, n, on_part,
				     outlet);
}

int sshoal__replay_fail(struct console *console, int code,
			const sshoal_error *error)
{
	if (code == SSHOAL_ELOCAL && *error->text)
		sshoal__console_say(console, "%s", error->text);
	return code;
}

int sshoal__replay(const struct replay *replay, const struct roll *roll,
		   unsigned int streams)
{
	sshoal_error error = { .code = 0 };
	struct outlets outlets = {
		.of = { { .replay = replay,
			  .splitter = { .whole_characters = true },
			  .stream = SSHOAL_STDOUT },
			{ .replay = replay,
			  .splitter = { .whole_characters = true },
			  .stream = SSHOAL_STDERR } },
		.streams = streams,
	};
	int rc = sshoal__roll_read(roll, replay->stash, on_bytes, &outlets,
				   &error);
	for (size_t i = 0; i < 2; i++) {
		struct outlet *outlet = &outlets.of[i];
		int end_rc = sshoal__splitter_end(&outlet->splitter, on_part,
						  outlet);
		if (rc == 0)
			rc = end_rc;
		sshoal__splitter_fini(&outlet->splitter);
	}
	return sshoal__replay_fail(replay->console, rc, &error);
}

void sshoal__replay_cut(struct console *console, const char *whom)
{
	sshoal__console_say(console,
			    "%s: this output is not complete: it could not be "
			    "held",
			    whom);
}

int sshoal__replay_header(const struct replay *replay, const char *whom,
			  const char *text)
{
	struct console *console = replay->console;
	(void)sshoal__console_print(console, SSHOAL_STDOUT, "== ");
	(void)sshoal__console_write_visible(console, SSHOAL_STDOUT, whom,
					    strlen(whom));
	if (text && *text) {
		(void)sshoal__console_print(console, SSHOAL_STDOUT, ": ");
		(void)sshoal__console_write_visible(console, SSHOAL_STDOUT,
						    text, strlen(text));
	}
	return sshoal__console_print(console, SSHOAL_STDOUT, "\n");
}
