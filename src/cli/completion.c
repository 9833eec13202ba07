/* SPDX-License-Identifier: MIT */
#include "cli/completion.h"

#include <string.h>

#include "cli/candidates.h"
#include "cli/commands.h"
#include "report/verdict.h"

/*
 * The scripts know no option: they ask the program, which has the one table, so
 * that none of them is ever older than what it completes.
 */

static const char bash[] =
	"# Completion of sshoal in bash: eval \"$(sshoal completion bash)\"\n"
	"# shellcheck shell=bash\n"
	"_sshoal() {\n"
	"\tlocal line=${COMP_LINE:0:COMP_POINT} whole='' lead name last "
	"breaks\n"
	"\tlocal -a words=() found=()\n"
	"\tread -ra words <<<\"$line\"\n"
	"\tif [[ $line != *[[:blank:]] ]]; then\n"
	"\t\twhole=${words[${#words[@]}-1]}\n"
	"\t\tunset \"words[${#words[@]}-1]\"\n"
	"\tfi\n"
	"\twhile IFS= read -r name; do\n"
	"\t\tif [[ $name != :files* ]]; then\n"
	"\t\t\tfound+=(\"$name\")\n"
	"\t\t\tcontinue\n"
	"\t\tfi\n"
	"\t\tlead=${name#:files }\n"
	"\t\tcompopt -o filenames 2>/dev/null\n"
	"\t\twhile IFS= read -r name; do\n"
	"\t\t\tfound+=(\"$lead$name\")\n"
	"\t\tdone < <(compgen -f -- \"${whole#\"$lead\"}\")\n"
	"\tdone < <(sshoal completion candidates -- \"${words[@]:1}\" \\\n"
	"\t\t\"$whole\" 2>/dev/null)\n"
	"\t# Readline replaces only what stands after a character that breaks\n"
	"\t# words.\n"
	"\tbreaks=${COMP_WORDBREAKS//[[:blank:]]/}\n"
	"\tlast=${whole##*[\"$breaks\"]}\n"
	"\tCOMPREPLY=(\"${found[@]#\"${whole%\"$last\"}\"}\")\n"
	"}\n"
	"complete -F _sshoal sshoal\n";

static const char zsh[] =
	"#compdef sshoal\n"
	"# Completion of sshoal in zsh: a file _sshoal in a directory of "
	"$fpath,\n"
	"# or, after compinit, eval \"$(sshoal completion zsh)\"\n"
	"_sshoal() {\n"
	"\tlocal name lead\n"
	"\tlocal -a found\n"
	"\tfor name in ${(f)\"$(sshoal completion candidates -- \\\n"
	"\t\t\"${(@Q)words[2,CURRENT-1]}\" \"${(Q)PREFIX}\" 2>/dev/null)\"}; "
	"do\n"
	"\t\tif [[ $name == :files* ]]; then\n"
	"\t\t\tlead=${name#:files }\n"
	"\t\t\tcompset -P ${(b)lead}\n"
	"\t\t\t_files\n"
	"\t\t\treturn\n"
	"\t\tfi\n"
	"\t\tfound+=(\"$name\")\n"
	"\tdone\n"
	"\tcompadd -a found\n"
	"}\n"
	"if [[ ${funcstack[1]-} == _sshoal ]]; then\n"
	"\t_sshoal \"$@\"\n"
	"else\n"
	"\tcompdef _sshoal sshoal\n"
	"fi\n";

static const char fish[] =
	"# Completion of sshoal in fish: sshoal completion fish | source\n"
	"function __sshoal_complete\n"
	"\tset -l words (commandline -opc)\n"
	"\tset -l current (commandline -ct)\n"
	"\tfor name in (sshoal completion candidates -- $words[2..-1] \\\n"
	"\t\t\t\"$current\" 2>/dev/null)\n"
	"\t\tif not string match -q ':files*' -- $name\n"
	"\t\t\techo $name\n"
	"\t\t\tcontinue\n"
	"\t\tend\n"
	"\t\tset -l lead (string replace ':files ' '' -- $name)\n"
	"\t\tset -l typed (string sub -s (math (string length -- \\\n"
	"\t\t\t\"$lead\") + 1) -- \"$current\")\n"
	"\t\tfor path in (complete -C \"'' $typed\")\n"
	"\t\t\techo $lead$path\n"
	"\t\tend\n"
	"\tend\n"
	"end\n"
	"complete -c sshoal -f -a '(__sshoal_complete)'\n";

static const struct {
	const char *name;
	const char *text;
} shells[] = {
	{ "bash", bash },
	{ "zsh", zsh },
	{ "fish", fish },
};

const char *sshoal__cli_shell_at(size_t index)
{
	return index < sizeof shells / sizeof *shells ? shells[index].name :
							NULL;
}

int sshoal__cli_completion(struct console *console,
			   const struct options *options)
{
	const struct text_list *words = &options->words.words;
	const char *word = words->count > 0 ? words->items[0] : "";
	if (strcmp(word, COMPLETION_CANDIDATES) == 0)
		return sshoal__cli_candidates(console, words->items + 1,
					      words->count - 1);
	for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
		if (words->count != 1 || strcmp(word, shells[i].name) != 0)
			continue;
		(void)sshoal__console_print(console, SSHOAL_STDOUT,
					    shells[i].text);
		return VERDICT_OK;
	}
	sshoal__console_say(console,
			    "completion: for which shell? Write sshoal "
			    "completion bash, zsh or fish");
	return VERDICT_USAGE;
}
