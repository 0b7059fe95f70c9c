import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Evidence, isIntact } from '../../../runtime/gates/evidence.ts';
import { PlatformError } from '../../../runtime/gates/platform-error.ts';
import type { Surroundings } from '../../../runtime/gates/surroundings.ts';
import type { VerifyOptions } from '../../../runtime/gates/terms.ts';
import { verifyCommand } from '../../../runtime/gates/verify.ts';
import { eachArchive } from './broken-worlds.ts';
import { LATEST, type Prepared, prepared } from './prepared-verification.ts';
import { COMMIT, DIGEST, SUBJECT } from './world.ts';

let world: Prepared['world'];
let folder: string;
let progress: readonly string[];
let options: VerifyOptions;
let around: Surroundings;
let signal: Prepared['signal'];
let onOutput: Prepared['onOutput'];
let inFile: Prepared['inFile'];
let latest: Prepared['latest'];
let close: Prepared['close'];

beforeEach(async () => {
  ({ world, folder, progress, options, around, signal, onOutput, inFile, latest, close } =
    await prepared());
});

afterEach(() => close());

describe('a verdict', () => {
  it('PASS: exit 0, the same intact document on standard output, in the file and in an immutable ConfigMap', async () => {
    expect(await verifyCommand(options, around)).toBe(0);
    const document = onOutput();
    expect(document).toMatchObject({
      verdict: 'PASS',
      gate: 'ws-smoke',
      subject: { stage: 'canary', image_digest: DIGEST, commit: COMMIT },
      policy: { observation: 30_000, restart: 'provoke' },
      versions: { verifier_revision: COMMIT, verifier_pod: 'verifier-1', node: process.version },
      logs: [],
    });
    expect(isIntact(document)).toBe(true);
    expect(document.checks).toHaveLength(14);
    for (const check of document.checks) {
      expect(check.started_at, check.id).not.toBeNull();
      expect((check.started_at ?? '') <= check.finished_at, check.id).toBe(true);
    }
    expect(document.archives.length).toBeGreaterThan(2);
    expect(document.archives[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await inFile()).toEqual(document);
    const kept = world.configMaps.get(`${SUBJECT.project}/${document.run}`);
    expect(kept?.immutable).toBe(true);
    expect(JSON.parse(kept?.data['evidence.json'] ?? '')).toEqual(document);
    expect(document.run).toMatch(/^evidence-run-canary-20261121t\d{6}z-[0-9a-f]{8}$/);
  });

  it('PASS from a workstation: no ConfigMap is written, so that only the Job of a promotion can let one pass', async () => {
    const before = [...world.configMaps.keys()];
    expect(await verifyCommand({ ...options, record: false }, around)).toBe(0);
    expect([...world.configMaps.keys()]).toEqual(before);
    expect(await inFile()).toEqual(onOutput());
  });

  it('PASS: the latest verdict was RUNNING first and has what the evidence gate reads', async () => {
    const seen: Readonly<Record<string, string>>[] = [];
    world.before = (call) => {
      if (call === 'pods') seen.push(latest());
    };
    await verifyCommand(options, around);
    expect(seen[0]).toMatchObject({ verdict: 'RUNNING', finishedAt: '', run: onOutput().run });
    expect(latest()).toMatchObject({
      verdict: 'PASS',
      run: onOutput().run,
      gate: 'ws-smoke',
      startedAt: onOutput().started_at,
      finishedAt: expect.stringMatching(/^2026-11-21T\d\d:\d\d:\d\d\.\d{3}Z$/),
      reason: expect.stringContaining('checks passed'),
    });
    expect(LATEST).toBe(`orderbooks-delivery/evidence-canary-${'c'.repeat(12)}-${'a'.repeat(12)}`);
  });

  it('FAIL: exit 1, the refusing check in the reason, the recorder’s log tail in the document', async () => {
    eachArchive(world, 'ws_raw_0_promoted', { payload_mismatches: 2 });
    expect(await verifyCommand(options, around)).toBe(1);
    expect(onOutput()).toMatchObject({
      verdict: 'FAIL',
      reason: expect.stringMatching(/^payload-hashes: /),
      logs: [{ source: 'pod recorder-replacement' }],
    });
    expect(latest()['verdict']).toBe('FAIL');
  });

  it('says each act and each check as it comes, in plain lines', async () => {
    await verifyCommand(options, around);
    const text = progress.join('\n');
    expect(text).toMatch(/0\.0s {2}act {4}wait for the promoted recorder pod/);
    expect(text).toMatch(/check {2}upload-verified: PASS/);
    expect(text.indexOf('counters-exposed: PASS')).toBeLessThan(
      text.indexOf('restart the recorder'),
    );
    expect(progress.at(-1)).toMatch(/verdict PASS/);
  });
});

describe('evidence is written whatever happens', () => {
  it.each<[string, NodeJS.Signals]>([
    ['while it observes', 'SIGTERM'],
    ['on Ctrl-C', 'SIGINT'],
  ])('a signal %s: ABORTED, exit 3, checks judged so far kept', async (_when, name) => {
    world.before = (call) => {
      if (call === 'inspect') signal(name);
    };
    expect(await verifyCommand(options, around)).toBe(3);
    expect(onOutput()).toMatchObject({
      verdict: 'ABORTED',
      reason: expect.stringContaining(`the verifier received ${name}`),
    });
    expect(await inFile()).toEqual(onOutput());
    expect(latest()['verdict']).toBe('ABORTED');
    expect(onOutput().checks.filter((check) => check.status === 'fail')).toEqual([]);
    expect(world.calls.some((call) => call.startsWith('deletePod'))).toBe(false);
  });

  it('the deadline of the policy: ABORTED, although an act hangs', async () => {
    await writeFile(
      options.policy,
      'deadline: 60ms\nreadyTimeout: 50ms\ndataTimeout: 50ms\nobservation: 50ms\nuploadTimeout: 50ms\ninspectTimeout: 50ms\ncomparison: {window: 50ms, span: 5ms}\n',
    );
    const platform = around.platform;
    around = {
      ...around,
      platform: (given) => {
        world.before = (call) =>
          call === 'metrics'
            ? new Promise((_resolve, reject) =>
                given.signal.addEventListener('abort', () => reject(given.signal.reason)),
              )
            : undefined;
        return platform(given);
      },
    };
    expect(await verifyCommand(options, around)).toBe(3);
    expect(onOutput()).toMatchObject({
      verdict: 'ABORTED',
      reason: expect.stringContaining('deadline of 60ms'),
    });
    expect(latest()['verdict']).toBe('ABORTED');
  });

  it('a fault in the gate itself: ERROR, exit 3', async () => {
    let waits = 0;
    let broken = 0;
    const now = around.now;
    around = {
      ...around,
      wait: async (milliseconds, aborted) => {
        await world.wait(milliseconds, aborted);
        waits += 1;
      },
      now: () => {
        // A poll that fails is none; a clock that fails again is more than that.
        if (waits >= 3 && broken < 2) {
          broken += 1;
          throw new RangeError('the clock broke');
        }
        return now();
      },
    };
    const code = await verifyCommand(options, around);
    expect(code).not.toBe(0);
    expect(onOutput().verdict).not.toBe('PASS');
    expect(JSON.stringify(onOutput())).toContain('the clock broke');
  });

  it('no platform: ERROR in the file and on standard output, exit 3', async () => {
    around = {
      ...around,
      platform: () => {
        throw new PlatformError('PLATFORM_CONFIGURATION_INVALID', 'no kubeconfig');
      },
    };
    expect(await verifyCommand(options, around)).toBe(3);
    expect(onOutput()).toMatchObject({
      verdict: 'ERROR',
      reason: expect.stringMatching(/no kubeconfig/),
    });
    expect(await inFile()).toEqual(onOutput());
  });

  it('a run that cannot be marked as running touches nothing', async () => {
    world.before = (call) => {
      if (call === 'putConfigMap') throw new PlatformError('PLATFORM_FORBIDDEN', 'verb create');
    };
    expect(await verifyCommand(options, around)).toBe(3);
    expect(onOutput()).toMatchObject({
      verdict: 'ERROR',
      reason: expect.stringMatching(/nothing was touched.*verb create/),
    });
    expect(world.calls.every((call) => /^(putConfigMap|tellStage|keptEvidence) ?/.test(call))).toBe(
      true,
    );
  });
});

describe('evidence that cannot be written', () => {
  it.each<[string, () => void]>([
    [
      'the file',
      () => {
        options = { ...options, evidence: join(options.policy, 'below', 'a-file.json') };
      },
    ],
    [
      'standard output',
      () => {
        around = { ...around, output: () => Promise.reject(new Error('EPIPE')) };
      },
    ],
    ['the ConfigMap of the run', () => refusePut(/evidence-run-/)],
  ])('%s: exit 3 and the latest verdict is ERROR, not PASS', async (_place, breakIt) => {
    breakIt();
    expect(await verifyCommand(options, around)).toBe(3);
    expect(latest()).toMatchObject({
      verdict: 'ERROR',
      reason: expect.stringContaining('evidence not written'),
    });
    expect(progress.join('\n')).toContain('EVIDENCE NOT WRITTEN');
  });

  it('the latest verdict: exit 3, and RUNNING stays there', async () => {
    let puts = 0;
    const put = world.putConfigMap.bind(world);
    world.putConfigMap = async (...args) => {
      puts += 1;
      if (puts === 3) throw new PlatformError('PLATFORM_FAILING', 'etcd');
      return put(...args);
    };
    expect(await verifyCommand(options, around)).toBe(3);
    expect(latest()['verdict']).toBe('RUNNING');
  });

  it('a later run for the same subject keeps its place: exit 3', async () => {
    const later = { verdict: 'RUNNING', run: 'later', startedAt: '2027-01-01T00:00:00.000Z' };
    world.before = (call) => {
      if (call === 'upload') world.configMaps.set(LATEST, { data: later, immutable: false });
    };
    expect(await verifyCommand(options, around)).toBe(3);
    expect(latest()).toEqual(later);
  });

  it('leaves no half-written file behind', async () => {
    await verifyCommand(options, around);
    expect(await readdir(join(folder, 'evidence'))).toEqual(['evidence.json']);
  });
});

describe('the hash of the evidence', () => {
  it('changes with any value and not with the order of keys', async () => {
    await verifyCommand(options, around);
    const document = onOutput();
    const reordered = Object.fromEntries(Object.entries(document).reverse()) as Evidence;
    expect(isIntact(reordered)).toBe(true);
    expect(isIntact({ ...document, verdict: 'FAIL' })).toBe(false);
    expect(isIntact({ ...document, checks: document.checks.slice(1) })).toBe(false);
  });
});

function refusePut(name: RegExp): void {
  const put = world.putConfigMap.bind(world);
  world.putConfigMap = async (...args) => {
    if (name.test(args[1])) throw new PlatformError('PLATFORM_FORBIDDEN', 'no');
    return put(...args);
  };
}
