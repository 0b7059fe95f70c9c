import { describe, expect, it } from 'vitest';
import { restartWrites } from '../../../runtime/gates/checks/restart-writes.ts';
import { verdictOf } from '../../../runtime/gates/evidence-content.ts';
import { seenOf } from '../../../runtime/gates/facts.ts';
import { GATES } from '../../../runtime/gates/gates.ts';
import { JUDGED_FACTS } from '../../../runtime/gates/judged-archives.ts';
import type { Pod } from '../../../runtime/gates/platform.ts';
import { PlatformError } from '../../../runtime/gates/platform-error.ts';
import type { Policy } from '../../../runtime/gates/policy.ts';
import { runGate } from '../../../runtime/gates/run.ts';
import type { InspectReport } from '../../../runtime/inspector/report.ts';
import { changed, eachArchive } from './broken-worlds.ts';
import { gap, OTHER_DIGEST, World } from './world.ts';

/** Design §10 invariant 5: no gate passes on absent, empty, stale, truncated or foreign data. */

interface Variant {
  readonly observation: string;
  readonly refusedBy: readonly string[];
  readonly saying: RegExp;
  readonly policy?: Partial<Policy>;
  breakIt(world: World): void;
}

const LONG_AGO = '2026-11-20T10:00:00.000Z';

