import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { runToExitCode } from '../command-line.ts';
import { changeSettings, readSettings, type Settings } from './settings.ts';

interface Flags {
  readonly repoUrl?: string;
  readonly image?: string;
  readonly browseUrl?: string;
  readonly project?: string;
  readonly canaryNamespace?: string;
  readonly productionNamespace?: string;
  readonly root: string;
}

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

const HELP = `
Without options it prints what is set. Addresses reach every manifest of kargo/ and argocd/ when it is rendered; other
names of Project and namespaces are written into every manifest, and the commands take them from the settings. Nothing else
has to be changed. Names of Stages, Applications and of what runs stay. Change names before the first deployment: an object
cannot move to another namespace. Exit codes: 0 good, 2 a value that cannot be, or no settings found.

Examples:
  npm run settings -- --repo-url https://git.example.com/data/orderbooks.git --image registry.example.com/data/orderbooks
  npm run settings -- --project acme-delivery --canary-namespace acme-canary --production-namespace acme
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const program = new Command('settings')
    .description(
      'Show or change the values that recur: repository URL, image repository, web address, names of Project and namespaces.',
    )
    .option('--repo-url <url>', 'where Kargo and Argo CD find this repository')
    .option('--image <repository>', 'where images are pushed, without tag or digest')
    .option('--browse-url <url>', "what stands before a branch's name in the forge's web pages")
    .option('--project <name>', 'Kargo Project and its namespace')
    .option('--canary-namespace <name>', "namespace of the canary's workloads")
    .option('--production-namespace <name>', "namespace of production's workloads")
    .option('--root <folder>', 'root of the bundle', REPOSITORY)
    .addHelpText('after', HELP)
    .exitOverride();
  return runToExitCode(program, async () => {
    const { repoUrl, image, browseUrl, root, ...names } = program.parse().opts<Flags>();
    const changes: Partial<Settings> = {
      ...(repoUrl === undefined ? {} : { repoURL: repoUrl }),
      ...(image === undefined ? {} : { imageRepository: image }),
      ...(browseUrl === undefined ? {} : { browseURL: browseUrl }),
      ...names,
    };
    const isChange = Object.keys(changes).length > 0;
    const now = isChange ? await changeSettings(root, changes) : await readSettings(root);
    for (const [name, value] of Object.entries(now)) process.stdout.write(`${name}=${value}\n`);
    if (isChange)
      process.stderr.write('settings: written; npm run validate shows whether all is well\n');
    return 0;
  });
}
