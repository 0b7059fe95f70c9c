import { execFileSync } from 'node:child_process';
import {
  cpSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Freight } from '../../../../scripts/kargo/step.ts';
import { invalidConfigMessage } from '../../../../scripts/kargo/steps/config.ts';
import { kustomizeBuild } from '../../../../scripts/kargo/steps/kustomize-build.ts';
import { kustomizeSetImage } from '../../../../scripts/kargo/steps/kustomize-set-image.ts';
import { describeWithShared, sharedPath } from '../../../shared.ts';
import { makeContext } from './promotion.ts';

const FOLDER = 'oracles/kustomize';

/** The recorded case had this link; the copy of it beside the repository holds a plain file instead. */
const LINKS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '37-set-symlink': { 'k/kustomization.yaml': '../real.yaml' },
};

interface Case {
  readonly step: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly freight?: Readonly<Record<string, Freight>>;
  readonly warehouses?: Readonly<Record<string, readonly string[]>>;
  readonly freightRequests?: readonly string[];
}

interface Result {
  readonly status: string;
  readonly output?: unknown;
  readonly error?: string;
  readonly terminal?: boolean;
}

describeWithShared('files as Kargo left them, byte for byte', FOLDER, () => {
  const cases = readdirSync(sharedPath(FOLDER));
  test('there are recorded cases', () => {
    expect(cases.length).toBeGreaterThan(70);
  });
  test.each(cases)('%s', async (name) => {
    const folder = sharedPath(`${FOLDER}/${name}`);
    const {
      step,
      config,
      freight,
      warehouses = {},
      freightRequests = [],
    } = read<Case>(folder, 'case.json');
    const recorded = read<Result>(folder, 'result.json');
    const context = makeContext({
      context: {
        freight: Object.values(freight ?? {}),
        warehouseImages: Object.fromEntries(
          freightRequests.map((name) => [name, warehouses[name] ?? []]),
        ),
      },
    });
    const workDir = realpathSync(context.workDir);
    cpSync(join(folder, 'in'), workDir, { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'u+w', workDir]);
    for (const [path, target] of Object.entries(LINKS[name] ?? {})) {
      rmSync(join(workDir, path));
      symlinkSync(target, join(workDir, path));
    }
    const runner = step === 'kustomize-build' ? kustomizeBuild : kustomizeSetImage;
    const problems = runner.validate(config);
    if (problems.length > 0) {
      expect(recorded.status).toBe('Failed');
      expect(sortedLines(invalidConfigMessage(step, problems))).toEqual(
        sortedLines(recorded.error),
      );
    } else {
      const result = await runner.run(config, { ...context, workDir });
      expect({
        status: result.status,
        output: result.output,
        error: result.message?.replaceAll(workDir, '$WORKDIR'),
      }).toEqual({ status: recorded.status, output: recorded.output, error: recorded.error });
    }
    expect(filesOf(workDir)).toEqual(filesOf(join(folder, 'out')));
  });
});

function read<T>(folder: string, file: string): T {
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as T;
}

function filesOf(folder: string): Readonly<Record<string, string>> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => statSync(join(folder, path)).isFile()).sort();
  return Object.fromEntries(files.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

/** Kargo's order of several problems changes from run to run. */
function sortedLines(text: string | undefined): readonly string[] {
  return (text ?? '')
    .replace(/^invalid \S+ config: /, '')
    .split('\n')
    .sort();
}