const VARIANTS: readonly Variant[] = [
  variant('pods: absent', ['recorder-on-promoted-digest'], /no pod/, (world) => {
    world.change.pods = () => [];
  }),
  variant('pods: foreign digest', ['recorder-on-promoted-digest'], /instead of sha256/, (world) => {
    world.change.pods = (pods) => pods.map((pod) => ({ ...pod, imageDigest: OTHER_DIGEST }));
  }),
  variant(
    'pods: no digest reported',
    ['recorder-on-promoted-digest'],
    /no image digest/,
    (world) => {
      world.change.pods = (pods) => pods.map((pod) => ({ ...pod, imageDigest: null }));
    },
  ),
  variant('pods: never ready', ['recorder-on-promoted-digest'], /not ready/, (world) => {
    world.change.pods = (pods) => pods.map((pod) => ({ ...pod, ready: false }));
  }),
  variant('pods: only terminating', ['recorder-on-promoted-digest'], /terminating/, (world) => {
    world.change.pods = (pods) => pods.map((pod) => ({ ...pod, terminating: true }));
  }),
  variant(
    'Deployment: absent',
    ['recorder-on-promoted-digest'],
    /does the namespace exist/,
    (world) => {
      world.change.deployment = () => null;
    },
  ),
  variant(
    'metrics: empty',
    ['recorder-receives', 'counters-exposed', 'connections-recover'],
    /empty/,
    (world) => {
      world.change.metrics = () => '';
    },
  ),
  variant(
    'metrics: cut off',
    ['recorder-receives', 'counters-exposed', 'connections-recover'],
    /cut off/,
    (world) => {
      world.change.metrics = (text) => text.slice(0, -40);
    },
  ),
  variant(
    'metrics: a page of HTML',
    ['recorder-receives', 'counters-exposed', 'connections-recover'],
    /not Prometheus/,
    (world) => {
      world.change.metrics = () => '<html>502 Bad Gateway</html>\n';
    },
  ),
  variant(
    'metrics: only comments',
    ['recorder-receives', 'counters-exposed', 'connections-recover'],
    /absent|no count of/,
    (world) => {
      world.change.metrics = () => '# nothing here\n';
    },
  ),
  variant(
    'metrics: no token is active',
    ['recorder-receives', 'connections-recover'],
    /active tokens/,
    (world) => {
      world.change.metrics = (text) => text.replace('active_tokens 4', 'active_tokens 0');
    },
  ),
  variant(
    'metrics: stale data frame',
    ['recorder-receives', 'connections-recover'],
    /newest data frame is/,
    (world) => {
      world.change.metrics = (text) =>
        text.replace(
          /(last_data_frame_timestamp_seconds) \S+/,
          `$1 ${Date.parse(LONG_AGO) / 1000}`,
        );
    },
  ),
  variant(
    'metrics: data frame of the future',
    ['recorder-receives', 'connections-recover'],
    /of the future/,
    (world) => {
      world.change.metrics = (text) =>
        text.replace(/(last_data_frame_timestamp_seconds) \S+/, '$1 99999999999');
    },
  ),
  variant(
    'metrics: no data frame ever',
    ['recorder-receives', 'connections-recover'],
    /ever received/,
    (world) => {
      world.change.metrics = (text) =>
        text.replace(/(last_data_frame_timestamp_seconds) \S+/, '$1 0');
    },
  ),
  variant(
    'metrics: a counter falls',
    ['counters-exposed', 'recorder-receives'],
    /fell from|did not grow/,
    (world) => {
      let scrape = 0;
      world.change.metrics = (text) =>
        text.replace(/(orderbooks_recorder_data_frames_total) \d+/, () => {
          scrape += 1;
          return `orderbooks_recorder_data_frames_total ${100_000 - scrape}`;
        });
    },
  ),
  variant('metrics: no build info', ['counters-exposed'], /build_info instead of 1/, (world) => {
    world.change.metrics = (text) => text.replace(/^orderbooks_build_info.*\n/m, '');
  }),
  variant('report: stale', [...ARCHIVE_CHECKS(), 'restart-writes'], /stale/, (world) => {
    world.change.inspect = (report) => ({ ...report, inspected_at: LONG_AGO });
  }),
  variant('report: a time that is none', [...ARCHIVE_CHECKS()], /stale/, (world) => {
    world.change.inspect = (report) => ({ ...report, inspected_at: 'yesterday' });
  }),
  variant(
    'report: no archives',
    [
      'archives-parse',
      'payload-hashes',
      'sequences-gapless',
      'checkpoints-succeed',
      'restart-writes',
      'recorder-receives',
    ],
    /no closed|no payload|no row|no checkpoint|no complete|no data frame/,
    (world) => {
      world.change.inspect = (report) => ({ ...report, archives: [], runs: [] });
    },
  ),
  variant(
    'report: no run manifests',
    ['archives-parse', 'counters-exposed', 'restart-writes'],
    /no run manifest/,
    (world) => {
      world.change.inspect = (report) => ({ ...report, run_manifests: [] });
    },
  ),
  variant(
    'report: run manifests of other pods',
    ['archives-parse', 'counters-exposed', 'restart-writes'],
    /no run manifest/,
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        run_manifests: report.run_manifests.map((run) => ({ ...run, pod: 'another' })),
      });
    },
  ),
  variant(
    'report: run manifest of a collector',
    ['archives-parse', 'counters-exposed'],
    /no run manifest/,
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        run_manifests: report.run_manifests.map((run) => ({
          ...run,
          component: 'collector' as const,
        })),
      });
    },
  ),
  variant('report: stale run manifest', ['counters-exposed'], /stale/, (world) => {
    world.change.inspect = (report) => ({
      ...report,
      run_manifests: report.run_manifests.map((run) => ({ ...run, updated_at: LONG_AGO })),
    });
  }),
  variant(
    'report: archives of other runs',
    ['archives-parse', 'payload-hashes'],
    /no closed|no payload/,
    (world) => {
      eachArchive(world, '', { run_id: 'another' });
    },
  ),
  variant(
    'report: archives without rows',
    ['archives-parse', 'sequences-gapless'],
    /with rows|has 0 rows/,
    (world) => {
      eachArchive(world, '', { rows: 0 });
    },
  ),
  variant('report: archives of an unnamed image', ['archives-parse'], /unnamed image/, (world) => {
    eachArchive(world, '', { image: '' });
  }),
  variant('report: archives elsewhere', ['archives-parse'], /lies outside/, (world) => {
    world.change.inspect = (report) => ({
      ...report,
      archives: report.archives.map((one) => ({ ...one, path: `elsewhere/${one.path}` })),
    });
  }),
  variant('report: runs not joined', ['sequences-gapless'], /joined no run/, (world) => {
    world.change.inspect = (report) => ({ ...report, runs: [] });
  }),
  variant(
    'report: too few good checkpoints',
    ['checkpoints-succeed'],
    /checkpoints failed/,
    (world) => {
      eachArchive(world, 'rest_checkpoints', { good_checkpoints: 1 });
    },
  ),
  variant(
    'report: never written to',
    ['recorder-receives'],
    /no ws_raw archive, open or closed/,
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        open: [],
        archives: report.archives.map((one) => ({ ...one, last_received_at: null })),
      });
    },
  ),
  variant('report: no connect row', ['connections-recover'], /never subscribed/, (world) => {
    eachArchive(world, '', { gaps: [] });
  }),
  variant(
    'report: a connection that came back too late',
    ['connections-recover'],
    /only after 90\.0 s/,
    (world) => {
      const lost = world.time + 1000;
      eachArchive(world, 'ws_raw_0_promoted', {
        gaps: [
          gap('connect', lost - 500, 'a', 1),
          gap('stall', lost, 'a', 2),
          gap('disconnect', lost + 1, 'a', 3),
          gap('refused', lost + 100, 'b', 4),
          gap('connect', lost + 90_000, 'c', 5),
        ],
      });
    },
  ),
  variant('inspector: fails', ARCHIVE_CHECKS(), /inspector Job x failed/, (world) => {
    world.before = (call) => {
      if (call === 'inspect')
        throw new PlatformError('PLATFORM_JOB_FAILED', 'inspector Job x failed');
    };
  }),
  variant(
    'restart: the replacement never comes',
    ['restart-writes', 'prior-archive-unchanged'],
    /still there|no pod/,
    (world) => {
      world.change.pods = (pods) => (world.restarted && !world.uploaded ? [] : pods);
    },
  ),
  variant(
    'restart: another release comes back',
    ['restart-writes', 'prior-archive-unchanged'],
    /instead of sha256/,
    (world) => {
      world.change.pods = (pods) =>
        world.restarted ? pods.map((pod) => ({ ...pod, imageDigest: OTHER_DIGEST })) : pods;
    },
  ),
  variant(
    'restart: nothing closed before, nothing closed by it',
    ['prior-archive-unchanged'],
    /closed on SIGTERM/,
    (world) => {
      world.change.inspect = (report) => withoutRun(report, 'promoted');
    },
    { dataTimeout: 1000 },
  ),
  variant(
    'restart: the first archive was not closed properly',
    ['prior-archive-unchanged'],
    /closed on SIGTERM/,
    (world) => {
      world.change.inspect = (report) =>
        world.restarted
          ? changed(report, '_promoted', { close_reason: 'salvaged' })
          : withoutRun(report, 'promoted');
    },
    { dataTimeout: 1000 },
  ),
  variant(
    'restart: only checkpoints were closed before, no frames by it',
    ['prior-archive-unchanged'],
    /closed on SIGTERM/,
    (world) => {
      world.change.inspect = (report) => ({
        ...report,
        archives: report.archives.filter((one) => !/ws_raw_\d_promoted/.test(one.path)),
      });
    },
    { dataTimeout: 1000 },
  ),
  variant(
    'earlier run: no archive of it',
    ['prior-archive-unchanged'],
    /no ws_raw archive/,
    (world) => {
      world.change.inspect = (report) => withoutRun(report, 'earlier');
    },
    { restart: 'observe' },
  ),
  variant('upload: suspended CronJob', ['upload-verified'], /suspended/, (world) => {
    world.before = (call) => {
      if (call === 'upload') throw new PlatformError('PLATFORM_SUSPENDED', 'CronJob is suspended');
    };
  }),
  variant(
    'upload manifest: absent',
    ['upload-verified', 'remote-holds-upload'],
    /no upload manifest|nothing can be read back/,
    (world) => {
      world.change.inspect = (report) => ({ ...report, upload_manifests: [] });
    },
  ),
  variant(
    'upload manifest: of another Job',
    ['upload-verified', 'remote-holds-upload'],
    /no upload manifest|nothing can be read back/,
    (world) => {
      world.change.uploadManifest = (manifest) => ({
        ...manifest,
        pod: 'orderbooks-uploader-28-abc',
      });
    },
  ),
  variant(
    'upload manifest: of another image',
    ['upload-verified'],
    /manifest was written by/,
    (world) => {
      world.change.uploadManifest = (manifest) => ({ ...manifest, image: OTHER_DIGEST });
    },
  ),
  variant(
    'upload manifest: no files',
    ['upload-verified', 'remote-holds-upload'],
    /no verified file/,
    (world) => {
      world.change.uploadManifest = (manifest) => ({ ...manifest, files: [] });
    },
  ),
  variant('upload manifest: a file not verified', ['upload-verified'], /not verified/, (world) => {
    world.change.uploadManifest = (manifest) => ({
      ...manifest,
      files: manifest.files.map((file, index) =>
        index === 0 ? { ...file, verified: false } : file,
      ),
    });
  }),
  variant(
    'upload manifest: files that were not there',
    ['upload-verified'],
    /no verified file is a ws_raw/,
    (world) => {
      world.change.uploadManifest = (manifest) => ({
        ...manifest,
        files: manifest.files.map((file) => ({
          ...file,
          path: `${file.path}.new`,
          remote_path: `${file.remote_path}.new`,
        })),
      });
    },
  ),
  variant('upload manifest: gate_status FAIL', ['upload-verified'], /gate_status FAIL/, (world) => {
    world.change.uploadManifest = (manifest) => ({ ...manifest, gate_status: 'FAIL' });
  }),
  variant('remote: not read back', ['remote-holds-upload'], /read nothing back/, (world) => {
    world.change.inspect = ({ remote: _remote, ...report }) => report;
  }),
  variant(
    'remote: another remote than the configured',
    ['remote-holds-upload'],
    /went to/,
    (world) => {
      world.change.inspect = (report) =>
        report.remote === undefined
          ? report
          : {
              ...report,
              remote: report.remote.map((one) => ({ ...one, error: 'upload went to b:' })),
            };
    },
  ),
  variant('remote: only some files', ['remote-holds-upload'], /was not read back/, (world) => {
    world.change.inspect = (report) =>
      report.remote === undefined ? report : { ...report, remote: report.remote.slice(1) };
  }),
  variant(
    'collector: not ready before and after',
    ['collector-unchanged'],
    /0 of 1 replicas/,
    (world) => {
      world.change.collector = () => ({
        name: 'orderbooks-collector',
        image: 'i',
        desiredReplicas: 1,
        readyReplicas: 0,
      });
    },
  ),
  variant(
    'collector: cannot be read',
    ['collector-unchanged'],
    /may not get deployments/,
    (world) => {
      world.change.collector = () => {
        throw new PlatformError('PLATFORM_FORBIDDEN', 'may not get deployments');
      };
    },
  ),
];

