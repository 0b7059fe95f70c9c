import { DNS_NAME } from './parts.ts';

type Keywords = Readonly<Record<string, unknown>>;

/** Fields that the declarations require and the API server fills in all the same. */
export const NOT_REQUIRED: ReadonlySet<string> = new Set(['V1RoleRef.apiGroup']);

/** Fields that the declarations leave open and the API server's validation demands. */
export const DEMANDED: ReadonlySet<string> = new Set([
  'V1Container.image',
  'V1CronJob.spec',
  'V1DaemonSet.spec',
  'V1Deployment.spec',
  'V1Job.spec',
  'V1PersistentVolumeClaim.spec',
  'V1PersistentVolumeClaimSpec.accessModes',
  'V1PersistentVolumeClaimSpec.resources',
  'V1Pod.spec',
  'V1PodTemplateSpec.spec',
  'V1StatefulSet.spec',
]);

const DNS_LABEL = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';
export const QUANTITY = '^[+-]?(\\d+\\.?\\d*|\\.\\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\\d+)?$';
const QUALIFIED_NAME =
  '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$';
/** The API server takes capitals in the domain of an annotation, though of no label. */
const ANNOTATION_NAME =
  '^([A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$';
const LABEL_VALUE = '^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$';

const dnsLabel: Keywords = {
  type: 'string',
  pattern: DNS_LABEL,
  maxLength: 63,
  'x-expected':
    'a name of lower-case letters, digits and -, starting and ending with a letter or digit, at most 63 characters',
};
const dnsName: Keywords = {
  type: 'string',
  pattern: DNS_NAME.source,
  maxLength: 253,
  'x-expected':
    'a name of lower-case letters, digits, - and ., starting and ending with a letter or digit, at most 253 characters',
};
const quantity: Keywords = {
  type: ['string', 'number'],
  pattern: QUANTITY,
  'x-expected': 'a quantity such as 500m, 2 or 10Gi',
};
const quantities: Keywords = { type: 'object', additionalProperties: quantity };
const port: Keywords = { minimum: 1, maximum: 65_535, 'x-expected': 'a port from 1 to 65535' };
const portOrName: Keywords = {
  ...port,
  pattern: '^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$',
  'x-expected': 'a port from 1 to 65535 or the name of one',
};
const portName: Keywords = {
  pattern: '^([0-9][0-9-]*)?[a-z]([a-z0-9-]*[a-z0-9])?$',
  maxLength: 15,
  'x-expected': 'a name of lower-case letters, digits and -, at most 15 characters',
};
const count: Keywords = { minimum: 0, 'x-expected': 'a number from 0' };
const positive: Keywords = { minimum: 1, 'x-expected': 'a number from 1' };
const fileMode: Keywords = { minimum: 0, maximum: 0o777, 'x-expected': 'a mode from 0 to 0777' };
const labelKey: Keywords = {
  pattern: QUALIFIED_NAME,
  'x-expected': 'a key of at most 63 letters, digits, -, _ and ., perhaps after a domain and /',
};
const labels: Keywords = {
  propertyNames: labelKey,
  additionalProperties: {
    type: 'string',
    pattern: LABEL_VALUE,
    'x-expected':
      'a label of at most 63 letters, digits, -, _ and ., starting and ending with a letter or digit',
  },
};
const imagePullPolicy: Keywords = { enum: ['Always', 'IfNotPresent', 'Never'] };
const protocol: Keywords = { enum: ['TCP', 'UDP', 'SCTP'] };
const accessModes: Keywords = {
  items: {
    type: 'string',
    enum: ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'],
  },
};
const keyFormat: Keywords = {
  propertyNames: {
    pattern: '^[-._a-zA-Z0-9]{1,253}$',
    'x-expected': 'a key of letters, digits, -, _ and .',
  },
};
const duplicated = (fields: readonly string[], keywords: Keywords): Record<string, Keywords> =>
  Object.fromEntries(fields.map((field) => [field, keywords]));

const CONTAINERS = ['V1Container', 'V1EphemeralContainer'];
const POD_NAMES = ['serviceAccountName', 'serviceAccount', 'priorityClassName'];

