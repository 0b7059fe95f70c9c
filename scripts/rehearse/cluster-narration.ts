import { readFileSync } from 'node:fs';
import type { LocalCluster } from './cluster/cluster.ts';
import type { ClusterEvent } from './cluster/events.ts';
import type { Progress, Tone } from './progress.ts';

/** Lines of a pod's log that are shown when it does not become ready. */
const LAST_LINES = 3;

/** Tells people of the cluster's life, pods coming and going and the gate's own words, and remembers where logs are. */
export class ClusterNarration {
  readonly #cluster: LocalCluster;
  readonly #progress: Progress;
  /** Log file of every pod that was started, and those that became ready, by namespace and name. */
  readonly #logs = new Map<string, string>();
  readonly #ready = new Set<string>();

  constructor(cluster: LocalCluster, progress: Progress) {
    this.#cluster = cluster;
    this.#progress = progress;
    cluster.on((event) => this.#tell(event));
  }

  /** What the pods of a namespace that are not ready said last: there the reason is. Empty if they said nothing. */
  lastWords(namespace: string): string {
    return this.#cluster
      .list('v1', 'Pod', namespace)
      .flatMap(({ metadata }) => {
        const file = this.#logs.get(`${namespace}/${metadata.name}`);
        if (file === undefined || this.#ready.has(`${namespace}/${metadata.name}`)) return [];
        const lines = readFileSync(file, 'utf8').trim().split('\n').slice(-LAST_LINES);
        return [`\n  ${metadata.name} said last:`, ...lines.map((line) => `\n    ${line}`)];
      })
      .join('');
  }

  #tell(event: ClusterEvent): void {
    switch (event.type) {
      case 'pod-started':
        this.#logs.set(`${event.namespace}/${event.pod}`, event.logFile);
        this.#ready.delete(`${event.namespace}/${event.pod}`);
        break;
      case 'pod-ready':
        this.#ready.add(`${event.namespace}/${event.pod}`);
        this.#progress.note(`${event.namespace}: ${event.component} pod ${event.pod} is ready`);
        break;
      case 'pod-killing':
        this.#progress.note(`${event.namespace}: ${event.message}`, 'bad');
        break;
      case 'pod-log':
        // The last line of a verifier is the evidence document: the report shows it better.
        if (event.component === 'verifier' && !event.line.startsWith('{'))
          this.#tellGate(event.line);
        break;
      case 'problem':
        this.#progress.note(`${event.where}: ${event.message}`, 'bad');
        break;
      default:
        break;
    }
  }

  /** Lines of the verifier: `  12.3s  check  recorder-receives: PASS (why)`. */
  #tellGate(line: string): void {
    const text = line.replace(/^\s*[\d.]+s\s+/, '');
    const act = /^act\s+(.*)$/.exec(text)?.[1];
    if (act !== undefined) this.#progress.current(`gate: ${act}`);
    else this.#progress.note(`gate: ${text}`, toneOf(text));
  }
}

function toneOf(text: string): Tone {
  if (/^check\s+\S+: PASS\b|^verdict PASS\b/.test(text)) return 'good';
  return /^check\s+\S+: FAIL\b|^verdict (?!PASS)|^failed\b|^EVIDENCE NOT WRITTEN/.test(text)
    ? 'bad'
    : 'plain';
}