describe('an observation that is absent, empty, stale, truncated or foreign is refused with its own reason', () => {
  it.each(VARIANTS.map((one) => [one.observation, one] as const))('%s', async (_name, one) => {
    const world = new World();
    one.breakIt(world);
    const { checks } = await run(world, one.policy);
    expect(verdictOf(checks).verdict).toBe('FAIL');
    for (const id of one.refusedBy) {
      const check = checks.find((candidate) => candidate.id === id);
      expect(check, id).toMatchObject({ status: 'fail' });
      expect(check?.reason, id).toMatch(one.saying);
    }
  });
});

describe('what is not applicable says so', () => {
  it('no collector in production, before or after', async () => {
    const { checks } = await run(new World());
    expect(checks.at(-1)).toMatchObject({
      id: 'collector-unchanged',
      status: 'not_applicable',
      reason: expect.stringContaining('no collector'),
    });
  });

  it('no earlier run, where the restart of the rollout is judged', async () => {
    const { checks } = await run(new World({ earlierRun: false }), { restart: 'observe' });
    expect(checks.find((check) => check.id === 'prior-archive-unchanged')).toMatchObject({
      status: 'not_applicable',
      reason: expect.stringContaining('first recorder'),
    });
    expect(verdictOf(checks).verdict).toBe('PASS');
  });

  it('and nothing but not applicable is no PASS', () => {
    expect(verdictOf([]).verdict).toBe('FAIL');
  });
});

