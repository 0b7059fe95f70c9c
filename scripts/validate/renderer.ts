import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KustomizeProgram } from '../kustomize/program.ts';
import { type RenderedObject, renderOverlay } from '../kustomize/render.ts';
import { fields } from './fields.ts';
import { KUBERNETES_YAML, MAX_ALIASES } from './kubernetes-yaml.ts';

/** A rendered object with its value, as Kubernetes reads it. */
export interface RenderedValue {
  readonly value: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** What rendering took. */
export interface RenderingSpent {
  /** Processes that were started. */
  readonly processes: number;
  /** Time during which at least one of them ran. */
  readonly milliseconds: number;
}

/** Renders for one validation. */
export interface Renderer {
  readonly program: KustomizeProgram;
  readonly signal: AbortSignal | undefined;
  /** An empty folder of its own, real path; removed at the end. */
  readonly home: string;
  /** Renders the kustomization in `folder` (absolute) when its turn comes. Throws as `renderOverlay` does. */
  render(folder: string): Promise<readonly RenderedObject[]>;
  /** Values of rendered objects; one and the same for the same text, however often it is rendered. */
  values(objects: readonly RenderedObject[]): readonly RenderedValue[];
  spent(): RenderingSpent;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A render is a process that mostly computes; one more than there are cores keeps them busy. */
const AT_ONCE = availableParallelism() + 1;

export async function renderer(program: KustomizeProgram, signal?: AbortSignal): Promise<Renderer> {
  const home = await realpath(await mkdtemp(join(tmpdir(), 'orderbooks-validate-')));
  const known = new Map<string, RenderedValue>();
  const waiting: (() => void)[] = [];
  const unfinished = new Set<Promise<unknown>>();
  let running = 0;
  let processes = 0;
  let milliseconds = 0;
  let since = 0;
  const begin = async (): Promise<void> => {
    // Who ends hands its turn on, so a turn that was waited for is already counted.
    if (running === AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
    else if (running++ === 0) since = performance.now();
    processes += 1;
  };
  const end = (): void => {
    const next = waiting.shift();
    if (next !== undefined) next();
    else if (--running === 0) milliseconds += performance.now() - since;
  };
  const rendered = async (folder: string): Promise<readonly RenderedObject[]> => {
    await begin();
    try {
      return await renderOverlay(program, folder, {
        home,
        ...(signal === undefined ? {} : { signal }),
      });
    } finally {
      end();
    }
  };
  return {
    program,
    signal,
    home,
    render(folder) {
      const outcome = rendered(folder);
      unfinished.add(outcome);
      return outcome.finally(() => unfinished.delete(outcome));
    },
    values: (objects) =>
      objects.map(({ text }) => {
        const before = known.get(text);
        if (before !== undefined) return before;
        const value = { text, value: readValue(text) };
        known.set(text, value);
        return value;
      }),
    spent: () => ({ processes, milliseconds }),
    async [Symbol.asyncDispose]() {
      // Where one failed, others may still be reading there.
      await Promise.allSettled(unfinished);
      await rm(home, { recursive: true, force: true });
    },
  };
}

function readValue(rendered: string): RenderedValue['value'] {
  return fields(
    // kustomize writes no key twice; looking for them takes longer than reading.
    parse(rendered, { ...KUBERNETES_YAML, maxAliasCount: MAX_ALIASES, uniqueKeys: false }),
  );
}
