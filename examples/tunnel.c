/* SPDX-License-Identifier: MIT */
/*
 * Reaches a port behind a host in two ways: as a stream on a client, and as a
 * descriptor from a bastion. It reads the first line that comes there.
 *
 * usage: tunnel HOST PORT USER KEY-FILE KNOWN-HOSTS-FILE FAR-HOST FAR-PORT
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sshoal.h>

static void print_line(const char *how, const char *bytes, int64_t n)
{
	int length = 0;
	while (length < n && bytes[length] != '\r' && bytes[length] != '-')
		length++;
	(void)printf("%s: %.*s\n", how, length, bytes);
}

static int by_client(const sshoal_client_options *options, const char *host,
		     uint32_t port, sshoal_error *error)
{
	sshoal_client *client = NULL;
	sshoal_tunnel *tunnel = NULL;
	char bytes[256];
	int rc = sshoal_client_open(&client, options, error);
	if (rc == 0)
		rc = sshoal_tunnel_open(&tunnel, client, host, port, error);
	if (rc == 0) {
		int64_t n =
			sshoal_tunnel_read(tunnel, bytes, sizeof bytes, 60000);
		rc = n < 0 ? (int)n : 0;
		if (n >= 0)
			print_line("stream", bytes, n);
		else
			(void)snprintf(error->text, sizeof error->text, "%s",
				       sshoal_tunnel_error_text(tunnel));
	}
	sshoal_tunnel_close(tunnel);
	sshoal_client_close(client);
	return rc;
}

static int by_bastion(const sshoal_client_options *options, const char *host,
		      uint32_t port, sshoal_error *error)
{
	sshoal_bastion *bastion = NULL;
	char bytes[256];
	int fd = -1;
	int rc = sshoal_bastion_open(&bastion, options, error);
	if (rc == 0)
		rc = sshoal_bastion_connect(bastion, host, port, 60000, &fd,
					    error);
	if (rc == 0) {
		ssize_t n = read(fd, bytes, sizeof bytes);
		rc = n < 0 ? SSHOAL_EIO : 0;
		if (n >= 0)
			print_line("descriptor", bytes, n);
		else
			(void)snprintf(error->text, sizeof error->text,
				       "read: %s", strerror(errno));
		(void)close(fd);
	}
	sshoal_bastion_close(bastion);
	return rc;
}

int main(int argc, char **argv)
{
	if (argc != 8)
		return 2;
	sshoal_client_options options = SSHOAL_CLIENT_OPTIONS_INIT;
	options.host = argv[1];
	options.port = (uint32_t)strtoul(argv[2], NULL, 10);
	options.user = argv[3];
	options.key_file = argv[4];
	options.known_hosts_file = argv[5];
	uint32_t port = (uint32_t)strtoul(argv[7], NULL, 10);
	sshoal_error error;
	int rc = by_client(&options, argv[6], port, &error);
	if (rc == 0)
		rc = by_bastion(&options, argv[6], port, &error);
	if (rc)
		(void)fprintf(stderr, "tunnel: %s\n", error.text);
	return rc ? 1 : 0;
}
