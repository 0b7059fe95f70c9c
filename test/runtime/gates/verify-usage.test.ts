import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { latestEvidenceName } from '../../../runtime/gates/evidence-store.ts';
import type { Surroundings } from '../../../runtime/gates/surroundings.ts';
import type { VerifyOptions } from '../../../runtime/gates/terms.ts';
import { verifyCommand } from '../../../runtime/gates/verify.ts';
import { type Prepared, prepared } from './prepared-verification.ts';
import { SUBJECT } from './world.ts';

let world: Prepared['world'];
let output: readonly string[];
let progress: readonly string[];
let options: VerifyOptions;
let around: Surroundings;
let onOutput: Prepared['onOutput'];
let close: Prepared['close'];

beforeEach(async () => {
  ({ world, output, progress, options, around, onOutput, close } = await prepared());
});

afterEach(() => close());

describe('usage', () => {
  it.each<[string, Partial<VerifyOptions>, RegExp]>([
    [
      'a tag for a digest',
      { imageDigest: 'v1.2.3' },
      /--image-digest.*got "v1\.2\.3"; a tag is no digest/,
    ],
    ['no commit', { commit: undefined as never }, /--commit: .* got nothing/],
    ['no file for the evidence', { evidence: '' }, /--evidence: expected a file/],
    ['no policy', { policy: '' }, /--policy: expected the file with the policy/],
    ['a short digest', { imageDigest: 'sha256:abc' }, /--image-digest/],
    ['a short commit', { commit: 'abc123' }, /--commit.*40 hexadecimal/],
    [
      'an unknown gate',
      { gate: 'ws-smok' },
      /--gate: expected one of collector-smoke, ws-smoke, ws-reliability/,
    ],
    ['a gate twice', { gate: 'ws-smoke,ws-smoke' }, /--gate/],
    ['no gate', { gate: '' }, /--gate/],
    ['a gate named like an object’s own', { gate: 'constructor' }, /--gate/],
    ['a namespace that is no name', { namespace: 'Orderbooks_' }, /--namespace/],
    ['a policy that is not there', { policy: '/nowhere/policy.yaml' }, /policy\.yaml/],
  ])('%s: exit 2, nothing touched, evidence says why', async (_what, wrong, saying) => {
    options = { ...options, ...wrong };
    expect(await verifyCommand(options, around)).toBe(2);
    expect(world.calls).toEqual([]);
    expect(progress.join('\n')).toMatch(saying);
    expect(onOutput()).toMatchObject({ verdict: 'ERROR', checks: [] });
    expect(onOutput().reason).toMatch(saying);
  });

  it('collects everything that is wrong', async () => {
    await verifyCommand({ ...options, imageDigest: 'x', commit: 'y', gate: 'z' }, around);
    expect(progress.filter((line) => line.includes('--'))).toHaveLength(3);
  });

  it.each<[string, string, RegExp]>([
    ['an unknown key', 'observatoin: 5s\n', /did you mean "observation"/],
    ['a wait beyond the deadline', 'deadline: 1m\n', /expected less than the deadline 1m/],
    ['an inspector that is none', 'inspector: mine\n', /inspector/],
    ['a duration that is none', 'freshness: soon\n', /expected a duration/],
  ])('a policy with %s is refused before anything is touched', async (_what, text, saying) => {
    await writeFile(options.policy, text);
    expect(await verifyCommand(options, around)).toBe(2);
    expect(world.calls).toEqual([]);
    expect(progress.join('\n')).toMatch(saying);
  });

  it.each<[string, Partial<VerifyOptions>, string, RegExp]>([
    [
      'that is none',
      { observation: 'soon' },
      '',
      /--observation: observation: expected a duration/,
    ],
    [
      'beyond the deadline of the policy',
      { comparisonWindow: '41m' },
      '',
      /--comparison-window: comparison\.window: expected less than the deadline 40m/,
    ],
    [
      'below a wait of the policy',
      { deadline: '90s' },
      'observation: 2m\n',
      /policy\.yaml:1:14: obs/,
    ],
    [
      'that leaves the Job no time for the evidence',
      { deadline: '45m', jobDeadline: '45m' },
      '',
      /deadline: expected at most 44m.*Job's own deadline of 45m.*got 45m/,
    ],
    ['of a Job that is none', { jobDeadline: '2700' }, '', /--job-deadline: expected a duration/],
    [
      'of a Job shorter than the policy’s deadline',
      { jobDeadline: '20m' },
      '',
      /expected at most 19m.*got 40m/,
    ],
  ])('a duration %s is refused before anything is touched', async (_what, given, text, saying) => {
    if (text !== '') await writeFile(options.policy, text);
    expect(await verifyCommand({ ...options, ...given }, around)).toBe(2);
    expect(world.calls).toEqual([]);
    expect(onOutput().reason).toMatch(saying);
  });

  it('lays given durations over the policy, the environment over both, and says so', async () => {
    options = {
      ...options,
      deadline: '20m',
      observation: '7s',
      comparisonWindow: 'policy',
      jobDeadline: '21m',
    };
    around = { ...around, environment: { ORDERBOOKS_POLICY_OVERRIDES: '{"observation":"5s"}' } };
    expect(await verifyCommand(options, around)).toBe(0);
    expect(onOutput()).toMatchObject({
      policy_overridden: ['deadline', 'observation'],
      policy: { deadline: 1_200_000, observation: 5000, 'comparison.window': 120_000 },
    });
  });

  it.each([
    ['production', 'orderbooks'],
    ['judged', null],
  ])('runs inspectors of the image that the policy names: %s', async (inspector, namespace) => {
    await writeFile(options.policy, `inspector: ${inspector}\n`);
    let asked: string | null | undefined;
    const { platform } = around;
    around = {
      ...around,
      platform: (given) => {
        asked = given.inspectorsOf;
        return platform(given);
      },
    };
    expect(await verifyCommand(options, around)).toBe(0);
    expect(asked).toBe(namespace);
  });

  it('lets no inspector of production judge production itself, whose image is the judged one there', async () => {
    options = { ...options, namespace: options.productionNamespace, dryRun: true };
    await writeFile(options.policy, 'inspector: production\n');
    expect(await verifyCommand(options, around)).toBe(2);
    expect(onOutput().reason).toMatch(/inspector: expected judged where production itself is/);
    await writeFile(options.policy, 'inspector: judged\n');
    expect(await verifyCommand(options, around)).toBe(0);
  });

  it('prints the overrides of the policy and keeps them in the evidence', async () => {
    around = {
      ...around,
      environment: { ORDERBOOKS_POLICY_OVERRIDES: '{"observation":"5s"}' },
    };
    expect(await verifyCommand(options, around)).toBe(0);
    expect(progress.join('\n')).toContain('policy overridden: observation');
    expect(onOutput()).toMatchObject({
      policy_overridden: ['observation'],
      policy: { observation: 5000 },
    });
  });

  it('a dry run names what was laid over the policy', async () => {
    await verifyCommand({ ...options, dryRun: true, observation: '5s' }, around);
    expect(progress.join('\n')).toMatch(/ deadline 40m \(overridden: observation\)$/m);
  });

  it('a dry run says what would be touched and touches nothing', async () => {
    expect(await verifyCommand({ ...options, dryRun: true }, around)).toBe(0);
    expect(world.calls).toEqual([]);
    expect(output).toEqual([]);
    const text = progress.join('\n');
    expect(text).toContain('restart the recorder: the recorder pod is deleted');
    // Durations as people write them, numbers as they are.
    expect(text).toMatch(
      /policy: readyTimeout 5m, .*comparison\.spans 6, .*keepRuns 20, deadline 40m$/m,
    );
    expect(text).toContain('needs  list, delete on pods in orderbooks-canary');
    expect(text).toContain(`ConfigMap ${latestEvidenceName(SUBJECT)}`);
  });
});

describe('secrets', () => {
  it('of a log or an error message do not reach the evidence', async () => {
    const secret = 'hunter2hunter2';
    world.change.upload = (outcome) => ({
      ...outcome,
      succeeded: false,
      log: `secret_access_key = ${secret}\n`,
      reason: `https://user:${secret}@remote.example refused`,
    });
    world.log = async () => `Authorization: Bearer ${secret}\n`;
    expect(await verifyCommand(options, around)).toBe(1);
    const everything = [...output, ...progress, JSON.stringify([...world.configMaps])].join('\n');
    expect(onOutput().logs.map((log) => log.source)).toContainEqual(
      expect.stringMatching(/^Job orderbooks-uploader-/),
    );
    expect(everything).toContain('[redacted]');
    expect(everything).not.toContain(secret);
  });
});
