import { createHash } from 'node:crypto';
import type { KubernetesObject } from '../cluster/objects.ts';

export const BUILDERS = ['buildkit', 'kaniko'] as const;
export type Builder = (typeof BUILDERS)[number];

export interface BuildPlan {
  readonly builder: Builder;
  /** Of the builder; pin it by digest where the registry may be rewritten. */
  readonly builderImage: string;
  readonly namespace: string;
  /** Of the git repository, as pods reach it. */
  readonly repoUrl: string;
  readonly commit: string;
  /** Seconds since the epoch of the commit: every time in the image is this one. */
  readonly commitSeconds: number;
  /** Without tag. */
  readonly repository: string;
  /** Such as `linux/amd64`. */
  readonly platforms: readonly string[];
  /** Arguments of the Dockerfile, `NAME=value`: part of what makes the digest. */
  readonly buildArguments: readonly string[];
  /** A bill of materials as an attestation beside the image. */
  readonly sbom: boolean;
  /** Signed with the key in Secret `orderbooks-cosign` once it is pushed. */
  readonly sign: boolean;
  /** Registry without TLS, such as one inside the cluster. */
  readonly insecure: boolean;
  readonly deadlineSeconds: number;
}

/** Secret of type kubernetes.io/dockerconfigjson that may push; made by bootstrap or by hand, and optional. */
export const REGISTRY_SECRET = 'orderbooks-registry';
/** Secret with key `token` for a private repository; optional. */
export const GIT_SECRET = 'orderbooks-git';
/** ConfigMap with key `buildkitd.toml`: mirrors, registries without TLS or with a CA of their own; optional. */
const BUILDKITD_CONFIG = 'orderbooks-buildkitd';
/** Secret with keys `cosign.key` and `cosign.password`, as `cosign generate-key-pair k8s://…` makes it. */
export const SIGN_SECRET = 'orderbooks-cosign';
const COSIGN_IMAGE = 'ghcr.io/sigstore/cosign/cosign:v2.4.1';
/** A finished Job stays this long, so that its log can be read. */
const KEEP_SECONDS = 86_400;
const NAME_LENGTH = 12;
const OPTIONS_LENGTH = 6;
const USER = 1000;
const LABELS = {
  'app.kubernetes.io/name': 'orderbooks',
  'app.kubernetes.io/component': 'image-build',
};

/**
 * Name of the Job: the same commit with the same options is the same Job, so that asking twice builds once. With other options it
 * is another, because a Job's pod cannot be changed.
 */
export function jobName(plan: BuildPlan): string {
  const options = createHash('sha256')
    .update(JSON.stringify(jobSpec(plan)))
    .digest('hex');
  return `orderbooks-image-${plan.builder}-${plan.commit.slice(0, NAME_LENGTH)}-${options.slice(0, OPTIONS_LENGTH)}`;
}

/** The Job that builds and pushes `repository:commit` from the commit alone: nothing of this machine goes in. */
export function buildJob(plan: BuildPlan): KubernetesObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(plan),
      namespace: plan.namespace,
      labels: LABELS,
      annotations: { 'orderbooks.example.com/commit': plan.commit },
    },
    spec: jobSpec(plan),
  } as KubernetesObject;
}

function jobSpec(plan: BuildPlan) {
  return {
    backoffLimit: 0,
    activeDeadlineSeconds: plan.deadlineSeconds,
    ttlSecondsAfterFinished: KEEP_SECONDS,
    template: {
      metadata: { labels: LABELS },
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        ...signed(plan, plan.builder === 'buildkit' ? buildkit(plan) : kaniko(plan)),
      },
    },
  };
}

/**
 * BuildKit as an ordinary user (moby/buildkit, docs/rootless.md, "Kubernetes"): no daemon, no privilege; seccomp and
 * AppArmor are opened because it makes user namespaces.
 */
