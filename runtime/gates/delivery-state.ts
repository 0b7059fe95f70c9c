/** The last Promotion of a Stage, as Kargo's Stage object tells of it. */
export interface PromotionState {
  readonly name: string;
  readonly phase: string;
  /** Commits and image digests of its Freight. */
  readonly commits: readonly string[];
  readonly digests: readonly string[];
  /** Where it had what synced. */
  readonly applications: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly revisions: readonly string[];
  }[];
}

/** What Argo CD says of an Application. */
export interface ApplicationState {
  readonly name: string;
  readonly sync: string;
  readonly revision: string | null;
  readonly conditions: readonly { readonly type: string; readonly message: string }[];
  readonly resources: readonly {
    /** `group/kind/name`, the core group being empty. */
    readonly object: string;
    readonly status: string;
    readonly requiresPruning: boolean;
  }[];
}

export interface DeliveryState {
  readonly promotion: PromotionState | null;
  /** Of the one Application that the Promotion synced; null if there is none. */
  readonly application: ApplicationState | null;
}

/** Conditions of a kind under which Argo CD's status says less than it seems to. */
const WARNING = /Error$|Warning$/;

/**
 * Why what is delivered is not exactly what was promoted; empty if it is. Kargo's own sync never prunes and calls that
 * Healthy, and so does it a render of which a file could not be read: both are seen here, in the list of objects.
 *
 * @param wanted `group/kind/name` of each object of the render; a `*` at the end stands for the hash of a name
 */
export function deliveryFaults(
  { promotion, application }: DeliveryState,
  subject: { readonly stage: string; readonly commit: string; readonly imageDigest: string },
  wanted: readonly string[],
): readonly string[] {
  if (promotion === null) return [`Stage ${subject.stage} tells of no promotion`];
  const found: string[] = [];
  const { name } = promotion;
  if (promotion.phase !== 'Succeeded') found.push(`promotion ${name} is ${promotion.phase}`);
  if (!promotion.commits.includes(subject.commit)) {
    found.push(`promotion ${name} brought commit ${promotion.commits.join(', ') || '(none)'}`);
  }
  if (!promotion.digests.includes(subject.imageDigest)) {
    found.push(`promotion ${name} brought image ${promotion.digests.join(', ') || '(none)'}`);
  }
  const [place, ...others] = promotion.applications;
  if (place === undefined || others.length > 0) {
    return [
      ...found,
      `promotion ${name} synced ${promotion.applications.length} Applications, not 1`,
    ];
  }
  if (application === null) return [...found, `there is no Application ${place.name}`];
  const [revision] = place.revisions;
  if (revision === undefined || revision === '') {
    found.push(`promotion ${name} had Application ${place.name} synced at no particular revision`);
  } else if (application.revision !== revision) {
    found.push(
      `Application ${place.name} is at ${application.revision ?? 'no revision'}, ${revision} was promoted`,
    );
  }
  if (application.sync !== 'Synced') found.push(`Application ${place.name} is ${application.sync}`);
  for (const { type, message } of application.conditions) {
    if (WARNING.test(type)) found.push(`${type}: ${message}`);
  }
  for (const { object, status, requiresPruning } of application.resources) {
    if (requiresPruning) found.push(`${object} was left over and is to be pruned`);
    else if (status !== 'Synced') found.push(`${object} is ${status}`);
  }
  for (const object of wanted) {
    const isThere = application.resources.some((one) => matches(one.object, object));
    if (!isThere) found.push(`${object} is not among the objects of Application ${place.name}`);
  }
  return found;
}

function matches(object: string, wanted: string): boolean {
  return wanted.endsWith('*') ? object.startsWith(wanted.slice(0, -1)) : object === wanted;
}
