import type { Change } from './changes.ts';

const OVERLAYS = ['canary', 'full'] as const;

/** Records the simulator that comes as a component, instead of Polymarket: one for both, or they could not be compared. */
export const SIMULATED: readonly Change[] = [
  {
    kind: 'component',
    kustomization: 'gitops/overlays/canary',
    component: 'gitops/components/simulated-feed',
    why: 'nothing of Polymarket is needed',
  },
  {
    kind: 'component',
    kustomization: 'gitops/overlays/full',
    component: 'gitops/components/canary-feed',
    why: 'both record the same exchange',
  },
  {
    kind: 'component',
    kustomization: 'argocd',
    component: 'argocd/components/simulated-feed',
    why: 'Argo CD may sync it',
  },
];

/**
 * What the rehearsal shortens as well (scripts/rehearse/overrides.ts). Rotation stays longer than the upload of what two
 * minutes leave: with production's five minutes it hides behind the wait for rotation too.
 */
export const QUICK: readonly Change[] = [
  ...OVERLAYS.flatMap((stage) =>
    Object.entries({
      'archive.rotateAfter': '15s',
      'recorder.checkpointInterval': '2s',
      'discovery.interval': '5s',
    }).map(([path, value]) => shorter(`gitops/overlays/${stage}/config.yaml`, path, value)),
  ),
  ...OVERLAYS.flatMap((stage) =>
    Object.entries({ observation: '10s', dataTimeout: '60s', readyTimeout: '120s' }).map(
      ([path, value]) => shorter(`kargo/policy-${stage}.yaml`, path, value),
    ),
  ),
  ...Object.entries({
    'comparison.window': '20s',
    'comparison.span': '1s',
    'comparison.settle': '1s',
  }).map(([path, value]) => shorter('kargo/policy-canary.yaml', path, value)),
];

function shorter(file: string, path: string, value: string): Change {
  return { kind: 'value', file, path, value, why: '--quick' };
}
