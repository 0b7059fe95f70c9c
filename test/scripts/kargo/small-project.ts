import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type AdmittedPromotion,
  type Freight,
  loadProject,
  MemoryWorld,
  makeFreight,
  type Project,
  ProjectState,
  type PromoteOptions,
  type PromotionEvent,
  type PromotionResult,
  promote,
  type Requester,
} from '../../../scripts/kargo/index.ts';

export const PROJECT = 'orderbooks-delivery';
export const IMAGE = 'registry.example.com/data/orderbooks';
export const START = Date.parse('2026-11-21T10:00:00Z');
export const ALICE: Requester = { username: 'alice', mayCreate: true, mayPromote: true };

export const WAREHOUSE = `
apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: orderbooks}
spec:
  subscriptions:
  - image: {repoURL: ${IMAGE}}
  - git: {repoURL: https://git.example.com/data/orderbooks.git}
`;

/** A Stage that takes Freight straight from the Warehouse; `steps` is YAML of a list. */
export function stageYaml(steps: string, more = ''): string {
  return `
apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: canary}
spec:
  requestedFreight:
  - origin: {kind: Warehouse, name: orderbooks}
    sources: {direct: true}
${indented(more, 2)}
  promotionTemplate:
    spec:
      steps:
${indented(steps, 6)}
`;
}

export function taskYaml(name: string, vars: string, steps: string): string {
  return `
apiVersion: kargo.akuity.io/v1alpha1
kind: PromotionTask
metadata: {name: ${name}}
spec:
  vars: ${vars}
  steps:
${indented(steps, 2)}
`;
}

export function project(...documents: readonly string[]): Project {
  return loadProject(PROJECT, [
    { file: 'kargo.yaml', text: [WAREHOUSE, ...documents].join('\n---\n') },
  ]);
}

export function freight(tag = 'v1'): Freight {
  return makeFreight({
    alias: `alias-${tag}`,
    origin: 'orderbooks',
    images: [{ repoURL: IMAGE, tag, digest: `sha256:${tag}` }],
    commits: [{ repoURL: 'https://git.example.com/data/orderbooks.git', id: 'a'.repeat(40) }],
  });
}

export interface Ran {
  readonly result: PromotionResult;
  readonly events: readonly PromotionEvent[];
  readonly world: MemoryWorld;
  /** `alias status` of each step. */
  readonly statuses: readonly string[];
}

/** Promotes a Freight to Stage canary as alice and gives everything that happened. */
export async function run(
  documents: readonly string[],
  options: Partial<PromoteOptions> & { readonly world?: MemoryWorld } = {},
): Promise<Ran> {
  const target = freight();
  const state = new ProjectState(project(...documents), () => START);
  state.addFreight(target);
  const promotion = admitted(state, target.name);
  const world =
    options.world ??
    new MemoryWorld({
      project: PROJECT,
      freight: [target.name],
      stages: ['canary'],
      now: () => new Date(START),
    });
  const workDir = mkdtempSync(join(tmpdir(), 'orderbooks-promotion-'));
  onTestFinished(() => rmSync(workDir, { recursive: true, force: true }));
  const events: PromotionEvent[] = [];
  for await (const event of promote(
    { promotion, project: state.project, freight: target },
    { clock: fakeClock(), workDir, ...options, world },
  )) {
    events.push(event);
  }
  const last = events.at(-1);
  if (last?.type !== 'promotion-finished') throw new Error('the promotion did not end');
  const statuses = last.result.steps.map((step) => `${step.alias} ${step.status}`);
  return { result: last.result, events, world, statuses };
}

export function admitted(state: ProjectState, freightName: string): AdmittedPromotion {
  const promotion = state.admit({ stage: 'canary', freight: freightName }, ALICE);
  if (!promotion.allowed) throw new Error(promotion.message);
  return promotion;
}

/** Time that moves only when somebody sleeps. */
export function fakeClock() {
  let now = START;
  return {
    now: () => now,
    sleep: async (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

function indented(yaml: string, by: number): string {
  return yaml
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ' '.repeat(by) + line)
    .join('\n');
}
