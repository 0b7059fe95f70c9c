import { PlatformError } from '../../../../runtime/gates/platform-error.ts';
import { type Variant, variant } from './variant.ts';

const CHECK = ['application-synced'];

/** What Kargo's Stage and Argo CD's Application tell; ws-smoke judges it. */
export const BAD_DELIVERIES: readonly Variant[] = [
  variant('promotion: absent', CHECK, /tells of no promotion/, (world) => {
    world.change.promotion = () => null;
  }),
  variant('promotion: of another commit', CHECK, /brought commit eeee/, (world) => {
    world.change.promotion = (promotion) => ({ ...promotion, commits: ['e'.repeat(40)] });
  }),
  variant('promotion: of no commit and no image', CHECK, /brought image \(none\)/, (world) => {
    world.change.promotion = (promotion) => ({ ...promotion, commits: [], digests: [] });
  }),
  variant('promotion: no application', CHECK, /synced 0 Applications/, (world) => {
    world.change.promotion = (promotion) => ({ ...promotion, applications: [] });
  }),
  variant('promotion: no revision', CHECK, /at no particular revision/, (world) => {
    world.change.promotion = (promotion) => ({
      ...promotion,
      applications: promotion.applications.map((one) => ({ ...one, revisions: [] })),
    });
  }),
  variant('promotion: did not succeed', CHECK, /is Failed/, (world) => {
    world.change.promotion = (promotion) => ({ ...promotion, phase: 'Failed' });
  }),
  variant('Application: absent', CHECK, /there is no Application/, (world) => {
    world.change.application = () => null;
  }),
  variant('Application: no revision', CHECK, /is at no revision/, (world) => {
    world.change.application = (application) => ({ ...application, revision: null });
  }),
  variant('Application: another revision', CHECK, /is at eeee/, (world) => {
    world.change.application = (application) => ({ ...application, revision: 'e'.repeat(40) });
  }),
  variant('Application: no objects', CHECK, /is not among the objects/, (world) => {
    world.change.application = (application) => ({ ...application, resources: [] });
  }),
  variant('Application: unknown sync', CHECK, /is Unknown/, (world) => {
    world.change.application = (application) => ({ ...application, sync: 'Unknown' });
  }),
  variant('Application: cannot be read', CHECK, /may not get applications/, (world) => {
    world.change.application = () => {
      throw new PlatformError('PLATFORM_FORBIDDEN', 'may not get applications');
    };
  }),
];
