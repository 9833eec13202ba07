/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CLIENT_H
#define SSHOAL_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <sshoal/cancel.h>
#include <sshoal/error.h>
#include <sshoal/key.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A connection to one host, logged in. It has no thread: bytes move only
 * inside a call on it or on what was opened on it (commands, tunnels). One
 * thread at a time, which may change between calls; a call made while another
 * thread is in one gives SSHOAL_EINVAL.
 */
typedef struct sshoal_client sshoal_client;

/** A way to other hosts, see sshoal/bastion.h. */
typedef struct sshoal_bastion sshoal_bastion;

/** What happens when a host's key is not in the known hosts. */
enum sshoal_host_key_policy {
	SSHOAL_HOST_KEY_DEFAULT = 0,    /* strict, unless set elsewhere */
	SSHOAL_HOST_KEY_STRICT = 1,     /* refused */
	SSHOAL_HOST_KEY_ACCEPT_NEW = 2, /* written to the first file, accepted;
					   a changed key is refused */
	SSHOAL_HOST_KEY_OFF = 3         /* anything is accepted */
};

/** The ways to log in (RFC 4252, RFC 4256). */
enum sshoal_login_method {
	SSHOAL_LOGIN_PUBLICKEY = 1u << 0,
	SSHOAL_LOGIN_PASSWORD = 1u << 1,
	SSHOAL_LOGIN_KEYBOARD_INTERACTIVE = 1u << 2
};

/** The key of a host that is not known. It is valid inside the callback. */
typedef struct sshoal_host_key {
	const char *host;          /* as given */
	const char *type;          /* such as "ssh-ed25519" */
	const char *fingerprint;   /* "SHA256:..." as ssh-keygen -l prints it */
	const unsigned char *blob; /* as SSH sends it (RFC 4253 section 6.6) */
	size_t blob_size;
	uint32_t port;
	uint32_t reserved_number; /* zero */
	const void *reserved[4];  /* NULL */
} sshoal_host_key;

/** What a callback says of a key that is not known. */
enum sshoal_host_key_answer {
	SSHOAL_HOST_KEY_REFUSE = 0,
	SSHOAL_HOST_KEY_ACCEPT_ONCE = 1,
	SSHOAL_HOST_KEY_ACCEPT_AND_ADD = 2 /* and write it to the first file */
};

/**
 * Decides on a host key that is not known, in place of the strict policy. A
 * changed or revoked key is refused without asking. Its time is not counted.
 * It must not call the client.
 * @return one of enum sshoal_host_key_answer.
 */
typedef int sshoal_host_key_cb(const sshoal_host_key *key, void *data);

/** Questions of a server (RFC 4256), valid inside the callback. */
typedef struct sshoal_prompt sshoal_prompt;

/** The title of the questions; "" where there is none. Like all texts here it
 * comes from the server and is made harmless for a terminal. */
SSHOAL_API const char *sshoal_prompt_name(const sshoal_prompt *prompt);
/** What to say before them; may have several lines. */
SSHOAL_API const char *sshoal_prompt_instruction(const sshoal_prompt *prompt);
/** How many there are, which may be none. */
SSHOAL_API size_t sshoal_prompt_count(const sshoal_prompt *prompt);
/** One of them; NULL past the last. */
SSHOAL_API const char *sshoal_prompt_text(const sshoal_prompt *prompt,
					  size_t index);
/** 1 where what is typed may be shown, 0 where not. */
SSHOAL_API int sshoal_prompt_echo(const sshoal_prompt *prompt, size_t index);
/** 1 where it has an answer already: a question for a password among others is
 * answered with options.password before anybody is asked. */
SSHOAL_API int sshoal_prompt_is_answered(const sshoal_prompt *prompt,
					 size_t index);
/**
 * 1 where the answers will be given to every host of a fleet that asks the
 * same, see sshoal_fleet_prompt_cb; 0 where they are for this host alone, as
 * with a single client.
 */
SSHOAL_API int sshoal_prompt_is_shared(const sshoal_prompt *prompt);
/** Changes that, before the callback returns: 0 for answers that are good for
 * one login only. */
SSHOAL_API void sshoal_prompt_set_shared(sshoal_prompt *prompt, int is_shared);
/**
 * Answers one of them; the text is copied. What is not answered is answered
 * with nothing.
 * @return 0, SSHOAL_EINVAL (no such question) or SSHOAL_ENOMEM.
 */
SSHOAL_API int sshoal_prompt_answer(sshoal_prompt *prompt, size_t index,
				    const char *text);

/**
 * Answers a server's questions. A single hidden one is answered with
 * options.password, if there is one, before anybody is asked; so are, where
 * there are several or something else was proven before, those that ask for a
 * password. What was refused is not sent again. Its time is not counted. It
 * must not call the client.
 * @return non-zero gives the login up.
 */
