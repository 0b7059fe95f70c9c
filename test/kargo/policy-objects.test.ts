import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { policy } from '../../runtime/gates/policy.ts';
import { render } from '../manifests/render.ts';

describe.each(['canary', 'full'])('the policy of %s', (stage) => {
  it('names every object of the render, and no other', () => {
    const file = new URL(`../../kargo/policy-${stage}.yaml`, import.meta.url);
    const { objects } = policy.parse(parse(readFileSync(file, 'utf8')));
    const rendered = render(`gitops/overlays/${stage}`).map(({ apiVersion, kind, metadata }) => {
      const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
      const generated = kind === 'ConfigMap' && /-[a-z0-9]{10}$/.test(metadata.name);
      return `${group}/${kind}/${generated ? `${metadata.name.slice(0, -10)}*` : metadata.name}`;
    });
    expect([...objects].sort()).toEqual(rendered.sort());
  });

  it('ends a run, with evidence, before its Job is ended', () => {
    const file = new URL(`../../kargo/policy-${stage}.yaml`, import.meta.url);
    const { deadline } = policy.parse(parse(readFileSync(file, 'utf8')));
    const template = render('kargo').find(
      ({ kind, metadata }) => kind === 'AnalysisTemplate' && metadata.name === `${stage}-gates`,
    );
    const metrics = template?.spec?.['metrics'] as readonly {
      provider: { job: { spec: { activeDeadlineSeconds: number } } };
    }[];
    // A minute to delete a Job, read logs and write the evidence everywhere.
    for (const { provider } of metrics) {
      expect(deadline).toBeLessThanOrEqual((provider.job.spec.activeDeadlineSeconds - 60) * 1000);
    }
    expect(metrics.length).toBeGreaterThan(0);
  });
});
