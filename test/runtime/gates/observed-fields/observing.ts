import type { Platform } from '../../../../runtime/gates/platform.ts';
import { type SeriesFields, seriesFields, seriesText } from './series.ts';

type Calls = Partial<{
  [Call in keyof Platform]: Platform[Call] extends (...given: infer Given) => unknown
    ? (...given: Given) => string
    : never;
}>;

/** Every call whose answer a gate judges, and what that answer is called. */
const OBSERVATIONS = {
  pods: (namespace, component) => `${component} pods of ${namespace}`,
  deployment: (namespace, name) => `${name} of ${namespace}`,
  lastPromotion: () => 'promotion',
  application: () => 'Application',
  metrics: (namespace) => `metrics of ${namespace}`,
  inspect: () => 'report',
  summarise: (namespace) => `summary of ${namespace}`,
  upload: () => 'Job',
} satisfies Calls;

/** Calls that observe nothing of what is judged. With the others these are all, or the compiler says which is missing. */
export const NOT_JUDGED = {
  missingRights: 'asked before anything is touched; what is missing ends the run',
  deletePod: 'has no answer',
  log: 'only evidence quotes it',
  putConfigMap: 'writes evidence',
  keptEvidence: 'makes room for evidence',
  deleteEvidence: 'makes room for evidence',
  tellStage: 'tells people',
  description: 'for people',
  jobsRun: 'for the times in evidence',
} satisfies Record<Exclude<keyof Platform, keyof typeof OBSERVATIONS>, string>;

/**
 * A platform whose answers go through `pass`, with their name and how many of that name came before. Metrics go through
 * as fields.
 *
 * @param only the one name that is asked about; all if null
 */
export function observing(
  platform: Platform,
  pass: (observed: string, answer: unknown, before: number) => unknown,
  only: string | null = null,
): Platform {
  const counts = new Map<string, number>();
  return new Proxy(platform, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      const name: unknown = Reflect.get(OBSERVATIONS, key);
      if (typeof name !== 'function') return value.bind(target);
      return async (...given: unknown[]) => {
        const answer: unknown = await value.apply(target, given);
        const observed: string = name(...given);
        if (only !== null && observed !== only) return answer;
        const before = counts.get(observed) ?? 0;
        counts.set(observed, before + 1);
        return key === 'metrics'
          ? seriesText(pass(observed, seriesFields(String(answer)), before) as SeriesFields)
          : pass(observed, answer, before);
      };
    },
  });
}
