// Writes probes into a Solidity source: one before every statement, and one for either value of every condition. A probe is a call to an
// address that EDR listens on (what Hardhat's own coverage uses, which counts statements only); it costs gas.
// A condition is every leaf of !, && and || wherever they stand, and what if, for, while, do, ?: and require look at: all leaves both ways is
// more than both ways of the whole. In assembly: if, the cases of a switch, and whether a loop is entered.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

const solc: { compile(input: string): string } = createRequire(import.meta.url)('solc');

/** Where a probe stands, and what it means to pass it. */
export interface Point {
  readonly tag: string;
  readonly line: number;
  readonly kind: 'line' | 'branch';
  /** A branch's condition, and which way. Stays the same when lines move. */
  readonly text: string;
}
interface Node {
  readonly nodeType: string;
  readonly src: string;
  readonly [field: string]: unknown;
}
interface Edit {
  readonly at: number;
  readonly text: string;
  readonly removed: number;
  /** Of two at one place the outer one's beginning comes first and its end last. */
  readonly depth: number;
  readonly closes: boolean;
}

export const LIBRARY = 'audit-coverage.sol';
/** The address of EDR's probes. The word at 0 is put back, so that assembly finds its scratch space as it left it. */
const HIT = (tag: string) =>
  `let word_ := mload(0) mstore(0, ${tag}) pop(staticcall(gas(), 0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE, 0, 32, 0, 0)) mstore(0, word_)`;
/** The same where the return data of an earlier call may still be wanted: the identity contract returns it once more. (Not that of a bomb.) */
const HIT_AND_RETURN = (tag: string) =>
  `let size_ := returndatasize() let at_ := add(mload(0x40), 0x2000) if gt(size_, 4096) { size_ := 0 } returndatacopy(at_, 0, size_) ${HIT(tag)} if size_ { pop(staticcall(gas(), 4, at_, size_, 0, 0)) }`;
