import { type Command, InvalidArgumentError } from 'commander';
import type { ClusterFlags } from '../cluster/command.ts';
import type { Runners } from './components.ts';

/** What `npm run platform` takes, all its subcommands together. */
export interface Flags extends ClusterFlags {
  readonly existing: readonly string[];
  readonly runners: Runners;
  readonly charts?: string;
  readonly values: Readonly<Record<string, string>>;
  readonly nfs?: string;
  readonly adminAccounts?: boolean;
  readonly verificationLogs?: string;
  readonly toolsOnly?: boolean;
  readonly timeout: number;
  readonly wait: number;
  readonly yes?: boolean;
}

/** What decides which charts with which values. */
export function withChartOptions(command: Command): Command {
  return command
    .option('--charts <folder>', 'take charts from here (<chart>-<version>.tgz); no internet')
    .option(
      '--values <component=file>',
      'your own values over the reviewed ones; may be repeated',
      ownValues,
      {},
    )
    .option('--admin-accounts', 'local administrators of Argo CD and Kargo: for a first look only')
    .option(
      '--verification-logs <url>',
      "URL template of your log store, for the logs of verification Jobs in Kargo's UI",
    );
}

export function names(text: string): readonly string[] {
  return text.split(',').filter((name) => name !== '');
}

function ownValues(
  text: string,
  before: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const [, component, file] = /^([a-z-]+)=(.+)$/.exec(text) ?? [];
  if (component === undefined || file === undefined) {
    throw new InvalidArgumentError('expected component=file, such as kargo=sign-in.yaml');
  }
  return { ...before, [component]: file };
}
