/* SPDX-License-Identifier: MIT */
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "unit/config_oracle.h"
#include "unit/scratch.h"

/* Configurations by hand and by chance, with "ssh -G" as the judge. */

/* "@" stands for the folder in which "inc", "inc.d/a.conf" and so on are. */
static const char *const configs[] = {
	/* What a line is. */
	"",
	"\n\n# nothing\n   # here\n",
	"Port 44",
	"Port 44\r\nUser x\r\n",
	"\tPort\t=\t44  \n",
	"port=44\nPORT=45\n",
	"Port = 44\n",
	"Port==44\n",
	"Port \"44\"\n",
	"Port '44'\n",
	"\"Port\" 44\n",
	"Port 44 # why\n",
	"Port 44 45\n",
	"Port\n",
	"Port \"\"\n",
	"User=a\nUser b\n",
	"User \"a b\"\n",
	"User a b\n",
	"User a\\\\b\n",
	"User 'a\"b\n",
	"IdentityFile \"a b\"\nIdentityFile 'c d'\nIdentityFile e\\ f\n",
	"IdentityFile \"a\\\"b\" \nIdentityFile a\"b c\"d\n",
	"IdentityFile a#b\nIdentityFile c #d\n",
	"IdentityFile \"a\n",
	"NoSuchThing yes\n",
	"IgnoreUnknown NoSuch*,x\nNoSuchThing yes\nX 3\nPort 5\n",
	"IgnoreUnknown nosuch*\nOtherThing yes\n",
	"Host a\nIgnoreUnknown NoSuch*\nHost *\nNoSuchThing yes\n",
	"NoSuchThing yes\nIgnoreUnknown *\n",
	"Protocol 2\nCipher x\nRSAAuthentication yes\nUseRoaming no\n",
	/* Hosts. */
	"Host web1\nPort 1\nHost *\nPort 2\n",
	"Host web? db*\nPort 1\nHost *\nPort 2\n",
	"Host * !web1\nPort 1\nHost *\nPort 2\n",
	"Host !web1 *\nPort 1\nHost *\nPort 2\n",
	"Host !web1\nPort 1\n",
	"Host WEB1\nPort 1\n",
	"Host Web*\nPort 1\n",
	"Host web1,db1\nPort 1\n",
	"Host=web1\nPort=1\n",
	"Host \"web1\" 'db1'\nPort 1\n",
	"Host web1 # db1\nPort 1\n",
	"Host web1 \"\"\nPort 1\n",
	"Host ??b*1\nPort 1\n",
	"Host ***e*b*1*\nPort 1\n",
	/* Match. */
	"Match host web1\nPort 1\n",
	"Match host WEB*\nPort 1\n",
	"Match host web*,!web1\nPort 1\n",
	"Match host=web1\nPort 1\n",
	"Match !host web1\nPort 1\n",
	"Match all\nPort 1\n",
	"Match !all\nPort 1\n",
	"Match all # c\nPort 1\n",
	"Match all host web1\nPort 1\n",
	"Match host web1 all\nPort 1\n",
	"Match host web1 user x all\nPort 1\n",
	"Match\nPort 1\n",
	"Match host\nPort 1\n",
	"Match host # c\nPort 1\n",
	"Match nothing x\nPort 1\n",
	"Match user tester\nPort 1\n",
	"User tester\nMatch user test*\nPort 1\n",
	"User tester\nMatch user TEST*\nPort 1\n",
	"Match user test*\nPort 1\nMatch all\nUser tester\n",
	"Match localuser *\nPort 1\n",
	"Match localuser nobody-at-all\nPort 1\n",
	"HostName other\nMatch host other\nPort 1\n",
	"HostName other\nMatch originalhost web1\nPort 1\n",
	"HostName %h.example.org\nMatch host *.example.org user *\nPort 1\n",
	"Match host web1 originalhost web* user *\nPort 1\nHost *\nPort 9\n",
	"Match exec true\nPort 1\n",
	"Match exec false\nPort 1\n",
	"Match !exec false\nPort 1\n",
	"Match exec \"test %h = web1\"\nPort 1\n",
	"Match exec \"test %n = web1 -a %r = %u\"\nPort 1\n",
	"HostName x.org\nMatch exec \"test %h = x.org -a %n = web1\"\nPort 1\n",
	"Port 7\nMatch exec \"test %p = 7\"\nUser seven\n",
	"Match host db* exec \"exit 1\"\nPort 1\n",
	"Match exec \"test '%%' = '%%'\"\nPort 1\n",
	"Match exec \"%z\"\nPort 1\n",
	"Match exec \"test -n '%l' && test -n '%L' && test -n '%C'\"\nPort 1\n",
	"Match exec \"test %i = $(id -u) && test %d = $HOME\"\nPort 1\n",
	"HostKeyAlias al\nMatch exec \"test %k = al\"\nPort 1\n",
	"Match exec \"kill -9 $$\"\nPort 1\n",
	"Match final\nPort 1\n",
	"Match !final\nPort 1\n",
	"Match canonical\nPort 1\n",
	"Match canonical all\nPort 1\n",
	"Match final all\nUser f\nMatch all\nUser g\n",
	"HostName Other.org\nMatch final host other.org\nPort 1\n",
	"HostName other.org\nHost other.org\nPort 1\nMatch final\nUser f\n",
	"Match final\nHostName late.org\nPort 1\n",
	"SendEnv A B\nIdentityFile i\nMatch final\nSendEnv C\nIdentityFile j\n",
	/* Include. */
	"Include @/inc\nPort 9\n",
	"Include @/none\nPort 9\n",
	"Include @/none* @/inc\nPort 9\n",
	"Include @/inc.d/*.conf\nPort 9\n",
	"Host db1\nInclude @/inc\nHost *\nPort 9\n",
	"Host web1\nInclude @/inc-hosts\nPort 9\n",
	"Host nobody\nInclude @/inc-hosts\nHost *\nPort 9\n",
	"Include @/inc-hosts\nPort 9\n",
	"Include \"@/inc\" '@/inc-hosts'\nPort 9\n",
	"Include @/inc-loop\n",
	"Include @/inc-bad\n",
	"Host nobody\nInclude @/inc-bad\n",
	"Include @/inc-open\n",
	"Include @/inc-nested\n",
	/* Names. */
	"HostName 10.0.0.1\n",
	"HostName 127.1\n",
	"HostName 0x7f.1\n",
	"HostName ::1\n",
	"HostName 2001:DB8:0::1\n",
	"HostName FOO.Example.ORG\n",
	"HostName %h.example.org\n",
	"HostName x%%y\n",
	"HostName %n\n",
	"HostName %h%h\nHostName no\n",
	"Host web*\nHostName %h.a\nHost *\nHostName %h.b\n",
	"HostName \"a\"\n",
	/* Ports, numbers, times. */
	"Port 022\n",
	"Port 0\n",
	"Port 65535\n",
	"Port 65536\n",
	"Port ssh\n",
	"Port no-such-service\n",
	"Port -1\n",
	"Port 1x\n",
	"ConnectTimeout 5\n",
	"ConnectTimeout 1m30\n",
	"ConnectTimeout 1h2m3s\n",
	"ConnectTimeout none\nConnectTimeout 7\n",
	"ConnectTimeout 5x\n",
	"ConnectTimeout\n",
	"ConnectTimeout 99999999999\n",
	"ConnectionAttempts 3\nConnectionAttempts 4\n",
	"ConnectionAttempts -1\n",
	"ConnectionAttempts x\n",
	"ServerAliveInterval 10\nServerAliveCountMax 5\n",
	"ServerAliveInterval 2m\n",
	"NumberOfPasswordPrompts 1\n",
	"NumberOfPasswordPrompts 2147483648\n",
	/* Choices. */
	"StrictHostKeyChecking yes\n",
	"StrictHostKeyChecking no\n",
	"StrictHostKeyChecking off\n",
	"StrictHostKeyChecking ask\n",
	"StrictHostKeyChecking ACCEPT-NEW\n",
	"StrictHostKeyChecking true\n",
	"StrictHostKeyChecking maybe\n",
	"AddressFamily inet\n",
	"AddressFamily INET6\n",
	"AddressFamily any\n",
	"AddressFamily ipv4\n",
	"Compression yes\n",
	"Compression true\n",
	"BatchMode YES\n",
	"BatchMode maybe\n",
	"PubkeyAuthentication no\nPasswordAuthentication no\n",
	"PubkeyAuthentication unbound\n",
	"DSAAuthentication no\n",
	"KbdInteractiveAuthentication no\n",
	"ChallengeResponseAuthentication no\n",
	"SkeyAuthentication no\nTCPKeepAlive no\n",
	"KeepAlive no\n",
	"LogLevel DEBUG2\n",
	"LogLevel verbose\n",
	"LogLevel loud\n",
	"HashKnownHosts yes\nIdentitiesOnly yes\n",
	"PreferredAuthentications publickey,password\n",
	"BindAddress 127.0.0.2\n",
	"HostKeyAlias alias\n",
	"HostKeyAlias a b\n",
	/* Files. */
	"IdentityFile ~/.ssh/a\nIdentityFile ~/.ssh/a\nIdentityFile /b\n",
	"IdentityFile %d/%h-%r-%p-%n-%u\n",
	"IdentityFile none\n",
	"IdentityFile2 /old\n",
	"CertificateFile ~/c\nCertificateFile /d/%h\n",
	"UserKnownHostsFile /a ~/b\nUserKnownHostsFile /c\n",
	"UserKnownHostsFile none\n",
	"UserKnownHostsFile none /a\n",
	"UserKnownHostsFile ~/%h/%p/%r/%k ${HOME}/x\n",
	"UserKnownHostsFile ${NO_SUCH_VARIABLE}/x\n",
	"UserKnownHostsFile %z\n",
	"UserKnownHostsFile /dev/null\nHostKeyAlias z\n",
	"GlobalKnownHostsFile /g /h\n",
	"GlobalKnownHostsFile ~/g\n",
	"IdentityAgent ~/%r/%h.sock\n",
	"IdentityAgent none\n",
	"IdentityAgent SSH_AUTH_SOCK\n",
	"IdentityAgent $SOME_SOCK\n",
	"IdentityAgent \"${HOME}/a b\"\n",
	"ControlPath ~/.c/%C\n",
	"ControlPath none\n",
	"ControlPath /c/%L-%l-%i-%u\n",
	"ForwardAgent yes\n",
	"ForwardAgent no\nForwardAgent yes\n",
	"RevokedHostKeys none\n",
	"RevokedHostKeys /r\n",
	/* Environment. */
	"SendEnv A B_*\nSendEnv C A\n",
	"SendEnv LC_ALL LC_X LANG\nSendEnv -LC_*\n",
	"SendEnv A=1\n",
	"SendEnv -X\n",
	"SetEnv A=1 B=2 A=3\n",
	"SetEnv \"A=x y\" B=\n",
	"SetEnv A=1\nSetEnv B=2\n",
	"SetEnv A\n",
	"Host web1\nSetEnv A=1\nHost *\nSetEnv A=2 B=3\n",
	/* Proxies. */
	"ProxyJump j\n",
	"ProxyJump u@j:23\n",
	"ProxyJump a,b,c\n",
	"ProxyJump a, b\n",
	"ProxyJump none\n",
	"ProxyJump j # c\n",
	"ProxyJump j:99999\n",
	"ProxyJump a,,b\n",
	"ProxyJump @j\n",
	"ProxyJump j\nProxyCommand x\n",
	"ProxyCommand x\nProxyJump j\n",
	"ProxyJump none\nProxyCommand x\n",
	"ProxyCommand none\nProxyJump j\n",
	"ProxyCommand none\nProxyCommand x\n",
	"ProxyCommand nc -X 5 %h %p # all of it\n",
	"ProxyCommand=nc \"a  b\" 'c' %% %n %r\n",
	"ProxyCommand   =  nc x\n",
	"ProxyCommand\n",
	"Host db*\nProxyJump j\nHost *\nProxyCommand x\n",
	/* Algorithms. */
	"Ciphers aes128-ctr,aes256-ctr\nCiphers aes192-ctr\n",
	("Ciphers +aes128-cbc\nMACs -hmac-sha1\n"
	 "KexAlgorithms ^ecdh-sha2-nistp256\n"),
	"MACs hmac-sha2-256\nKexAlgorithms ecdh-sha2-nistp256\n",
	"HostKeyAlgorithms ssh-ed25519,rsa-sha2-512\n",
	"PubkeyAcceptedAlgorithms ssh-ed25519\n",
	"PubkeyAcceptedKeyTypes rsa-sha2-256\n",
	/* What is kept and not looked at. */
	"GSSAPIAuthentication yes\nForwardX11 no\nForwardX11Trusted yes\n",
	"LocalForward 1 a:2\nRemoteForward 3 b:4\nDynamicForward 5\n",
	"RekeyLimit 1G 1h\nIPQoS lowdelay throughput\nTunnel no\n",
	"AddKeysToAgent confirm 5m\nControlPersist 10m\nControlMaster auto\n",
	"CanonicalDomains a.org b.org\nCanonicalizeMaxDots 2\n",
	"CanonicalizeHostname no\nCanonicalizePermittedCNAMEs none\n",
	"RemoteCommand echo 'a'\nRequestTTY force\nEscapeChar none\n",
	"UpdateHostKeys no\nVisualHostKey yes\nFingerprintHash md5\n",
};

