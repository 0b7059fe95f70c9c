import { parentPort } from 'node:worker_threads';
import { messageOf } from '../thrown.ts';
import { inspectArchive } from './archive-inspection.ts';
import type { Answer, Question } from './inspections.ts';

/** Runs in a thread of its own: inspects one archive per message, and answers each. */
parentPort?.on('message', async ({ dataRoot, path }: Question) => {
  const answer: Answer = await inspectArchive(dataRoot, path).then(
    (inspection) => ({ inspection }),
    (error: unknown) => ({ error: messageOf(error) }),
  );
  parentPort?.postMessage(answer);
});
