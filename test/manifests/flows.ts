import { isIPv4 } from 'node:net';
import { objectSelector } from '../../scripts/rehearse/cluster/selector.ts';
import type { Pod } from './pods.ts';
import type { RenderedObject } from './render.ts';

/** The other end of a connection: a pod, or an address. */
export type Peer =
  | { readonly namespace: string; readonly labels: Readonly<Record<string, string>> }
  | { readonly address: string };

export interface Flow {
  readonly direction: 'Ingress' | 'Egress';
  readonly peer: Peer;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

interface Rule {
  readonly ports?: readonly { readonly protocol: string; readonly port: number | string }[];
  readonly from?: readonly PeerRule[];
  readonly to?: readonly PeerRule[];
}

interface PeerRule {
  readonly podSelector?: unknown;
  readonly namespaceSelector?: unknown;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

interface Policy {
  readonly podSelector: unknown;
  readonly policyTypes: readonly string[];
  readonly ingress?: readonly Rule[];
  readonly egress?: readonly Rule[];
}

/** Whether the NetworkPolicies among `objects` let a flow of the pod through, as Kubernetes defines it. */
export function isAllowed(objects: readonly RenderedObject[], pod: Pod, flow: Flow): boolean {
  const policies = objects
    .filter(
      ({ kind, metadata }) =>
        kind === 'NetworkPolicy' && metadata.namespace === pod.object.metadata.namespace,
    )
    .map(({ spec }) => spec as unknown as Policy)
    .filter(
      ({ podSelector, policyTypes }) =>
        policyTypes.includes(flow.direction) && selects(podSelector, pod.labels),
    );
  if (policies.length === 0) return true;
  return policies.some((policy) =>
    (policy[flow.direction === 'Ingress' ? 'ingress' : 'egress'] ?? []).some((rule) =>
      permits(rule, pod, flow),
    ),
  );
}

function permits(rule: Rule, pod: Pod, flow: Flow): boolean {
  const peers = flow.direction === 'Ingress' ? rule.from : rule.to;
  const rightPeer = peers === undefined || peers.some((peer) => isPeer(peer, pod, flow.peer));
  const rightPort =
    rule.ports === undefined ||
    rule.ports.some(
      ({ port, protocol }) => protocol === flow.protocol && numberOf(port, pod) === flow.port,
    );
  return rightPeer && rightPort;
}

/** A port by name is one of the selected pod's, so it makes sense for what comes in. */
function numberOf(port: number | string, { spec }: Pod): number | undefined {
  if (typeof port === 'number') return port;
  const named = spec.containers.flatMap(({ ports }) => ports ?? []);
  return named.find(({ name }) => name === port)?.containerPort;
}

function isPeer(rule: PeerRule, pod: Pod, peer: Peer): boolean {
  if ('address' in peer) {
    const { cidr, except = [] } = rule.ipBlock ?? { cidr: '' };
    return inside(peer.address, cidr) && !except.some((hole) => inside(peer.address, hole));
  }
  if (rule.ipBlock !== undefined) return false;
  const rightNamespace =
    rule.namespaceSelector === undefined
      ? peer.namespace === pod.object.metadata.namespace
      : selects(rule.namespaceSelector, { 'kubernetes.io/metadata.name': peer.namespace });
  return rightNamespace && selects(rule.podSelector ?? {}, peer.labels);
}

function selects(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  return objectSelector(selector)(labels);
}

/** For IPv4; an IPv6 block holds no IPv4 address. */
function inside(address: string, cidr: string): boolean {
  const [network = '', bits] = cidr.split('/');
  if (!isIPv4(network) || !isIPv4(address)) return false;
  const mask = Number(bits) === 0 ? 0 : (-1 << (32 - Number(bits))) >>> 0;
  return (bitsOf(address) & mask) >>> 0 === (bitsOf(network) & mask) >>> 0;
}

function bitsOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