static void write_in(void *const *state, const char *name, const char *text)
{
	char path[SCRATCH_PATH];
	scratch_path(path, state, name);
	scratch_write(path, text, strlen(text), 0600);
}

static int write_included(void **state)
{
	const struct passwd *self = getpwuid(getuid());
	int rc = scratch_setup(state);
	if (rc || !self || setenv("HOME", self->pw_dir, 1) != 0 ||
	    setenv("USER", self->pw_name, 1) != 0)
		return -1;
	char line[SCRATCH_PATH + 16];
	char path[SCRATCH_PATH];
	scratch_path(path, state, "inc.d");
	const char *const argv[] = { "mkdir", path, NULL };
	scratch_run(argv, NULL, 0);
	write_in(state, "inc", "Port 21\nHost web1\nUser inc\n");
	write_in(state, "inc-hosts",
		 "User h\nHost db1\nPort 22\nHost web1\n"
		 "Port 23\nMatch all\nHostKeyAlias m\n");
	write_in(state, "inc.d/b.conf", "Port 32\nUser b\n");
	write_in(state, "inc.d/a.conf", "Port 31\n");
	write_in(state, "inc.d/c.txt", "Nonsense\n");
	write_in(state, "inc-bad", "Port 1\nNonsense 3\n");
	write_in(state, "inc-open", "Port 1\n");
	scratch_path(path, state, "inc-open");
	const char *const open[] = { "chmod", "666", path, NULL };
	scratch_run(open, NULL, 0);
	scratch_path(path, state, "inc-loop");
	(void)snprintf(line, sizeof line, "Include %s\n", path);
	write_in(state, "inc-loop", line);
	scratch_path(path, state, "inc.d/*.conf");
	(void)snprintf(line, sizeof line, "Match host web*\nInclude %s\n",
		       path);
	write_in(state, "inc-nested", line);
	return 0;
}

