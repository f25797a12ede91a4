/** The `opg` command: finds the command, reads its arguments, runs it, and says what went wrong. */
import { parseArgs } from 'node:util';
import { isProtocolError } from '#core/errors.ts';
import { columns } from '../table.ts';
import { type Arguments, type Command, EXIT, type Terminal, UsageError } from './command.ts';
import { COMMANDS } from './commands.ts';

const EVERYWHERE = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;

/** `argv` without the interpreter and the script. Gives the exit code: 0 ok, 1 a finding, 2 a command line that cannot be used. */
export async function opg(argv: readonly string[], terminal: Terminal, commands = COMMANDS): Promise<number> {
  const words = argv.findIndex((word) => word.startsWith('-'));
  const named = words < 0 ? argv : argv.slice(0, words);
  const command = longest(commands, named);
  if (command === undefined) {
    const [first] = argv;
    const asked = first === '--help' || first === '-h' || first === 'help';
    if (first !== undefined && !asked) terminal.err(`opg: there is no command "${first}"\n\n`);
    (asked ? terminal.out : terminal.err)(overview(commands));
    return asked ? EXIT.ok : EXIT.usage;
  }
  const rest = argv.slice(command.name.split(' ').length);
  const json = rest.includes('--json');
  try {
    const args = parse(command, rest);
    if (args === undefined) {
      terminal.out(help(command));
      return EXIT.ok;
    }
    return await command.run(args, terminal);
  } catch (error) {
    return failed(command, error, json, terminal);
  }
}

/** `model publish` before `model`. */
function longest(commands: readonly Command[], words: readonly string[]): Command | undefined {
  return commands
    .filter(({ name }) => name.split(' ').every((word, i) => words[i] === word))
    .sort((a, b) => b.name.length - a.name.length)[0];
}

/** Undefined: help is asked for. */
function parse(command: Command, argv: readonly string[]): Arguments | undefined {
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...argv], options: { ...command.options, ...EVERYWHERE }, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0]);
  }
  const { values, positionals } = parsed;
  if (values['help'] === true) return undefined;
  const wanted = command.positionals;
  if (positionals.length < wanted.length)
    throw new UsageError(`${wanted.slice(positionals.length).join(' and ')} is missing`);
  if (positionals.length > wanted.length) throw new UsageError(`unexpected argument "${positionals[wanted.length]}"`);
  return { positionals, values, json: values['json'] === true };
}

function failed(command: Command, error: unknown, json: boolean, { out, err }: Terminal): number {
  const message = error instanceof Error ? error.message : String(error);
  const named = isProtocolError(error);
  const code = named ? error.code : error instanceof UsageError ? 'usage' : 'internal';
  if (json) out(`${JSON.stringify({ ok: false, error: { code, message } })}\n`);
  if (named) err(`${message}\n`);
  else if (code === 'usage') err(`opg ${command.name}: ${message}\n${usage(command)}\n`);
  else err(`opg ${command.name}: a fault of this program, please report it: ${(error as Error).stack ?? message}\n`);
  return code === 'usage' ? EXIT.usage : EXIT.finding;
}

const usage = ({ name, positionals, explained }: Command): string =>
  `usage: opg ${[
    name,
    ...positionals,
    ...explained.map(([option, , needed]) => (needed ? option : `[${option}]`)),
    '[--json]',
  ].join(' ')}`;

function help(command: Command): string {
  const options = [
    ...command.explained.map(([option, meaning]) => [option, meaning]),
    ['--json', 'JSON on stdout instead of a table'],
    ['--help', 'this text'],
  ];
  return [
    command.summary,
    '',
    usage(command),
    '',
    ...columns(options).map((line) => `  ${line}`),
    '',
    `Exit code: 0 ok; 1 ${command.finding}; 2 the command line or a file it names cannot be used.`,
    '',
  ].join('\n');
}

function overview(commands: readonly Command[]): string {
  const list = commands.map(({ name, positionals, summary }) => [[name, ...positionals].join(' '), summary]);
  return [
    'usage: opg COMMAND ... (opg COMMAND --help says more)',
    '',
    ...columns(list).map((line) => `  ${line}`),
    '',
  ].join('\n');
}
