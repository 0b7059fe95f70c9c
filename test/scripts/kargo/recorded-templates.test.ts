import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  evaluateJsonTemplate,
  evaluateTemplate,
  TemplateError,
} from '../../../scripts/kargo/template.ts';
import { describeWithShared, sharedPath } from '../../shared.ts';
import { decoded } from './recorded/decoded.ts';

const RECORDINGS = 'oracles/kargo-templates.jsonl';
/** What is reached, not what is wished for. */
const AGREEING_AT_LEAST = 0.99;

interface TemplateRecord {
  readonly mode: 'template' | 'json' | 'jsontext';
  readonly template: unknown;
  readonly env: number;
  readonly result?: unknown;
  readonly error?: string;
}

describeWithShared('templates recorded on Kargo', RECORDINGS, () => {
  test('give the same values and the same errors here', () => {
    const environments: readonly Readonly<Record<string, unknown>>[] = JSON.parse(
      readFileSync(sharedPath('oracles/kargo-envs.json'), 'utf8'),
    ).map(decoded);
    const records: readonly TemplateRecord[] = readFileSync(sharedPath(RECORDINGS), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const wrong: string[] = [];
    for (const record of records) {
      const scope = { variables: environments[record.env] ?? {}, functions: {} };
      const actual = outcome(record, scope);
      const expected =
        record.error === undefined ? { result: decoded(record.result) } : { error: record.error };
      if (!agree(record, expected, actual)) {
        wrong.push(
          `${JSON.stringify(record.template)}: expected ${show(expected)}, got ${show(actual)}`,
        );
      }
    }
    const agreeing = records.length - wrong.length;
    console.log(`${agreeing} of ${records.length} recorded templates agree`);
    for (const line of wrong.slice(0, 40)) console.log(`- ${line}`);
    expect(agreeing / records.length).toBeGreaterThanOrEqual(AGREEING_AT_LEAST);
  });
});

type Outcome = { readonly result: unknown } | { readonly error: string };

function outcome(record: TemplateRecord, scope: Parameters<typeof evaluateTemplate>[1]): Outcome {
  try {
    if (record.mode === 'template') {
      return { result: evaluateTemplate(String(record.template), scope, 'x') };
    }
    // Configurations reach this engine parsed; only the API server sees their text.
    const template = record.mode === 'json' ? record.template : JSON.parse(String(record.template));
    return { result: evaluateJsonTemplate(template, scope, 'x') };
  } catch (error) {
    if (error instanceof TemplateError || error instanceof SyntaxError) {
      return { error: error.message };
    }
    throw error;
  }
}

function agree(record: TemplateRecord, expected: Outcome, actual: Outcome): boolean {
  const brokenText =
    record.mode === 'jsontext' && record.error?.includes('not valid JSON') === true;
  if (brokenText) return 'error' in actual;
  try {
    expect(wellFormed(actual)).toEqual(wellFormed(expected));
    return true;
  } catch {
    return false;
  }
}

/** Go writes a lone surrogate as U+FFFD. */
function wellFormed(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, replaceSpecials).toWellFormed());
}

function replaceSpecials(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function show(value: unknown): string {
  return (JSON.stringify(value, replaceSpecials) ?? '').slice(0, 300);
}
