/**
 * Ends the processes of the local cluster when the rehearsal dies without doing so. Started as a process of its own: it reads
 * `+GROUP`, `-GROUP` on standard input, and when that closes, because the rehearsal ended in whatever way (also kill -9), it kills the
 * process groups that are left. A process of a container cannot do this itself: it may hang, or be stopped.
 */
import { createInterface } from 'node:readline';

const groups = new Set<number>();

// A terminal's Ctrl-C goes to the rehearsal, which ends everything in order and then closes this input.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const group = Number(line.slice(1));
    if (!Number.isSafeInteger(group) || group <= 1) return;
    if (line.startsWith('+')) groups.add(group);
    else groups.delete(group);
  })
  .on('close', () => {
    for (const group of groups) {
      try {
        process.kill(-group, 'SIGKILL');
      } catch (error) {
        // ESRCH: it ended by itself. Anything else has nobody left to read it but standard error.
        if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) {
          console.error(error);
        }
      }
    }
  });
