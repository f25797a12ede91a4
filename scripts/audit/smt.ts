// Asks solc's SMTChecker about test/audit/Proofs.sol, function by function; Z3 answers, in WebAssembly: nothing is to be installed.
//   node scripts/audit/smt.ts [function ...]
// Proved: no value of the arguments breaks an assert, overflows or divides by zero. A counterexample fails, and so does what is neither proved
// nor named below as undecided. Patience is for one question: SMT_SECONDS.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { init } from 'z3-solver';

interface Report {
  readonly errors?: readonly {
    readonly severity: string;
    readonly message: string;
    readonly formattedMessage: string;
  }[];
  readonly sources?: Readonly<Record<string, { readonly ast: { readonly nodes: readonly Definition[] } }>>;
  readonly auxiliaryInputRequested?: { readonly smtlib2queries?: Readonly<Record<string, string>> };
}
interface Definition {
  readonly nodeType: string;
  readonly name: string;
  readonly src: string;
  readonly nodes?: readonly Definition[];
  readonly symbolAliases?: readonly { readonly foreign: { readonly name: string } }[];
}

const FILE = 'test/audit/Proofs.sol';
/** What Z3 was run on and did not decide, in either direction: tests have to do. */
const PRODUCT = 'a product and a quotient modulo 2^256';
const BITS = 'bits of a word of 256';
const UNDECIDED: Readonly<Record<string, string>> = {
  sharesAtShippedRates: PRODUCT,
  sharesAtLargestRates: PRODUCT,
  sharesAreRoundedDown: PRODUCT,
  quoteCoversTheNet: PRODUCT,
  quoteCoversTheNetAtMost: PRODUCT,
  demandFeeFits: PRODUCT,
  amountsAreKept: BITS,
  creditStaysInItsField: BITS,
  debitStaysInItsField: BITS,
  rangesAreThoseOfTheWidths: BITS,
  wrapIsACast: BITS,
  floatsAreInOrder: BITS,
  lesserAndGreaterAreTheTwo: BITS,
  signsAreTurned: BITS,
  depthHoldsTheLeaves: BITS,
};
const SECONDS = Number(process.env['SMT_SECONDS'] ?? 60);

const solc: { compile(input: string, callbacks: { import: (name: string) => unknown }): string } = createRequire(
  import.meta.url,
)('solc');
const text = readFileSync(FILE, 'utf8');

function compile(content: string, settings: object, responses: Readonly<Record<string, string>> = {}): Report {
  const auxiliaryInput = { smtlib2responses: responses };
  const input = { language: 'Solidity', sources: { [FILE]: { content } }, auxiliaryInput, settings };
  return JSON.parse(solc.compile(JSON.stringify(input), { import: fromDisk }));
}

function fromDisk(name: string): { readonly contents: string } | { readonly error: string } {
  for (const place of [name, `node_modules/${name}`]) {
    try {
      return { contents: readFileSync(place, 'utf8') };
    } catch {
      // the next place
    }
  }
  return { error: `${name} is not here` };
}

const { Z3 } = await init();
Z3.global_param_set('timeout', String(1_000 * SECONDS));

async function solve(query: string): Promise<string> {
  const context = Z3.mk_context(Z3.mk_config());
  try {
    return await Z3.eval_smtlib2_string(context, query);
  } finally {
    Z3.del_context(context);
  }
}

const ast = compile(text, { stopAfter: 'parsing', outputSelection: { '*': { '': ['ast'] } } }).sources?.[FILE]?.ast;
const definitions =
  ast?.nodes.flatMap(({ nodes }) => nodes ?? []).filter(({ nodeType }) => nodeType === 'FunctionDefinition') ?? [];
const imports = ast?.nodes.filter(({ nodeType }) => nodeType === 'ImportDirective') ?? [];
const names = definitions.map(({ name }) => name);
const only = process.argv.slice(2);
const strange = [...only, ...Object.keys(UNDECIDED)].filter((name) => !names.includes(name));
if (strange.length > 0) {
  console.error(`${FILE} has no function ${strange.join(', ')}.`);
  process.exit(2);
}

/** The source with one function, and what it imports: the questions about it are then all there are. */
function withOnly(name: string): string {
  const bytes = Buffer.from(text);
  const blank = ({ src }: Definition) => {
    const [start = 0, length = 0] = src.split(':').map(Number);
    bytes.fill(' ', start, start + length);
  };
  for (const other of definitions) if (other.name !== name) blank(other);
  const contract = bytes.toString().slice(bytes.indexOf('contract Proofs'));
  for (const directive of imports)
    if (!directive.symbolAliases?.some(({ foreign }) => new RegExp(`\\b${foreign.name}\\b`).test(contract)))
      blank(directive);
  return bytes.toString();
}

const model = {
  evmVersion: 'cancun',
  outputSelection: { '*': { '*': [] } },
  modelChecker: {
    engine: 'bmc',
    contracts: { [FILE]: ['Proofs'] },
    targets: ['assert', 'overflow', 'underflow', 'divByZero'],
    solvers: ['smtlib2'],
    showUnproved: true,
    showProvedSafe: true,
  },
};

let failed = false;
for (const name of names.filter((one) => only.length === 0 || only.includes(one))) {
  const began = performance.now();
  const source = withOnly(name);
  const answers: Record<string, string> = {};
  const asked = compile(source, model);
  const broken = asked.errors?.find(({ severity }) => severity === 'error');
  if (broken) throw new Error(broken.formattedMessage);
  const queries = Object.entries(asked.auxiliaryInputRequested?.smtlib2queries ?? {});
  for (const [hash, query] of queries) {
    answers[hash] = await solve(query);
  }
  const messages = (compile(source, model, answers).errors ?? []).map(
    ({ message, formattedMessage }) => formattedMessage || message,
  );
  const refuted = messages.filter((message) => message.includes('happens here'));
  const open = messages.filter((message) => message.includes('might happen')).length;
  const safe = messages.filter((message) => /check is safe|proved safe/.test(message)).length;
  const verdict = refuted.length > 0 ? 'REFUTED' : open > 0 || safe === 0 ? 'undecided' : 'proved';
  const wanted = UNDECIDED[name] === undefined ? 'proved' : 'undecided';
  // A quicker machine may decide more within its patience.
  const wrong = verdict === 'REFUTED' || (verdict === 'undecided' && wanted === 'proved');
  if (wrong) failed = true;
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(
    `${name.padEnd(28)} ${verdict.padEnd(10)} ${String(queries.length).padStart(3)} questions ${seconds.padStart(7)} s${UNDECIDED[name] ? `  ${UNDECIDED[name]}` : ''}`,
  );
  for (const message of refuted) console.log(message);
  if (wrong) console.error(`${name}: ${verdict}, and it is listed as ${wanted}.`);
}
process.exit(failed ? 1 : 0);
