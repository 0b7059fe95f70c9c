import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { invalidConfigMessage } from '../../../../scripts/kargo/steps/config.ts';
import { stepRunners } from '../../../../scripts/kargo/steps/index.ts';
import { simulatedRunners } from '../../../../scripts/kargo/steps/simulated.ts';
import { describeWithShared, sharedPath } from '../../../shared.ts';
import { makeContext } from './promotion.ts';

const RECORDINGS = 'oracles/kargo-steps-run.jsonl';

interface Recorded {
  readonly step: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly status?: string;
  readonly output?: unknown;
  readonly error?: string;
  readonly message?: string;
  readonly after?: Readonly<Record<string, string>>;
  readonly removed?: readonly string[];
}

/** Where this engine answers otherwise, and why. */
const KNOWN_DIFFERENCES: Readonly<Record<string, string>> = {
  '{"inPath":"d","outPath":"d/s"}':
    'a folder copied into itself: Kargo copies until a name is too long, this engine refuses at once',
};

describeWithShared('file steps as Kargo carried them out', RECORDINGS, () => {
  const recorded = readFileSync(sharedPath(RECORDINGS), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Recorded);
  const simulated = new Set(simulatedRunners.map(({ kind }) => kind));
  const kinds = [...new Set(recorded.map(({ step }) => step))]
    .filter((kind) => !simulated.has(kind))
    .toSorted();

  test.each(kinds)('%s: the same status, words, outputs and bytes', async (kind) => {
    const cases = recorded.filter(({ step }) => step === kind);
    for (const entry of cases) {
      if (KNOWN_DIFFERENCES[JSON.stringify(entry.config)] !== undefined) continue;
      const seen = await carriedOut(entry);
      expect({ config: entry.config, ...seen }).toEqual({
        config: entry.config,
        status: entry.status,
        output: entry.output,
        text: entry.error ?? entry.message,
        after: entry.after ?? {},
        removed: entry.removed ?? [],
      });
    }
  });
});

async function carriedOut({ step, config, files = {} }: Recorded) {
  const runner = stepRunners.get(step);
  if (runner === undefined) throw new Error(`no step ${step}`);
  const workDir = mkdtempSync(join(tmpdir(), 'orderbooks-steps-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(workDir, path)), { recursive: true });
      writeFileSync(join(workDir, path), text);
    }
    const problems = runner.validate(config);
    const result =
      problems.length > 0
        ? { status: 'Failed', message: invalidConfigMessage(step, problems) }
        : await runner.run(config, makeContext({ context: { workDir } })).catch((error: Error) => ({
            status: 'Errored',
            message: `step panicked: ${error.message}`,
          }));
    const now = filesOf(workDir);
    return {
      status: result.status,
      output: 'output' in result ? result.output : undefined,
      text: result.message?.replaceAll(workDir, '$WORKDIR'),
      after: Object.fromEntries(
        Object.entries(now).filter(([path, text]) => text !== files[path] && text !== ''),
      ),
      removed: Object.keys(files).filter((path) => now[path] === undefined),
    };
  } finally {
    rmSync(workDir, { recursive: true, force: true });
  }
}

function filesOf(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
      }),
  );
}
