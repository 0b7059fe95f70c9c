import { describe, expect, it } from 'vitest';
import {
  ARGOCD_RULES,
  PROJECT_RULES,
  STAGE_RULES,
  WORKLOAD_RULES,
} from '../../runtime/gates/kubernetes/permissions.ts';
import { rulesGranted, verbsOf } from './granted.ts';

const granted = (kustomization: string) =>
  verbsOf(rulesGranted(kustomization, 'orderbooks-verifier'));

/** That the gates use all of it is said by the rehearsal (test/scripts/rehearse/promotion.test.ts). */
describe('the verifier may do what the gates do and nothing else', () => {
  // Which pod it may delete there is said by the admission policy orderbooks-verifier-pods.
  it.each(['canary', 'full'])('in the namespace of the workloads of %s', (stage) => {
    expect(granted(`gitops/overlays/${stage}`)).toEqual(verbsOf(WORKLOAD_RULES));
  });

  it('in the namespace of Argo CD', () => {
    expect(granted('argocd')).toEqual(verbsOf(ARGOCD_RULES));
  });

  it('in the project, where the evidence is kept', () => {
    expect(granted('kargo')).toEqual(verbsOf([...PROJECT_RULES, ...STAGE_RULES]));
  });
});
