import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSource } from '../../../scripts/validate/source-file.ts';

describe('a source file', () => {
  it('leads values, keys and parts of texts to line and column', () => {
    const [document] = parseSource(
      'a.yaml',
      'spec:\n  steps:\n  - uses: fail\n    config: {message: "no ${{ x }}"}\n',
    ).documents;
    expect(document?.at(['spec', 'steps', 0, 'uses'])).toEqual(place(3, 11));
    expect(document?.atKey(['spec', 'steps', 0, 'uses'])).toEqual(place(3, 5));
    expect(document?.at(['spec', 'steps'])).toEqual(place(2, 3));
    expect(document?.at(['spec', 'steps', 0, 'config', 'absent', 'deep'])).toEqual(place(4, 5));
    expect(document?.atText(['spec', 'steps', 0, 'config', 'message'], 7)).toEqual(place(4, 31));
    expect(document?.at([])).toEqual(place(1, 1));
  });

  it('reads YAML as Kubernetes does: yes is true, 0644 is 420, a date is a text', () => {
    const [document] = parseSource(
      'a.yaml',
      'a: yes\nb: 0644\nc: 2026-01-01\nd: 12:30:00\n',
    ).documents;
    expect(document?.value).toEqual({ a: true, b: 420, c: '2026-01-01', d: '12:30:00' });
  });

  it('keeps the document with a key that stands twice, and says so at the second', () => {
    const source = parseSource('a.yaml', 'a: 1\nb: 2\na: 3\n');
    expect(source.findings.map(({ rule, at }) => [rule, at.line, at.column])).toEqual([
      ['yaml/duplicate-key', 3, 1],
    ]);
    expect(source.documents).toHaveLength(1);
    expect(source.whole).toBe(true);
  });

  it('refuses aliases that multiply without end', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level += 1) {
      const alias = `*a${level - 1}`;
      lines.push(`a${level}: &a${level} [${Array(9).fill(alias).join(', ')}]`);
    }
    const source = parseSource('a.yaml', lines.join('\n'));
    expect(source.findings.map(({ rule }) => rule)).toEqual(['yaml/syntax']);
    expect(source.whole).toBe(false);
  });

  it('follows aliases that have an anchor', () => {
    const source = parseSource('a.yaml', 'a: &x {k: 1}\nb: *x\n');
    expect(source.findings).toEqual([]);
    expect(source.documents[0]?.value).toEqual({ a: { k: 1 }, b: { k: 1 } });
  });

  it('minds a second document, but not one that is empty', () => {
    const rules = (text: string) => parseSource('a.yaml', text).findings.map(({ rule }) => rule);
    expect(rules('---\na: 1\n---\n')).toEqual([]);
    expect(rules('a: 1\n---\n# nothing\n---\nb: 2\n')).toEqual(['yaml/several-documents']);
    expect(rules('a: [\n---\nb: 2\n')).toEqual(['yaml/syntax']);
  });

  it('has no documents in a file of comments', () => {
    expect(parseSource('a.yaml', '# nothing\n').documents).toEqual([]);
  });

  it('never throws, whatever the text is, and never points outside of it', () => {
    const piece = fc.constantFrom(
      ...[
        'a',
        ': ',
        '\n',
        '  ',
        '- ',
        '&x ',
        '*x',
        '!!map ',
        '|',
        '>-',
        '"',
        "'",
        '{',
        '}',
        '[',
        ']',
      ],
      ...[
        ',',
        '#',
        '---\n',
        '...',
        '%YAML',
        '<<: ',
        '? ',
        '\t',
        '\\u00',
        '!',
        '\ufeff',
        '😀',
        '\0',
        '1e9',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const text = pieces.join('');
        const lines = text.split('\n');
        for (const { at } of parseSource('a.yaml', text).findings) {
          expect(at.line).toBeLessThanOrEqual(lines.length);
          expect(at.line).toBeGreaterThan(0);
          expect(at.column).toBeGreaterThan(0);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

function place(line: number, column: number) {
  return { file: 'a.yaml', line, column };
}
