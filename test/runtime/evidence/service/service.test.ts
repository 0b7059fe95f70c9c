import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { evidenceCommand } from '../../../../runtime/evidence/command-line.ts';
import { KeptRuns } from '../../../../runtime/evidence/service/kept-runs.ts';
import { guardOf } from '../../../../runtime/evidence/service/token.ts';
import { isPodOf } from '../../../../runtime/evidence/service/verifier-pod.ts';
import { evidenceText } from '../../../../runtime/evidence/text.ts';
import type { Evidence } from '../../../../runtime/gates/evidence.ts';
import { createApi } from '../../../../runtime/gates/kubernetes/api.ts';
import { openCluster } from '../../../../runtime/gates/kubernetes/cluster.ts';
import { EVIDENCE_READER_RULES } from '../../../../runtime/gates/kubernetes/permissions.ts';
import { evaluateTemplate } from '../../../../scripts/kargo/template.ts';
import { until } from '../../recorder/feed-server.ts';
import { startProgram } from '../../recorder/recorder-process.ts';
import { refused } from '../documents.ts';
import { type EvidenceSite, evidenceSite } from './site.ts';

/** As Rollouts names it: the AnalysisRun's uid, the metric's name cut to 24 characters, the measurement. */
const JOB = '8c1f6d0e-3b5a-4a57-9d2e-6f0a1b2c3d4e.collector-and-ws-smoke.1';
const LOG = `/stages/canary/jobs/${JOB}/log`;
const POD = `${`${JOB}-`.slice(0, 58)}x7k2p`;
const RUN = 'evidence-run-canary-20261121t100000z-0123abcd';

let site: EvidenceSite;
beforeEach(async () => {
  site = await evidenceSite({ pageUrl: 'https://evidence.example.com' });
});
afterEach(() => site.close());

