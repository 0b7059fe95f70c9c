import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../runtime/config/load.ts';
import { readEvidence } from '../../../runtime/evidence/read.ts';
import { refused } from './documents.ts';

const document = refused();
const line = JSON.stringify(document);

function codeOf(text: string): unknown {
  try {
    return readEvidence(text, 'file').verdict;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

describe('reading evidence', () => {
  it.each([
    ['one line', `${line}\n`],
    ['indented, as in the file', JSON.stringify(document, null, 2)],
    ['canonical JSON, as in the ConfigMap', canonicalJson(document)],
    [
      'with its keys in another order',
      JSON.stringify(Object.fromEntries(Object.entries(document).reverse())),
    ],
    ['the log of the verifier', `    0.0s  gate ws-smoke\n    1.0s  verdict FAIL\n${line}\n`],
    [
      'the ConfigMap of the run',
      JSON.stringify({
        kind: 'ConfigMap',
        metadata: { name: document.run },
        data: { 'evidence.json': line },
      }),
    ],
  ])('takes it as %s', (_form, text) => {
    expect(readEvidence(text, 'file')).toEqual(document);
  });

  it('refuses a document with any value changed', () => {
    const paths = leaves(document);
    expect(paths.length).toBeGreaterThan(40);
    for (const path of paths) {
      const changed = structuredClone(document) as unknown;
      alter(changed, path);
      expect(['EVIDENCE_TAMPERED', 'EVIDENCE_FOREIGN'], path.join('.')).toContain(
        codeOf(JSON.stringify(changed)),
      );
    }
  });

  it('refuses it cut off anywhere', () => {
    const step = Math.ceil(line.length / 200);
    for (let end = 0; end < line.length; end += step) {
      expect(codeOf(line.slice(0, end))).toBe('EVIDENCE_UNREADABLE');
      expect(codeOf(`progress\n${line.slice(0, end)}`)).toBe('EVIDENCE_UNREADABLE');
    }
  });

  it.each([
    ['nothing', '', 'EVIDENCE_UNREADABLE'],
    ['another JSON', '{"a":1}', 'EVIDENCE_FOREIGN'],
    ['no object', 'null', 'EVIDENCE_FOREIGN'],
    ['a later schema', line.replace('evidence.v1', 'evidence.v2'), 'EVIDENCE_FOREIGN'],
    ['a key more', line.replace('{', '{"note":"x",'), 'EVIDENCE_FOREIGN'],
    ['two documents', `${line}\n${line}\n`, 'EVIDENCE_UNREADABLE'],
    [
      'the latest verdict',
      '{"kind":"ConfigMap","metadata":{"name":"e"},"data":{"run":"evidence-run-1"}}',
      'EVIDENCE_FOREIGN',
    ],
  ])('refuses %s', (_what, text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  it('says which hash was expected, which was seen and what to read instead', () => {
    const forged = line.replace('"verdict":"FAIL"', '"verdict":"PASS"');
    expect(() => readEvidence(forged, 'evidence.json')).toThrow(
      new RegExp(
        `evidence.json: expected .*${document.sha256}.* got [0-9a-f]{64}.*${document.run}`,
      ),
    );
  });
});

type Path = readonly (string | number)[];

function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]));
}

function alter(value: unknown, path: Path): void {
  const holder = path.slice(0, -1).reduce((at, key) => (at as never)[key], value) as Record<
    string,
    unknown
  >;
  const key = String(path.at(-1));
  const before = holder[key];
  holder[key] = typeof before === 'number' ? before + 1 : `${String(before)}x`;
}