/* Puts the folder where "@/" is, and writes the file. */
static void write_config(char path[SCRATCH_PATH], char *text, size_t room,
			 void *const *state, const char *config)
{
	size_t used = 0;
	for (; *config && used + SCRATCH_PATH < room; config++) {
		if (config[0] == '@' && config[1] == '/')
			used += (size_t)snprintf(text + used, room - used, "%s",
						 (const char *)*state);
		else
			text[used++] = *config;
	}
	text[used] = '\0';
	scratch_path(path, state, "config");
	scratch_write(path, text, used, 0600);
}

/* Every configuration is asked about these. */
static const struct oracle_query queries[] = {
	{ "web1", NULL, 0, { NULL } },
	{ "WEB1", "tester", 0, { NULL } },
	{ "db1", NULL, 2022, { NULL } },
	{ "x.org", NULL, 0, { "User=given", "SetEnv Z=1", "Port=7", NULL } },
	{ "web2",
	  NULL,
	  0,
	  { "HostName=%h.given.org", "IdentityFile=/given",
	    "ProxyCommand=given %h", NULL } },
};

/* How many configurations are made by chance. */
#define BY_CHANCE 90

#define QUERIES (sizeof queries / sizeof *queries)

static void each_means_what_ssh_says(void **state)
{
	for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
		char path[SCRATCH_PATH];
		char text[4096];
		write_config(path, text, sizeof text, state, configs[i]);
		oracle_compare(path, text, queries, QUERIES, NULL);
	}
	assert_in_range(sizeof configs / sizeof *configs + BY_CHANCE, 300,
			1000);
}