typedef int sshoal_prompt_cb(sshoal_prompt *prompt, void *data);

/**
 * Something a person should know.
 * @param level 0 a warning, 1 a detail, 2 more
 * @param text one line without newline, free of control characters
 */
typedef void sshoal_log_cb(int level, const char *text, void *data);

/**
 * How to reach one host and log in to it. Every member but host may stay zero.
 * Strings are copied by the call that is given this struct, keys, bastion and
 * cancel are kept by reference. Callbacks run on the thread and inside the
 * call that the client is used with.
 */
typedef struct sshoal_client_options {
	size_t size;             /* set by SSHOAL_CLIENT_OPTIONS_INIT */
	const char *host;        /* name, IPv4 or IPv6 address; required */
	const char *user;        /* NULL: ssh_config's, else the caller's login
				    name */
	const char *password;    /* NULL: no password login */
	sshoal_key *const *keys; /* offered first, in order */
	size_t key_count;
	const char *key_file; /* one more key; a leading "~/" is expanded */
	const char *const *key_files; /* and more of them */
	size_t key_file_count;
	const char *passphrase;       /* for every key file that needs one */
	const char *known_hosts_file; /* NULL: ~/.ssh/known_hosts and
					 /etc/ssh/ssh_known_hosts */
	int64_t connect_timeout_ms;   /* name to key exchange done;
				       0: 10 s, -1: none */
	int64_t login_timeout_ms;     /* 0: 60 s, -1: none */
	uint32_t port;                /* 0: ssh_config's, else 22 */
	uint32_t host_key_policy;     /* enum sshoal_host_key_policy */
	uint32_t use_agent;           /* 1: offer an ssh-agent's keys */
	uint32_t use_default_keys;    /* 1: offer ~/.ssh/id_rsa, id_ecdsa and
				      id_ed25519 where they exist */
	/* What follows is for one client, not for a fleet's targets. */
	const char *ssh_config_file;  /* NULL: none is read; "": the user's and
					the system's. Members set here are
					stronger; what has no member has its
					effect too. */
	const int *fd;                /* a connected stream socket to use; taken
					over once the client is open */
	sshoal_bastion *bastion;      /* go through it */
	sshoal_cancel *cancel;        /* ends every wait of the client */
	sshoal_host_key_cb *host_key; /* asked about keys that are not known */
	sshoal_prompt_cb *prompt;     /* asked what the server asks */
	sshoal_log_cb *log;           /* told what is no error */
	void *data;                   /* of the three */
	int64_t keepalive_interval_ms; /* ask the server for a sign of life
					  when it was silent for so long, while
					  a call waits; 0: never; at least
					  2000 */
	uint32_t keepalive_count;      /* unanswered ones that make it dead;
					  0: 3 */
	uint32_t max_channels;         /* commands and shells open at once; 0: 8
					  (OpenSSH's MaxSessions is 10) */
	/* What follows is for a fleet's targets too. */
	const char *const *certificate_files; /* OpenSSH's, for whichever of the
			keys each is. KEY-cert.pub beside a key file is used in
			any case */
	size_t certificate_file_count;
	const char *agent_path;                 /* an ssh-agent's socket; NULL:
				   $SSH_AUTH_SOCK; "none": no agent */
	const char *preferred_authentications;  /* the methods to try, in order,
			as "keyboard-interactive,password"; NULL: publickey,
			password, keyboard-interactive */
	const char *pubkey_accepted_algorithms; /* those that keys may be used
			with, as ssh_config(5) has it; NULL: all */
	uint32_t disabled_methods; /* set of enum sshoal_login_method */
	uint32_t identities_only;  /* 1: of an agent's keys only those that are
				      given, or default keys */
	uint32_t password_prompts; /* how often a server's questions are put to
				      somebody if the answers are refused;
				      0: once */
	uint32_t batch_mode;       /* 1: nobody is asked anything */
	/* For one client and for a fleet's targets. */
	const char *jump;          /* go through these hosts, as with ssh -J:
				      [user@]host[:port], several with commas,
				      the nearest first; "none": through none.
				      NULL: ssh_config's, else none */
	const char *proxy_command; /* has the user's shell run this, and goes
				      through its standard input and output;
				      tokens %h, %n, %p, %r as in ssh_config;
				      "none": not. NULL: ssh_config's */
} sshoal_client_options;

