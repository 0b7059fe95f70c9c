import { BUCKET_MS } from '../../../../runtime/inspector/summary.ts';
import { IMAGE, type World } from '../world.ts';
import { meta, NODE } from './api-objects.ts';
import { dig, type Seen } from './api-request.ts';

interface Job {
  readonly manifest: Record<string, unknown>;
  readonly log: string;
  readonly exitCode: number;
}

/** Jobs by name. What one would do is done by the world as soon as it is created. */
export class FakeJobs extends Map<string, Job> {
  readonly created: Record<string, unknown>[] = [];
  /** Changes what an inspector or uploader wrote to its log. */
  log: (text: string) => string = (text) => text;
  condition: (name: string) => Record<string, unknown> | null = () => ({
    type: 'Complete',
    status: 'True',
  });
  readonly #world: World;

  constructor(world: World) {
    super();
    this.#world = world;
  }

  async create(seen: Seen): Promise<{ readonly status: number; readonly body: unknown }> {
    const manifest = seen.body ?? {};
    const name = String(dig(manifest, 'metadata', 'name'));
    if (this.has(name)) return { status: 409, body: { message: 'already exists' } };
    this.created.push(manifest);
    const args = dig(manifest, 'spec', 'template', 'spec', 'containers', '0', 'args') as string[];
    const { log, exitCode } = await this.#run(seen.namespace, name, args);
    this.set(name, { manifest, log: this.log(log), exitCode });
    return { status: 201, body: this.object(seen, name) };
  }

  object(seen: Seen, name: string) {
    const condition = this.condition(name);
    return {
      kind: 'Job',
      metadata: meta(seen, name),
      status: { conditions: condition === null ? null : [condition] },
    };
  }

  logOf(seen: Seen): string {
    const job = [...this].find(([name]) => seen.name === `${name}-abcde`);
    return job === undefined ? `log of ${seen.name}\n` : job[1].log;
  }

  podsOf(seen: Seen, name: string): readonly unknown[] {
    const job = this.get(name);
    if (job === undefined) return [];
    const template = dig(job.manifest, 'spec', 'template');
    const container = dig(template, 'spec', 'containers', '0') as {
      name: string;
      image?: string;
    };
    return [
      {
        metadata: {
          ...meta(seen, `${name}-abcde`),
          labels: (dig(template, 'metadata', 'labels') ?? {}) as object,
        },
        spec: {
          nodeName: NODE,
          containers: [{ name: container.name, image: container.image ?? IMAGE }],
        },
        status: {
          phase: job.exitCode === 0 ? 'Succeeded' : 'Failed',
          containerStatuses: [
            {
              name: container.name,
              imageID: container.image?.includes('@') ? container.image : IMAGE,
              restartCount: 0,
              state: { terminated: { exitCode: job.exitCode, reason: 'Completed' } },
            },
          ],
        },
      },
    ];
  }

  async #run(
    namespace: string,
    name: string,
    args: readonly string[],
  ): Promise<Pick<Job, 'log' | 'exitCode'>> {
    const value = (flag: string): string[] =>
      args.filter((arg) => arg.startsWith(`${flag}=`)).map((arg) => arg.slice(flag.length + 1));
    if (args.includes('--summary')) {
      const [since = '', until = ''] = [...value('--since'), ...value('--until')];
      const [span] = value('--span');
      const spanMs = span === undefined ? BUCKET_MS : Number.parseInt(span, 10);
      const summary = await this.#world.summarise(namespace, { since, until, spanMs });
      return { log: `${JSON.stringify(summary)}\n`, exitCode: 0 };
    }
    if (args[0] === 'inspect') {
      const [since] = value('--since');
      const report = await this.#world.inspect(namespace, {
        ...(since === undefined ? {} : { since }),
        paths: value('--path'),
        ...(args.includes('--remote') ? { uploadOf: value('--upload')[0] ?? '' } : {}),
      });
      const log = `{"level":"info","msg":"inspecting"}\n${JSON.stringify(report)}\n`;
      return { log, exitCode: 0 };
    }
    const { log, exitCode } = await this.#world.upload(namespace, name);
    return { log, exitCode: exitCode ?? 1 };
  }
}
