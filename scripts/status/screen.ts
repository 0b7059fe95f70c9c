import type { Row } from './facts.ts';

export interface Screen {
  readonly heading: string;
  /** A column for each Stage, rows in the same order everywhere. */
  readonly columns: readonly { readonly title: string; readonly rows: readonly Row[] }[];
  readonly below: readonly Row[];
}

const MARK = { good: '✓', bad: '✗', plain: '·', unknown: '?' } as const;
const COLOUR = {
  good: '\u001b[32m',
  bad: '\u001b[31m',
  plain: '',
  unknown: '\u001b[33m',
} as const;
const RESET = '\u001b[0m';
const LABEL_WIDTH = 14;
/** Narrower columns would say nothing. */
const LEAST_COLUMN = 24;

/** One screen: what does not fit into its column is told whole below, if it needs somebody to look. */
export function renderScreen(screen: Screen, width: number, colour: boolean): string {
  const { columns } = screen;
  const room = Math.max(
    LEAST_COLUMN,
    Math.floor((width - LABEL_WIDTH) / Math.max(1, columns.length)) - 1,
  );
  const lines = [
    screen.heading,
    '',
    `${''.padEnd(LABEL_WIDTH)}${columns.map(({ title }) => title.padEnd(room)).join(' ')}`.trimEnd(),
  ];
  for (const [index, { label }] of (columns[0]?.rows ?? []).entries()) {
    const cells = columns.map(({ rows }) => cell(rows[index], room, colour));
    lines.push(`${label.padEnd(LABEL_WIDTH)}${cells.join(' ')}`.trimEnd());
  }
  lines.push('');
  for (const row of screen.below) {
    lines.push(
      `${row.label.padEnd(LABEL_WIDTH)}${cell(row, width - LABEL_WIDTH, colour)}`.trimEnd(),
    );
  }
  const long = attention(screen);
  if (long.length > 0) lines.push('', 'Look at:', ...long.map((text) => `- ${text}`));
  return `${lines.join('\n')}\n`;
}

/** Everything that is bad, whole, and what could not be looked at: each reason once. */
export function attention({ columns, below }: Screen): readonly string[] {
  const all = [
    ...columns.flatMap(({ title, rows }) =>
      rows.map(({ label, fact }) => ({ what: `${title}: ${label}`, fact })),
    ),
    ...below.map(({ label, fact }) => ({ what: label, fact })),
  ];
  const unknown = new Map<string, string[]>();
  for (const { what, fact } of all) {
    if (fact.tone === 'unknown') unknown.set(fact.text, [...(unknown.get(fact.text) ?? []), what]);
  }
  return [
    ...all
      .filter(({ fact }) => fact.tone === 'bad')
      .map(({ what, fact }) => `${what}: ${fact.text}`),
    ...[...unknown].map(([why, whats]) => `could not look at ${whats.join(', ')}: ${why}`),
  ];
}

function cell(row: Row | undefined, room: number, colour: boolean): string {
  if (row === undefined) return ''.padEnd(room);
  const { tone, text } = row.fact;
  const oneLine = `${MARK[tone]} ${text.replaceAll(/\s+/g, ' ')}`;
  const cut = oneLine.length > room ? `${oneLine.slice(0, room - 1)}…` : oneLine.padEnd(room);
  return colour && COLOUR[tone] !== '' ? `${COLOUR[tone]}${cut}${RESET}` : cut;
}