/* What generated files are made of. */
static const char *const blocks[] = {
	"Host web*",
	"Host db? !db1",
	"Host * !web2",
	"Host *",
	"Host web1 x.org",
	"Match host web*,x.org",
	"Match !host db1",
	"Match originalhost web1,db1 user *",
	"Match user tester",
	"Match user root,r*",
	"Match all",
	"Match final host x.org",
	"Match final all",
	"Match !final host *",
	"Match localuser * host !db1,*",
	"Match exec \"test %h = x.org\"",
	"Match exec \"test %n != web1\" user *",
};

static const char *const settings[] = {
	"HostName x.org",
	"HostName %h.y.org",
	"User tester",
	"User root",
	"Port 2200",
	"Port 22",
	"IdentityFile ~/.ssh/%h",
	"IdentityFile /keys/%r-%n",
	"CertificateFile /c",
	"ProxyJump u@jump:2222",
	"ProxyJump none",
	"ProxyCommand nc %h %p",
	"ProxyCommand none",
	"UserKnownHostsFile /k/%h /l",
	"GlobalKnownHostsFile /g",
	"HostKeyAlias alias",
	"StrictHostKeyChecking accept-new",
	"StrictHostKeyChecking yes",
	"ConnectTimeout 1m",
	"ConnectTimeout none",
	"ServerAliveInterval 30",
	"AddressFamily inet6",
	"Ciphers aes256-ctr",
	"Compression yes",
	"SetEnv A=1 B=2",
	"SetEnv C=3",
	"SendEnv LC_* LANG",
	"SendEnv -LC_*",
	"SendEnv X",
	"IdentitiesOnly yes",
	"IdentityAgent /run/%u/%k",
	"BatchMode no",
	"PreferredAuthentications password",
	"Include @/inc-hosts",
	"Include @/inc",
};

