import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RehearsalError } from './error.ts';

/** A deliberate defect of version 2, and the check that must refuse it. */
export interface Fault {
  readonly name: string;
  /** Continues the sentence "a release whose …". */
  readonly about: string;
  /** Id of the check that is meant for it. */
  readonly check: string;
  /** The defect itself: changes of the code of version 2. Each `find` occurs exactly once in its file. */
  readonly patches: readonly Patch[];
  /** Version 2's digest leads to version 1's image on the node. */
  readonly runsWrongImage?: boolean;
}

interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** Puts the defect into a checkout. Throws FAULT_OUTDATED when the code no longer has the place it changes. */
export async function applyPatches(folder: string, fault: Fault): Promise<void> {
  for (const patch of fault.patches) {
    const path = join(folder, patch.file);
    const before = await readFile(path, 'utf8');
    const places = before.split(patch.find).length - 1;
    if (places !== 1) {
      throw new RehearsalError(
        'FAULT_OUTDATED',
        `fault ${fault.name}: expected to find its place once in ${patch.file}, found it ${places} times; adapt the fault in scripts/rehearse/faults.ts to the code`,
      );
    }
    await writeFile(
      path,
      before.replace(patch.find, () => patch.replace),
    );
  }
}
