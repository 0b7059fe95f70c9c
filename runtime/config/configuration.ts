import { type Loaded, loadYaml } from './load.ts';
import { type Configuration, configuration } from './schema.ts';

/** Environment variable whose JSON object is laid over the configuration file. */
export const CONFIG_OVERRIDES = 'ORDERBOOKS_CONFIG_OVERRIDES';

/** The configuration file with the overrides of the environment; throws `ConfigurationError`. */
export function loadConfiguration(
  file: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Loaded<Configuration> {
  return loadYaml(file, configuration, environment[CONFIG_OVERRIDES], CONFIG_OVERRIDES);
}
