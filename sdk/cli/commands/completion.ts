/** `opg completion`: what a shell needs to complete commands and options. */
import { type Command, EXIT, UsageError } from '../command.ts';

type Known = readonly Pick<Command, 'name' | 'options'>[];

/** `commands` is asked for late: this command is one of them. */
export function completionCommand(commands: () => Known): Command {
  return {
    name: 'completion',
    summary: 'Prints the completion script of a shell: eval "$(opg completion bash)"',
    positionals: ['bash|zsh|fish'],
    options: {},
    explained: [],
    finding: 'never',
    run({ positionals: [shell = ''] }, { out }) {
      const script = SHELLS[shell];
      if (script === undefined)
        throw new UsageError(`there is a script for ${Object.keys(SHELLS).join(', ')}, not for "${shell}"`);
      out(script(commands()));
      return EXIT.ok;
    },
  };
}

const SHELLS: Readonly<Record<string, (commands: Known) => string>> = {
  bash: (commands) => `_opg() {
  local cur=\${COMP_WORDS[COMP_CWORD]} line=" \${COMP_WORDS[*]:1:COMP_CWORD-1} " words
  case "$line" in
${cases(commands)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$cur")); fi
}
complete -o filenames -F _opg opg
`,
  zsh: (commands) => `autoload -U +X bashcompinit && bashcompinit
${SHELLS['bash']?.(commands)}`,
  fish: (commands) =>
    `${commands
      .flatMap(({ name, options }) => {
        const words = name.split(' ');
        const [first, second] = words;
        const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
        return [
          second === undefined
            ? `complete -c opg -f -n __fish_use_subcommand -a ${first}`
            : `complete -c opg -f -n __fish_use_subcommand -a ${first}\ncomplete -c opg -f -n '__fish_seen_subcommand_from ${first}' -a ${second}`,
          ...[...Object.keys(options), 'json', 'help'].map((option) => `complete -c opg -n '${seen}' -l ${option}`),
        ];
      })
      .filter((line, i, all) => all.indexOf(line) === i)
      .join('\n')}\n`,
};

/** The longest names first: `model publish` before what begins with `model`. */
function cases(commands: Known): string {
  const options = [...commands]
    .sort((a, b) => b.name.length - a.name.length)
    .map(
      ({ name, options: own }) =>
        `    *" ${name} "*) words="${[...Object.keys(own), 'json', 'help'].map((option) => `--${option}`).join(' ')}" ;;`,
    );
  const groups = new Map<string, string[]>();
  for (const { name } of commands) {
    const [first = '', second] = name.split(' ');
    groups.set(first, [...(groups.get(first) ?? []), ...(second === undefined ? [] : [second])]);
  }
  const seconds = [...groups]
    .filter(([, words]) => words.length > 0)
    .map(([first, words]) => `    " ${first} ") words="${words.join(' ')}" ;;`);
  return [...seconds, ...options, `    *) words="${[...groups.keys()].join(' ')}" ;;`].join('\n');
}