#define SSHOAL_CLIENT_OPTIONS_INIT \
	{ \
		sizeof(sshoal_client_options), NULL, NULL, NULL, NULL, 0, \
			NULL, NULL, 0, NULL, NULL, 0, 0, 0, 0, 0, 0, NULL, \
			NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, \
			NULL, 0, NULL, NULL, NULL, 0, 0, 0, 0, NULL, NULL \
	}

/**
 * Connects, checks the host's key and logs in: keys given, the agent's,
 * default keys, at most 5 of them and each after the certificates there are
 * for it; then the password; then what the server asks. Where a server wants
 * several of these (OpenSSH's AuthenticationMethods) they follow each other as
 * it says. A password that was refused is not sent again, in whatever way.
 *
 * @return 0; SSHOAL_EINVAL (the text names the member); SSHOAL_EDNS,
 *         SSHOAL_EREFUSED, SSHOAL_EUNREACHABLE, SSHOAL_ETIMEOUT (which limit
 *         is told by the text), SSHOAL_EPROTOCOL, SSHOAL_EBUSY (asking again
 *         later may help), SSHOAL_EHOSTKEY_UNKNOWN, _CHANGED, _REVOKED,
 *         SSHOAL_EAUTH, SSHOAL_ELOST, SSHOAL_ECANCELLED; SSHOAL_ENOENT,
 *         SSHOAL_EACCESS, SSHOAL_EFORMAT, SSHOAL_EPASSPHRASE,
 *         SSHOAL_EUNSUPPORTED or SSHOAL_EIO for a file of ours; SSHOAL_ELOCAL
 *         or SSHOAL_ENOMEM. The text names the host, what was being done and
 *         why it failed.
 */
SSHOAL_API int sshoal_client_open(sshoal_client **client,
				  const sshoal_client_options *options,
				  sshoal_error *error);

/**
 * Moves bytes: sends what waits, takes in what has come for any command or
 * tunnel, answers and sends keepalives. Returns after the first that came, or
 * when the time is over.
 * @param timeout_ms 0 does not wait, -1 for ever
 * @return 0 when something came, SSHOAL_ETIMEOUT when nothing did,
 *         SSHOAL_ELOST (the peer is gone or does not answer),
 *         SSHOAL_ECANCELLED, SSHOAL_ENOMEM or SSHOAL_EINVAL;
 *         sshoal_client_error_text() says more.
 */
SSHOAL_API int sshoal_client_pump(sshoal_client *client, int64_t timeout_ms);

/**
 * The connection's descriptor, for poll(2) with POLLIN before a call of
 * sshoal_client_pump() with 0. It belongs to the client. Read everything that
 * there is before polling: what was taken in already does not show there.
 * @return the descriptor, -1 for NULL.
 */
SSHOAL_API int sshoal_client_fd(const sshoal_client *client);

/** The server's banner, such as "SSH-2.0-OpenSSH_9.2p1", made harmless for a
 * terminal; valid as long as the client. */
SSHOAL_API const char *sshoal_client_banner(const sshoal_client *client);

/** The numeric address connected to; "" for a socket that was given. Valid as
 * long as the client. */
SSHOAL_API const char *sshoal_client_address(const sshoal_client *client);

/** The user logged in as; valid as long as the client. */
SSHOAL_API const char *sshoal_client_user(const sshoal_client *client);

/**
 * The host's key as it proved it, in SSH's form; valid as long as the client.
 * @return NULL for NULL.
 */
SSHOAL_API const unsigned char *
sshoal_client_host_key(const sshoal_client *client, size_t *size_bytes);

/** What client and server agreed on. */
enum sshoal_algorithm {
	SSHOAL_ALGORITHM_KEX = 0,
	SSHOAL_ALGORITHM_HOST_KEY,
	SSHOAL_ALGORITHM_CIPHER_OUT, /* from client to server */
	SSHOAL_ALGORITHM_CIPHER_IN,
	SSHOAL_ALGORITHM_MAC_OUT,
	SSHOAL_ALGORITHM_MAC_IN,
	SSHOAL_ALGORITHM_COMPRESSION_OUT,
	SSHOAL_ALGORITHM_COMPRESSION_IN
};

/** The name of an algorithm in use, such as "aes128-ctr"; valid as long as the
 * client. NULL for no algorithm of these. */
SSHOAL_API const char *sshoal_client_algorithm(const sshoal_client *client,
					       int algorithm);

/** What the last failing call on the client met; valid until the next call. */
SSHOAL_API const char *sshoal_client_error_text(const sshoal_client *client);

/**
 * Ends the connection and frees the client. Commands and tunnels that are
 * still there give SSHOAL_ECLOSED from then on and are freed by their own
 * calls. Never waits. NULL is ignored.
 */
SSHOAL_API void sshoal_client_close(sshoal_client *client);

#ifdef __cplusplus
}
#endif
#endif
