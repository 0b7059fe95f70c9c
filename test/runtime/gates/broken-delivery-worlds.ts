import type { ApplicationState, PromotionState } from '../../../runtime/gates/delivery-state.ts';
import { type BrokenWorld, brokenWorlds } from './broken-world.ts';
import { OTHER_DIGEST } from './world.ts';

const broken = brokenWorlds('ws-smoke');

export const BROKEN_DELIVERY_WORLDS: readonly BrokenWorld[] = applicationWorlds();

function applicationWorlds(): readonly BrokenWorld[] {
  const promotion = (defect: string, by: Partial<PromotionState> | null) =>
    broken('application-synced', defect, (world) => {
      world.change.promotion = (state) => by && { ...state, ...by };
    });
  const application = (defect: string, by: (state: ApplicationState) => ApplicationState | null) =>
    broken('application-synced', defect, (world) => {
      world.change.application = by;
    });
  const applications = (revisions: readonly string[]) => ({
    applications: [{ namespace: 'argocd', name: 'orderbooks-canary', revisions }],
  });
  return [
    promotion('the Stage had no promotion', null),
    promotion('the last promotion failed', { phase: 'Failed' }),
    promotion('the last promotion was of another commit', { commits: ['e'.repeat(40)] }),
    promotion('the last promotion was of another image', { digests: [OTHER_DIGEST] }),
    promotion('the last promotion synced nothing', { applications: [] }),
    promotion('no revision was demanded', applications([])),
    promotion('an empty revision was demanded', applications([''])),
    promotion('another revision was promoted', applications(['e'.repeat(40)])),
    promotion('two Applications were synced', {
      applications: ['a', 'b'].map((name) => ({ namespace: 'argocd', name, revisions: ['x'] })),
    }),
    application('there is no Application', () => null),
    application('it is not Synced', (state) => ({ ...state, sync: 'OutOfSync' })),
    application('it has no revision', (state) => ({ ...state, revision: null })),
    application('it could not be compared', (state) => ({
      ...state,
      conditions: [{ type: 'ComparisonError', message: 'no such file' }],
    })),
    application('an object is left over', (state) => ({
      ...state,
      resources: [
        ...state.resources,
        { object: '/ConfigMap/old', status: 'OutOfSync', requiresPruning: true },
      ],
    })),
    application('an object differs', (state) => ({
      ...state,
      resources: state.resources.map((one) => ({ ...one, status: 'OutOfSync' })),
    })),
    application('an object of the render is missing', (state) => ({
      ...state,
      resources: state.resources.filter(({ object }) => !object.includes('CronJob')),
    })),
    application('it lists no objects', (state) => ({ ...state, resources: [] })),
  ];
}
