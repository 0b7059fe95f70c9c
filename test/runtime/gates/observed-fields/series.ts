/** Prometheus text as fields: one of each series, with its labels and its value. */
export type SeriesFields = Readonly<
  Record<string, { readonly labels: string; readonly value: number }>
>;

const LINE = /^(\w+)(?:\{(.*)\})? (\S+)$/;

export function seriesFields(text: string): SeriesFields {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, name = '', labels = '', value] = LINE.exec(line) ?? [];
      if (value === undefined || line.startsWith('#')) return [];
      // A path has no dots within a step.
      const key = labels === '' || labels.includes('.') ? name : `${name}{${labels}}`;
      return [[key, { labels, value: Number(value) }]];
    }),
  );
}

export function seriesText(fields: SeriesFields): string {
  return Object.entries(fields)
    .map(([key, { labels, value }]) => {
      const name = key.replace(/\{.*/, '');
      return `${name}${labels === '' ? '' : `{${labels}}`} ${value}\n`;
    })
    .join('');
}
