import { Lexer } from 'yaml';
import type { Draft } from './finding.ts';
import type { Finding, Suppressed } from './report.ts';
import { RULE_NAMES } from './rule-names.ts';
import type { Location } from './source-file.ts';

/** What a comment starts with that lets a finding pass: `# orderbooks-validate-ignore <rule>: <reason>`. */
export const MARKER = 'orderbooks-validate-ignore';

/** A comment that lets findings of one rule pass on one line. */
export interface Suppression {
  readonly rule: string;
  readonly reason: string;
  /** Where the comment starts. */
  readonly at: Location;
  /** Line that it speaks of: its own, or, where it stands alone, the next one with something on it. */
  readonly line: number;
}

export interface Sorted {
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Suppressed[];
  /** What is wrong with the comments themselves; nothing lets these pass. */
  readonly drafts: readonly Draft[];
}

/**
 * Takes out the findings that a comment with a reason lets pass.
 *
 * @param complete false if some rules could not be asked: a comment may then look unused and is not
 */
export function sortSuppressed(
  findings: readonly Finding[],
  suppressions: readonly Suppression[],
  complete: boolean,
): Sorted {
  const used = new Set<Suppression>();
  const kept: Finding[] = [];
  const suppressed: Suppressed[] = [];
  for (const finding of findings) {
    const by = suppressions.find(
      ({ rule, at, line }) =>
        rule === finding.rule && at.file === finding.file && line === finding.line,
    );
    if (by !== undefined) used.add(by);
    if (by === undefined || by.reason === '') kept.push(finding);
    else suppressed.push({ ...finding, reason: by.reason });
  }
  const drafts = suppressions.flatMap((one): Draft[] => {
    if (one.reason === '') return [withoutReason(one)];
    const known = (RULE_NAMES as readonly string[]).includes(one.rule);
    return used.has(one) || (known && !complete) ? [] : [unused(one, known)];
  });
  return { findings: kept, suppressed, drafts };
}

/** The comments of a file that let findings pass; broken YAML has them too. */
export function suppressionsIn(file: string, text: string): readonly Suppression[] {
  if (!text.includes(MARKER)) return [];
  const lines = text.split('\n');
  return commentsIn(text).flatMap(({ offset, comment }) => {
    const words = FORM.exec(comment);
    if (words === null) return [];
    const before = text.slice(0, offset);
    const line = before.split('\n').length;
    const column = offset - before.lastIndexOf('\n');
    const alone = before.slice(before.lastIndexOf('\n') + 1).trim() === '';
    return [
      {
        rule: words[1] ?? '',
        reason: (words[2] ?? '').trim(),
        at: { file, line, column },
        line: alone ? nextFilled(lines, line) : line,
      },
    ];
  });
}

const FORM = new RegExp(`^#\\s*${MARKER}(?![\\w-])\\s*([^\\s:]*)\\s*:?(.*)$`);

/** Tokens that say something of the text and are no part of it. */
const MARKS: ReadonlySet<string> = new Set(['\u0002', '\u0018', '\u001f']);

function commentsIn(
  text: string,
): readonly { readonly offset: number; readonly comment: string }[] {
  const found: { offset: number; comment: string }[] = [];
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    if (MARKS.has(token)) continue;
    // The lexer gives comments as tokens of their own; a block of text that holds a # is one token.
    if (token.startsWith('#')) found.push({ offset, comment: token });
    offset += token.length;
  }
  return found;
}

/** The first line after line `from` (both from 1) that is neither empty nor a comment. */
function nextFilled(lines: readonly string[], from: number): number {
  const index = lines.findIndex((line, at) => at >= from && !/^\s*(#.*)?$/.test(line));
  return index < 0 ? from : index + 1;
}

function withoutReason({ at, rule }: Suppression): Draft {
  return {
    rule: 'suppression/no-reason',
    at,
    message:
      rule === ''
        ? 'this comment names no rule, so it lets nothing pass'
        : `this comment gives no reason, so findings of ${rule} do not pass`,
    fix: `write # ${MARKER} ${rule === '' ? '<rule>' : rule}: why it is right here`,
  };
}

function unused({ at, rule, line }: Suppression, known: boolean): Draft {
  return {
    rule: 'suppression/unused',
    at,
    message: known
      ? `line ${line} has no finding of ${rule}, so this comment lets nothing pass`
      : `there is no rule ${rule}, so this comment lets nothing pass`,
    fix: known
      ? 'remove the comment, or put it right above the line that has the finding'
      : 'correct the name of the rule',
  };
}
