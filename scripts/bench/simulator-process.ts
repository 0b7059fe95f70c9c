import { startSimulator } from '../../runtime/simulator/simulator.ts';

/** The simulator in a process of its own: its work must not count as the recorder's. */
const rate = Number(process.argv[2]);
const { gammaUrl, clobUrl, websocketUrl } = await startSimulator({ rate });
process.send?.({ gammaUrl, clobUrl, websocketUrl });
process.once('disconnect', () => process.exit());