describe('what was not seen is said', () => {
  it('a pass without any interruption claims no recovery', async () => {
    const { checks } = await run(new World());
    expect(checks.find((check) => check.id === 'connections-recover')).toMatchObject({
      status: 'pass',
      reason: expect.stringContaining('no recovery was seen'),
    });
  });

  it('a pass after an interruption says how long the slowest took', async () => {
    const world = new World();
    const lost = world.time + 1000;
    world.change.gaps = (gaps, id) =>
      id === 'promoted' && gaps.some((row) => row.reason === 'connect')
        ? [...gaps, gap('disconnect', lost, 'a', 500), gap('connect', lost + 2500, 'b', 501)]
        : gaps;
    const { checks } = await run(world);
    expect(checks.find((check) => check.id === 'connections-recover')).toMatchObject({
      status: 'pass',
      observed: expect.stringContaining('1 interruptions'),
      reason: 'every lost connection came back in time',
    });
  });
});

describe('restart-writes does not rely on the act alone', () => {
  it.each<[string, Partial<Pod>, RegExp]>([
    ['the same pod', { uid: 'uid-promoted' }, /still the one that was deleted/],
    ['another digest', { imageDigest: OTHER_DIGEST }, /runs sha256:b/],
    ['a pod that is not ready', { ready: false }, /is not ready/],
  ])('%s is refused', async (_what, wrong, saying) => {
    const world = new World();
    const { facts } = await run(world);
    const { restart } = facts;
    if (restart.state !== 'seen' || restart.value.mode !== 'provoke') throw new Error('no restart');
    const replacement = { ...restart.value.replacement, ...wrong };
    const seen = seenOf(
      { ...facts, restart: { ...restart, value: { ...restart.value, replacement } } },
      JUDGED_FACTS,
    );
    if ('missing' in seen) throw new Error('not seen');
    const outcome = restartWrites.run(world.context(), seen.seen);
    expect(outcome).toMatchObject({ status: 'fail', reason: expect.stringMatching(saying) });
  });
});

