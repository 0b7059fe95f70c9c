import { RehearsalError } from './error.ts';
import type { Fault } from './faults.ts';

/** The defects that a rehearsal can release, each with the check that is meant for it. */
export const FAULTS: readonly Fault[] = [];

/** @throws RehearsalError FAULT_UNKNOWN with the names that exist */
export function faultNamed(name: string): Fault {
  const fault = FAULTS.find((candidate) => candidate.name === name);
  if (fault !== undefined) return fault;
  throw new RehearsalError(
    'FAULT_UNKNOWN',
    `expected one of ${FAULTS.map((known) => known.name).join(', ')}, got ${name}`,
  );
}