/* A generator that is the same everywhere (Numerical Recipes' constants). */
static size_t pick(uint32_t *seed, size_t count)
{
	*seed = *seed * 1664525u + 1013904223u;
	return (size_t)(*seed >> 8) % count;
}

static void add(char *text, size_t room, const char *line)
{
	(void)strncat(text, line, room - strlen(text) - 1);
	(void)strncat(text, "\n", room - strlen(text) - 1);
}

static void files_made_by_chance_mean_it_too(void **state)
{
	uint32_t seed = 20251124;
	print_message("seed %u\n", seed);
	for (size_t i = 0; i < BY_CHANCE; i++) {
		char made[2048] = "";
		char path[SCRATCH_PATH];
		char text[4096];
		size_t count = 4 + pick(&seed, 16);
		for (size_t n = 0; n < count; n++)
			add(made, sizeof made,
			    pick(&seed, 3) == 0 ?
				    blocks[pick(&seed,
						sizeof blocks /
							sizeof *blocks)] :
				    settings[pick(&seed,
						  sizeof settings /
							  sizeof *settings)]);
		write_config(path, text, sizeof text, state, made);
		oracle_compare(path, text, queries, QUERIES, NULL);
	}
}

/* Canonical names, with a name server of our own for both. */
static const struct oracle_query short_names[] = {
	{ "web1", NULL, 0, { NULL } },
	{ "WEB2", NULL, 0, { NULL } },
	{ "db1", "tester", 0, { NULL } },
	{ "www.x", NULL, 0, { NULL } },
	{ "a.b.c", NULL, 0, { NULL } },
	{ "10.0.0.1", NULL, 0, { NULL } },
	{ "full.test.", NULL, 0, { NULL } },
	{ "web1", NULL, 0, { "CanonicalizeHostname=always", NULL } },
};

