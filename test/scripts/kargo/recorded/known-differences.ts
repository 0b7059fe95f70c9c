/** Recorded promotions that end in another way here, with the reason. Every other one must agree. */
export const KNOWN_DIFFERENCES: Readonly<Record<string, string>> = {
  'canonical-template': "keys() gives Go's random order there, the order of writing here",
  'compose-two-errors':
    'of two broken expressions Kargo reports a random one, this engine the first',
  'fn-imagefrom-lowercase':
    'the recording shortened an address in the expression by one character and left the column as it was',
  'http-unknown-host': 'a request to another machine is simulated here and not sent',
  'meta-statistics-first': 'holds a statistic of ten promotions and nothing to compare',
  'output-status': 'an int of an answer is a float64 here once it is an output',
  'retry-timeout-short': 'how often a step is tried within its time-out depends on the machine',
  'task-changed-after-stage': 'the recording does not hold the changed task',
  'toml-parse-values': 'steps about TOML are simulated',
  'toml-update-values': 'steps about TOML are simulated',
  'yaml-parse-no-yaml':
    "a fault of YAML inside brackets has the yaml package's words, not go-yaml's",
};
