import { z } from 'zod';
import { VERDICTS, type Verdict } from '../../gates/evidence.ts';
import type { Api } from '../../gates/kubernetes/api.ts';
import { keptEvidence } from '../../gates/kubernetes/kept-evidence.ts';
import type { KeptEvidence } from '../../gates/platform.ts';

/** What a list says of a run; the document itself is read and verified when somebody opens it. */
export interface KeptRun {
  readonly name: string;
  readonly stage: string;
  readonly gate: string;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly commit: string;
  readonly imageDigest: string;
  /** Pod of the verifier; empty for a run outside a cluster. */
  readonly pod: string;
}

/** A burst of questions, such as Kargo's and a person's, costs one list of documents. */
const FRESH_MS = 2_000;

const head = z.object({
  gate: z.string(),
  verdict: z.enum(VERDICTS),
  reason: z.string(),
  started_at: z.string(),
  finished_at: z.string(),
  subject: z.object({ stage: z.string(), commit: z.string(), image_digest: z.string() }),
  versions: z.object({ verifier_pod: z.string() }),
});

/**
 * The runs that the Project keeps, newest first. What cannot be read as evidence is left out here, and explained where
 * somebody asks for it by name.
 */
export class KeptRuns {
  readonly #api: Api;
  readonly #project: string;
  readonly #now: () => number;
  /** Documents are immutable: each is parsed once, and forgotten when it is gone. */
  #known = new Map<string, KeptRun | null>();
  #listed: { readonly at: number; readonly runs: Promise<readonly KeptRun[]> } | null = null;

  constructor(api: Api, project: string, now: () => number = Date.now) {
    this.#api = api;
    this.#project = project;
    this.#now = now;
  }

  async all(): Promise<readonly KeptRun[]> {
    const listed = this.#listed;
    if (listed !== null && this.#now() - listed.at < FRESH_MS) return listed.runs;
    const runs = this.#list();
    this.#listed = { at: this.#now(), runs };
    // A failure is answered to those who asked meanwhile, and not kept.
    runs.catch(() => {
      if (this.#listed?.runs === runs) this.#listed = null;
    });
    return runs;
  }

  async ofStage(stage: string): Promise<readonly KeptRun[]> {
    return (await this.all()).filter((run) => run.stage === stage);
  }

  async #list(): Promise<readonly KeptRun[]> {
    const kept = await keptEvidence(this.#api, this.#project, 'run');
    this.#known = new Map(
      kept.map((one) => [one.name, this.#known.get(one.name) ?? headOf(one)] as const),
    );
    return [...this.#known.values()].filter((run) => run !== null).toReversed();
  }
}

function headOf({ name, data }: KeptEvidence): KeptRun | null {
  let value: unknown;
  try {
    value = JSON.parse(data['evidence.json'] ?? '');
  } catch {
    return null;
  }
  const { data: found } = head.safeParse(value);
  if (found === undefined) return null;
  return {
    name,
    stage: found.subject.stage,
    gate: found.gate,
    verdict: found.verdict,
    reason: found.reason,
    startedAt: found.started_at,
    finishedAt: found.finished_at,
    commit: found.subject.commit,
    imageDigest: found.subject.image_digest,
    pod: found.versions.verifier_pod,
  };
}