function buildkit(plan: BuildPlan) {
  const { commit, commitSeconds, repository, platforms, repoUrl, insecure, sbom } = plan;
  const { buildArguments } = plan;
  const output = [
    'type=image',
    `name=${repository}:${commit}`,
    'push=true',
    // Every file and layer gets the time of the commit: the same commit, the same digest.
    'rewrite-timestamp=true',
    'oci-mediatypes=true',
    ...(insecure ? ['registry.insecure=true'] : []),
  ].join(',');
  return {
    securityContext: { fsGroup: USER },
    containers: [
      {
        name: 'build',
        image: plan.builderImage,
        command: ['buildctl-daemonless.sh'],
        args: [
          'build',
          '--progress=plain',
          '--frontend=dockerfile.v0',
          `--opt=context=${repoUrl}#${commit}`,
          `--opt=build-arg:REVISION=${commit}`,
          `--opt=build-arg:SOURCE_DATE_EPOCH=${commitSeconds}`,
          ...buildArguments.map((one) => `--opt=build-arg:${one}`),
          `--opt=platform=${platforms.join(',')}`,
          ...(sbom ? ['--opt=attest:sbom='] : []),
          '--secret=id=GIT_AUTH_TOKEN,env=GIT_AUTH_TOKEN',
          `--output=${output}`,
        ],
        env: [
          { name: 'BUILDKITD_FLAGS', value: '--oci-worker-no-process-sandbox' },
          { name: 'DOCKER_CONFIG', value: '/registry' },
          gitToken(),
        ],
        resources: resources(),
        securityContext: {
          runAsUser: USER,
          runAsGroup: USER,
          seccompProfile: { type: 'Unconfined' },
          appArmorProfile: { type: 'Unconfined' },
        },
        volumeMounts: [
          registryMount('/registry'),
          { name: 'work', mountPath: '/home/user/.local/share/buildkit' },
          { name: 'settings', mountPath: '/home/user/.config/buildkit', readOnly: true },
        ],
      },
    ],
    volumes: [
      registryVolume(),
      { name: 'work', emptyDir: {} },
      { name: 'settings', configMap: { name: BUILDKITD_CONFIG, optional: true } },
    ],
  };
}

/** For clusters that forbid user namespaces. One platform, that of its node; it runs as root in its own container. */
function kaniko(plan: BuildPlan) {
  const { commit, repository, repoUrl, insecure, platforms, buildArguments } = plan;
  return {
    containers: [
      {
        name: 'build',
        image: plan.builderImage,
        args: [
          // Kaniko's own form of a git context: scheme git, a branch, and the commit on it.
          `--context=${repoUrl.replace(/^https?:/, 'git:')}#refs/heads/main#${commit}`,
          '--dockerfile=Dockerfile',
          `--build-arg=REVISION=${commit}`,
          ...buildArguments.map((one) => `--build-arg=${one}`),
          `--destination=${repository}:${commit}`,
          `--custom-platform=${platforms[0] ?? 'linux/amd64'}`,
          '--reproducible',
          ...(insecure ? ['--insecure'] : []),
        ],
        env: [{ ...gitToken(), name: 'GIT_TOKEN' }],
        resources: resources(),
        volumeMounts: [registryMount('/kaniko/.docker')],
      },
    ],
    volumes: [registryVolume()],
  };
}

/** What is pushed is signed by a container that starts when the build has ended well; the registry keeps the signature. */
function signed<T extends { readonly containers: readonly object[] }>(plan: BuildPlan, pod: T) {
  if (!plan.sign) return pod;
  const secret = (name: string, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: SIGN_SECRET, key } },
  });
  const sign = {
    name: 'sign',
    image: COSIGN_IMAGE,
    args: [
      'sign',
      '--yes',
      '--recursive',
      // No entry in a public log: it would tell everybody the name of a private image.
      '--tlog-upload=false',
      '--key=env://COSIGN_PRIVATE_KEY',
      ...(plan.insecure ? ['--allow-http-registry'] : []),
      `${plan.repository}:${plan.commit}`,
    ],
    env: [
      secret('COSIGN_PRIVATE_KEY', 'cosign.key'),
      secret('COSIGN_PASSWORD', 'cosign.password'),
      { name: 'DOCKER_CONFIG', value: '/registry' },
    ],
    resources: { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '512Mi' } },
    securityContext: {
      runAsUser: USER,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [registryMount('/registry')],
  };
  return { ...pod, initContainers: pod.containers, containers: [sign] };
}

function gitToken() {
  return {
    name: 'GIT_AUTH_TOKEN',
    valueFrom: { secretKeyRef: { name: GIT_SECRET, key: 'token', optional: true } },
  };
}

function registryVolume() {
  const items = [{ key: '.dockerconfigjson', path: 'config.json' }];
  return { name: 'registry', secret: { secretName: REGISTRY_SECRET, optional: true, items } };
}

function registryMount(mountPath: string) {
  return { name: 'registry', mountPath, readOnly: true };
}

/** npm ci and the compile cache need about one core and half a gigabyte. */
function resources() {
  return {
    requests: { cpu: '500m', memory: '1Gi', 'ephemeral-storage': '4Gi' },
    limits: { memory: '4Gi', 'ephemeral-storage': '12Gi' },
  };
}