/** What Kargo's API server makes of the values' templates (akuity/kargo, pkg/server/get_analysisrun_logs.go). */
function askedByKargo(variables: Readonly<Record<string, string>>): { url: URL; header: string } {
  const file = new URL('../../../../platform/values/examples/kargo-evidence.yaml', import.meta.url);
  const written = readFileSync(file, 'utf8');
  const uncommented = written.replace(/# (tokenSecret|httpHeaders):/g, '$1:');
  expect(parse(written)).toMatchObject({ api: { rollouts: { logs: { enabled: true } } } });
  const { logs } = (
    parse(uncommented) as {
      api: {
        rollouts: { logs: { urlTemplate: string; httpHeaders: { Authorization: string } } };
      };
    }
  ).api.rollouts;
  const filled = (template: string) =>
    String(evaluateTemplate(template, { variables, functions: {} }, 'log URL'));
  return { url: new URL(filled(logs.urlTemplate)), header: filled(logs.httpHeaders.Authorization) };
}

function ofPod(pod: string, changes: Partial<Evidence> = {}): Evidence {
  const { versions } = refused();
  return refused({ versions: { ...versions, verifier_pod: pod }, ...changes });
}

async function text(path: string): Promise<{ status: number; body: string }> {
  const response = await site.get(path);
  return { status: response.status, body: await response.text() };
}

/** Puts a pod of the Job, and its log, behind the API server. */
function verifierPod(status: object, log = ''): void {
  site.api.fault = (seen) => {
    if (seen.resource === 'pods/log') return { text: log };
    if (seen.resource !== 'pods') return null;
    expect(seen.query.get('labelSelector')).toBe(`batch.kubernetes.io/job-name=${JOB}`);
    return {
      status: 200,
      body: {
        kind: 'PodList',
        items: [
          {
            metadata: { name: POD, namespace: 'orderbooks-delivery', uid: 'u' },
            spec: { containers: [{ name: 'verifier' }] },
            status,
          },
        ],
      },
    };
  };
}

describe("behind Kargo's log URL", () => {
  it('stands the evidence of the run that the Job made, with the address of its page', async () => {
    await site.keep(ofPod(POD));
    const response = await site.get(LOG);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.text()).toBe(
      `${evidenceText(ofPod(POD))}page: https://evidence.example.com/runs/${RUN}\n`,
    );
  });

  it("is what Kargo asks with the URL and the header of the platform's values", async () => {
    const guarded = await evidenceSite({ token: 'a-long-enough-token' });
    try {
      await guarded.keep(ofPod(POD));
      const { url, header } = askedByKargo({
        project: 'orderbooks-delivery',
        stage: 'canary',
        jobName: JOB,
        token: 'a-long-enough-token',
      });
      expect(url.host).toBe('orderbooks-evidence.orderbooks-delivery.svc:8080');
      const response = await guarded.get(url.pathname, { authorization: header });
      expect(await response.text()).toMatch(/^FAIL {2}ws-smoke {2}stage canary\n/);
    } finally {
      await guarded.close();
    }
  });

  it('is never empty and holds no character that ends an event of a stream early', async () => {
    await site.keep(ofPod(POD, { logs: [{ source: 'pod x', text: 'one\r\ntwo\r\n' }] }));
    for (const path of [LOG, '/stages/full/jobs/nobody/log']) {
      const { body } = await text(path);
      expect(body.trim()).not.toBe('');
      expect(body).not.toContain('\r');
    }
  });

  it('takes no run of another Job or another Stage for it', async () => {
    await site.keep(ofPod(`${JOB.replace('8c1f', '8c1e')}-`.slice(0, 58).concat('x7k2p')));
    expect((await text(LOG)).status).toBe(404);
    await site.keep(
      ofPod(POD, {
        run: 'evidence-run-full-20261121t110000z-0123abcd',
        subject: { ...refused().subject, stage: 'full' },
      }),
    );
    expect((await text(LOG)).status).toBe(404);
  });

  it('stands what the verifier says so far, without secrets, while it has left no evidence', async () => {
    verifierPod(
      { phase: 'Running', containerStatuses: [running()] },
      '10:00:01 waits for the pod\npassword=hunter2hunter2\n\u001b[2J10:00:09 inspects\n',
    );
    const { status, body } = await text(LOG);
    expect(status).toBe(200);
    expect(body).toMatch(/^The gate has not ended/);
    expect(body).toContain('10:00:01 waits for the pod');
    expect(body).not.toContain('hunter2');
    expect(body).not.toContain('\u001b');
  });

  it('stands why the verifier does not start', async () => {
    const waiting = { reason: 'ImagePullBackOff', message: 'manifest unknown' };
    verifierPod({
      phase: 'Pending',
      containerStatuses: [{ ...running(), state: { waiting } }],
    });
    expect((await text(LOG)).body).toContain(
      `pod ${POD} of Job ${JOB}: Pending, ImagePullBackOff: manifest unknown`,
    );
    expect(site.api.requests.map(({ resource }) => resource)).not.toContain('pods/log');
  });

  it.each(['Failed', 'Succeeded'])(
    'a verifier that %s without evidence is called no PASS',
    async (phase) => {
      verifierPod({ phase, containerStatuses: [running()] }, 'cannot write\n');
      const { body } = await text(LOG);
      expect(body).toMatch(/^It ended without leaving evidence in the cluster, which is no PASS/);
      expect(body).toContain('cannot write');
    },
  );

  it('stands what there is instead, where the Job left nothing', async () => {
    await site.keep(ofPod('some-other-pod'));
    site.api.fault = (seen) =>
      seen.resource === 'pods' ? { status: 200, body: { kind: 'PodList', items: [] } } : null;
    const { status, body } = await text(LOG);
    expect(status).toBe(404);
    expect(body).toContain(`No evidence of Job ${JOB} in namespace orderbooks-delivery`);
    expect(body).toContain(`FAIL     2026-11-21T10:05:00.000Z  ws-smoke  ${RUN}`);
    expect((await text('/stages/full/jobs/x/log')).body).toContain('No run of stage full is kept');
  });

  it('stands no document that is not what was sealed', async () => {
    await site.keep({ ...ofPod(POD), reason: 'all is well' });
    const { status, body } = await text(LOG);
    expect(status).toBe(502);
    expect(body).toContain('EVIDENCE_TAMPERED');
    expect(body).not.toMatch(/^(PASS|FAIL)/);
  });

  it.each([
    [JOB, POD, true],
    ['verify', 'verify-x7k2p', true],
    ['verify', 'verify-2-x7k2p', false],
    ['verify', 'verify-x7k2', false],
    ['verify', '', false],
  ])('of Job %s, pod %s: %s', (job, pod, is) => {
    expect(isPodOf(pod, job)).toBe(is);
  });
});