/** What the API server demands of single fields and no type map says. */
export const FORMS: Readonly<Record<string, Keywords>> = {
  'V1ObjectMeta.labels': labels,
  'V1ObjectMeta.annotations': { propertyNames: { ...labelKey, pattern: ANNOTATION_NAME } },
  'V1ObjectMeta.namespace': dnsLabel,
  'V1LabelSelector.matchLabels': labels,
  'V1LabelSelectorRequirement.key': labelKey,
  'V1LabelSelectorRequirement.operator': { enum: ['In', 'NotIn', 'Exists', 'DoesNotExist'] },
  'V1NodeSelectorRequirement.operator': {
    enum: ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt'],
  },
  ...duplicated(
    CONTAINERS.flatMap((type) => [`${type}.name`]),
    dnsLabel,
  ),
  ...duplicated(
    CONTAINERS.map((type) => `${type}.imagePullPolicy`),
    imagePullPolicy,
  ),
  ...duplicated(
    CONTAINERS.map((type) => `${type}.terminationMessagePolicy`),
    { enum: ['File', 'FallbackToLogsOnError'] },
  ),
  'V1ContainerPort.containerPort': port,
  'V1ContainerPort.hostPort': port,
  'V1ContainerPort.name': portName,
  'V1ContainerPort.protocol': protocol,
  'V1ServicePort.port': port,
  'V1ServicePort.targetPort': portOrName,
  'V1ServicePort.name': dnsLabel,
  'V1ServicePort.protocol': protocol,
  'V1NetworkPolicyPort.port': portOrName,
  'V1NetworkPolicyPort.protocol': protocol,
  'V1NetworkPolicySpec.policyTypes': { items: { type: 'string', enum: ['Ingress', 'Egress'] } },
  'V1HTTPGetAction.port': portOrName,
  'V1HTTPGetAction.scheme': { enum: ['HTTP', 'HTTPS'] },
  'V1TCPSocketAction.port': portOrName,
  'V1GRPCAction.port': port,
  'V1Probe.initialDelaySeconds': count,
  'V1Probe.periodSeconds': positive,
  'V1Probe.timeoutSeconds': positive,
  'V1Probe.successThreshold': positive,
  'V1Probe.failureThreshold': positive,
  'V1PodSpec.restartPolicy': { enum: ['Always', 'OnFailure', 'Never'] },
  'V1PodSpec.dnsPolicy': { enum: ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'] },
  'V1PodSpec.containers': { minItems: 1 },
  'V1PodSpec.terminationGracePeriodSeconds': count,
  'V1PodSpec.activeDeadlineSeconds': positive,
  'V1PodSpec.overhead': quantities,
  ...duplicated(
    POD_NAMES.map((name) => `V1PodSpec.${name}`),
    { ...dnsName, pattern: `^$|${DNS_NAME.source}` },
  ),
  'V1Volume.name': dnsLabel,
  'V1Toleration.operator': { enum: ['Exists', 'Equal', 'Lt', 'Gt'] },
  'V1Toleration.effect': { enum: ['', 'NoSchedule', 'PreferNoSchedule', 'NoExecute'] },
  'V1SeccompProfile.type': { enum: ['RuntimeDefault', 'Unconfined', 'Localhost'] },
  'V1PodSecurityContext.fsGroupChangePolicy': { enum: ['Always', 'OnRootMismatch'] },
  'V1PodSecurityContext.runAsUser': count,
  'V1PodSecurityContext.runAsGroup': count,
  'V1PodSecurityContext.fsGroup': count,
  'V1SecurityContext.runAsUser': count,
  'V1SecurityContext.runAsGroup': count,
  'V1ConfigMapVolumeSource.defaultMode': fileMode,
  'V1SecretVolumeSource.defaultMode': fileMode,
  'V1ProjectedVolumeSource.defaultMode': fileMode,
  'V1KeyToPath.mode': fileMode,
  'V1HostPathVolumeSource.type': {
    enum: [
      '',
      'DirectoryOrCreate',
      'Directory',
      'FileOrCreate',
      'File',
      'Socket',
      'CharDevice',
      'BlockDevice',
    ],
  },
  'V1ConfigMap.data': keyFormat,
  'V1ConfigMap.binaryData': keyFormat,
  'V1Secret.data': keyFormat,
  'V1Secret.stringData': keyFormat,
  'V1DeploymentSpec.replicas': count,
  'V1DeploymentSpec.revisionHistoryLimit': count,
  'V1DeploymentSpec.minReadySeconds': count,
  'V1DeploymentStrategy.type': { enum: ['Recreate', 'RollingUpdate'] },
  'V1StatefulSetSpec.replicas': count,
  'V1StatefulSetSpec.podManagementPolicy': { enum: ['OrderedReady', 'Parallel'] },
  'V1ReplicaSetSpec.replicas': count,
  'V1JobSpec.backoffLimit': count,
  'V1JobSpec.completions': count,
  'V1JobSpec.parallelism': count,
  'V1JobSpec.activeDeadlineSeconds': positive,
  'V1JobSpec.ttlSecondsAfterFinished': count,
  'V1JobSpec.completionMode': { enum: ['NonIndexed', 'Indexed'] },
  'V1JobSpec.podReplacementPolicy': { enum: ['TerminatingOrFailed', 'Failed'] },
  'V1CronJobSpec.schedule': {
    format: 'cron',
    'x-expected': 'a cron schedule of five fields, such as 7,22,37,52 * * * *',
  },
  'V1CronJobSpec.timeZone': {
    format: 'time-zone',
    'x-expected': 'the IANA name of a time zone, such as America/New_York',
  },
  'V1CronJobSpec.concurrencyPolicy': { enum: ['Allow', 'Forbid', 'Replace'] },
  'V1CronJobSpec.successfulJobsHistoryLimit': count,
  'V1CronJobSpec.failedJobsHistoryLimit': count,
  'V1CronJobSpec.startingDeadlineSeconds': count,
  'V1PersistentVolumeClaimSpec.accessModes': accessModes,
  'V1PersistentVolumeClaimSpec.volumeMode': { enum: ['Filesystem', 'Block'] },
  'V1PersistentVolumeSpec.accessModes': accessModes,
  'V1PersistentVolumeSpec.persistentVolumeReclaimPolicy': { enum: ['Retain', 'Delete', 'Recycle'] },
  'V1PersistentVolumeSpec.volumeMode': { enum: ['Filesystem', 'Block'] },
  'V1PersistentVolumeSpec.capacity': quantities,
  'V1PersistentVolumeClaimStatus.capacity': quantities,
  'V1PersistentVolumeClaimStatus.allocatedResources': quantities,
  'V1ResourceRequirements.limits': quantities,
  'V1ResourceRequirements.requests': quantities,
  'V1VolumeResourceRequirements.limits': quantities,
  'V1VolumeResourceRequirements.requests': quantities,
  'V1ResourceQuotaSpec.hard': quantities,
  'V1LimitRangeItem.default': quantities,
  'V1LimitRangeItem.defaultRequest': quantities,
  'V1LimitRangeItem.max': quantities,
  'V1LimitRangeItem.maxLimitRequestRatio': quantities,
  'V1LimitRangeItem.min': quantities,
  'V1LimitRangeItem.type': { enum: ['Pod', 'Container', 'PersistentVolumeClaim'] },
  'V1EmptyDirVolumeSource.sizeLimit': quantity,
  'V1ResourceFieldSelector.divisor': quantity,
  'V2MetricTarget.averageValue': quantity,
  'V2MetricTarget.value': quantity,
  'V1Overhead.podFixed': quantities,
  'V1CSIStorageCapacity.capacity': quantity,
  'V1CSIStorageCapacity.maximumVolumeSize': quantity,
  'V1ServiceSpec.type': { enum: ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] },
  'V1ServiceSpec.sessionAffinity': { enum: ['', 'None', 'ClientIP'] },
  'V1ServiceSpec.externalTrafficPolicy': { enum: ['', 'Cluster', 'Local'] },
  'V1HTTPIngressPath.pathType': { enum: ['Exact', 'Prefix', 'ImplementationSpecific'] },
  'V1ServiceBackendPort.number': port,
  'V1RoleRef.apiGroup': { enum: ['', 'rbac.authorization.k8s.io'] },
  'V1RoleRef.kind': { enum: ['Role', 'ClusterRole'] },
  'RbacV1Subject.kind': { enum: ['ServiceAccount', 'User', 'Group'] },
  'V1PolicyRule.verbs': { minItems: 1 },
  'V1ValidatingAdmissionPolicySpec.failurePolicy': { enum: ['Fail', 'Ignore'] },
  'V1ValidatingAdmissionPolicyBindingSpec.validationActions': {
    items: { type: 'string', enum: ['Deny', 'Warn', 'Audit'] },
  },
  'V1ParamRef.parameterNotFoundAction': { enum: ['Allow', 'Deny'] },
  'V1TopologySpreadConstraint.whenUnsatisfiable': { enum: ['DoNotSchedule', 'ScheduleAnyway'] },
  'V1PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy': {
    enum: ['IfHealthyBudget', 'AlwaysAllow'],
  },
};

/** Names of objects that are stricter than a DNS name, and those that are looser. */
export const OBJECT_NAMES: Readonly<Record<string, Keywords>> = {
  Namespace: dnsLabel,
  Service: {
    ...dnsLabel,
    pattern: '^[a-z]([-a-z0-9]*[a-z0-9])?$',
    'x-expected':
      'a name of lower-case letters, digits and -, starting with a letter, at most 63 characters',
  },
  // Jobs are named after it, with a suffix of eleven characters.
  CronJob: {
    ...dnsName,
    maxLength: 52,
    'x-expected': 'a DNS name of at most 52 characters, as its Jobs get a suffix',
  },
  ...duplicated(['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'], {
    type: 'string',
    pattern: '^[^/%]+$',
    'x-expected': 'a name without / and %',
  }),
};
export const OTHER_NAMES: Keywords = dnsName;
