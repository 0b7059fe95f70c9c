import { Fault } from './error.ts';
import { fromBytes } from './go-string.ts';
import { type CharacterSet, isWord } from './pattern-class.ts';
import { type Assertion, parsePattern, type Pattern as Syntax } from './pattern-parse.ts';

/** A compiled regular expression of Go's syntax (RE2). It takes time linear in the text, whatever the pattern. */
export interface Pattern {
  /** Whether the pattern matches anywhere in a text. */
  test(text: string | Uint8Array): boolean;
}

/** Instructions of one pattern; keeps `(a{1000}){1000}` and the like from filling the memory. */
const MAX_INSTRUCTIONS = 100_000;
/** Patterns that are only known at run time are remembered, because predicates meet the same one again and again. */
const MAX_REMEMBERED = 100;
/** What Go sees in place of a byte that is no valid UTF-8. */
const REPLACEMENT = 0xfffd;

type Instruction =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'split'; to: number; or: number }
  | { readonly kind: 'match' };

const remembered = new Map<string, Pattern>();

/** Compiles a pattern; throws Fault with Go's words for what is wrong with it. */
export function compilePattern(source: string): Pattern {
  const known = remembered.get(source);
  if (known !== undefined) return known;
  const program: Instruction[] = [];
  assemble(parsePattern(source), program, source);
  program.push({ kind: 'match' });
  const pattern = { test: answering(program) };
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(source, pattern);
  return pattern;
}

/** Gates ask the same few short texts of a calendar again and again; an answer costs a hundredth of a search. */
const MAX_ANSWERS = 64;
const MAX_ANSWERED_LENGTH = 64;

function answering(program: readonly Instruction[]): Pattern['test'] {
  const answers = new Map<string, boolean>();
  return (text) => {
    if (typeof text !== 'string' || text.length > MAX_ANSWERED_LENGTH) return search(program, text);
    const known = answers.get(text);
    if (known !== undefined) return known;
    const answer = search(program, text);
    if (answers.size >= MAX_ANSWERS) answers.clear();
    answers.set(text, answer);
    return answer;
  };
}

/** Appends the instructions of a pattern. After each of them comes the next one, except after a split. */
function assemble(pattern: Syntax, program: Instruction[], source: string): void {
  if (program.length > MAX_INSTRUCTIONS) {
    throw new Fault(`error parsing regexp: expression too large: \`${source}\``);
  }
  switch (pattern.kind) {
    case 'set':
    case 'assert':
      program.push(pattern);
      return;
    case 'all':
      for (const part of pattern.parts) assemble(part, program, source);
      return;
    case 'either': {
      const exits: (Instruction & { kind: 'split' })[] = [];
      for (const [i, part] of pattern.parts.entries()) {
        const last = i === pattern.parts.length - 1;
        const entry = split(program);
        entry.to = program.length;
        assemble(part, program, source);
        if (!last) exits.push(split(program));
        entry.or = last ? entry.to : program.length;
      }
      for (const exit of exits) exit.to = exit.or = program.length;
      return;
    }
    case 'repeat':
      repeat(pattern, program, source);
  }
}

function repeat(
  { body, min, max }: Syntax & { kind: 'repeat' },
  program: Instruction[],
  source: string,
): void {
  for (let i = 0; i < min; i++) assemble(body, program, source);
  if (max === Infinity) {
    const entry = split(program);
    entry.to = program.length;
    assemble(body, program, source);
    const back = split(program);
    back.to = back.or = program.indexOf(entry);
    entry.or = program.length;
    return;
  }
  const skips: (Instruction & { kind: 'split' })[] = [];
  for (let i = min; i < max; i++) {
    const skip = split(program);
    skip.to = program.length;
    skips.push(skip);
    assemble(body, program, source);
  }
  for (const skip of skips) skip.or = program.length;
}

function split(program: Instruction[]): Instruction & { kind: 'split' } {
  const instruction: Instruction & { kind: 'split' } = { kind: 'split', to: -1, or: -1 };
  program.push(instruction);
  return instruction;
}

/** Walks all ways through the program at once, one character at a time. */
function search(program: readonly Instruction[], text: string | Uint8Array): boolean {
  const points = codePoints(typeof text === 'string' ? text : fromBytes(text));
  const seen = new Int32Array(program.length).fill(-1);
  let current: number[] = [];
  for (let at = 0; at <= points.length; at++) {
    const previous = points[at - 1];
    const next = points[at];
    const reached: number[] = [];
    // A match may begin anywhere.
    const pending = current.reverse();
    pending.unshift(0);
    while (pending.length > 0) {
      const index = pending.pop() ?? 0;
      if (seen[index] === at) continue;
      seen[index] = at;
      const instruction = program[index];
      if (instruction === undefined) continue;
      switch (instruction.kind) {
        case 'match':
          return true;
        case 'set':
          reached.push(index);
          break;
        case 'split':
          pending.push(instruction.or, instruction.to);
          break;
        case 'assert':
          if (holds(instruction.assertion, previous, next)) pending.push(index + 1);
      }
    }
    if (next === undefined) return false;
    current = [];
    for (const index of reached) {
      const instruction = program[index];
      if (instruction?.kind === 'set' && instruction.set(next)) current.push(index + 1);
    }
  }
  return false;
}

function holds(
  assertion: Assertion,
  previous: number | undefined,
  next: number | undefined,
): boolean {
  switch (assertion) {
    case 'textStart':
      return previous === undefined;
    case 'textEnd':
      return next === undefined;
    case 'lineStart':
      return previous === undefined || previous === 10;
    case 'lineEnd':
      return next === undefined || next === 10;
    case 'word':
    case 'noWord': {
      const before = previous !== undefined && isWord(previous);
      const after = next !== undefined && isWord(next);
      return (before !== after) === (assertion === 'word');
    }
  }
}

/** What is no character, such as a byte that is no UTF-8, counts as the replacement character. */
function codePoints(text: string): number[] {
  const points: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const point = text.codePointAt(at) ?? 0;
    if (point > 0xffff) at++;
    points.push(point >= 0xd800 && point <= 0xdfff ? REPLACEMENT : point);
  }
  return points;
}