describe('the pages', () => {
  it('show the document of a run, which may be kept because it never changes', async () => {
    await site.keep(refused());
    const response = await site.get(`/runs/${RUN}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(response.headers.get('cache-control')).toBe('private, max-age=86400, immutable');
    const body = await response.text();
    expect(body).toContain('href="../stages/canary"');
    expect(body).toContain(`<code>${refused().sha256}</code>`);
    const tag = response.headers.get('etag') ?? '';
    const again = await site.get(`/runs/${RUN}`, { 'if-none-match': tag });
    expect([again.status, await again.text()]).toEqual([304, '']);
    const other = await site.get(`/runs/${RUN}.txt`, { 'if-none-match': tag });
    expect([other.status, await other.text()]).toEqual([200, evidenceText(refused())]);
  });

  it('give the document itself as well', async () => {
    await site.keep(refused());
    const response = await site.get(`/runs/${RUN}.json`);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toEqual(refused());
  });

  it('list the runs of a Stage, newest first, and the Stages', async () => {
    await site.keep(refused());
    const newer = 'evidence-run-canary-20261121t120000z-0123abcd';
    await site.keep(
      refused({
        run: newer,
        verdict: 'PASS',
        reason: 'all <b>passed</b>',
        started_at: '2026-11-21T12:00:00.000Z',
        finished_at: '2026-11-21T12:01:00.000Z',
      }),
    );
    const { body } = await text('/stages/canary');
    expect(body.indexOf(`../runs/${newer}`)).toBeGreaterThan(0);
    expect(body.indexOf(`../runs/${newer}`)).toBeLessThan(body.indexOf(`../runs/${RUN}`));
    expect(body).toContain('<title>PASS: stage canary</title>');
    expect(body).toContain('all &lt;b&gt;passed&lt;/b&gt;');
    const index = await text('/');
    expect(index.body).toContain('href="stages/canary"');
    expect(index.body).toContain(`href="runs/${newer}"`);
    expect(index.body).not.toContain(RUN);
  });

  it('say so where there is nothing', async () => {
    expect((await text('/')).body).toContain('No gate has left evidence here yet');
    expect((await text('/stages/full')).body).toContain('No gate has left evidence of this Stage');
    const gone = await text(`/runs/${RUN}`);
    expect(gone.status).toBe(404);
    expect(gone.body).toContain('does not keep this run');
  });

  it('leave out what is no evidence, and go on', async () => {
    await site.keep(refused());
    site.api.configMaps.set('orderbooks-delivery/evidence-run-canary-x', {
      kind: 'ConfigMap',
      metadata: {
        name: 'evidence-run-canary-x',
        namespace: 'orderbooks-delivery',
        labels: { 'orderbooks-evidence': 'run', 'orderbooks-stage': 'canary' },
      },
      data: { 'evidence.json': '{"half":' },
    });
    expect((await text('/stages/canary')).body).toContain('1 run kept');
  });

  it.each([
    '/runs/market-sessions',
    '/runs/evidence-canary-0123456789ab-0123456789ab',
    '/runs/evidence-run-..%2f..%2fsecrets',
    '/stages/canary,orderbooks-evidence=latest',
    '/stages/Canary',
    `/stages/canary/jobs/${'x'.repeat(64)}/log`,
    '/favicon.ico',
    '//evil',
  ])('have nothing at %s, ask nobody about it, and say what there is', async (path) => {
    const { status, body } = await text(path);
    expect(status).toBe(404);
    expect(body).toContain('/stages/STAGE/jobs/JOB/log');
    expect(site.api.requests).toEqual([]);
  });

  it('are only read', async () => {
    const response = await fetch(`${site.url}/`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(405);
    expect((await fetch(`${site.url}/`, { method: 'HEAD' })).status).toBe(200);
  });
});

describe('the cluster', () => {
  it('is asked for nothing but what the Role of the service allows, and for all of it', async () => {
    await site.keep(ofPod(POD));
    await text(LOG);
    await text(`/runs/${RUN}`);
    verifierPod({ phase: 'Running', containerStatuses: [running()] });
    await text(LOG.replace('canary', 'full'));
    await site.verdicts.look();
    const used = new Set(site.api.requests.map(({ verb, resource }) => `${verb} ${resource}`));
    const allowed = EVIDENCE_READER_RULES.flatMap(({ verbs, resources }) =>
      verbs.flatMap((verb) => resources.map((resource) => `${verb} ${resource}`)),
    );
    expect([...used].sort()).toEqual(allowed.sort());
    expect(new Set(site.api.requests.map(({ namespace }) => namespace))).toEqual(
      new Set(['orderbooks-delivery']),
    );
  });

  it('that does not answer is told to whoever asks, and to the kubelet', async () => {
    await site.verdicts.look();
    expect((await site.get('/readyz')).status).toBe(200);
    site.api.fault = () => ({ status: 500, body: { message: 'etcd is away' } });
    const { status, body } = await text('/stages/canary');
    expect([status, body]).toEqual([503, expect.stringContaining('etcd is away')]);
    await site.verdicts.look();
    expect((await site.get('/readyz')).status).toBe(503);
    expect((await site.get('/healthz')).status).toBe(200);
    site.api.fault = () => null;
    expect((await text('/stages/canary')).status).toBe(200);
    await site.verdicts.look();
    expect((await site.get('/readyz')).status).toBe(200);
  });

  it('is asked once by a burst of questions, and again when they are older', async () => {
    await site.keep(refused());
    let now = 0;
    const signal = new AbortController().signal;
    const api = createApi(openCluster({ kubeconfig: site.options.kubeconfig }), { signal });
    const runs = new KeptRuns(api, 'orderbooks-delivery', () => now);
    await Promise.all([runs.all(), runs.ofStage('canary'), runs.all()]);
    expect(site.api.requests).toHaveLength(1);
    now = 2_000;
    expect(await runs.ofStage('canary')).toHaveLength(1);
    expect(site.api.requests).toHaveLength(2);
  });

  it('shows its newest verdicts as metrics, and that a gate runs', async () => {
    await site.keep(refused());
    await site.verdicts.look();
    const before = await text('/metrics');
    expect(before.body).toContain(
      'orderbooks_evidence_verdict{stage="canary",gate="ws-smoke",verdict="FAIL"} 1',
    );
    await site.begin('evidence-run-later', new Date('2026-11-21T12:00:00Z'));
    await site.verdicts.look();
    const { body } = await text('/metrics');
    expect(body).toContain('gate="ws-smoke",verdict="RUNNING"} 1');
    expect(body).not.toContain('verdict="FAIL"');
    expect(body).toContain(
      `orderbooks_evidence_started_timestamp_seconds{stage="canary"} ${Date.parse('2026-11-21T12:00:00Z') / 1000}`,
    );
  });
});

describe('with a token', () => {
  const token = 'a-long-enough-token';
  const headers = (authorization: string) => ({ authorization });
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

  it('nobody sees evidence without it; Kargo sends it, a browser asks for it', async () => {
    const guarded = await evidenceSite({ token });
    try {
      const asked = await guarded.get('/');
      expect(asked.status).toBe(401);
      expect(asked.headers.get('www-authenticate')).toMatch(/^Basic /);
      expect(guarded.api.requests).toEqual([]);
      for (const wrong of ['Bearer wrong-wrong-wrong-wrong', basic('me:wrong'), token, 'Bearer']) {
        expect((await guarded.get('/', headers(wrong))).status, wrong).toBe(401);
      }
      for (const right of [`Bearer ${token}`, `bearer ${token}`, basic(`me:${token}`)]) {
        expect((await guarded.get('/', headers(right))).status, right).toBe(200);
      }
      expect((await guarded.get('/healthz')).status).toBe(200);
    } finally {
      await guarded.close();
    }
  });

  it('that can be guessed is refused before anything is served', () => {
    expect(() => guardOf('short')).toThrow(/at least 16 characters, got 5/);
  });
});

describe('as a program', () => {
  it('serves until SIGTERM, answers what was asked already, and ends with 0', {
    timeout: 90_000,
  }, async () => {
    await site.keep(refused());
    const program = startProgram(
      ['evidence', 'serve', '--port=0', `--kubeconfig=${site.options.kubeconfig}`],
      { ORDERBOOKS_EVIDENCE_TOKEN: 'a-long-enough-token' },
    );
    try {
      const port = () => /"port":(\d+)/.exec(program.stdout())?.[1];
      await until('the address', () => port() !== undefined, 60_000);
      let asked = false;
      site.api.fault = (seen) => {
        if (seen.verb !== 'get') return null;
        asked = true;
        program.child.kill('SIGTERM');
        return null;
      };
      const response = await fetch(`http://127.0.0.1:${port()}/runs/${RUN}.txt`, {
        headers: { authorization: 'Bearer a-long-enough-token' },
      });
      expect(asked).toBe(true);
      expect([response.status, await response.text()]).toEqual([200, evidenceText(refused())]);
      expect(await program.exit).toEqual({ code: 0, signal: null });
      expect(program.stdout()).not.toContain('a-long-enough-token');
    } finally {
      program.child.kill('SIGKILL');
    }
  });

  it.each([
    ['--port=70000', /expected a port from 0 to 65535, got "70000"/],
    ['--page-url=ftp://x', /expected the http or https address of this service/],
  ])('takes no %s', async (flag, saying) => {
    const program = evidenceCommand(() => undefined);
    for (const command of program.commands) {
      command.exitOverride().configureOutput({ writeErr: () => undefined });
    }
    await expect(program.parseAsync(['serve', flag], { from: 'user' })).rejects.toThrow(saying);
  });
});

function running() {
  return { name: 'verifier', restartCount: 0, state: { running: { startedAt: null } } };
}
