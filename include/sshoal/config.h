/* SPDX-License-Identifier: MIT */
#ifndef SSHOAL_CONFIG_H
#define SSHOAL_CONFIG_H

#include <stddef.h>

#include <sshoal/client.h>
#include <sshoal/error.h>
#include <sshoal/inventory.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What ssh_config files say, with the meaning that "ssh -G" gives it. The files
 * are read once; any number of threads may look hosts up at a time.
 */
typedef struct sshoal_config sshoal_config;

/**
 * Reads a configuration (ssh_config(5)) and what it includes.
 * @param path a file, which must be there; a leading "~/" is the caller's home.
 *        NULL or "" reads ~/.ssh/config and then /etc/ssh/ssh_config, each if
 *        it can be read.
 * @return 0; SSHOAL_ENOENT; SSHOAL_EACCESS (also where ~/.ssh/config or an
 *         included file belongs to somebody else or others can write to it);
 *         SSHOAL_EFORMAT (a word OpenSSH does not know, or a bad value: the
 *         text begins with "FILE:LINE: "); SSHOAL_ELIMIT (a file over 1 MiB,
 *         16 files deep, 1024 files); SSHOAL_EIO, SSHOAL_ELOCAL, SSHOAL_ENOMEM
 *         or SSHOAL_EINVAL.
 */
SSHOAL_API int sshoal_config_load(sshoal_config **config, const char *path,
				  sshoal_error *error);

/**
 * Reads a configuration and, before it, options as they stand after ssh's -o:
 * they are stronger than the file, and of two with one keyword the first
 * counts.
 * @param path as above; "none" reads no file
 * @param words each "Key=Value" or "Key Value"; anything but Host, Match and
 *        Include. The words are copied.
 * @return as sshoal_config_load(); the text of a wrong option begins with
 *         "-o WORD: ".
 */
SSHOAL_API int sshoal_config_load_with(sshoal_config **config, const char *path,
				       const char *const *words, size_t count,
				       sshoal_error *error);

/**
 * Sets those members of options that are unset to what the configuration says
 * of a host: host, user, port, key_files (those IdentityFiles that exist),
 * known_hosts_file (the first UserKnownHostsFile; /dev/null for none),
 * host_key_policy (yes and ask are strict, accept-new and no are accept-new:
 * nothing in a file makes it off), connect_timeout_ms, keepalive_interval_ms,
 * keepalive_count, certificate_files (those that exist), and the members after
 * them. options.host counts as unset if it is the name that is
 * looked up. options.user and options.port, where set, are what Match sees.
 * Everything else is to be had by sshoal_config_get(), and has its effect where
 * a client or a fleet is given the configuration itself.
 *
 * Commands of "Match exec" are run by $SHELL, and CanonicalizeHostname asks the
 * system for names, each for 10 seconds at most. After eight questions without
 * an answer in a row no more are asked.
 *
 * @param host what would be typed after ssh
 * @param options the strings put there live as long as the configuration
 * @return 0; SSHOAL_EINVAL (also for a name of a host or user that OpenSSH
 *         refuses); SSHOAL_EFORMAT (a token or an unknown word, "FILE:LINE: "
 *         and why); SSHOAL_EUNSUPPORTED (Match localnetwork,
 *         command, sessiontype and version; RevokedHostKeys, KnownHostsCommand
 *         and VerifyHostKeyDNS, without which a host key would be checked less
 *         strictly; RefuseConnection; a name in no domain, where
 *         CanonicalizeFallbackLocal is no); SSHOAL_ETIMEOUT (Match exec,
 *         CanonicalizeHostname), SSHOAL_EIO (Match exec), SSHOAL_ECANCELLED (by
 *         options.cancel); SSHOAL_ELIMIT (over a million hosts), SSHOAL_ELOCAL
 *         or SSHOAL_ENOMEM. options is unchanged then.
 */
SSHOAL_API int sshoal_config_lookup(sshoal_config *config, const char *host,
				    sshoal_client_options *options,
				    sshoal_error *error);

/**
 * One value of a keyword for a host, as if neither user nor port were given:
 * tokens, "~" and variables replaced where ssh replaces them, times in seconds,
 * "true" and "false" as "yes" and "no". "HostName" always has one, the others
 * if something sets them. Values of IdentityFile, CertificateFile, SendEnv,
 * SetEnv, UserKnownHostsFile and the like are counted by index.
 *
 * @param keyword in letters of any case
 * @return a string that lives as long as the configuration; NULL past the last
 *         value, for an unknown keyword, and where sshoal_config_lookup()
 *         would tell why not.
 */
SSHOAL_API const char *sshoal_config_get(sshoal_config *config,
					 const char *host, const char *keyword,
					 size_t index);

/**
 * Tells the values that a configuration has for a host one at a time, in the
 * order in which they were found, and where: as sshoal_config_get(), with the
 * names that ssh_config(5) has.
 * @param options host is what would be typed after ssh; user and port, where
 *        set, are what Match sees; cancel
 * @param number from 0 on
 * @param setting its strings live as long as the configuration; line is 0 for
 *        an option of a command line, and file is "-o WORD" then
 * @return 0; SSHOAL_ENOENT past the last value; else as sshoal_config_lookup(),
 *         except that values for which it refuses a host are told as well
 */
SSHOAL_API int sshoal_config_setting(sshoal_config *config,
				     const sshoal_client_options *options,
				     size_t number, sshoal_setting *setting,
				     sshoal_error *error);

/** Frees a configuration and the strings it gave. NULL is ignored. A fleet that
 * was given it keeps what it needs. */
SSHOAL_API void sshoal_config_free(sshoal_config *config);

#ifdef __cplusplus
}
#endif
#endif
