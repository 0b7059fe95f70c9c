import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { collectorMetrics } from '../../runtime/collector/metrics.ts';
import { serviceMetrics } from '../../runtime/evidence/service/metrics.ts';
import { recorderMetrics } from '../../runtime/recorder/metrics.ts';
import {
  anchors,
  type Call,
  calls,
  pages,
  ROOT,
  relativeLinks,
  scriptsNamed,
} from './documents.ts';

const SCRIPTS = (
  JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  }
).scripts;
const PAGES = pages();
const BUILD = { revision: '', image: '' };

/** These read their options without a list of them: no --help, so their source is looked at. */
const WITHOUT_HELP = /^bench:.*$/;

/** A machine of CI may be busy with other tests. */
const HELP_TIMEOUT_MS = 120_000;

describe('the pages for people', () => {
  it.each(PAGES.map((page) => [page.path, page] as const))(
    'every relative link of %s leads somewhere',
    (path, page) => {
      for (const link of relativeLinks(page)) {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? path : join(dirname(path), file);
        expect(existsSync(join(ROOT, target)), `${link} in ${path}`).toBe(true);
        if (anchor === undefined) continue;
        expect(anchors(readFileSync(join(ROOT, target), 'utf8')), `${link} in ${path}`).toContain(
          anchor,
        );
      }
    },
  );

  it('every npm script that is named exists', () => {
    const named = PAGES.flatMap((page) =>
      scriptsNamed(page).map((script) => ({ script, page: page.path })),
    );
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter(({ script }) => SCRIPTS[script] === undefined)).toEqual([]);
  });

  it('every metric that is named exists', () => {
    const known = new Set(
      [recorderMetrics(BUILD), collectorMetrics(BUILD), serviceMetrics(BUILD, () => [])].flatMap(
        ({ registry }) => registry.getMetricsAsArray().map(({ name }) => name),
      ),
    );
    // What watches the disk registers its own once there is a disk to watch.
    const watch = readFileSync(join(ROOT, 'runtime/archive/disk-watch.ts'), 'utf8');
    for (const [, name = ''] of watch.matchAll(/name: '(orderbooks_[a-z_]+)'/g)) known.add(name);
    const named = PAGES.flatMap(({ text, path }) =>
      [...text.matchAll(/\borderbooks_[a-z_]*[a-z]\b/g)].map(([name]) => ({ name, path })),
    );
    expect(named.length).toBeGreaterThan(40);
    expect(
      named.filter(({ name }) => !known.has(name.replace(/_(bucket|sum|count)$/, ''))),
    ).toEqual([]);
  });

  describe('options', () => {
    const byHelp = new Map<string, Call[]>();
    for (const call of PAGES.flatMap(calls).filter(({ options }) => options.length > 0)) {
      const key = [call.script, ...call.words].join(' ');
      byHelp.set(key, [...(byHelp.get(key) ?? []), call]);
    }
    const helps = new Map<string, string>();

    beforeAll(async () => {
      const waiting = [...byHelp.keys()];
      const work = async () => {
        for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
          helps.set(key, await helpOf(key.split(' ')));
        }
      };
      await Promise.all([work(), work()]);
    }, HELP_TIMEOUT_MS);

    it('there are calls to compare', () => {
      expect(byHelp.size).toBeGreaterThan(20);
    });

    it.each([...byHelp.keys()])('every option given to %s is one that it takes', (key) => {
      const help = helps.get(key) ?? '';
      for (const { options, page } of byHelp.get(key) ?? []) {
        for (const option of options) {
          const takes = WITHOUT_HELP.test(key.split(' ')[0] ?? '')
            ? new RegExp(`ption\\('${option.slice(2)}'`).test(help)
            : new RegExp(`${option}(?![a-z-])`).test(help);
          expect(takes, `${option} of ${key}, named in ${page}`).toBe(true);
        }
      }
    });
  });
});

async function helpOf([script = '', ...words]: readonly string[]): Promise<string> {
  const file = /^node (?:--require \S+ )*(\S+)$/.exec(SCRIPTS[script] ?? '')?.[1];
  if (file === undefined) throw new Error(`expected npm run ${script} to be one program of Node`);
  if (WITHOUT_HELP.test(script)) return readFileSync(join(ROOT, file), 'utf8');
  const run = await promisify(execFile)(process.execPath, [join(ROOT, file), ...words, '--help']);
  return run.stdout;
}
