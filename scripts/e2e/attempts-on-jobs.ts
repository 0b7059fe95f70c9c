import { jobFromTemplate } from '../../runtime/gates/kubernetes/job-template.ts';
import type { JobTemplate } from '../../runtime/gates/kubernetes/objects.ts';
import { type Attempt, creation, deletion, type ObjectToWrite } from './attempt.ts';

const RUN_ID = '0123abcd';
const INSPECTOR = `orderbooks-inspector-${RUN_ID}-1`;
const DEADLINE_SECONDS = 60;

interface PodSpec {
  readonly containers: readonly Readonly<Record<string, unknown>>[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
}

/** Jobs as the verifier makes them from `template`, and others that its Role alone would let it make. */
export function onJobs(template: JobTemplate, namespace: string): readonly Attempt[] {
  const inspector = jobOf(template, namespace, 'inspector', INSPECTOR);
  const changed = (what: string, change: (spec: PodSpec) => object): Attempt =>
    creation(what, withPodSpec(inspector, change), 'refused by policy');
  const main = (what: string, more: object): Attempt =>
    changed(what, (spec) => ({
      containers: spec.containers.map((one) => ({ ...one, ...more })),
    }));
  return [
    creation('run an inspector', inspector, 'allowed'),
    creation(
      'run a one-off upload',
      jobOf(template, namespace, 'uploader', `orderbooks-uploader-${RUN_ID}-2`),
      'allowed',
    ),
    creation(
      'run an inspector under another name',
      jobOf(template, namespace, 'inspector', 'mine'),
      'refused by policy',
    ),
    main('run another image', { image: `example.com/other@sha256:${'0'.repeat(64)}` }),
    main('run an image without its digest', { image: 'orderbooks:latest' }),
    main('run another command of the image', { args: ['recorder'] }),
    main('run another program of the image', { command: ['sh', '-c', 'true'] }),
    main('give an inspector other variables', { env: [{ name: 'NODE_OPTIONS', value: '-r x' }] }),
    main('give an inspector privileges', { securityContext: { privileged: true } }),
    changed('run a second container', ({ containers }) => ({
      containers: [...containers, ...containers.map((one) => ({ ...one, name: 'second' }))],
    })),
    changed('run something before it', ({ containers }) => ({
      initContainers: containers.map((one) => ({ ...one, name: 'first' })),
    })),
    changed('let an inspector write', ({ volumes = [] }) => ({
      volumes: volumes.map((volume) =>
        'persistentVolumeClaim' in volume
          ? { name: volume['name'], persistentVolumeClaim: { claimName: 'orderbooks-data' } }
          : volume,
      ),
    })),
    changed('mount another Secret', ({ volumes = [] }) => ({
      volumes: [...volumes, { name: 'other', secret: { secretName: 'other' } }],
    })),
    changed('mount the node', ({ volumes = [] }) => ({
      volumes: [...volumes, { name: 'node', hostPath: { path: '/' } }],
    })),
    changed('use a token', () => ({ automountServiceAccountToken: true })),
    changed('be somebody else', () => ({ serviceAccountName: 'default' })),
    changed('use the network of the node', () => ({ hostNetwork: true })),
  ];
}

/** Deleting a Job that the verifier did not make. */
export function onForeignJob(name: string, namespace: string): Attempt {
  return deletion('delete a scheduled upload', ['job', name, namespace], 'refused by policy');
}

function jobOf(
  template: JobTemplate,
  namespace: string,
  component: 'inspector' | 'uploader',
  name: string,
): ObjectToWrite {
  return jobFromTemplate(template, {
    name,
    namespace,
    component,
    runId: RUN_ID,
    node: null,
    deadlineSeconds: DEADLINE_SECONDS,
    readOnly: component === 'inspector',
    args: (args) => (component === 'inspector' ? ['inspect', '--json'] : args),
  });
}

function withPodSpec(job: ObjectToWrite, change: (spec: PodSpec) => object): ObjectToWrite {
  const spec = job['spec'] as { readonly template: { readonly spec: PodSpec } };
  const { template } = spec;
  const podSpec = { ...template.spec, ...change(template.spec) };
  return { ...job, spec: { ...spec, template: { ...template, spec: podSpec } } };
}
