import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { parseDuration } from '../../runtime/config/duration.ts';
import { OrderbooksError } from '../../runtime/errors.ts';
import {
  type ClusterFlags,
  finish,
  runCommand,
  teller,
  withClusterOptions,
} from '../cluster/command.ts';
import { deployLocal } from './deploy.ts';
import { LOCAL_NAMESPACE } from './overlay.ts';
import { TOOLS, type Tool } from './tool.ts';
import { verifyRecorder } from './verify.ts';

interface Flags extends ClusterFlags {
  readonly tool?: Tool;
  readonly create?: boolean;
  readonly nodeImage?: string;
  readonly image?: string;
  readonly buildArg: readonly string[];
  readonly timeout: string;
  readonly root: string;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const program = withClusterOptions(
  new Command('deploy:local').description(
    `A whole trial on k3d, kind or k3s: simulated feed, recorder, collector, uploader in namespace ${LOCAL_NAMESPACE}, verified. No Kargo, Argo CD or Secret; nothing of the internet once image and node are there.`,
  ),
)
  .addOption(new Option('--tool <name>', 'default: what the context is of').choices([...TOOLS]))
  .option('--create', 'with --tool k3d or kind: make cluster "orderbooks" if it is not there')
  .option(
    '--image <image>',
    'one that the nodes can pull; otherwise the checkout is built and loaded',
  )
  .option(
    '--node-image <image>',
    'with --create: what the node is made of, such as one of your mirror',
  )
  .option(
    '--build-arg <name=value>',
    'of the Dockerfile, again for each: NODE_IMAGE, DEBIAN_SNAPSHOT',
    (value: string, before: readonly string[]) => [...before, value],
    [],
  )
  .option('--timeout <duration>', 'how long each Deployment may take to be ready', '5m')
  .option('--root <folder>', 'the checkout', ROOT)
  .addHelpText(
    'after',
    '\nNeeds Docker, kubectl and the tool. Running it again changes only what is not as it should be; interrupted, it says what stays. npm run cleanup:local removes it.\nExit codes: 0 running and verified, 1 failed, 2 wrong usage.\n\nExamples:\n  npm run deploy:local -- --tool k3d --create\n  npm run deploy:local -- --context kind-dev\n  npm run deploy:local -- --image registry.example.com/data/orderbooks:4f1c2d3',
  )
  .exitOverride();

process.exitCode = await runCommand(program, async (signal) => {
  program.parse();
  const { timeout, buildArg, ...flags } = program.opts<Flags>();
  if (flags.create === true && flags.tool !== 'k3d' && flags.tool !== 'kind') {
    throw new OrderbooksError(
      'USAGE',
      'expected --tool k3d or --tool kind with --create: k3s is installed as a service of its machine',
    );
  }
  if (flags.nodeImage !== undefined && flags.create !== true) {
    throw new OrderbooksError(
      'USAGE',
      'expected --create with --node-image: it is of a new cluster',
    );
  }
  const result = await deployLocal({
    ...flags,
    create: flags.create === true,
    buildArguments: buildArg,
    rolloutTimeoutMs: parseDuration(timeout),
    signal,
    tell: teller(flags.json === true),
    verify: verifyRecorder,
  });
  return finish(result, { namespace: LOCAL_NAMESPACE }, flags.json === true);
});
