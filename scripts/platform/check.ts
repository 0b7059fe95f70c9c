import { parse } from 'yaml';
import { z } from 'zod';
import { ClusterError } from '../cluster/failure.ts';
import { bad, type Check, good } from '../predeploy/finding.ts';
import { type ChartOptions, renderChart, source } from './chart-source.ts';
import type { Chosen } from './components.ts';
import { unknownValues } from './known-values.ts';
import { type ValuesOptions, valuesOf } from './values.ts';

export interface CheckOptions extends Pick<ChartOptions, 'helm' | 'charts'> {
  readonly chosen: readonly Chosen[];
  readonly values: ValuesOptions;
}

const manifest = z.object({
  name: z.string(),
  version: z.string(),
  appVersion: z.string().default('none'),
});

/**
 * Each chart against what the repository says of it: name, version and version inside as pinned, every value known to
 * it, and rendered whole. No cluster is asked.
 */
export function chartChecks({ chosen, values, ...access }: CheckOptions): readonly Check[] {
  return chosen
    .filter(({ mode }) => mode === 'managed')
    .map(({ component }) => ({
      name: component.name,
      run: async () => {
        const wanted = await valuesOf(component.name, values);
        const options: ChartOptions = { ...access, component, values: wanted, dryRun: true };
        const { name, version, appVersion } = await manifestOf(options);
        const pinned = `${component.chart} ${component.version} (${component.appVersion})`;
        const found = `${name} ${version} (${appVersion})`;
        const problems = found === pinned ? [] : [`pinned is ${pinned}`];
        let objects = 0;
        try {
          objects = (await renderChart(options, wanted)).match(/^kind: /gm)?.length ?? 0;
          if (objects === 0) problems.push('it renders no object');
          problems.push(...(await unknownValues(options)));
        } catch (error) {
          // Helm's own words: values that the chart's schema or templates do not take.
          if (!(error instanceof ClusterError) || error.code !== 'PROGRAM_FAILED') throw error;
          problems.push(error.message);
        }
        if (problems.length === 0) return good(`${found}: ${objects} objects, every value known`);
        return bad(
          `${found}: ${problems.join('; ')}`,
          `change platform/components.yaml or platform/values/${component.name}.yaml, and read what the chart's own notes say of it`,
        );
      },
    }));
}

async function manifestOf(options: ChartOptions) {
  const text = await options.helm.run(['show', 'chart', ...source(options)]);
  const result = manifest.safeParse(parse(text));
  if (result.success) return result.data;
  throw new ClusterError(
    'BROKEN_ANSWER',
    `helm show chart: ${options.component.chart}: ${z.prettifyError(result.error)}; is the chart whole?`,
  );
}
