import type { Act } from './act.ts';
import { inspectAfter, inspectBefore } from './acts/inspect-archives.ts';
import { lookAtCollectorAfter, lookAtCollectorBefore } from './acts/look-at-collector.ts';
import { lookAtPodsAtEnd } from './acts/look-at-pods-at-end.ts';
import { observeRecorder } from './acts/observe-recorder.ts';
import { restartRecorder } from './acts/restart-recorder.ts';
import { readBackUpload, uploadOnce } from './acts/upload-once.ts';
import { waitForPromotedPod } from './acts/wait-for-promoted-pod.ts';
import type { Check } from './check.ts';
import { archivesParse } from './checks/archives-parse.ts';
import { checkpointsSucceed } from './checks/checkpoints-succeed.ts';
import { collectorUnchanged } from './checks/collector-unchanged.ts';
import { connectionsRecover } from './checks/connections-recover.ts';
import { countersExposed } from './checks/counters-exposed.ts';
import { payloadHashes } from './checks/payload-hashes.ts';
import { priorArchiveUnchanged } from './checks/prior-archive-unchanged.ts';
import { recorderOnPromotedDigest } from './checks/recorder-on-promoted-digest.ts';
import { recorderReceives } from './checks/recorder-receives.ts';
import { remoteHoldsUpload } from './checks/remote-holds-upload.ts';
import { restartWrites } from './checks/restart-writes.ts';
import { sequencesGapless } from './checks/sequences-gapless.ts';
import { uploadVerified } from './checks/upload-verified.ts';

/** A named list of checks, and the acts that make what they judge visible, in the order they are performed. */
export interface Gate {
  readonly name: string;
  readonly acts: readonly Act[];
  readonly checks: readonly Check[];
}

const wsSmoke: Gate = {
  name: 'ws-smoke',
  acts: [
    waitForPromotedPod,
    lookAtCollectorBefore,
    observeRecorder,
    inspectBefore,
    restartRecorder,
    inspectAfter,
    uploadOnce,
    readBackUpload,
    lookAtPodsAtEnd,
    lookAtCollectorAfter,
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
  ],
};

export const GATES: Readonly<Record<string, Gate>> = { [wsSmoke.name]: wsSmoke };