static const char *const canonical_configs[] = {
	"CanonicalizeHostname yes\nCanonicalDomains a.test b.test\n"
	"Host *.a.test\nPort 7\nMatch canonical\nUser c\n",
	"CanonicalizeHostname yes\nCanonicalDomains B.test a.test.\n"
	"Host real.c.test\nPort 7\n",
	"CanonicalizeHostname yes\nCanonicalDomains b.test\n"
	"CanonicalizePermittedCNAMEs *.b.test:*.C.test\n"
	"Host real.c.test\nPort 7\n",
	"CanonicalizeHostname yes\nCanonicalDomains a.test b.test\n"
	"CanonicalizePermittedCNAMEs *\nMatch final host *.test\nPort 7\n",
	"CanonicalizeHostname no\nCanonicalDomains a.test\n"
	"CanonicalizePermittedCNAMEs *:*\nMatch canonical\nPort 8\n",
	"CanonicalizeHostname yes\nProxyCommand x %h\n"
	"CanonicalDomains a.test b.test\nHost *.test\nPort 7\n",
	"CanonicalizeHostname always\nProxyJump j\n"
	"CanonicalDomains a.test b.test\nHost *.test\nPort 7\n",
	"CanonicalizeHostname yes\nCanonicalDomains a.test\n"
	"CanonicalizeMaxDots 0\n",
	"CanonicalizeHostname yes\nCanonicalDomains a.test\n"
	"CanonicalizeFallbackLocal no\n",
	"CanonicalizeHostname yes\nCanonicalDomains none\n",
	"CanonicalizeHostname yes\nCanonicalDomains none a.test\n",
	"CanonicalDomains -x\n",
	"CanonicalDomains a..b\n",
	"CanonicalizePermittedCNAMEs a.test\n",
	"CanonicalizePermittedCNAMEs none *:*\n",
	"CanonicalizeHostname yes\nAddressFamily inet6\n"
	"CanonicalDomains a.test b.test\n",
	"CanonicalizeHostname yes\nHostName web2\nCanonicalDomains b.test\n",
	"CanonicalizeHostname yes\n",
	"CanonicalizeHostname true\nCanonicalDomains b.test\n"
	"IdentityFile /k/%h\nUserKnownHostsFile /k/%h/%n\n",
};

static void canonical_names_are_those_of_ssh(void **state)
{
	for (size_t i = 0;
	     i < sizeof canonical_configs / sizeof *canonical_configs; i++) {
		char path[SCRATCH_PATH];
		char text[4096];
		write_config(path, text, sizeof text, state,
			     canonical_configs[i]);
		oracle_compare(path, text, short_names,
			       sizeof short_names / sizeof *short_names,
			       FAKE_NAMES);
	}
}

static const char *const canonical_settings[] = {
	"CanonicalizeHostname yes",
	"CanonicalizeHostname always",
	"CanonicalizeHostname no",
	"CanonicalDomains a.test b.test",
	"CanonicalDomains b.test",
	"CanonicalizeMaxDots 0",
	"CanonicalizeMaxDots 3",
	"CanonicalizeFallbackLocal no",
	"ProxyCommand nc %h %p",
	"ProxyJump j",
	"AddressFamily inet",
	"HostName web2",
	"Port 2200",
	"User tester",
	"Host *.a.test",
	"Host *.b.test",
	"Host web*",
	"Host *",
	"Match canonical",
	"Match final host *.test",
	"Match host *.c.test",
	"Match all",
	"IdentityFile /k/%h",
};

static void canonical_names_by_chance_are_too(void **state)
{
	uint32_t seed = 20251125;
	print_message("seed %u\n", seed);
	for (size_t i = 0; i < 25; i++) {
		char made[2048] = "";
		char path[SCRATCH_PATH];
		char text[4096];
		size_t count = 3 + pick(&seed, 12);
		add(made, sizeof made, "CanonicalizeMaxDots 1");
		for (size_t n = 0; n < count; n++)
			add(made, sizeof made,
			    canonical_settings[pick(
				    &seed,
				    sizeof canonical_settings /
					    sizeof *canonical_settings)]);
		write_config(path, text, sizeof text, state, made);
		oracle_compare(path, text, short_names,
			       sizeof short_names / sizeof *short_names,
			       FAKE_NAMES);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_means_what_ssh_says),
		cmocka_unit_test(files_made_by_chance_mean_it_too),
		cmocka_unit_test(canonical_names_are_those_of_ssh),
		cmocka_unit_test(canonical_names_by_chance_are_too),
	};
	return cmocka_run_group_tests(tests, write_included, scratch_teardown);
}