describe('a restart with nothing closed before', () => {
  it('passes on the archive that SIGTERM closed', async () => {
    const world = new World();
    world.change.inspect = (report) => (world.restarted ? report : withoutRun(report, 'promoted'));
    const { checks } = await run(world, { dataTimeout: 40_000, observation: 1000 });
    const check = checks.find((one) => one.id === 'prior-archive-unchanged');
    expect(check).toMatchObject({
      status: 'pass',
      reason: expect.stringContaining('told to stop'),
    });
  });
});

describe('the sequence of acts', () => {
  it('touches nothing while the promoted digest does not run', async () => {
    const world = new World();
    world.change.pods = (pods) => pods.map((pod) => ({ ...pod, imageDigest: OTHER_DIGEST }));
    const { checks } = await run(world);
    expect(world.calls.some((call) => /deletePod|inspect|upload|metrics/.test(call))).toBe(false);
    expect(checks.filter((check) => check.status === 'fail').map((check) => check.id)).toEqual([
      'recorder-on-promoted-digest',
    ]);
    expect(checks.filter((check) => check.status === 'not_judged')).toHaveLength(11);
  });

  it('waits for the old pod to go and the new one to be ready before it judges', async () => {
    const world = new World({ age: -4000 });
    let polls = 0;
    world.change.pods = (pods) => {
      polls += 1;
      return polls < 4 ? pods.map((pod) => ({ ...pod, imageDigest: OTHER_DIGEST })) : pods;
    };
    const { checks } = await run(world);
    expect(verdictOf(checks)).toMatchObject({ verdict: 'PASS' });
  });

  it('goes on observing until a connection that just ended is open again', async () => {
    const world = new World();
    const begun = world.time;
    world.change.metrics = (text) =>
      world.time >= begun + 55_000 && world.time < begun + 70_000
        ? text.replace('connections_open 1', 'connections_open 0')
        : text;
    expect(verdictOf((await run(world)).checks)).toMatchObject({ verdict: 'PASS' });
  });

  it('looks again at an archive whose manifest was only just being written', async () => {
    const world = new World();
    let inspections = 0;
    world.change.inspect = (report) => {
      inspections += 1;
      return inspections === 1 ? changed(report, '_promoted', { manifest: 'missing' }) : report;
    };
    expect(verdictOf((await run(world)).checks)).toMatchObject({ verdict: 'PASS' });
    expect(inspections).toBe(4);
  });

  it('does not restart the recorder when it could not remember its archives', async () => {
    const world = new World();
    world.before = (call) => {
      if (call === 'inspect') throw new PlatformError('PLATFORM_JOB_FAILED', 'no');
    };
    await run(world);
    expect(world.calls.some((call) => call.startsWith('deletePod'))).toBe(false);
  });

  it('rides out errors that pass, and says at once which ones do not', async () => {
    const passing = new World();
    let failures = 3;
    passing.before = (call) => {
      if (call === 'pods' && failures-- > 0) throw new PlatformError('PLATFORM_UNREACHABLE', 'no');
    };
    expect(verdictOf((await run(passing)).checks).verdict).toBe('PASS');

    const forbidden = new World();
    forbidden.before = (call) => {
      if (call === 'pods') throw new PlatformError('PLATFORM_FORBIDDEN', 'verb list on pods');
    };
    const begun = forbidden.time;
    const { checks } = await run(forbidden);
    expect(checks[0]).toMatchObject({ status: 'fail', reason: /verb list on pods/ });
    expect(forbidden.time).toBe(begun);
  });

  it('takes a check that throws for a refusal, with its text', async () => {
    const gate = ws();
    const checks = gate.checks.map((check) =>
      check.id === 'payload-hashes'
        ? {
            ...check,
            run: () => {
              throw new TypeError('of undefined');
            },
          }
        : check,
    );
    const done = await runGate({ ...gate, checks }, new World().context());
    expect(done.checks.filter((check) => check.status === 'fail')).toMatchObject([
      { id: 'payload-hashes', reason: 'TypeError: of undefined' },
    ]);
  });
});

function variant(
  observation: string,
  refusedBy: readonly string[],
  saying: RegExp,
  breakIt: (world: World) => void,
  policy?: Partial<Policy>,
): Variant {
  return { observation, refusedBy, saying, breakIt, ...(policy === undefined ? {} : { policy }) };
}

function ARCHIVE_CHECKS(): string[] {
  return [
    'archives-parse',
    'payload-hashes',
    'sequences-gapless',
    'checkpoints-succeed',
    'recorder-receives',
    'connections-recover',
    'counters-exposed',
    'prior-archive-unchanged',
  ];
}

function withoutRun(report: InspectReport, run: string): InspectReport {
  return {
    ...report,
    archives: report.archives.filter((one) => one.run_id !== run),
    runs: report.runs.filter((one) => one.run_id !== run),
  };
}

function ws() {
  const gate = GATES['ws-smoke'];
  if (gate === undefined) throw new Error('there is no gate ws-smoke');
  return gate;
}

async function run(world: World, policy: Partial<Policy> = {}) {
  return runGate(ws(), world.context(policy));
}
