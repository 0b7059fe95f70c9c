import type { Kubectl } from '../cluster/kubectl.ts';

/** More do not help a person; whole charts have fewer. */
const MOST = 8;

/**
 * The pods of a namespace that keep a chart from being ready, in one sentence such as `Not ready in argocd: argocd-redis-1
 * (CrashLoopBackOff).`, with where to look; empty where all are well or nobody answers: the chart's own failure is told anyway.
 */
export async function unreadyPods(
  kubectl: Pick<Kubectl, 'answer'>,
  namespace: string,
): Promise<string> {
  const words = ['get', 'pods', `--namespace=${namespace}`, '--no-headers'];
  const { code, out } = await kubectl.answer(words);
  if (code !== 0) return '';
  const late = out.split('\n').flatMap((line) => {
    const [name, ready = '', state = ''] = line.trim().split(/\s+/);
    const [there, wanted] = ready.split('/');
    const well = state === 'Completed' || (state === 'Running' && there === wanted);
    return name === undefined || name === '' || well ? [] : [`${name} (${state})`];
  });
  if (late.length === 0) return '';
  const more = late.length > MOST ? ` and ${late.length - MOST} more` : '';
  return ` Not ready in ${namespace}: ${late.slice(0, MOST).join(', ')}${more}; kubectl describe pod and kubectl logs -n ${namespace} say why.`;
}
