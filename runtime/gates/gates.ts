import type { Act } from './act.ts';
import { compareWithProduction } from './acts/compare-with-production.ts';
import { inspectAfter, inspectBefore } from './acts/inspect-archives.ts';
import { inspectCyclesAfter, inspectCyclesBefore } from './acts/inspect-cycles.ts';
import { inspectWindowStart } from './acts/inspect-window-start.ts';
import { lookAtApplication } from './acts/look-at-application.ts';
import { lookAtCollectorAfter, lookAtCollectorBefore } from './acts/look-at-collector.ts';
import { lookAtCollectorPodsAtEnd, lookAtPodsAtEnd } from './acts/look-at-pods-at-end.ts';
import { observeRecorder } from './acts/observe-recorder.ts';
import { recordBesideProduction } from './acts/record-beside-production.ts';
import { restartCollector } from './acts/restart-collector.ts';
import { restartRecorder } from './acts/restart-recorder.ts';
import { readBackUpload, uploadOnce } from './acts/upload-once.ts';
import { waitForFirstClosed } from './acts/wait-for-first-closed.ts';
import { waitForPromotedCollector, waitForPromotedPod } from './acts/wait-for-promoted-pod.ts';
import type { Check } from './check.ts';
import { applicationSynced } from './checks/application-synced.ts';
import { archivesParse } from './checks/archives-parse.ts';
import { checkpointsContinue } from './checks/checkpoints-continue.ts';
import { checkpointsSucceed } from './checks/checkpoints-succeed.ts';
import { collectorOnPromotedDigest } from './checks/collector-on-promoted-digest.ts';
import { collectorUnchanged } from './checks/collector-unchanged.ts';
import { comparisonEvents } from './checks/comparison-events.ts';
import { comparisonLatency } from './checks/comparison-latency.ts';
import { comparisonResources } from './checks/comparison-resources.ts';
import { connectionsRecover } from './checks/connections-recover.ts';
import { countersExposed } from './checks/counters-exposed.ts';
import { cycleAfterRestart } from './checks/cycle-after-restart.ts';
import { cyclePasses } from './checks/cycle-passes.ts';
import { dataAdvances } from './checks/data-advances.ts';
import { outagesRecover } from './checks/outages-recover.ts';
import { payloadHashes } from './checks/payload-hashes.ts';
import { priorArchiveUnchanged } from './checks/prior-archive-unchanged.ts';
import { recorderOnPromotedDigest } from './checks/recorder-on-promoted-digest.ts';
import { recorderReceives } from './checks/recorder-receives.ts';
import { remoteHoldsUpload } from './checks/remote-holds-upload.ts';
import { restartWrites } from './checks/restart-writes.ts';
import { sequencesGapless } from './checks/sequences-gapless.ts';
import { snapshotsParse } from './checks/snapshots-parse.ts';
import { snapshotsSurviveRestart } from './checks/snapshots-survive-restart.ts';
import { snapshotsUploaded } from './checks/snapshots-uploaded.ts';
import { uploadVerified } from './checks/upload-verified.ts';
import { windowArchivesParse } from './checks/window-archives-parse.ts';
import { FACT_ORDER, type FactName } from './facts.ts';

/** A named list of checks, and the acts that make what they judge visible, in the order they are performed. */
export interface Gate {
  readonly name: string;
  readonly acts: readonly Act[];
  readonly checks: readonly Check[];
}

const collectorSmoke: Gate = {
  name: 'collector-smoke',
  acts: [
    waitForPromotedCollector,
    inspectCyclesBefore,
    restartCollector,
    inspectCyclesAfter,
    uploadOnce('collectorPod'),
    readBackUpload('collectorPod'),
    lookAtCollectorPodsAtEnd,
  ],
  checks: [
    collectorOnPromotedDigest,
    cyclePasses,
    snapshotsParse,
    snapshotsSurviveRestart,
    cycleAfterRestart,
    snapshotsUploaded,
  ],
};

const wsSmoke: Gate = {
  name: 'ws-smoke',
  acts: [
    waitForPromotedPod,
    lookAtCollectorBefore,
    waitForFirstClosed,
    observeRecorder,
    inspectBefore,
    restartRecorder,
    inspectAfter,
    uploadOnce('promoted'),
    readBackUpload('promoted'),
    lookAtPodsAtEnd,
    lookAtCollectorAfter,
    lookAtApplication,
  ],
  checks: [
    recorderOnPromotedDigest,
    recorderReceives,
    archivesParse,
    payloadHashes,
    sequencesGapless,
    checkpointsSucceed,
    countersExposed,
    connectionsRecover,
    priorArchiveUnchanged,
    restartWrites,
    uploadVerified,
    remoteHoldsUpload,
    collectorUnchanged,
    applicationSynced,
  ],
};

/** Read-only over a bounded window: nothing is restarted and nothing uploaded. */
const wsReliability: Gate = {
  name: 'ws-reliability',
  acts: [
    waitForPromotedPod,
    inspectWindowStart,
    observeRecorder,
    // What the window wrote is judged, so the window ends first.
    { ...inspectBefore, after: (policy) => both(['observation'], inspectBefore.after(policy)) },
    lookAtPodsAtEnd,
  ],
  checks: [
    recorderOnPromotedDigest,
    dataAdvances,
    checkpointsContinue,
    windowArchivesParse,
    outagesRecover,
  ],
};

/** Read-only: what the canary records beside production, and at what cost. */
const canaryComparison: Gate = {
  name: 'canary-comparison',
  acts: [waitForPromotedPod, recordBesideProduction, compareWithProduction, lookAtPodsAtEnd],
  checks: [recorderOnPromotedDigest, comparisonEvents, comparisonLatency, comparisonResources],
};

export const GATES: Readonly<Record<string, Gate>> = Object.fromEntries(
  [collectorSmoke, wsSmoke, wsReliability, canaryComparison].map((gate) => [gate.name, gate]),
);

/**
 * Several gates as one run with one verdict: two Jobs at the same time would disturb each other's observations. What
 * both need is done once, after all that either needs for it.
 */
export function combined(gates: readonly Gate[]): Gate {
  const acts = new Map<FactName, Act>();
  for (const act of gates.flatMap((gate) => gate.acts)) {
    const known = acts.get(act.fact);
    acts.set(
      act.fact,
      known === undefined
        ? act
        : {
            ...act,
            needs: [...new Set([...known.needs, ...act.needs])],
            requires: (policy) => [
              ...new Set([...known.requires(policy), ...act.requires(policy)]),
            ],
            after: (policy) => both(known.after(policy), act.after(policy)),
            answeredBy: [...new Set([...known.answeredBy, ...act.answeredBy])],
          },
    );
  }
  return {
    name: gates.map((gate) => gate.name).join('+'),
    acts: FACT_ORDER.flatMap((fact) => acts.get(fact) ?? []),
    checks: [...new Map(gates.flatMap((gate) => gate.checks).map((one) => [one.id, one])).values()],
  };
}

/** What comes after both lists; null is all that is before. */
function both(
  left: readonly FactName[] | null,
  right: readonly FactName[] | null,
): readonly FactName[] | null {
  return left === null || right === null ? null : [...new Set([...left, ...right])];
}
