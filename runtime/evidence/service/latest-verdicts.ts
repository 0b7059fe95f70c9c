import { z } from 'zod';
import { VERDICTS, type Verdict } from '../../gates/evidence.ts';
import type { Api } from '../../gates/kubernetes/api.ts';
import { keptEvidence } from '../../gates/kubernetes/kept-evidence.ts';
import type { Condition } from '../../observability/server.ts';

/** The latest verdict of a Stage, the newest of those for its Freights; `RUNNING` while a gate runs. */
export interface LatestVerdict {
  readonly stage: string;
  readonly gate: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly startedAt: string;
  /** Empty while it runs. */
  readonly finishedAt: string;
}

/** Between two looks at the cluster; a scrape and a probe in between cost nothing. */
export const LOOK_EVERY_MS = 15_000;

const NAME = /^evidence-(.+)-[0-9a-f]{12}-[0-9a-f]{12}$/;

const latest = z.object({
  gate: z.string(),
  verdict: z.enum(VERDICTS),
  reason: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
});

/** What metrics and readiness are made of: half a kilobyte for each Freight that was ever judged, looked at in the background. */
export class LatestVerdicts {
  readonly #api: Api;
  readonly #project: string;
  #verdicts: readonly LatestVerdict[] = [];
  #condition: Condition = { name: 'cluster', ok: false, detail: 'has not been asked yet' };

  constructor(api: Api, project: string) {
    this.#api = api;
    this.#project = project;
  }

  /** Never rejects: what went wrong is the readiness. */
  async look(): Promise<void> {
    try {
      const kept = await keptEvidence(this.#api, this.#project, 'latest');
      const newest = new Map<string, LatestVerdict>();
      for (const { name, data } of kept) {
        const stage = NAME.exec(name)?.[1];
        const { data: found } = latest.safeParse(data);
        // Oldest first: the newest of a Stage stays.
        if (stage !== undefined && found !== undefined) newest.set(stage, { stage, ...found });
      }
      this.#verdicts = [...newest.values()].toSorted((a, b) => (a.stage < b.stage ? -1 : 1));
      this.#condition = {
        name: 'cluster',
        ok: true,
        detail: `${kept.length} latest verdicts in namespace ${this.#project}`,
      };
    } catch (error) {
      this.#condition = { name: 'cluster', ok: false, detail: String(error) };
    }
  }

  get verdicts(): readonly LatestVerdict[] {
    return this.#verdicts;
  }

  get condition(): Condition {
    return this.#condition;
  }
}
