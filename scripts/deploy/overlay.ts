import { parse } from 'yaml';
import type { KubernetesObject } from '../cluster/objects.ts';
import { findKustomize } from '../kustomize/program.ts';
import { renderOverlay } from '../kustomize/render.ts';

export const LOCAL_NAMESPACE = 'orderbooks-local';
/** What gitops/overlays/local names; what is built instead of it is loaded into the nodes and never pulled. */
export const LOCAL_IMAGE = 'orderbooks:local';

/** The objects of gitops/overlays/local, with another image where one is named. */
export async function localObjects(
  root: string,
  image: string,
  home: string,
  signal: AbortSignal,
): Promise<readonly KubernetesObject[]> {
  const program = await findKustomize();
  const render = await renderOverlay(program, `${root}/gitops/overlays/local`, { home, signal });
  // Containers and the variable that tells it name the image as one whole value each.
  return render.map(
    ({ text }) =>
      parse(text, (_key, value: unknown) =>
        value === LOCAL_IMAGE ? image : value,
      ) as KubernetesObject,
  );
}
