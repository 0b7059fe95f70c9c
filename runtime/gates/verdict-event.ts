import type { Evidence, Verdict } from './evidence.ts';
import type { StageEvent } from './platform.ts';

const REASONS: Readonly<Record<Verdict, string>> = {
  PASS: 'GatePassed',
  FAIL: 'GateRefused',
  ERROR: 'GateBroken',
  ABORTED: 'GateAborted',
  RUNNING: 'GateRunning',
};

/** What people read of a verdict on the Stage: why, and where the whole evidence is. */
export function verdictEvent(document: Evidence, verdict: Verdict, reason: string): StageEvent {
  return {
    name: document.run,
    type: verdict === 'PASS' ? 'Normal' : 'Warning',
    reason: REASONS[verdict],
    message: `${document.gate}: ${shortened(reason)} Evidence: ConfigMap ${document.run} (orderbooks evidence show --run=${document.run}).`,
    at: new Date(document.finished_at),
  };
}

/** Leaves room for where the evidence is: an Event holds 1 kB. */
const LONGEST_REASON = 600;

function shortened(reason: string): string {
  return reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON)}….` : `${reason}.`;
}
