import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithShared } from '../../shared.ts';
import { type RecordedHttp, serveHttp } from './recorded/http-server.ts';
import { RECORDINGS, recordings } from './recorded/record.ts';
import { type RecordedRemote, recordedRemote } from './recorded/remote.ts';
import { replay } from './recorded/replay.ts';

/** What is reached, not what is wished for: raise it when more agree. */
const AGREEING_AT_LEAST = 0.96;
/** Git, kustomize and a temporary folder per case, on two shared cores. */
const TIMEOUT_MS = 300_000;

describeWithShared('promotions recorded on real Kargo', RECORDINGS, () => {
  let remote: RecordedRemote;
  let http: RecordedHttp;
  beforeAll(async () => {
    remote = recordedRemote();
    http = await serveHttp();
  });
  afterAll(async () => {
    remote.remove();
    await http.close();
  });

  test(
    'end here as they ended there',
    async () => {
      // Those that clone take minutes: ORDERBOOKS_RECORDINGS=all carries them out too (docs/engine.md).
      const everything = process.env['ORDERBOOKS_RECORDINGS'] === 'all';
      const all = recordings().filter(
        ({ raw }) => everything || !JSON.stringify(raw).includes('"git-clone"'),
      );
      const incomparable: string[] = [];
      const disagreeing = new Map<string, readonly string[]>();
      for (const recording of all) {
        const differences = await replay(recording, remote, http.origin).catch((error: unknown) => [
          `cannot be replayed: ${String(error)}`,
        ]);
        if (differences === null) incomparable.push(recording.name);
        else if (differences.length > 0) disagreeing.set(recording.name, differences);
      }
      const comparable = all.length - incomparable.length;
      const agreeing = comparable - disagreeing.size;
      console.log(
        `${agreeing} of ${comparable} recorded promotions agree (${incomparable.length} of ${all.length} hold nothing to compare: ${incomparable.join(', ')}); ${disagreeing.size} do not:`,
      );
      for (const [name, differences] of disagreeing) {
        console.log(`- ${name}: ${differences.slice(0, 3).join('\n    ').slice(0, 900)}`);
      }
      expect(agreeing / comparable).toBeGreaterThanOrEqual(AGREEING_AT_LEAST);
    },
    TIMEOUT_MS,
  );
});