export const LIBRARY_SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.0;
function hitSeen_(uint256 tag) view { assembly ("memory-safe") { ${HIT_AND_RETURN('tag')} } }
function hitPure_(function(uint256) internal view f) pure returns (function(uint256) internal pure g) { assembly { g := f } }
function hit_(uint256 tag) pure { hitPure_(hitSeen_)(tag); }
function hitYes_(uint256 tag) pure returns (bool) { hit_(tag); return true; }
function hitNo_(uint256 tag) pure returns (bool) { hit_(tag); return false; }
`;

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'nodeType' in value;
const children = (node: Node): Node[] => Object.values(node).flat().filter(isNode);
const named = (node: Node, field: string): Node | undefined => (isNode(node[field]) ? node[field] : undefined);
const listed = (node: Node, field: string): Node[] => (Array.isArray(node[field]) ? node[field].filter(isNode) : []);

/** The source with its probes, and what they are. `probes` false only makes pure functions view, which a probe in assembly asks of them. */
export function instrument(
  file: string,
  source: string,
  probes = true,
): { readonly source: string; readonly points: readonly Point[] } {
  const bytes = Buffer.from(source);
  const root = parse(file, source);
  const edits: Edit[] = [];
  const points: Point[] = [];
  let tags = 0;
  let functions = 0;
  const prefix = `0x1${createHash('sha256').update(file).digest('hex').slice(0, 8)}`;
  const range = (node: Node) => {
    const [start = 0, length = 0] = node.src.split(':').map(Number);
    return [start, start + length] as const;
  };
  const text = (node: Node) =>
    bytes
      .subarray(...range(node))
      .toString()
      .replace(/\s+/g, ' ');
  const put = (at: number, written: string, depth: number, closes = false, removed = 0) =>
    edits.push({ at, text: written, depth, closes, removed });

  function line(node: Node, tag: string): Point {
    const lines = bytes.subarray(0, range(node)[0]).toString().split('\n');
    return { tag: tag.slice(2).padStart(64, '0'), line: lines.length, kind: 'line', text: '' };
  }

  function point(node: Node, kind: Point['kind'], what: string): string {
    const tag = `${prefix}${(tags++).toString(16).padStart(4, '0')}`;
    points.push({ ...line(node, tag), kind, text: what });
    return tag;
  }

  /** Every leaf of a condition. */
  function condition(node: Node, depth: number): void {
    const parts = leaves(node);
    for (const leaf of parts) {
      if (leaf.nodeType === 'Literal') continue; // while (true)
      const [start, end] = range(leaf);
      const no = point(leaf, 'branch', `${text(leaf)} is false`);
      const yes = point(leaf, 'branch', `${text(leaf)} is true`);
      put(start, '((', depth);
      put(end, ` || hitNo_(${no})) && hitYes_(${yes}))`, depth, true);
      for (const child of children(leaf)) walk(child, depth + 1);
    }
  }

  function statement(node: Node | undefined, depth: number, inBlock: boolean): void {
    if (node === undefined) return;
    if (node.nodeType === 'Block' || node.nodeType === 'UncheckedBlock') {
      walk(node, depth);
      return;
    }
    const [start, end] = range(node);
    const tag = point(node, 'line', '');
    put(start, `${inBlock ? '' : '{ '}hit_(${tag}); `, depth);
    // The range of a statement without a block ends before its semicolon.
    if (!inBlock) put(bytes[end] === 0x3b ? end + 1 : end, ' }', depth, true);
    walk(node, depth + 1, tag);
  }

  function walk(node: Node, depth: number, entered = ''): void {
    switch (node.nodeType) {
      case 'FunctionDefinition':
      case 'FunctionTypeName':
        if (node['stateMutability'] === 'pure' && !operators.has(String(node['name']))) view(node, depth);
        break;
      case 'Block':
      case 'UncheckedBlock':
        for (const inner of listed(node, 'statements')) statement(inner, depth + 1, true);
        return;
      case 'IfStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'ForStatement': {
        const asked = named(node, 'condition');
        if (asked && probes) condition(asked, depth + 1);
        for (const field of ['initializationExpression', 'loopExpression']) {
          const part = named(node, field);
          if (part) walk(part, depth + 1);
        }
        for (const field of ['trueBody', 'falseBody', 'body']) statement(named(node, field), depth + 1, false);
        return;
      }
      case 'Conditional': {
        const asked = named(node, 'condition');
        if (asked) condition(asked, depth + 1);
        for (const field of ['trueExpression', 'falseExpression']) {
          const part = named(node, field);
          if (part) walk(part, depth + 1);
        }
        return;
      }
      case 'BinaryOperation':
        if (node['operator'] !== '&&' && node['operator'] !== '||') break;
        condition(node, depth + 1);
        return;
      case 'FunctionCall': {
        const [first, ...rest] = listed(node, 'arguments');
        if (first && /^(require|assert)$/.test(String(named(node, 'expression')?.['name']))) {
          condition(first, depth + 1);
          for (const argument of rest) walk(argument, depth + 1);
          return;
        }
        break;
      }
      case 'TryCatchClause': {
        const block = named(node, 'block');
        if (block)
          put(
            range(block)[0] + 1,
            ` hit_(${point(node, 'branch', `${text(node).split('{', 1)[0]?.trim()} of a try`)});`,
            depth,
          );
        break;
      }
      case 'InlineAssembly': {
        const block = named(node, 'AST');
        if (block) assembly(block, depth + 1, text(node).includes('returndata') ? HIT_AND_RETURN : HIT, entered);
        return;
      }
    }
    for (const child of children(node)) walk(child, depth + 1);
  }

  /** `entered` is the tag that says whether the block around it was. */
  function assembly(node: Node, depth: number, probe: (tag: string) => string, entered: string): void {
    const seen = (of: Node, what: string) => {
      const tag = point(of, 'branch', what);
      return [tag, ` { ${probe(tag)} } `] as const;
    };
    const inside = (block: Node | undefined, tag: string) => block && assembly(block, depth + 1, probe, tag);
    const body = named(node, 'body');
    if (node.nodeType === 'YulBlock') {
      for (const inner of listed(node, 'statements')) {
        if (inner.nodeType !== 'YulBlock' && inner.nodeType !== 'YulFunctionDefinition')
          points.push(line(inner, entered));
        assembly(inner, depth + 1, probe, entered);
      }
    } else if (node.nodeType === 'YulFunctionDefinition' && body) {
      const tag = `${prefix}${(0x8000 + functions++).toString(16)}`;
      put(range(body)[0] + 1, ` { ${probe(tag)} } `, depth);
      inside(body, tag);
    } else if (node.nodeType === 'YulIf' && body) {
      const what = text(named(node, 'condition') ?? node);
      const [, no] = seen(node, `${what} is 0`);
      const [tag, yes] = seen(node, `${what} is not 0`);
      put(range(node)[0], 'switch', depth, false, 2);
      put(range(body)[0], `case 0 {${no}} default `, depth);
      put(range(body)[0] + 1, yes, depth);
      inside(body, tag);
    } else if (node.nodeType === 'YulForLoop' && body) {
      const [tag, passes] = seen(node, `a pass of for ${text(named(node, 'condition') ?? node)}`);
      put(range(body)[0] + 1, passes, depth);
      inside(named(node, 'pre'), entered);
      inside(named(node, 'post'), tag);
      inside(body, tag);
    } else if (node.nodeType === 'YulSwitch') {
      const what = text(named(node, 'expression') ?? node);
      const cases = listed(node, 'cases');
      for (const one of cases) {
        const [tag, chosen] = seen(one, `${what}: ${isNode(one['value']) ? text(one['value']) : 'default'}`);
        const block = named(one, 'body');
        if (block) put(range(block)[0] + 1, chosen, depth);
        inside(block, tag);
      }
      if (!cases.some((one) => one['value'] === 'default'))
        put(range(node)[1], ` default {${seen(node, `${what}: none of the cases`)[1]}}`, depth, true);
    }
  }

  function view(node: Node, depth: number): void {
    const [start, end] = range(node);
    const from = named(node, 'parameters') ?? named(node, 'parameterTypes');
    const head = from ? range(from)[1] : start;
    const until = named(node, 'body') ? range(named(node, 'body') as Node)[0] : end;
    const found = bytes
      .subarray(head, until)
      .toString()
      .search(/\bpure\b/);
    if (found >= 0) put(head + found, 'view', depth, false, 4);
  }

  /** Functions that are operators have to be pure. */
  const operators = new Set(source.match(/using \{[^}]*\}/g)?.flatMap((using) => using.match(/\w+(?= as )/g) ?? []));
  if (probes) walk(root, 0);
  else
    (function pures(node: Node): void {
      if (
        /^Function(Definition|TypeName)$/.test(node.nodeType) &&
        node['stateMutability'] === 'pure' &&
        !operators.has(String(node['name']))
      )
        view(node, 0);
      for (const child of children(node)) pures(child);
    })(root);

  edits.sort(
    (a, b) => a.at - b.at || Number(b.closes) - Number(a.closes) || (a.closes ? b.depth - a.depth : a.depth - b.depth),
  );
  let written = '';
  let done = 0;
  for (const edit of edits) {
    written += bytes.subarray(done, edit.at).toString() + edit.text;
    done = edit.at + edit.removed;
  }
  written += bytes.subarray(done).toString();
  const imported = points.length > 0 ? `import {hit_, hitYes_, hitNo_} from "${LIBRARY}";\n` : '';
  return { source: written + imported, points };
}

/** What a condition is made of below !, && and ||. */
function leaves(node: Node): Node[] {
  const inner = listed(node, 'components');
  if (node.nodeType === 'TupleExpression' && inner.length === 1 && inner[0]) return leaves(inner[0]);
  const one = named(node, 'subExpression');
  if (node.nodeType === 'UnaryOperation' && node['operator'] === '!' && one) return leaves(one);
  const [left, right] = [named(node, 'leftExpression'), named(node, 'rightExpression')];
  if ((node['operator'] === '&&' || node['operator'] === '||') && left && right)
    return [...leaves(left), ...leaves(right)];
  return [node];
}

function parse(file: string, source: string): Node {
  const input = {
    language: 'Solidity',
    sources: { [file]: { content: source } },
    settings: { stopAfter: 'parsing', outputSelection: { '*': { '': ['ast'] } } },
  };
  const { sources, errors } = JSON.parse(solc.compile(JSON.stringify(input)));
  const ast: unknown = sources?.[file]?.ast;
  if (!isNode(ast)) throw new Error(`${file} does not parse: ${JSON.stringify(errors)}`);
  return ast;
}
