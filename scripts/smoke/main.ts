import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { messageOf } from '../../runtime/thrown.ts';
import { finish, runCommand, teller } from '../cluster/command.ts';
import { Kubectl } from '../cluster/kubectl.ts';
import { runSteps } from '../cluster/steps.ts';
import { EXIT_FAILED, EXIT_GOOD } from '../command-line.ts';
import { type ClusterTool, contextOf } from '../deploy/tool.ts';
import { collectDiagnostics } from './diagnostics.ts';
import { CLUSTER, removeAll } from './machine.ts';
import { smokeSteps } from './smoke.ts';

/** `npm run smoke`: the whole bundle on a cluster of this machine, and nothing left of it. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Flags {
  readonly tool: ClusterTool;
  readonly nodeImage?: string;
  readonly buildArg: readonly string[];
  readonly charts?: string;
  readonly output: string;
  readonly keep?: boolean;
  readonly diagnostics?: boolean;
  readonly remove?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const program = new Command('smoke')
  .description(
    'Makes a cluster with kind or k3d, installs the tools, and promotes two good versions and a defective one on it (npm run e2e). Removes the cluster afterwards.',
  )
  .addOption(
    new Option('--tool <name>', 'what makes the cluster').choices(['kind', 'k3d']).default('kind'),
  )
  .option('--node-image <image>', 'what the node is made of, such as one of your mirror')
  .option(
    '--build-arg <name=value>',
    'of the Dockerfile, again for each: NODE_IMAGE, DEBIAN_SNAPSHOT',
    (value: string, before: readonly string[]) => [...before, value],
    [],
  )
  .option('--charts <folder>', 'take charts from here, as npm run platform does')
  .option('--output <folder>', 'result, evidence and diagnostics', join(ROOT, 'data/smoke'))
  .option('--keep', 'leave the cluster and the registry')
  .option('--diagnostics', 'only collect what explains the state of the cluster')
  .option('--remove', 'only remove cluster and registry')
  .option('--dry-run', 'list the steps')
  .option('--json', 'print the result as one JSON document on standard output')
  .addHelpText(
    'after',
    '\nNeeds Docker, kind or k3d, helm, kubectl, rclone, and registry.local as a name of 127.0.0.1. While it waits it prints pods that are not ready and the newest events. A failure leaves diagnostics in the output folder.\nExit codes: 0 proven, 1 failed, 2 wrong usage.\n\nExamples:\n  npm run smoke\n  npm run smoke -- --tool k3d --keep\n  npm run smoke -- --remove',
  )
  .showHelpAfterError('(--help shows what is expected)')
  .exitOverride();

process.exitCode = await runCommand(program, async (signal) => {
  program.parse();
  const { tool, nodeImage, buildArg, charts, output: folder, ...flags } = program.opts<Flags>();
  const json = flags.json === true;
  const output = resolve(folder);
  const kubectl = new Kubectl({ context: contextOf(tool, CLUSTER), signal });
  const machine = { signal };
  const temporary = await mkdtemp(join(tmpdir(), 'orderbooks-smoke-'));
  const { steps, stop } = smokeSteps({
    root: ROOT,
    tool,
    nodeImage,
    buildArguments: buildArg,
    folder: temporary,
    output,
    ...(charts === undefined ? {} : { charts: resolve(charts) }),
    kubectl,
    machine,
    stream: json ? process.stderr : process.stdout,
  });
  let made = false;
  const diagnose = async () => {
    const files = await collectDiagnostics(kubectl.regardless(), join(output, 'diagnostics'));
    process.stderr.write(`${files.length} files of diagnostics: ${join(output, 'diagnostics')}\n`);
  };
  try {
    if (flags.dryRun === true) {
      process.stdout.write(`${steps.map(({ name }) => name).join('\n')}\n`);
      return EXIT_GOOD;
    }
    if (flags.diagnostics === true) {
      await diagnose();
      return EXIT_GOOD;
    }
    if (flags.remove === true) {
      await removeAll(tool, machine);
      return EXIT_GOOD;
    }
    const result = await runSteps(steps, teller(json));
    made = result.steps[0]?.state === 'changed';
    if (!result.ok && made && !signal.aborted) await diagnose();
    if (json) return finish(result, { command: 'smoke', tool }, json);
    return result.ok ? EXIT_GOOD : EXIT_FAILED;
  } finally {
    await stop();
    await rm(temporary, { recursive: true, force: true });
    // Interrupted, the workflow's own steps collect and remove; a person says --remove.
    if (made) process.stderr.write(`smoke: ${await left(flags.keep === true, tool, signal)}\n`);
  }
});

/** What is left of the cluster, for a person. */
async function left(keep: boolean, tool: ClusterTool, signal: AbortSignal): Promise<string> {
  const remove = `npm run smoke -- --tool ${tool} --remove`;
  if (keep || signal.aborted) {
    return `cluster ${contextOf(tool, CLUSTER)} and the registry stay; ${remove} removes them, and so does the next run`;
  }
  try {
    await removeAll(tool, { signal });
    return 'cluster and registry are removed';
  } catch (error) {
    const why = messageOf(error);
    return `not removed: ${why}; ${remove} tries again`;
  }
}
